//! HL7 v2 messages to the manager as partners write them, and what is read of its answers.

use std::sync::atomic::{AtomicU32, Ordering};

use hl7v2::{AckCode, Charset, Message, decode, read_ack};

/// Whoever may feed every domain under open access: registered for none.
pub(crate) const ANYBODY: &str = "CONSOLE|CENTRE";

/// A control id that no other message has.
pub(crate) fn control_id() -> String {
    static LAST: AtomicU32 = AtomicU32::new(0);
    format!("C{}", LAST.fetch_add(1, Ordering::Relaxed))
}

/// MSH of a message; `sender` is MSH-3 and MSH-4.
pub(crate) fn header(sender: &str, message_type: &str, version: &str) -> String {
    let id = control_id();
    format!(
        "MSH|^~\\&|{sender}|RENKEI-PIX|RENKEI|20260401093000||{message_type}|{id}|P|{version}\r"
    )
}

/// A feed of ITI-8 or ITI-30 with a PID whose fields behind PID-3 are given from PID-5 on.
pub(crate) fn feed(sender: &str, event: &str, ids: &str, demographics: &str) -> String {
    let head = header(sender, &format!("ADT^{event}"), "2.3.1");
    format!("{head}EVN|{event}|20260401093000\rPID|||{ids}||{demographics}\rPV1||N\r")
}

/// A40, A47: PID and MRG.
pub(crate) fn replace(sender: &str, event: &str, (new, old): (&str, &str)) -> String {
    let head = header(sender, &format!("ADT^{event}"), "2.5");
    format!("{head}EVN|{event}|20260401093000\rPID|||{new}||X^Y\rMRG|{old}\r")
}

/// A24, A37: two PID segments.
pub(crate) fn pair(sender: &str, event: &str, (one, other): (&str, &str)) -> String {
    let head = header(sender, &format!("ADT^{event}"), "2.5");
    format!("{head}EVN|{event}|20260401093000\rPID|||{one}||X^Y\rPID|||{other}||X^Y\r")
}

/// ITI-9; `domains` is QPD-4.
pub(crate) fn pix_query(sender: &str, id: &str, domains: &str) -> String {
    let head = header(sender, "QBP^Q23^QBP_Q21", "2.5");
    format!("{head}QPD|IHE PIX Query|Q{}|{id}|{domains}\rRCP|I\r", control_id())
}

/// ITI-21 with everything behind the tag given: `rest` is QPD-3 and further fields, `behind` follows RCP-1.
pub(crate) fn pdq(sender: &str, (tag, rest): (&str, &str), behind: &str) -> String {
    let head = header(sender, "QBP^Q22^QBP_Q21", "2.5");
    format!("{head}QPD|IHE PDQ Query|{tag}|{rest}\rRCP|I|{behind}\r")
}

/// QCN^J01.
pub(crate) fn cancel(sender: &str, tag: &str) -> String {
    let head = header(sender, "QCN^J01^QCN_J01", "2.5");
    format!("{head}QID|{tag}|IHE PDQ Query\r")
}

/// `AA`, or code, ERR-3 and ERR-2: `AE 204 MRG^1^1^1^1`. The answer must be one to `message`.
pub(crate) fn acknowledged(message: &str, answer: &[u8]) -> String {
    let text = decode(answer, Charset::Utf8).unwrap();
    let ack = read_ack(&Message::parse(&text).unwrap()).unwrap();
    let sent = message.split('|').nth(9).unwrap();
    assert_eq!(ack.control_id, sent, "MSA-2");
    let code = match ack.code {
        AckCode::AA => "AA",
        AckCode::AE => "AE",
        AckCode::AR => "AR",
    };
    let error = ack.error_code.map(|code| code.split('^').next().unwrap().to_owned());
    let words = [Some(code.to_owned()), error, ack.location];
    words.into_iter().flatten().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The segments of a message with this name.
pub(crate) fn segments<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    text.split('\r').filter(|line| line.split('|').next() == Some(name)).collect()
}

/// A field of a segment, counted from 1; empty if it is not there.
pub(crate) fn field(segment: &str, number: usize) -> &str {
    segment.split('|').nth(number).unwrap_or_default()
}
