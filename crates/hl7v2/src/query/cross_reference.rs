//! ITI-9 PIX Query: QPD-3 an identifier, QPD-4 the domains wanted (ITI TF-2: 3.9.4.1.2.2).

use identity::{AuthorityName, CrossReferenceQuery};

use super::{FeedError, QueryError, control, qpd_field};
use crate::delimiters::Delimiters;
use crate::header::MessageType;
use crate::location::Location;
use crate::message::{Field, Segment};
use crate::outgoing::{Outgoing, OutgoingHeader};
use crate::patient::cx;
use crate::writer::{SegmentWriter, join};

/// QPD-1.
const QUERY_NAME: &str = "IHE PIX Query";

pub(super) fn read(qpd: &Segment<'_>) -> Result<CrossReferenceQuery, QueryError> {
    let (field, location) = (qpd.field(3), qpd_field(3));
    if field.is_empty() {
        return Err(FeedError::FieldMissing { location }.into());
    }
    let mut others = (1..).zip(field.repetitions()).skip(1);
    if let Some((number, _)) = others.find(|(_, repetition)| !repetition.is_empty()) {
        // One question, one identifier: an answer could not tell whose identifiers it gives.
        return Err(FeedError::InvalidField { location: location.repetition(number) }.into());
    }
    let location = location.repetition(1);
    let id = cx::read(field.repetition(1), &location)?;
    let id = id.ok_or_else(|| FeedError::FieldMissing { location: location.component(1) })?;
    let domains = read_domains(qpd.field(4), &qpd_field(4))?;
    Ok(CrossReferenceQuery { id, domains })
}

/// The question in v2.5, to be encoded in UTF-8. `tag` is new for each question.
#[must_use]
pub fn write_pix_query(
    header: &OutgoingHeader<'_>,
    tag: &str,
    query: &CrossReferenceQuery,
) -> String {
    let delimiters = Delimiters::STANDARD;
    let qpd = SegmentWriter::new("QPD", delimiters)
        .field(1, QUERY_NAME)
        .field(2, &delimiters.escape(tag))
        .field(3, &cx::write(&query.id, delimiters))
        .field(4, &write_domains(&query.domains, delimiters));
    let body = qpd.end() + &control::write(&control::PageRequest::default(), delimiters);
    let kind = MessageType { code: "QBP", event: "Q23", structure: "QBP_Q21" };
    header.message(&Outgoing { kind, version: "2.5", profile: "" }, &body)
}

/// The domains of QPD-4 or QPD-8: CX of which only the authority is valued; none if the field is empty.
///
/// A repetition that names no authority is refused: passed over it would turn a question for some domains
/// into one for others, or for all.
pub(super) fn read_domains(
    field: Field<'_>,
    location: &Location,
) -> Result<Vec<AuthorityName>, FeedError> {
    if field.is_empty() {
        return Ok(Vec::new());
    }
    let repetitions = (1..).zip(field.repetitions());
    repetitions
        .map(|(number, repetition)| {
            let location = location.clone().repetition(number).component(4);
            let authority = cx::read_authority(repetition.component(4), &location)?;
            if authority == AuthorityName::default() {
                return Err(FeedError::FieldMissing { location });
            }
            Ok(authority)
        })
        .collect()
}

pub(super) fn write_domains(domains: &[AuthorityName], delimiters: Delimiters) -> String {
    let write = |authority: &AuthorityName| {
        let authority = cx::write_authority(authority, delimiters);
        join(&["", "", "", &authority], delimiters.component)
    };
    let repetitions: Vec<String> = domains.iter().map(write).collect();
    repetitions.join(delimiters.repetition.encode_utf8(&mut [0; 4]))
}
