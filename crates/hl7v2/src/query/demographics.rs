//! ITI-21 Patient Demographics Query and ITI-22, which asks for visits (ITI TF-2: 3.21.4.1 and 3.22.4.1).

use identity::DemographicsQuery;

use super::control::{self, PageRequest};
use super::cross_reference::{read_domains, write_domains};
use super::{FeedError, Query, QueryError, criteria, qpd_field, read_qpd};
use crate::delimiters::Delimiters;
use crate::header::MessageType;
use crate::message::{Message, Segment};
use crate::outgoing::{Outgoing, OutgoingHeader};
use crate::patient::value;
use crate::writer::SegmentWriter;

/// QPD-1.
const QUERY_NAME: &str = "IHE PDQ Query";

/// What one answer stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Patients,
    Visits,
}

/// The question asks for something that HL7 v2 has no parameter for: a range of birth dates, names that sound
/// alike, parts of two names of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the question cannot be asked in HL7 v2")]
pub struct NotInV2;

pub(super) fn read(message: &Message<'_>, asked: Asked) -> Result<Query, QueryError> {
    let qpd = read_qpd(message)?;
    let page = control::read_page(message)?;
    let query = DemographicsQuery {
        criteria: criteria::read(qpd.field(3), asked)?,
        domains: read_domains(qpd.field(8), &qpd_field(8))?,
        // ITI TF-2: 3.21.4.2.2, case 2.
        drops_patients_without_domain: true,
        asks_for_visits: asked == Asked::Visits,
        minimum_confidence: read_confidence(&qpd)?,
    };
    Ok(Query::Demographics { query, page })
}

/// The question in v2.5, to be encoded in UTF-8. `tag` is new for each question, but the same for each page
/// of its answer.
///
/// # Errors
/// [`NotInV2`] if the message would be read as another question.
pub fn write_demographics_query(
    header: &OutgoingHeader<'_>,
    tag: &str,
    query: &DemographicsQuery,
    page: &PageRequest,
) -> Result<String, NotInV2> {
    let delimiters = Delimiters::STANDARD;
    let (event, asked) =
        if query.asks_for_visits { ("ZV1", Asked::Visits) } else { ("Q22", Asked::Patients) };
    let confidence = query.minimum_confidence.map(|percent| percent.to_string());
    let qpd = SegmentWriter::new("QPD", delimiters)
        .field(1, QUERY_NAME)
        .field(2, &delimiters.escape(tag))
        .field(3, &criteria::write(&query.criteria, asked)?)
        .field(4, &confidence.unwrap_or_default())
        .field(8, &write_domains(&query.domains, delimiters));
    let body = qpd.end() + &control::write(page, delimiters);
    let kind = MessageType { code: "QBP", event, structure: "QBP_Q21" };
    Ok(header.message(&Outgoing { kind, version: "2.5", profile: "" }, &body))
}

/// QPD-4 in percent. How the supplier searches (QPD-5 to QPD-7) is its own choice.
fn read_confidence(qpd: &Segment<'_>) -> Result<Option<u8>, FeedError> {
    let text = qpd.field(4).text();
    match value(&text) {
        "" => Ok(None),
        percent => match percent.parse::<u8>() {
            Ok(percent) if percent <= 100 => Ok(Some(percent)),
            Ok(_) | Err(_) => Err(FeedError::InvalidField { location: qpd_field(4) }),
        },
    }
}
