//! What a PIX manager is told: ITI-8 Patient Identity Feed and ITI-30 Patient Identity Management, with all
//! that can be asked for later.

use identity::{Demographics, FeedEvent, IdentityManagement, LocalId, PatientIdentityFeed};

use super::feed::{FeedSegments, mrg_1, pid_3, read_segments, write_adt, write_body, write_evn};
use super::{FeedError, event, read_event};
use crate::delimiters::Delimiters;
use crate::header::{Header, MessageType};
use crate::location::Location;
use crate::message::{Message, Segment};
use crate::outgoing::{Outgoing, OutgoingHeader};
use crate::patient::{cx, pid, pv1};
use crate::structure::{Slot, check_order, only};
use crate::writer::SegmentWriter;

/// As the feed, and v2.5.1, which ITI-30 is often sent in.
const VERSIONS: &[&str] = &["2.3.1", "2.4", "2.5", "2.5.1"];

/// MSH-9.2 of all that a PIX manager acts on.
#[derive(Clone, Copy)]
enum Event {
    /// A01, A04, A05, A08, A40.
    Feed(FeedEvent),
    /// A28 and A31, whose PV1 many senders leave out.
    Person(FeedEvent),
    ChangeId,
    Link,
    Unlink,
}

/// Reads A01, A04, A05, A08, A40 as [`crate::read_patient_identity_feed`], but with everything that can be
/// asked for (PID-6, PID-11, PID-13, PID-14, PID-18, PV1), and A24, A28, A31, A37, A47.
///
/// Of what is read in addition, only a text that is too long or holds control characters is refused.
///
/// # Errors
/// [`FeedError`] with the place at fault.
pub fn read_identity_management(message: &Message<'_>) -> Result<IdentityManagement, FeedError> {
    match read_event(&Header::read(message), VERSIONS, event_of)? {
        Event::Feed(event) => {
            read_feed(message, event, &read_segments(message, event)?).map(IdentityManagement::Feed)
        }
        Event::Person(event) => {
            let [evn, pid] = ["EVN", "PID"].map(Slot::required);
            check_order(message, &[evn, pid, Slot::optional("PV1")])?;
            let segments = FeedSegments { pid: only(message, "PID")?, mrg: None };
            read_feed(message, event, &segments).map(IdentityManagement::Feed)
        }
        Event::ChangeId => {
            check_order(message, &["EVN", "PID", "MRG"].map(Slot::required))?;
            let (pid, mrg) = (only(message, "PID")?, only(message, "MRG")?);
            let new = cx::read_required(pid.field(3), &pid_3(1))?;
            let old = cx::read_required(mrg.field(1), &mrg_1())?;
            Ok(IdentityManagement::ChangeId { new, old })
        }
        Event::Link => {
            let (first, second) = read_two(message)?;
            Ok(IdentityManagement::Link { first, second })
        }
        Event::Unlink => {
            let (first, second) = read_two(message)?;
            Ok(IdentityManagement::Unlink { first, second })
        }
    }
}

/// The message of ITI-30 in v2.5; an admission and a pre-admission, which that does not have, as in ITI-8.
/// To be encoded in UTF-8.
#[must_use]
pub fn write_identity_management(
    header: &OutgoingHeader<'_>,
    management: &IdentityManagement,
) -> String {
    let delimiters = Delimiters::STANDARD;
    let write = |event: &str, structure: &str, body: &str| {
        let kind = MessageType { code: "ADT", event, structure };
        header.message(&Outgoing { kind, version: "2.5", profile: "" }, body)
    };
    let identifiers = |segment: &str, field: usize, identifiers: &[LocalId]| {
        let raw = cx::write_all(identifiers, delimiters);
        SegmentWriter::new(segment, delimiters).field(field, &raw).end()
    };
    let two = |event: &str, first: &[LocalId], second: &[LocalId]| {
        let evn = write_evn(event, &header.time_text());
        evn + &identifiers("PID", 3, first) + &identifiers("PID", 3, second)
    };
    match management {
        IdentityManagement::Feed(feed) => match feed.event {
            FeedEvent::Admit | FeedEvent::PreAdmit => write_adt(header, feed),
            FeedEvent::Register => write("A28", "ADT_A05", &write_body(header, "A28", feed)),
            FeedEvent::Update => write("A31", "ADT_A05", &write_body(header, "A31", feed)),
            FeedEvent::Merge => write("A40", "ADT_A39", &write_body(header, "A40", feed)),
        },
        IdentityManagement::ChangeId { new, old } => {
            let evn = write_evn("A47", &header.time_text());
            let body = evn + &identifiers("PID", 3, new) + &identifiers("MRG", 1, old);
            write("A47", "ADT_A30", &body)
        }
        IdentityManagement::Link { first, second } => {
            write("A24", "ADT_A24", &two("A24", first, second))
        }
        IdentityManagement::Unlink { first, second } => {
            write("A37", "ADT_A37", &two("A37", first, second))
        }
    }
}

fn event_of(trigger_event: &str) -> Option<Event> {
    match trigger_event {
        "A28" => Some(Event::Person(FeedEvent::Register)),
        "A31" => Some(Event::Person(FeedEvent::Update)),
        "A47" => Some(Event::ChangeId),
        "A24" => Some(Event::Link),
        "A37" => Some(Event::Unlink),
        other => event::read(other).map(Event::Feed),
    }
}

fn read_feed(
    message: &Message<'_>,
    event: FeedEvent,
    segments: &FeedSegments<'_>,
) -> Result<PatientIdentityFeed, FeedError> {
    let (demographics, visit) = match event {
        FeedEvent::Merge => (Demographics::default(), None),
        FeedEvent::Admit | FeedEvent::Register | FeedEvent::PreAdmit | FeedEvent::Update => {
            let pv1 = message.segment("PV1");
            let visit = pv1.map(|pv1| pv1::read(&pv1, 1)).transpose()?.flatten();
            (pid::read_all_demographics(&segments.pid, 1)?, visit)
        }
    };
    let prior = segments.mrg.map(|mrg| cx::read_required(mrg.field(1), &mrg_1())).transpose()?;
    Ok(PatientIdentityFeed {
        event,
        identifiers: cx::read_required(segments.pid.field(3), &pid_3(1))?,
        prior_identifiers: prior.unwrap_or_default(),
        demographics,
        visit,
    })
}

/// The identifiers of the two patients of A24 and A37.
fn read_two(message: &Message<'_>) -> Result<(Vec<LocalId>, Vec<LocalId>), FeedError> {
    check_order(message, &["EVN", "PID"].map(Slot::required))?;
    let misplaced =
        |sequence| FeedError::SegmentSequence { location: Location::segment("PID", sequence) };
    let patients: Vec<Segment<'_>> = message.segments("PID").collect();
    match patients.as_slice() {
        [first, second] => {
            let first = cx::read_required(first.field(3), &pid_3(1))?;
            Ok((first, cx::read_required(second.field(3), &pid_3(2))?))
        }
        [] | [_] => Err(misplaced(2)),
        [_, _, _, ..] => Err(misplaced(3)),
    }
}
