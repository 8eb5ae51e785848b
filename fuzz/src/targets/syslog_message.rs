//! `atna::syslog::parse`: the fields of a header, written again, are the same fields.

use atna::syslog::{SyslogMessage, parse};

use super::reason;
use crate::{Target, Verdict};

pub(super) const TARGET: Target =
    Target { name: "syslog_message", run, seeds, samples: &[], tokens: &[TOKENS] };

const TOKENS: &[&str] = &[
    "<85>1 ",
    "<0>",
    "<191>",
    "<192>",
    " - ",
    "-",
    " ",
    "[a@1 b=\"c\"]",
    "\\\"",
    "\\]",
    "\"]",
    "][",
    "\u{FEFF}",
    "2026-04-01T09:30:00.123456Z",
    "2026-04-01T09:30:00,1234567891+09:00",
    "Oct 11 22:14:15",
    "連携",
    "\0",
    "\n",
];

fn run(bytes: &[u8]) -> Verdict {
    let message = parse(bytes).map_err(reason)?;
    assert!(bytes.ends_with(message.message), "another message than was sent");
    let again = written(&message);
    assert!(parse(&again) == Ok(message.clone()), "other fields than were written");
    Ok(format!(
        "{} {} {}",
        message.time.is_some(),
        message.hostname.is_some(),
        message.structured_data.len().min(2)
    ))
}

fn written(message: &SyslogMessage<'_>) -> Vec<u8> {
    let priority = message.facility.saturating_mul(8).saturating_add(message.severity);
    let time = message.time.map(|time| time.to_string());
    let names = [message.hostname, message.app_name, message.process_id, message.message_id];
    let [hostname, app_name, process_id, message_id] = names.map(|name| name.unwrap_or("-"));
    let header = format!(
        "<{priority}>1 {} {hostname} {app_name} {process_id} {message_id} {} \u{FEFF}",
        time.as_deref().unwrap_or("-"),
        message.structured_data
    );
    [header.as_bytes(), message.message].concat()
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    [
        "<85>1 2026-04-01T09:30:00.123456Z host app 4711 IHE+RFC-3881 - <AuditMessage/>",
        "<34>1 2003-10-11T22:14:15.003Z m su - ID47 - \u{FEFF}'su root' failed",
        "<165>1 - - - - - [a@1 b=\"\\\"]\" c=\"\"][d@1]",
    ]
    .map(|seed| seed.as_bytes().to_vec())
    .to_vec()
}
