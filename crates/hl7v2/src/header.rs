//! The MSH segment: who sends what to whom (HL7 v2.5 chapter 2, MSH).

use crate::charset::Charset;
use crate::delimiters::Delimiters;
use crate::error::Hl7Error;
use crate::message::Message;
use crate::writer::{SegmentWriter, join};

/// Longest field that is echoed of a message that could not be read; real ones are far shorter.
const MAX_RECOVERED_BYTES: usize = 250;

/// What of MSH is needed to act on a message and to answer it.
///
/// The texts are raw, that is, as sent and still escaped with `delimiters`: an
/// answer echoes them unchanged. Absent fields are empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub delimiters: Delimiters,
    /// MSH-3.
    pub sending_application: String,
    /// MSH-4.
    pub sending_facility: String,
    /// MSH-5.
    pub receiving_application: String,
    /// MSH-6.
    pub receiving_facility: String,
    /// MSH-7.
    pub time: String,
    /// MSH-9.1, such as `ADT`.
    pub message_type: String,
    /// MSH-9.2, such as `A04`.
    pub trigger_event: String,
    /// MSH-9.3, such as `ADT_A01`; often absent in v2.3.1.
    pub message_structure: String,
    /// MSH-10.
    pub control_id: String,
    /// MSH-11, such as `P` or `P^T`.
    pub processing_id: String,
    /// MSH-12, such as `2.3.1`.
    pub version: String,
    /// MSH-18 with its repetitions.
    pub character_set: String,
    /// MSH-21 with its repetitions, such as `ITI-10^IHE`.
    pub message_profile: String,
}

/// MSH-9: `code^event^structure`.
#[derive(Clone, Copy)]
pub(crate) struct MessageType<'a> {
    pub(crate) code: &'a str,
    pub(crate) event: &'a str,
    pub(crate) structure: &'a str,
}

/// Why the header alone keeps a message from being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeaderFault {
    MessageType,
    TriggerEvent,
    FieldMissing(usize),
    Version,
    ProcessingId,
}

/// MSH-11.1 (HL7 v2.5 table 0103).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessingId {
    Production,
    Training,
    Debugging,
}

impl Header {
    /// Reads the header of a parsed message.
    #[must_use]
    pub fn read(message: &Message<'_>) -> Header {
        let segment = message.header();
        let raw = |number: usize| segment.field(number).raw().to_owned();
        let message_type = segment.field(9);
        Header {
            delimiters: message.delimiters(),
            sending_application: raw(3),
            sending_facility: raw(4),
            receiving_application: raw(5),
            receiving_facility: raw(6),
            time: raw(7),
            message_type: message_type.component(1).raw().to_owned(),
            trigger_event: message_type.component(2).raw().to_owned(),
            message_structure: message_type.component(3).raw().to_owned(),
            control_id: raw(10),
            processing_id: raw(11),
            version: raw(12),
            character_set: raw(18),
            message_profile: raw(21),
        }
    }

    /// What the message is, once type, event, version and the required fields of MSH are what we accept.
    ///
    /// `read` is given MSH-9.1 and MSH-9.2.
    pub(crate) fn read_event<E>(
        &self,
        versions: &[&str],
        read: impl FnOnce(&str, &str) -> Result<E, HeaderFault>,
    ) -> Result<E, HeaderFault> {
        let event = read(&self.message_type, &self.trigger_event)?;
        let required = [(10, &self.control_id), (11, &self.processing_id), (12, &self.version)];
        if let Some((field, _)) = required.into_iter().find(|(_, raw)| raw.is_empty()) {
            return Err(HeaderFault::FieldMissing(field));
        }
        if !versions.contains(&self.version_id()) {
            return Err(HeaderFault::Version);
        }
        self.processing_id().ok_or(HeaderFault::ProcessingId)?;
        Ok(event)
    }

    /// The MSH segment.
    #[must_use]
    pub(crate) fn write(&self) -> String {
        let message_type = [
            self.message_type.as_str(),
            self.trigger_event.as_str(),
            self.message_structure.as_str(),
        ];
        SegmentWriter::header(self.delimiters)
            .field(3, &self.sending_application)
            .field(4, &self.sending_facility)
            .field(5, &self.receiving_application)
            .field(6, &self.receiving_facility)
            .field(7, &self.time)
            .field(9, &join(&message_type, self.delimiters.component))
            .field(10, &self.control_id)
            .field(11, &self.processing_id)
            .field(12, &self.version)
            .field(18, &self.character_set)
            .field(20, if self.switches_sets() { "ISO 2022-1994" } else { "" })
            .field(21, &self.message_profile)
            .end()
    }

    /// What can be told of the sender of bytes that could not be decoded or parsed.
    ///
    /// A field with anything but printable ASCII, or of unlikely length, counts as
    /// absent: a wrong echo is worse than none. Without a readable MSH all are absent.
    #[must_use]
    pub fn recover(bytes: &[u8]) -> Header {
        let (fields, separator) = recover_fields(bytes, "MSH", 18);
        let fields: Vec<String> = fields.into_iter().map(Option::unwrap_or_default).collect();
        match Message::parse(&fields.join(&separator)) {
            Ok(message) => Header::read(&message),
            Err(_) => Header::absent(),
        }
    }

    /// The character set to answer in: MSH-18, or what is agreed with the partner.
    ///
    /// # Errors
    /// [`Hl7Error::UnsupportedCharset`] if MSH-18 names an unknown set.
    pub fn charset(&self, default: Charset) -> Result<Charset, Hl7Error> {
        let names = self.character_set.split(self.delimiters.repetition);
        Ok(Charset::from_names(names)?.unwrap_or(default))
    }

    /// MSH-11.1; `None` if absent or not in the table.
    #[must_use]
    pub fn processing_id(&self) -> Option<ProcessingId> {
        match self.processing_id.split(self.delimiters.component).next() {
            Some("P") => Some(ProcessingId::Production),
            Some("T") => Some(ProcessingId::Training),
            Some("D") => Some(ProcessingId::Debugging),
            _ => None,
        }
    }

    /// MSH-12.1.
    #[must_use]
    pub fn version_id(&self) -> &str {
        self.version.split(self.delimiters.component).next().unwrap_or_default()
    }

    /// Whether the text switches between sets by escape sequences, which MSH-20 must say.
    fn switches_sets(&self) -> bool {
        self.charset(Charset::Ascii) == Ok(Charset::Iso2022Jp)
    }

    fn absent() -> Header {
        Header {
            delimiters: Delimiters::STANDARD,
            sending_application: String::new(),
            sending_facility: String::new(),
            receiving_application: String::new(),
            receiving_facility: String::new(),
            time: String::new(),
            message_type: String::new(),
            trigger_event: String::new(),
            message_structure: String::new(),
            control_id: String::new(),
            processing_id: String::new(),
            version: String::new(),
            character_set: String::new(),
            message_profile: String::new(),
        }
    }
}

/// The fields of the first line of that name, the name first, in bytes that could not be decoded or parsed,
/// and their separator; MSH must be the first line of all.
///
/// A field that is not printable ASCII, or of unlikely length, is absent.
pub(crate) fn recover_fields(
    bytes: &[u8],
    name: &str,
    n_fields: usize,
) -> (Vec<Option<String>>, String) {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
    let is_line_end = |byte: &u8| matches!(*byte, b'\r' | b'\n');
    let separator = bytes.get(3).copied().unwrap_or(b'|');
    let has_name = |line: &[u8]| {
        line.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.first() == Some(&separator))
    };
    let mut lines = bytes.split(is_line_end);
    let line = if name == "MSH" { lines.next() } else { lines.find(|line| has_name(line)) };
    let line = line.unwrap_or_default();
    let n_needed = line.len().min(MAX_RECOVERED_BYTES.saturating_mul(n_fields));
    let line = line.get(..n_needed).unwrap_or_default();
    let is_field_byte = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    let fields = line.split(|byte| *byte == separator).map(|field| {
        let is_clean =
            field.len() <= MAX_RECOVERED_BYTES && field.iter().copied().all(is_field_byte);
        std::str::from_utf8(field).ok().filter(|_| is_clean).map(str::to_owned)
    });
    (fields.collect(), char::from(separator).to_string())
}
