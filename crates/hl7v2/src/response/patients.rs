//! The answers to ITI-21 and ITI-22: a PID for each match, a PV1 with it if visits were asked for (ITI TF-2: 3.21.4.2.2,
//! 3.22.4.2.2).

use identity::{MatchPage, PatientMatch};

use super::frame::{self, Counts, Outcome, QueryStatus, ResponseFrame};
use super::{FeedError, Reply, ResponseError};
use crate::ack::Ack;
use crate::delimiters::Delimiters;
use crate::header::MessageType;
use crate::location::Location;
use crate::message::{Message, Segment};
use crate::patient::{cx, pid, pv1, value};
use crate::query::{read_pointer, write_dsc};
use crate::writer::SegmentWriter;

/// `RSP^K22^RSP_K21`, or `RSP^ZV2^RSP_ZV2` if the question was `QBP^ZV1`: the matches, `NF` if there are none, or
/// why nothing was looked for.
///
/// QAK counts the matches of all pages, DSC points to the next one. To be encoded in the set of `reply`.
#[must_use]
pub fn write_demographics_response(reply: &Reply<'_>, answer: Result<&MatchPage, &Ack>) -> String {
    let kind = match reply.header.trigger_event.as_str() {
        "ZV1" => MessageType { code: "RSP", event: "ZV2", structure: "RSP_ZV2" },
        _ => MessageType { code: "RSP", event: "K22", structure: "RSP_K21" },
    };
    let page = match answer {
        Ok(page) if page.matches.is_empty() => {
            return frame::write(reply, kind, &Outcome::NotFound, "");
        }
        Ok(page) => page,
        Err(ack) => return frame::write(reply, kind, &Outcome::Refused(ack), ""),
    };
    let delimiters = reply.header.delimiters;
    let mut body: String = (1_usize..)
        .zip(&page.matches)
        .map(|(number, patient)| write_match(patient, number, delimiters))
        .collect();
    if let Some(pointer) = &page.pointer {
        body.push_str(&write_dsc(pointer, delimiters));
    }
    let counts =
        Counts { n_total: page.n_total, n_here: page.matches.len(), n_remaining: page.n_remaining };
    frame::write(reply, kind, &Outcome::Found(Some(counts)), &body)
}

/// The answer as a consumer reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemographicsResponse {
    pub frame: ResponseFrame,
    /// Without matches unless the status is [`QueryStatus::Found`].
    pub page: MatchPage,
}

/// Reads `RSP^K22` and `RSP^ZV2`, or a bare refusal.
///
/// Where the supplier does not count, what is there counts as all.
///
/// # Errors
/// [`ResponseError`] with the place at fault.
pub fn read_demographics_response(
    message: &Message<'_>,
) -> Result<DemographicsResponse, ResponseError> {
    let frame = frame::read(message, &["K22", "ZV2"])?;
    let matches = read_matches(message)?;
    if frame.status != QueryStatus::Found && !matches.is_empty() {
        let location = Location::segment("PID", 1);
        return Err(FeedError::SegmentSequence { location }.into());
    }
    let count = |field: usize, fallback: usize| {
        let text = message.segment("QAK").map(|qak| qak.field(field).text().into_owned());
        text.and_then(|text| value(&text).parse::<usize>().ok()).unwrap_or(fallback)
    };
    let page = MatchPage {
        n_total: count(4, matches.len()),
        n_remaining: count(6, 0),
        pointer: read_pointer(message)?,
        matches,
    };
    Ok(DemographicsResponse { frame, page })
}

fn write_match(patient: &PatientMatch, number: usize, delimiters: Delimiters) -> String {
    let pid = SegmentWriter::new("PID", delimiters).field(1, &number.to_string());
    let mut text = pid::write(pid, &patient.identifiers, &patient.demographics, delimiters);
    if let Some(visit) = &patient.visit {
        text.push_str(&pv1::write(Some(visit), delimiters));
    }
    let qri = SegmentWriter::new("QRI", delimiters).field(1, &patient.confidence.to_string());
    text + &qri.end()
}

/// The groups that begin with PID; other segments are passed over.
fn read_matches(message: &Message<'_>) -> Result<Vec<PatientMatch>, FeedError> {
    let mut matches: Vec<PatientMatch> = Vec::new();
    let (mut n_visits, mut n_confidences) = (0_usize, 0_usize);
    for segment in message.all_segments() {
        match (segment.name(), matches.last_mut()) {
            ("PID", _) => {
                let number = matches.len().saturating_add(1);
                matches.push(read_patient(&segment, number)?);
            }
            ("PV1", last) => {
                n_visits = n_visits.saturating_add(1);
                let visit = pv1::read(&segment, n_visits)?;
                let last = last.filter(|last| last.visit.is_none());
                let location = Location::segment("PV1", n_visits);
                last.ok_or(FeedError::SegmentSequence { location })?.visit = visit;
            }
            ("QRI", last) => {
                n_confidences = n_confidences.saturating_add(1);
                let location = Location::segment("QRI", n_confidences);
                let last = last.ok_or(FeedError::SegmentSequence { location: location.clone() })?;
                last.confidence = read_confidence(&segment, location)?;
            }
            _ => {}
        }
    }
    Ok(matches)
}

fn read_patient(segment: &Segment<'_>, number: usize) -> Result<PatientMatch, FeedError> {
    let location = Location::segment("PID", number).field(3);
    Ok(PatientMatch {
        identifiers: cx::read_required(segment.field(3), &location)?,
        demographics: pid::read_all_demographics(segment, number)?,
        visit: None,
        // A supplier that does not say how sure it is gives exact matches.
        confidence: 100,
    })
}

/// QRI-1, a number of percent; some write a fraction behind it.
fn read_confidence(qri: &Segment<'_>, location: Location) -> Result<u8, FeedError> {
    let text = qri.field(1).text();
    let percent = value(&text);
    if percent.is_empty() {
        return Ok(100);
    }
    let whole = percent.split('.').next().unwrap_or_default().parse::<u8>();
    match whole {
        Ok(whole) if whole <= 100 => Ok(whole),
        Ok(_) | Err(_) => Err(FeedError::InvalidField { location: location.field(1) }),
    }
}
