//! `livingSubjectName` and `mothersMaidenName`, HL7 v3 type PN.

use identity::NameCriterion;
use xml::{Reader, XmlError};

use super::{Value, read_values};
use crate::error::ContentError;
use crate::location::Location;
use crate::person::{IllegalPart, attribute, name};

/// Reads a parameter through its end: what a name must be like.
///
/// Several values are alternatives in v3, and a query of ours has none. Names of one person in several
/// scripts, as Japanese clients send them, do not exclude each other: these must all be met. Parts that nobody
/// keeps, titles and middle names, are passed over.
pub(super) fn read(
    parameter: &Location,
    reader: &mut Reader<'_>,
) -> Result<Result<Vec<NameCriterion>, ContentError>, XmlError> {
    let mut names = Vec::new();
    let values = read_values(reader, |value, reader| {
        let location = match value.number {
            1 => parameter.clone().part("value"),
            number => parameter.clone().part(&format!("value[{number}]")),
        };
        let name = read_name(&value, &location, reader)?;
        Ok(name.and_then(|name| {
            if name.as_ref().is_some_and(|name| is_alternative(&names, name)) {
                return Err(ContentError::Repeated { location });
            }
            names.extend(name);
            Ok(())
        }))
    })?;
    Ok(match values {
        Ok(0) => Err(ContentError::Missing { location: parameter.clone().part("value") }),
        Ok(_) => Ok(names),
        Err(fault) => Err(fault),
    })
}

fn read_name(
    value: &Value<'_, '_>,
    location: &Location,
    reader: &mut Reader<'_>,
) -> Result<Result<Option<NameCriterion>, ContentError>, XmlError> {
    let name = match name::read(value.element, reader)? {
        Ok(name) => name,
        Err(IllegalPart(part)) => {
            return Ok(Err(ContentError::Invalid { location: location.clone().part(part) }));
        }
    };
    if name.is_none() && attribute(value.element, "nullFlavor").is_none() {
        return Ok(Err(ContentError::Invalid { location: location.clone() }));
    }
    let part = |text: String| Some(text).filter(|text| !text.is_empty());
    Ok(Ok(name.map(|name| NameCriterion {
        family: part(name.family),
        given: part(name.given),
        representation: name.representation,
        is_fuzzy: name::is_fuzzy(value.element),
    })))
}

/// Whether one of them would do: they say, or may say, something of the same script.
fn is_alternative(names: &[NameCriterion], name: &NameCriterion) -> bool {
    names.iter().any(|other| match (other.representation, name.representation) {
        (Some(other), Some(this)) => other == this,
        (None, _) | (_, None) => true,
    })
}
