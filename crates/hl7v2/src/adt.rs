//! ITI-8 Patient Identity Feed as ADT messages (ITI TF-2: 3.8.4), read and written; ITI-64 read.
//!
//! Versions 2.3.1, 2.4 and 2.5 differ in nothing that is read here. Segments other
//! than EVN, PID, MRG and PV1 are passed over, as the transaction wants it.

mod cx;
mod error;
mod event;
mod link_change;
mod pid;
mod structure;
mod xpn;

use datatypes::Dtm;
use identity::{Demographics, FeedEvent, LocalId, PatientIdentityFeed};

use crate::delimiters::Delimiters;
use crate::header::Header;
use crate::location::Location;
use crate::message::{Field, Message};
use crate::writer::SegmentWriter;

pub use error::FeedError;
pub use link_change::{LINK_CHANGE_EVENT, read_link_change};

/// ITI-8 is v2.3.1; Japanese systems send what they have, which is v2.5 or v2.4.
const VERSIONS: &[&str] = &["2.3.1", "2.4", "2.5"];

/// Reads A01, A04, A05, A08 and A40.
///
/// Needs at least one identifier, and in a merge one that is subsumed. A name is not
/// demanded: a Document Registry acts on the identifiers alone (ITI TF-2: 3.8.4.1.3).
/// Demographics of a merge are left out, because they are not an update.
///
/// # Errors
/// [`FeedError`] with the place at fault.
pub fn read_patient_identity_feed(message: &Message<'_>) -> Result<PatientIdentityFeed, FeedError> {
    let event = read_event(&Header::read(message), event::read)?;
    let segments = structure::read(message, event)?;
    let prior = segments.mrg.map(|mrg| read_identifiers(mrg.field(1), "MRG", 1));
    let demographics = match event {
        FeedEvent::Merge => Demographics::default(),
        FeedEvent::Admit | FeedEvent::Register | FeedEvent::PreAdmit | FeedEvent::Update => {
            pid::read_demographics(&segments.pid)?
        }
    };
    Ok(PatientIdentityFeed {
        event,
        identifiers: read_identifiers(segments.pid.field(3), "PID", 3)?,
        prior_identifiers: prior.transpose()?.unwrap_or_default(),
        demographics,
        visit: None,
    })
}

/// What a feed needs beside its content; applications and facilities are namespace ids.
#[derive(Clone, Copy, Debug)]
pub struct AdtHeader<'a> {
    pub sending_application: &'a str,
    pub sending_facility: &'a str,
    pub receiving_application: &'a str,
    pub receiving_facility: &'a str,
    /// New for each message, at most 20 characters.
    pub control_id: &'a str,
    /// UTC; becomes MSH-7 and EVN-2.
    pub time: &'a Dtm,
}

/// The feed as a v2.3.1 message, to be encoded in UTF-8.
///
/// The patient class is `N`, not applicable: a feed is not about a visit.
#[must_use]
pub fn write_adt(header: &AdtHeader<'_>, feed: &PatientIdentityFeed) -> String {
    let delimiters = Delimiters::STANDARD;
    let time = format!("{}+0000", header.time);
    let evn = SegmentWriter::new("EVN", delimiters).field(1, event::code(feed.event));
    let mut body = evn.field(2, &time).end();
    body.push_str(&pid::write(feed, delimiters));
    if feed.event == FeedEvent::Merge {
        let prior = cx::write_all(&feed.prior_identifiers, delimiters);
        body.push_str(&SegmentWriter::new("MRG", delimiters).field(1, &prior).end());
    }
    body.push_str(&SegmentWriter::new("PV1", delimiters).field(2, "N").end());
    let escaped = |text: &str| delimiters.escape(text).into_owned();
    let mut header = Header {
        delimiters,
        sending_application: escaped(header.sending_application),
        sending_facility: escaped(header.sending_facility),
        receiving_application: escaped(header.receiving_application),
        receiving_facility: escaped(header.receiving_facility),
        time,
        message_type: "ADT".to_owned(),
        trigger_event: event::code(feed.event).to_owned(),
        message_structure: event::structure(feed.event).to_owned(),
        control_id: escaped(header.control_id),
        processing_id: "P".to_owned(),
        version: "2.3.1".to_owned(),
        character_set: String::new(),
    };
    if !body.is_ascii() || !header.write().is_ascii() {
        header.character_set = "UNICODE UTF-8".to_owned();
    }
    header.write() + &body
}

/// The event, once type, event, version and the required fields of MSH are what we accept.
fn read_event<E>(
    header: &Header,
    read_trigger: impl Fn(&str) -> Option<E>,
) -> Result<E, FeedError> {
    let missing = |field: usize| FeedError::FieldMissing {
        location: Location::segment("MSH", 1).field(field),
    };
    if header.message_type != "ADT" {
        return Err(FeedError::UnsupportedMessageType);
    }
    let event = read_trigger(&header.trigger_event).ok_or(FeedError::UnsupportedTriggerEvent)?;
    let required = [(10, &header.control_id), (11, &header.processing_id), (12, &header.version)];
    if let Some((field, _)) = required.into_iter().find(|(_, raw)| raw.is_empty()) {
        return Err(missing(field));
    }
    if !VERSIONS.contains(&header.version_id()) {
        return Err(FeedError::UnsupportedVersion);
    }
    header.processing_id().ok_or(FeedError::UnsupportedProcessingId)?;
    Ok(event)
}

/// All identifiers of a required field.
fn read_identifiers(
    field: Field<'_>,
    segment: &str,
    number: usize,
) -> Result<Vec<LocalId>, FeedError> {
    let location = Location::segment(segment, 1).field(number);
    let identifiers = cx::read_all(field, &location)?;
    if identifiers.is_empty() {
        return Err(FeedError::FieldMissing { location });
    }
    Ok(identifiers)
}

/// A value without the blanks that may fill it up; empty if explicitly deleted (`""`).
///
/// Trailing blanks of a string mean nothing (HL7 v2.5 chapter 2A, ST).
fn value(text: &str) -> &str {
    match text.trim_end_matches(' ') {
        "\"\"" => "",
        value => value,
    }
}
