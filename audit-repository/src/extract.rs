//! What searches need of a message, taken out of its bytes.
//!
//! A function of the bytes alone: `verify` does it again and compares. A change of these rules is a new
//! [`VERSION`], and the old rules stay for the records that were stored under them.

use std::collections::BTreeSet;

use atna::syslog::{self, SyslogMessage};
use atna::{ActiveParticipant, AuditMessage, ParticipantObject};
use xml::Limits;

use crate::chain::{digest, hex};

/// Stands in each row: by which rules its columns were made.
pub const VERSION: i16 = 1;

/// No RFC 5424 header, though perhaps an audit message.
pub const NOT_SYSLOG: i16 = 1;
/// No audit message that can be read.
pub const NOT_AUDIT_MESSAGE: i16 = 2;
/// It names more than [`MAX_TERMS`]; the others are in the text only.
pub const TERMS_CUT: i16 = 4;

/// Terms of one record; a query that found 1 000 documents names as many.
pub const MAX_TERMS: usize = 2_000;

/// Bytes of a term as it stands in the index: identifiers are shorter, and PostgreSQL's index rows end at
/// 2 700 bytes.
const MAX_TERM_BYTES: usize = 256;

/// Bytes of a column; codes have some ten.
const MAX_COLUMN_BYTES: usize = 256;

/// Event types of one message that are kept in the column.
const MAX_EVENT_TYPES: usize = 16;

/// Not the configured limit of reception: the same bytes must give the same columns for ever. It is beyond
/// the largest that can be configured.
const XML_BYTES: usize = 64 << 20;

/// A sender's clock that says less than a tenth of a millisecond cannot tell two messages apart that were
/// written at once.
const IDENTIFYING_DIGITS: usize = 4;

/// What an index entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TermKind {
    Patient,
    /// UserID or UserName of a participant.
    Agent,
    /// A participant object that is not a patient.
    Object,
}

impl TermKind {
    #[must_use]
    pub const fn number(self) -> i16 {
        match self {
            TermKind::Patient => 1,
            TermKind::Agent => 2,
            TermKind::Object => 3,
        }
    }
}

/// By which somebody's or something's events are found.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term {
    kind: TermKind,
    value: String,
}

impl std::fmt::Debug for Term {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Term").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Term {
    /// A patient by the identifier as XDS and v2 write it, `id^^^namespace&OID&ISO`; the namespace does not
    /// count if there is an OID, nor does what stands behind the authority.
    #[must_use]
    pub fn patient(cx: &str) -> Term {
        Term { kind: TermKind::Patient, value: bounded_term(&patient_key(cx)) }
    }

    /// A participant by UserID or UserName.
    #[must_use]
    pub fn agent(name: &str) -> Term {
        Term { kind: TermKind::Agent, value: bounded_term(name) }
    }

    /// An object other than a patient by its ParticipantObjectID.
    #[must_use]
    pub fn object(id: &str) -> Term {
        Term { kind: TermKind::Object, value: bounded_term(id) }
    }

    /// Of the index, as it stands there.
    pub(crate) fn stored(kind: TermKind, value: String) -> Term {
        Term { kind, value }
    }

    #[must_use]
    pub fn kind(&self) -> TermKind {
        self.kind
    }

    /// As it stands in the index.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

/// The columns of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extract {
    /// [`NOT_SYSLOG`], [`NOT_AUDIT_MESSAGE`], [`TERMS_CUT`].
    pub flags: i16,
    /// EventDateTime, else the time of the syslog message, in microseconds since 1970, UTC.
    pub event_time: Option<i64>,
    pub event_id: Option<String>,
    /// Codes, each between bars.
    pub event_types: Option<String>,
    pub action: Option<String>,
    pub outcome: Option<i16>,
    pub source_id: Option<String>,
    pub terms: BTreeSet<Term>,
}

impl Extract {
    /// Reads what can be read of any bytes.
    #[must_use]
    pub fn of(raw: &[u8]) -> Extract {
        let syslog = syslog::parse(raw).ok();
        let mut extract = match message_of(raw, syslog.as_ref()) {
            Some(message) => Extract::of_message(&message),
            None => Extract { flags: NOT_AUDIT_MESSAGE, ..Extract::default() },
        };
        if syslog.is_none() {
            extract.flags |= NOT_SYSLOG;
        }
        let written = syslog.and_then(|syslog| syslog.time).map(jiff::Timestamp::as_microsecond);
        extract.event_time = extract.event_time.or(written);
        extract
    }

    fn of_message(message: &AuditMessage) -> Extract {
        let event = &message.event;
        let mut terms = BTreeSet::new();
        message.participants.iter().for_each(|participant| agent_terms(&mut terms, participant));
        message.objects.iter().for_each(|object| object_term(&mut terms, object));
        let is_cut = terms.len() > MAX_TERMS;
        Extract {
            flags: if is_cut { TERMS_CUT } else { 0 },
            event_time: Some(event.time.as_microsecond()),
            event_id: Some(bounded(&event.id.code)),
            event_types: Some(event_types(message)),
            action: event.action.map(|action| action.code().to_owned()),
            outcome: Some(i16::from(event.outcome.indicator())),
            source_id: Some(bounded(&message.source.id)),
            terms: terms.into_iter().take(MAX_TERMS).collect(),
        }
    }
}

/// The audit message in the bytes of a record, whatever stands before it.
#[must_use]
pub fn audit_message(raw: &[u8]) -> Option<AuditMessage> {
    message_of(raw, syslog::parse(raw).ok().as_ref())
}

fn message_of(raw: &[u8], syslog: Option<&SyslogMessage<'_>>) -> Option<AuditMessage> {
    let xml = match syslog {
        Some(syslog) => syslog.message,
        // BSD syslog and bare XML: the message begins where its root does.
        None => raw.get(beginning_of_xml(raw)?..)?,
    };
    AuditMessage::read(xml, limits()).ok()
}

fn beginning_of_xml(raw: &[u8]) -> Option<usize> {
    const MARKS: [&[u8]; 2] = [b"<?xml", b"<AuditMessage"];
    // A header is short; what is longer before the root is no message with something before it.
    (0..raw.len().min(1_024)).find(|start| {
        let rest = raw.get(*start..).unwrap_or_default();
        MARKS.iter().any(|mark| rest.starts_with(mark))
    })
}

fn limits() -> Limits {
    Limits { bytes: XML_BYTES, text_bytes: XML_BYTES, ..Limits::default() }
}

/// Whether two messages with these bytes are one that was sent twice: its header says when it was written,
/// to a tenth of a millisecond.
#[must_use]
pub fn identifies_itself(raw: &[u8]) -> bool {
    if syslog::parse(raw).is_err() {
        return false;
    }
    let time = raw.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    let fraction = time.split(|byte| matches!(byte, b'.' | b',')).nth(1).unwrap_or_default();
    fraction.iter().take_while(|byte| byte.is_ascii_digit()).count() >= IDENTIFYING_DIGITS
}

fn agent_terms(terms: &mut BTreeSet<Term>, participant: &ActiveParticipant) {
    let names = [Some(&participant.user_id), participant.user_name.as_ref()];
    terms.extend(
        names.into_iter().flatten().filter(|name| !name.is_empty()).map(|name| Term::agent(name)),
    );
}

fn object_term(terms: &mut BTreeSet<Term>, object: &ParticipantObject) {
    if object.id.is_empty() {
        return;
    }
    // Table A.5.2 of DICOM PS3.15: type 1 person, role 1 patient.
    let is_patient = object.type_code == Some(1) && object.role == Some(1);
    terms.insert(if is_patient { Term::patient(&object.id) } else { Term::object(&object.id) });
}

fn event_types(message: &AuditMessage) -> String {
    let mut types = String::from("|");
    for code in message.event.types.iter().take(MAX_EVENT_TYPES) {
        types.push_str(&bounded(&code.code).replace('|', " "));
        types.push('|');
    }
    types
}

/// `id^^^&OID&ISO`, or `id^^^NAMESPACE` without an OID, or the text itself if it has no authority.
fn patient_key(cx: &str) -> String {
    let mut components = cx.split('^');
    let id = components.next().unwrap_or_default();
    let mut authority = components.nth(2).unwrap_or_default().split('&');
    let namespace = authority.next().unwrap_or_default();
    let universal_id = authority.next().unwrap_or_default();
    match (universal_id, namespace) {
        ("", "") => id.to_owned(),
        ("", namespace) => format!("{id}^^^{namespace}"),
        (oid, _) => format!("{id}^^^&{oid}&ISO"),
    }
}

/// A value that is too long for the index stands there as its digest: it is found by the whole of it.
fn bounded_term(value: &str) -> String {
    if value.len() <= MAX_TERM_BYTES {
        return value.replace('\0', " ");
    }
    format!("sha256:{}", hex(&digest(value.as_bytes())))
}

fn bounded(text: &str) -> String {
    let end = (0..=MAX_COLUMN_BYTES.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or_default().replace('\0', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patient_is_found_by_any_spelling_of_the_authority() {
        let key = "7^^^&1.2.3&ISO";
        for cx in ["7^^^&1.2.3&ISO", "7^^^NS&1.2.3&ISO", "7^^^NS&1.2.3&ISO^PI", "7^^^&1.2.3"] {
            assert_eq!(Term::patient(cx).value(), key, "{cx}");
        }
        assert_eq!(Term::patient("7^^^NS").value(), "7^^^NS");
        assert_eq!(Term::patient("7").value(), "7");
        assert_eq!(Term::patient("Patient/7").value(), "Patient/7");
    }

    #[test]
    fn four_digits_of_a_second_tell_messages_apart() {
        let with = |time: &str| format!("<85>1 {time} h a p IHE+RFC-3881 - <AuditMessage/>");
        for time in ["2026-04-01T09:30:00.1234Z", "2026-04-01T09:30:00.123456+09:00"] {
            assert!(identifies_itself(with(time).as_bytes()), "{time}");
        }
        for time in ["-", "2026-04-01T09:30:00Z", "2026-04-01T09:30:00.123Z"] {
            assert!(!identifies_itself(with(time).as_bytes()), "{time}");
        }
        assert!(!identifies_itself(b"<85>1 2026-04-01T09:30:00.1234Z h a"));
    }

    #[test]
    fn long_values_are_found_by_the_whole_of_them() {
        let long = "x".repeat(300);
        assert_eq!(Term::object(&long), Term::object(&long));
        assert_ne!(Term::object(&long), Term::object(&format!("{long}y")));
        assert!(Term::object(&long).value().len() < MAX_TERM_BYTES);
        assert_eq!(bounded(&"髙".repeat(100)).chars().count(), 85);
    }

    #[test]
    fn any_bytes_have_columns() {
        for raw in [b"".as_slice(), b"\0\xff", b"<85>1 - - - - - -", b"<AuditMessage/>"] {
            let extract = Extract::of(raw);
            assert_ne!(extract.flags & NOT_AUDIT_MESSAGE, 0);
            assert!(extract.terms.is_empty());
        }
        assert_eq!(Extract::of(b"<85>1 - - - - - - text").flags, NOT_AUDIT_MESSAGE);
    }
}
