//! What stands before the parameters of a query.

use xml::Element;

use crate::envelope::{Taken, local, put};
use crate::error::ContentError;
use crate::instance_id::{InstanceId, WrittenId};
use crate::location::Location;
use crate::person::attribute;
use crate::structure::Place;

/// The id of a query and of its continuation.
#[derive(Default)]
pub(super) struct QueryId(Option<Option<InstanceId>>);

impl QueryId {
    pub(super) fn take(&mut self, place: Place, element: &Element<'_>) -> Result<(), ContentError> {
        put(&mut self.0, WrittenId::of(element).instance_id())
            .map_err(|Taken| ContentError::Repeated { location: Location::child(place, "queryId") })
    }

    pub(super) fn id(&self) -> Option<&InstanceId> {
        self.0.as_ref()?.as_ref()
    }

    /// The answer must name the query that it answers.
    pub(super) fn check(&self, place: Place) -> Result<&InstanceId, ContentError> {
        self.id()
            .ok_or_else(|| ContentError::Missing { location: Location::child(place, "queryId") })
    }
}

/// Only new queries that are answered at once, in one piece or in pages of records, are understood: whoever
/// asks for something else does not expect what we answer.
pub(super) fn check_code(place: Place, element: &Element<'_>) -> Result<(), ContentError> {
    let expected = match local(element) {
        "statusCode" => "new",
        "responsePriorityCode" => "I",
        "responseModalityCode" => "R",
        "initialQuantityCode" => "RD",
        _ => return Ok(()),
    };
    match attribute(element, "code") {
        Some(code) if code != expected => {
            Err(ContentError::UnknownCode { location: Location::child(place, local(element)) })
        }
        Some(_) | None => Ok(()),
    }
}

/// Type INT, not negative; `None` if it says nothing.
pub(super) fn quantity(
    element: &Element<'_>,
    location: impl Fn() -> Location,
) -> Result<Option<u32>, ContentError> {
    if attribute(element, "nullFlavor").is_some() {
        return Ok(None);
    }
    let Some(value) = attribute(element, "value") else {
        return Err(ContentError::Missing { location: location().part("@value") });
    };
    let is_decimal = value.bytes().all(|byte| byte.is_ascii_digit());
    let number = value.parse().ok().filter(|_| is_decimal);
    number.map(Some).ok_or_else(|| ContentError::Invalid { location: location() })
}
