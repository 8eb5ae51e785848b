//! The audit message as XML: written as schema 2017c has it, read as it is found in the field.
//!
//! Each part of the message is written and read in a file of its own. What the values do not hold
//! (MediaIdentifier, ParticipantObjectDescription, whatever is unknown) is passed over on reading; who must
//! keep it keeps the bytes.

mod code;
mod content;
mod event;
mod object;
mod output;
mod participant;
mod source;

use xml::{Limits, Reader, XmlError};

use self::content::next_child;
use self::output::Output;
use crate::message::{AuditMessage, AuditSource};

/// Room for a message of usual size: three participants, two objects, a query.
const USUAL_BYTES: usize = 4096;

/// Why bytes are no audit message. `Display` tells a class, and no content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("audit message is not XML that can be read")]
    Xml(#[from] XmlError),
    #[error("another document than an audit message")]
    OtherDocument,
    #[error("EventIdentification is missing")]
    NoEventIdentification,
    #[error("EventDateTime is missing or no time")]
    EventDateTime,
}

impl AuditMessage {
    /// The message as XML without declaration and namespace (DICOM PS3.15 A.5.1, schema 2017c).
    ///
    /// Whatever the texts hold, the result can be read again: what XML has no way to write becomes U+FFFD.
    /// It is valid by the schema if there is a participant, numbers are within their enumerations, and no
    /// object has a name and a query.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let mut output = Output::with_capacity(USUAL_BYTES);
        output.open("AuditMessage").content();
        event::write(&mut output, &self.event);
        for participant in &self.participants {
            participant::write(&mut output, participant);
        }
        source::write(&mut output, &self.source);
        for object in &self.objects {
            object::write(&mut output, object);
        }
        output.close("AuditMessage");
        output.finish()
    }

    /// Reads a message of any of the schemas (DICOM PS3.15 A.5.1 of any year, RFC 3881).
    ///
    /// Elements are known by their local names, whatever their order and namespace. Optional or not, what is
    /// missing is empty; a missing outcome is success, as the schema says of an unknown one.
    ///
    /// # Errors
    /// [`ReadError`]: not XML within `limits`, another root element, no EventIdentification, no readable time.
    pub fn read(bytes: &[u8], limits: Limits) -> Result<AuditMessage, ReadError> {
        let text = xml::decode(bytes.trim_ascii_start(), None)?;
        let mut reader = Reader::new(&text, limits)?;
        let root = reader.next_child()?;
        if root.is_none_or(|root| root.local() != "AuditMessage") {
            return Err(ReadError::OtherDocument);
        }
        let (mut event, mut source) = (None, None);
        let (mut participants, mut objects) = (Vec::new(), Vec::new());
        while let Some(element) = next_child(&mut reader)? {
            match element.local() {
                "EventIdentification" if event.is_none() => {
                    event = Some(event::read(&mut reader, &element)?);
                }
                "ActiveParticipant" => {
                    participants.push(participant::read(&mut reader, &element)?);
                }
                "AuditSourceIdentification" if source.is_none() => {
                    source = Some(source::read(&mut reader, &element)?);
                }
                "ParticipantObjectIdentification" => {
                    objects.push(object::read(&mut reader, &element)?);
                }
                _ => reader.skip()?,
            }
        }
        reader.expect_end()?;
        let event = event.ok_or(ReadError::NoEventIdentification)?;
        let source: AuditSource = source.unwrap_or_default();
        Ok(AuditMessage { event, participants, source, objects })
    }
}
