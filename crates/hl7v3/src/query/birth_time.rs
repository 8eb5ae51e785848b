//! `livingSubjectBirthTime`, HL7 v3 type IVL_TS: one time, or a lower and an upper end.

use datatypes::Dtm;
use identity::Criterion;
use xml::{Element, Reader, XmlError};

use crate::envelope::{Taken, local, put};
use crate::error::ContentError;
use crate::location::Location;
use crate::person::{NotADate, attribute, read_birth_date};

/// Reads a value through its end; `None` if it says nothing.
///
/// Ends are as precise as written and included; what cannot be said so is refused: an end excluded, a
/// centre, a width.
pub(super) fn read(
    element: &Element<'_>,
    location: &Location,
    reader: &mut Reader<'_>,
) -> Result<Result<Option<Criterion>, ContentError>, XmlError> {
    let mut ends = Ends::default();
    let mut read = ends.take_whole(element, location);
    while let Some(child) = reader.next_child()? {
        reader.skip()?;
        read = read.and_then(|()| ends.take(&child, location));
    }
    let is_null = attribute(element, "nullFlavor").is_some();
    Ok(read.and_then(|()| match ends.into_criterion() {
        Some(criterion) if !is_null => Ok(Some(criterion)),
        None if !is_null => {
            Err(ContentError::Missing { location: location.clone().part("@value") })
        }
        Some(_) | None => Ok(None),
    }))
}

#[derive(Default)]
struct Ends {
    whole: Option<Dtm>,
    low: Option<Option<Dtm>>,
    high: Option<Option<Dtm>>,
}

impl Ends {
    fn take_whole(&mut self, element: &Element<'_>, at: &Location) -> Result<(), ContentError> {
        // Type SXCM: `I` is the default, the others take something away.
        if attribute(element, "operator").is_some_and(|operator| operator != "I") {
            return Err(ContentError::Unexpected { location: at.clone().part("@operator") });
        }
        self.whole = read_time(element, at)?;
        Ok(())
    }

    fn take(&mut self, element: &Element<'_>, at: &Location) -> Result<(), ContentError> {
        let (end, name) = match local(element) {
            "low" => (&mut self.low, "low"),
            "high" => (&mut self.high, "high"),
            "center" => {
                return Err(ContentError::Unexpected { location: at.clone().part("center") });
            }
            "width" => return Err(ContentError::Unexpected { location: at.clone().part("width") }),
            _ => return Ok(()),
        };
        let at = at.clone().part(name);
        if self.whole.is_some() {
            return Err(ContentError::Unexpected { location: at });
        }
        if attribute(element, "inclusive").is_some_and(|inclusive| inclusive != "true") {
            return Err(ContentError::Unexpected { location: at.part("@inclusive") });
        }
        let time = read_time(element, &at)?;
        put(end, time).map_err(|Taken| ContentError::Repeated { location: at })
    }

    fn into_criterion(self) -> Option<Criterion> {
        let (from, to) = match self.whole {
            Some(time) => (Some(time.clone()), Some(time)),
            None => (self.low.flatten(), self.high.flatten()),
        };
        (from.is_some() || to.is_some()).then_some(Criterion::BirthDate { from, to })
    }
}

fn read_time(element: &Element<'_>, at: &Location) -> Result<Option<Dtm>, ContentError> {
    read_birth_date(element, "value")
        .map_err(|NotADate| ContentError::Invalid { location: at.clone().part("@value") })
}
