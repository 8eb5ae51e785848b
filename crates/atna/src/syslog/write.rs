//! Writing the header (RFC 5424 section 6).

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;

use super::{FACILITY, MESSAGE_ID};

/// RFC 5424 section 6, HOSTNAME.
const MAX_HOSTNAME: usize = 255;
/// RFC 5424 section 6, APP-NAME.
const MAX_APP_NAME: usize = 48;
/// RFC 5424 section 6, PROCID.
const MAX_PROCESS_ID: usize = 128;
/// What the header takes at most without the names: `<85>1 ` and the time, MSGID, `-` and spaces.
const MAX_FIXED_BYTES: usize = 64;

/// RFC 5424 section 6.2.3: fractions have at most six digits.
const TIME: DateTimePrinter = DateTimePrinter::new().precision(Some(6));

/// Who writes the message, and when.
#[derive(Clone, Copy, Debug)]
pub struct Header<'a> {
    pub time: Timestamp,
    /// The full name of the host, or else its address; empty if neither is known.
    pub hostname: &'a str,
    pub app_name: &'a str,
    pub process_id: &'a str,
}

/// How urgent an audit message is: ITI TF-2: 3.20.4.1.2 allows these two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// 5, of every ordinary message.
    Notice,
    /// 4, of alerts.
    Warning,
}

impl Severity {
    const fn code(self) -> u8 {
        match self {
            Severity::Notice => 5,
            Severity::Warning => 4,
        }
    }
}

/// The whole message: header, MSGID `IHE+RFC-3881`, no structured data, the XML without byte order mark.
///
/// Names are cut to their maximum, and what may not stand in them becomes `?`.
#[must_use]
pub fn write(header: &Header<'_>, severity: Severity, xml: &str) -> Vec<u8> {
    let names = [
        (header.hostname, MAX_HOSTNAME),
        (header.app_name, MAX_APP_NAME),
        (header.process_id, MAX_PROCESS_ID),
    ];
    let names_bytes: usize = names.iter().map(|(_, max)| max).sum();
    let capacity = xml.len().saturating_add(names_bytes).saturating_add(MAX_FIXED_BYTES);
    let mut message = String::with_capacity(capacity);
    let priority = FACILITY.saturating_mul(8).saturating_add(severity.code());
    message.push_str(&format!("<{priority}>1 "));
    message.push_str(&TIME.timestamp_to_string(&header.time));
    for (name, max) in names {
        message.push(' ');
        push_name(&mut message, name, max);
    }
    message.push(' ');
    message.push_str(MESSAGE_ID);
    message.push_str(" - ");
    message.push_str(xml);
    message.into_bytes()
}

/// PRINTUSASCII of RFC 5424 section 6, or the nil value.
fn push_name(message: &mut String, name: &str, max: usize) {
    if name.is_empty() {
        message.push('-');
    }
    let printable = |character: char| if character.is_ascii_graphic() { character } else { '?' };
    message.extend(name.chars().take(max).map(printable));
}
