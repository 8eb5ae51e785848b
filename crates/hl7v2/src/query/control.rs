//! RCP and DSC: when to answer, how much at once, and where to go on (HL7 v2.5 chapter 5).

use crate::adt::FeedError;
use crate::delimiters::Delimiters;
use crate::location::Location;
use crate::message::{Message, Segment};
use crate::patient::{cx, value};
use crate::structure::only;
use crate::writer::{SegmentWriter, join};

/// Which part of an answer is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// RCP-2, `n^RD`: at most so many matches; at least one.
    pub limit: Option<usize>,
    /// DSC-1, as the answer before this one gave it.
    pub pointer: Option<String>,
}

/// RCP-1: only immediate answers are given (ITI TF-2: 3.9.4.1.2.3). An empty one means that too.
pub(super) fn check_immediate(message: &Message<'_>) -> Result<(), FeedError> {
    let priority = message.segment("RCP").map(|rcp| value(&rcp.field(1).text()).to_owned());
    match priority.as_deref() {
        None | Some("" | "I") => Ok(()),
        Some(_) => {
            Err(FeedError::UnknownTableValue { location: Location::segment("RCP", 1).field(1) })
        }
    }
}

/// RCP-2 and DSC, once RCP-1 is what we accept.
pub(super) fn read_page(message: &Message<'_>) -> Result<PageRequest, FeedError> {
    check_immediate(message)?;
    let limit = message.segment("RCP").map(|rcp| read_limit(&rcp)).transpose()?.flatten();
    let pointer = read_pointer(message)?;
    Ok(PageRequest { limit, pointer })
}

/// RCP, and DSC if the answer is to go on somewhere.
pub(super) fn write(page: &PageRequest, delimiters: Delimiters) -> String {
    let limit = page.limit.map(|limit| limit.to_string());
    let limit = limit.map(|limit| join(&[&limit, "RD"], delimiters.component));
    let rcp = SegmentWriter::new("RCP", delimiters).field(1, "I");
    let dsc = page.pointer.as_deref().map(|pointer| write_dsc(pointer, delimiters));
    rcp.field(2, &limit.unwrap_or_default()).end() + &dsc.unwrap_or_default()
}

/// DSC of a question or of an answer.
pub(crate) fn write_dsc(pointer: &str, delimiters: Delimiters) -> String {
    let pointer = delimiters.escape(pointer);
    SegmentWriter::new("DSC", delimiters).field(1, &pointer).field(2, "I").end()
}

/// DSC-1, if there is a DSC; DSC-2 must be `I`, interactive, or empty.
pub(crate) fn read_pointer(message: &Message<'_>) -> Result<Option<String>, FeedError> {
    if message.segment("DSC").is_none() {
        return Ok(None);
    }
    let dsc = only(message, "DSC")?;
    let location = |field: usize| Location::segment("DSC", 1).field(field);
    if !matches!(value(&dsc.field(2).text()), "" | "I") {
        return Err(FeedError::UnknownTableValue { location: location(2) });
    }
    let pointer = cx::legal_text(value(&dsc.field(1).text()), location(1))?;
    Ok((!pointer.is_empty()).then_some(pointer))
}

/// A quantity in records.
fn read_limit(rcp: &Segment<'_>) -> Result<Option<usize>, FeedError> {
    let location =
        |component: usize| Location::segment("RCP", 1).field(2).repetition(1).component(component);
    let (quantity, unit) = (rcp.field(2).text(), rcp.field(2).component(2).text());
    let quantity = value(&quantity);
    if quantity.is_empty() {
        return Ok(None);
    }
    if !matches!(value(&unit), "" | "RD") {
        return Err(FeedError::UnknownTableValue { location: location(2) });
    }
    let is_decimal = quantity.bytes().all(|byte| byte.is_ascii_digit());
    let limit = if is_decimal { quantity.parse::<usize>().ok() } else { None };
    match limit {
        Some(limit) if limit > 0 => Ok(Some(limit)),
        Some(_) | None => Err(FeedError::InvalidField { location: location(1) }),
    }
}
