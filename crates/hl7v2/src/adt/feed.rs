//! ITI-8 Patient Identity Feed, read as a Document Registry needs it, and written.

use identity::{Demographics, FeedEvent, PatientIdentityFeed};

use super::{FeedError, VERSIONS, event, read_event};
use crate::delimiters::Delimiters;
use crate::header::{Header, MessageType};
use crate::location::Location;
use crate::message::{Message, Segment};
use crate::outgoing::{Outgoing, OutgoingHeader};
use crate::patient::{cx, pid, pv1};
use crate::structure::{Slot, check_order, only};
use crate::writer::SegmentWriter;

/// Reads A01, A04, A05, A08 and A40.
///
/// Needs at least one identifier, and in a merge one that is subsumed. A name is not
/// demanded: a Document Registry acts on the identifiers alone (ITI TF-2: 3.8.4.1.3).
/// Addresses, numbers and the visit are not read, so that nothing in them can keep a registry from
/// knowing a patient; [`crate::read_identity_management`] reads them.
/// Demographics of a merge are left out, because they are not an update.
///
/// # Errors
/// [`FeedError`] with the place at fault.
pub fn read_patient_identity_feed(message: &Message<'_>) -> Result<PatientIdentityFeed, FeedError> {
    let event = read_event(&Header::read(message), VERSIONS, event::read)?;
    let segments = read_segments(message, event)?;
    let prior = segments.mrg.map(|mrg| cx::read_required(mrg.field(1), &mrg_1()));
    let demographics = match event {
        FeedEvent::Merge => Demographics::default(),
        FeedEvent::Admit | FeedEvent::Register | FeedEvent::PreAdmit | FeedEvent::Update => {
            pid::read_demographics(&segments.pid, 1)?
        }
    };
    Ok(PatientIdentityFeed {
        event,
        identifiers: cx::read_required(segments.pid.field(3), &pid_3(1))?,
        prior_identifiers: prior.transpose()?.unwrap_or_default(),
        demographics,
        visit: None,
    })
}

/// The feed as a v2.3.1 message, to be encoded in UTF-8.
///
/// The patient class is `N`, not applicable, unless the feed is about a visit.
#[must_use]
pub fn write_adt(header: &OutgoingHeader<'_>, feed: &PatientIdentityFeed) -> String {
    let kind = MessageType {
        code: "ADT",
        event: event::code(feed.event),
        structure: event::structure(feed.event),
    };
    let body = write_body(header, kind.event, feed);
    header.message(&Outgoing { kind, version: "2.3.1", profile: "" }, &body)
}

/// EVN, PID, MRG in a merge, and PV1.
pub(super) fn write_body(
    header: &OutgoingHeader<'_>,
    event_code: &str,
    feed: &PatientIdentityFeed,
) -> String {
    let delimiters = Delimiters::STANDARD;
    let pid = SegmentWriter::new("PID", delimiters);
    let mut body = write_evn(event_code, &header.time_text());
    body.push_str(&pid::write(pid, &feed.identifiers, &feed.demographics, delimiters));
    if feed.event == FeedEvent::Merge {
        let prior = cx::write_all(&feed.prior_identifiers, delimiters);
        body.push_str(&SegmentWriter::new("MRG", delimiters).field(1, &prior).end());
    }
    body.push_str(&pv1::write(feed.visit.as_ref(), delimiters));
    body
}

pub(super) fn write_evn(event_code: &str, time: &str) -> String {
    SegmentWriter::new("EVN", Delimiters::STANDARD).field(1, event_code).field(2, time).end()
}

/// The segments that are read.
pub(super) struct FeedSegments<'a> {
    pub(super) pid: Segment<'a>,
    /// In a merge only.
    pub(super) mrg: Option<Segment<'a>>,
}

/// One patient, and in a merge one merge (ITI TF-2: 3.8.4.1.2 and 3.8.4.2.2).
///
/// # Errors
/// [`FeedError::SegmentMissing`] and [`FeedError::SegmentSequence`].
pub(super) fn read_segments<'a>(
    message: &Message<'a>,
    event: FeedEvent,
) -> Result<FeedSegments<'a>, FeedError> {
    let [evn, pid, mrg, pv1] = ["EVN", "PID", "MRG", "PV1"].map(Slot::required);
    if event == FeedEvent::Merge {
        check_order(message, &[evn, pid, mrg, Slot::optional("PV1")])?;
        return Ok(FeedSegments { pid: only(message, "PID")?, mrg: Some(only(message, "MRG")?) });
    }
    check_order(message, &[evn, pid, pv1])?;
    Ok(FeedSegments { pid: only(message, "PID")?, mrg: None })
}

/// The identifiers of the `sequence`-th PID.
pub(super) fn pid_3(sequence: usize) -> Location {
    Location::segment("PID", sequence).field(3)
}

/// The subsumed identifiers.
pub(super) fn mrg_1() -> Location {
    Location::segment("MRG", 1).field(1)
}
