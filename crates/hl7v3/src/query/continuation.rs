//! ITI-47, QUQI_IN000003UV01: the next page of an answer, or none any more (ITI TF-2: 3.47.4.3).
//!
//! Which of both is decided by `wsa:Action`; a status that says otherwise is a fault. The trigger event and
//! the message that is continued are not looked at: the query is known by its id.

use xml::{Element, Reader, XmlError};

use super::header::{QueryId, quantity};
use super::{QueryContent, QueryMessage, read_message};
use crate::envelope::{Content, Taken, local, put};
use crate::error::{ContentError, ReadError};
use crate::instance_id::InstanceId;
use crate::interaction::Interaction;
use crate::location::Location;
use crate::person::attribute;
use crate::structure::Place;

/// Which answer goes on, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryContinuation {
    /// Of the first query.
    pub query_id: InstanceId,
    /// Counted from one; behind the last page if absent.
    pub start_result_number: Option<u32>,
    /// The most records of the page, all that remain if absent; not zero in a continuation.
    pub quantity: Option<u32>,
}

/// Reads the payload of a continuation through its end; `element` is its name, one of
/// [`Interaction::elements`].
///
/// # Errors
/// [`ReadError`] if there is nothing to answer.
pub fn read_query_continuation(
    reader: &mut Reader<'_>,
    element: &'static str,
) -> Result<QueryMessage<QueryContinuation>, ReadError> {
    let content = ContinuationContent::of(Interaction::ContinueQuery);
    read_message(Interaction::ContinueQuery, element, reader, content)
}

/// Reads the payload of a cancellation through its end; `element` is its name, one of
/// [`Interaction::elements`].
///
/// # Errors
/// [`ReadError`] if there is nothing to acknowledge.
pub fn read_query_cancellation(
    reader: &mut Reader<'_>,
    element: &'static str,
) -> Result<QueryMessage<QueryContinuation>, ReadError> {
    let content = ContinuationContent::of(Interaction::CancelQuery);
    read_message(Interaction::CancelQuery, element, reader, content)
}

struct ContinuationContent {
    interaction: Interaction,
    query_id: QueryId,
    start_result_number: Option<Option<u32>>,
    quantity: Option<Option<u32>>,
}

impl Content for ContinuationContent {
    fn read_value(
        &mut self,
        place: Place,
        element: &Element<'_>,
        reader: &mut Reader<'_>,
    ) -> Result<Result<(), ContentError>, XmlError> {
        reader.skip()?;
        Ok(if place == Place::Continuation { self.take_value(element) } else { Ok(()) })
    }
}

impl QueryContent for ContinuationContent {
    type Query = QueryContinuation;

    fn query_id(&self) -> Option<&InstanceId> {
        self.query_id.id()
    }

    fn into_query(self) -> Result<QueryContinuation, ContentError> {
        Ok(QueryContinuation {
            query_id: self.query_id.check(Place::Continuation)?.clone(),
            start_result_number: self.start_result_number.flatten(),
            quantity: self.quantity.flatten(),
        })
    }
}

impl ContinuationContent {
    fn of(interaction: Interaction) -> ContinuationContent {
        ContinuationContent {
            interaction,
            query_id: QueryId::default(),
            start_result_number: None,
            quantity: None,
        }
    }

    fn take_value(&mut self, element: &Element<'_>) -> Result<(), ContentError> {
        let location = || Location::child(Place::Continuation, local(element));
        let repeated = |Taken| ContentError::Repeated { location: location() };
        let is_continued = self.interaction == Interaction::ContinueQuery;
        match local(element) {
            "queryId" => self.query_id.take(Place::Continuation, element),
            "startResultNumber" => {
                let number = quantity(element, location)?;
                if is_continued && number == Some(0) {
                    return Err(ContentError::Invalid { location: location() });
                }
                put(&mut self.start_result_number, number).map_err(repeated)
            }
            "continuationQuantity" => {
                let quantity = quantity(element, location)?;
                // Pages of nothing would never end.
                if is_continued && quantity == Some(0) {
                    return Err(ContentError::Invalid { location: location() });
                }
                put(&mut self.quantity, quantity).map_err(repeated)
            }
            "statusCode" => {
                let expected = if is_continued { "waitContinuedQueryResponse" } else { "aborted" };
                match attribute(element, "code") {
                    Some(code) if code != expected => {
                        Err(ContentError::UnknownCode { location: location() })
                    }
                    Some(_) | None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }
}
