//! `hl7v2::decode` and `Message`: character sets, delimiters, escapes; the header of what cannot be read, and
//! its acknowledgement.

use datatypes::Dtm;
use hl7v2::{
    Ack, Charset, Delimiters, ErrDetail, ErrorCode, Header, MAX_FIELDS, MAX_MESSAGE_BYTES,
    MAX_REPETITIONS, MAX_SEGMENTS, Message, Segment, decode, encode, read_ack, write_ack,
};

use super::reason;
use crate::{Target, Verdict};

pub(super) const TARGET: Target =
    Target { name: "hl7v2_message", run, seeds, samples: &["hl7v2"], tokens: &[TOKENS] };

pub(super) const TOKENS: &[&str] = &[
    "MSH|^~\\&|",
    "MSH|^~\\&#|",
    "MSH$%~?&$",
    "MSH||||",
    "PID|",
    "MRG|1^^^&1.2.3&ISO",
    "PV1||N",
    "ZZZ|",
    "\r",
    "\n",
    "~",
    "^",
    "&",
    "\\",
    "\\F\\",
    "\\E\\",
    "\\X0D\\",
    "\\X00\\",
    "\\X8140\\",
    "\\.br\\",
    "\\H\\",
    "\\Z\\",
    "\"\"",
    "ADT^A04",
    "ADT^A40^ADT_A39",
    "2.3.1",
    "UNICODE UTF-8",
    "~ISO IR87",
    "ISO IR159",
    "8859/1",
    "\x1B$B",
    "\x1B(B",
    "\x1B(J",
    "\x0E",
    "\u{85}\u{2028}",
    "連携^花子^^^^^L^I",
    "1.2.392.99.1",
    "&1.2.3&ISO",
    "19000229",
    "20240229",
];

const DEFAULTS: [Charset; 3] = [Charset::Utf8, Charset::ShiftJis, Charset::EucJp];

fn run(bytes: &[u8]) -> Verdict {
    check_recovered(bytes);
    let verdicts = DEFAULTS.map(|default| read(bytes, default));
    let [verdict, ..] = verdicts;
    verdict
}

fn read(bytes: &[u8], default: Charset) -> Verdict {
    let text = decode(bytes, default).map_err(reason)?;
    assert!(bytes.len() <= MAX_MESSAGE_BYTES, "over the limit");
    assert!(text.len() <= bytes.len().saturating_mul(3), "decoding makes text of nothing");
    check_encoding(&text, bytes, default);
    let message = Message::parse(&text).map_err(reason)?;
    let n_segments = message.all_segments().count();
    assert!(n_segments <= MAX_SEGMENTS, "over the limit");
    for segment in message.all_segments() {
        check_segment(&segment);
    }
    let header = Header::read(&message);
    check_acknowledgement(&header);
    Ok(format!("{:?} of {}", header.charset(default).map_err(reason)?, n_segments.min(8)))
}

/// What was decoded is encoded to bytes that decode to the same.
fn check_encoding(text: &str, bytes: &[u8], default: Charset) {
    let Ok(charset) = Charset::of_message(bytes, default) else {
        unreachable!("decoded in a set that is not known");
    };
    let encoded = encode(text, charset);
    // Characters that code tables map differently are written as the one that the set has.
    if encoded.n_substituted == 0 && encoded.bytes.len() <= MAX_MESSAGE_BYTES {
        let again = decode(&encoded.bytes, default);
        assert!(again.is_ok(), "{charset:?}: what was encoded does not decode");
        if charset == Charset::Utf8 || charset == Charset::Ascii {
            assert_eq!(again.as_deref(), Ok(text), "{charset:?}");
        }
    }
}

fn check_segment(segment: &Segment<'_>) {
    let name = segment.name();
    assert!(name.len() == 3 && name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "a name");
    assert!(segment.fields().count() <= MAX_FIELDS, "over the limit");
    for (index, field) in segment.fields().enumerate() {
        assert_eq!(segment.field(index.saturating_add(1)).raw(), field.raw(), "by number");
        assert!(field.repetitions().count() <= MAX_REPETITIONS, "over the limit");
        for component in field.repetitions().flat_map(|repetition| repetition.components()) {
            check_escaping(segment.delimiters(), &component.text());
            check_escaping(segment.delimiters(), &component.subcomponent(1));
        }
    }
}

/// Escaping is undone by unescaping, under the sender's delimiters.
fn check_escaping(delimiters: Delimiters, text: &str) {
    // Without an escape character some texts cannot be sent at all.
    if delimiters.encoding_characters().chars().count() >= 3 {
        let escaped = delimiters.escape(text);
        assert_eq!(delimiters.unescape(&escaped), text, "escaped and back");
    }
}

/// Whatever came in has a header that can be answered.
fn check_recovered(bytes: &[u8]) {
    check_acknowledgement(&Header::recover(bytes));
}

fn check_acknowledgement(header: &Header) {
    let Ok(time) = Dtm::parse("20260401093000") else { unreachable!("a legal time") };
    let detail =
        ErrDetail { location: None, code: ErrorCode::SegmentSequenceError, text: String::new() };
    for ack in [Ack::accept(), Ack::error(detail)] {
        let text = write_ack(header, &ack, &time, "1");
        let message = match Message::parse(&text) {
            Ok(message) => message,
            Err(error) => unreachable!("an acknowledgement that cannot be read: {error}"),
        };
        assert_eq!(message.all_segments().count(), 2 + ack.errors.len(), "{text}");
        let received = read_ack(&message).map(|ack| ack.code);
        assert_eq!(received, Ok(ack.code), "its code");
        let control_id = message.segment("MSA").map(|msa| msa.field(2).raw().to_owned());
        assert_eq!(control_id.as_deref(), Some(header.control_id.as_str()), "its control id");
    }
}

/// Every event, every character set, other delimiters.
pub(super) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = super::adt_feed::seeds();
    let japanese = "MSH|^~\\&|A|B|C|D|1||ADT^A04|1|P|2.5||||||~ISO IR87\rPID|||1||連携^花子\r";
    seeds.push(encode(japanese, Charset::Iso2022Jp).bytes);
    let latin = "MSH|^~\\&|A|B|C|D|1||ADT^A04|1|P|2.5||||||8859/1\rPID|||1||Müller\r";
    seeds.push(encode(latin, Charset::Latin1).bytes);
    let others = "MSH$%?!/$A$B$C$D$1$$ADT%A04$1$P$2.5\r\nPID$$$1%%%/1.2/ISO?2$$A!F!B!X0D!\r\n";
    seeds.push(others.as_bytes().to_vec());
    seeds
}
