//! The questions of PIX and PDQ consumers in v2.5: ITI-9 (`QBP^Q23`), ITI-21 (`QBP^Q22`), ITI-22 (`QBP^ZV1`) and
//! the cancellation of the latter two (`QCN^J01`), read and written.

mod cancel;
mod control;
mod criteria;
mod cross_reference;
mod demographics;
mod echo;
mod error;
mod parameter;

use identity::{CrossReferenceQuery, DemographicsQuery};

use crate::adt::FeedError;
use crate::header::{Header, HeaderFault};
use crate::location::Location;
use crate::message::{Message, Segment};
use crate::structure::{Slot, check_order, only};

pub use cancel::{Cancellation, write_cancel};
pub use control::PageRequest;
pub(crate) use control::{read_pointer, write_dsc};
pub use cross_reference::write_pix_query;
pub use demographics::{NotInV2, write_demographics_query};
pub use echo::QueryEcho;
pub use error::{DomainsField, QueryError};

/// The queries are v2.5; older and newer senders mean the same by these segments.
const VERSIONS: &[&str] = &["2.3.1", "2.4", "2.5", "2.5.1"];

/// A question of a consumer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// ITI-9.
    CrossReference(CrossReferenceQuery),
    /// ITI-21, and ITI-22 if it asks for visits.
    Demographics { query: DemographicsQuery, page: PageRequest },
    /// The remaining pages of an answer are not wanted; acknowledged by an ACK.
    Cancel(Cancellation),
}

/// Reads any of them. What the answer repeats of the question is read by [`QueryEcho::read`], even if this
/// fails.
///
/// # Errors
/// [`QueryError`] with the places at fault.
pub fn read_query(message: &Message<'_>) -> Result<Query, QueryError> {
    match event(&Header::read(message))? {
        Event::CrossReference => {
            let qpd = read_qpd(message)?;
            control::check_immediate(message)?;
            cross_reference::read(&qpd).map(Query::CrossReference)
        }
        Event::Demographics => demographics::read(message, demographics::Asked::Patients),
        Event::Visits => demographics::read(message, demographics::Asked::Visits),
        Event::Cancel => cancel::read(message).map(Query::Cancel),
    }
}

#[derive(Clone, Copy)]
enum Event {
    CrossReference,
    Demographics,
    Visits,
    Cancel,
}

fn event(header: &Header) -> Result<Event, FeedError> {
    let event = header.read_event(VERSIONS, |code, event| match (code, event) {
        ("QBP", "Q23") => Ok(Event::CrossReference),
        ("QBP", "Q22") => Ok(Event::Demographics),
        ("QBP", "ZV1") => Ok(Event::Visits),
        ("QCN", "J01") => Ok(Event::Cancel),
        ("QBP" | "QCN", _) => Err(HeaderFault::TriggerEvent),
        _ => Err(HeaderFault::MessageType),
    })?;
    Ok(event)
}

/// The one QPD segment, before RCP and DSC, with a query tag (ITI TF-2: 3.9.4.1.2.2).
fn read_qpd<'m>(message: &Message<'m>) -> Result<Segment<'m>, FeedError> {
    let order = [Slot::required("QPD"), Slot::required("RCP"), Slot::optional("DSC")];
    check_order(message, &order)?;
    let qpd = only(message, "QPD")?;
    only(message, "RCP")?;
    if crate::patient::value(&qpd.field(2).text()).is_empty() {
        return Err(FeedError::FieldMissing { location: qpd_field(2) });
    }
    Ok(qpd)
}

fn qpd_field(number: usize) -> Location {
    Location::segment("QPD", 1).field(number)
}
