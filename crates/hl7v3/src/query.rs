//! Queries by parameter, read: what ITI-45 and ITI-47 have in common (ITI TF-2: 3.45.4.1.2, 3.47.4.1.2).
//!
//! Parameters are known by their element names; `semanticsText` is a label, and nothing depends on it.

mod birth_time;
mod continuation;
mod cross_reference;
mod demographics;
mod header;
mod names;

use std::fmt;

use xml::{Element, Reader, XmlError};

use crate::envelope::{Content, Envelope, local};
use crate::error::{ContentError, ReadError};
use crate::instance_id::InstanceId;
use crate::interaction::Interaction;
use crate::wrapper::Wrapper;

pub use continuation::{QueryContinuation, read_query_cancellation, read_query_continuation};
pub use cross_reference::read_cross_reference_query;
pub use demographics::{DemographicsRequest, read_demographics_query};

/// A message that can be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryMessage<Q> {
    pub wrapper: Wrapper,
    /// Absent if it is missing or illegal; then the query is an error.
    pub query_id: Option<InstanceId>,
    /// `queryByParameter` for the answer; absent if there is none, as in a continuation.
    pub copy: Option<QueryCopy>,
    /// What is asked for, or why it is no query.
    pub query: Result<Q, ContentError>,
}

/// `queryByParameter` as it was written, with the namespace declarations around it. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct QueryCopy(String);

impl QueryCopy {
    /// The XML text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for QueryCopy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("QueryCopy(hidden)")
    }
}

/// What was read of a query.
trait QueryContent: Content {
    type Query;

    fn query_id(&self) -> Option<&InstanceId>;

    /// What is asked for, when everything was read and no value was at fault.
    fn into_query(self) -> Result<Self::Query, ContentError>;
}

fn read_message<C: QueryContent>(
    interaction: Interaction,
    element: &'static str,
    reader: &mut Reader<'_>,
    mut content: C,
) -> Result<QueryMessage<C::Query>, ReadError> {
    let mut envelope = Envelope::read(interaction, reader, &mut content)?;
    let wrapper = envelope.wrapper(element)?;
    let query_id = content.query_id().cloned();
    let copy = envelope.query.take().map(QueryCopy);
    let query = envelope.check(element).and_then(|_visited| content.into_query());
    Ok(QueryMessage { wrapper, query_id, copy, query })
}

/// A value of a parameter, and its number within the parameter, counted from one.
struct Value<'e, 'a> {
    element: &'e Element<'a>,
    number: usize,
}

/// Reads a parameter through its end; `take` reads each of its values through its end.
///
/// The number of values, or the first fault of one.
fn read_values(
    reader: &mut Reader<'_>,
    mut take: impl FnMut(Value<'_, '_>, &mut Reader<'_>) -> Result<Result<(), ContentError>, XmlError>,
) -> Result<Result<usize, ContentError>, XmlError> {
    let mut number = 0_usize;
    let mut fault = None;
    while let Some(child) = reader.next_child()? {
        if local(&child) != "value" || fault.is_some() {
            reader.skip()?;
            continue;
        }
        number = number.saturating_add(1);
        fault = take(Value { element: &child, number }, reader)?.err();
    }
    Ok(fault.map_or(Ok(number), Err))
}
