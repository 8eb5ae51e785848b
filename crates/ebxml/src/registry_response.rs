//! `rs:RegistryResponse` and its error list, ITI TF-3: 4.2.4.

use xds::{RegistryError, RegistryResponse, ResponseStatus, Severity};
use xml::{Element, Reader, Writer};

use crate::ReadError;
use crate::limits::{self, room_for_one_more};
use crate::namespace::RS;
use crate::rim::attribute;

const RESPONSE: &str = "RegistryResponse";

/// Reads the answer after its start; `element` is that start, which holds the status.
///
/// Status and errors are taken as they are, also where they contradict each other:
/// [`RegistryResponse::is_success`] is the judge.
///
/// # Errors
/// [`ReadError`] if the message has not the shape of an answer.
pub fn read_registry_response(
    reader: &mut Reader<'_>,
    element: &Element<'_>,
) -> Result<RegistryResponse, ReadError> {
    let mut response = RegistryResponse { status: read_status(element)?, errors: Vec::new() };
    while let Some(child) = reader.next_child()? {
        if child.is(RS, "RegistryErrorList") {
            read_errors(reader, &mut response.errors)?;
        } else if child.is(RS, "ResponseSlotList") {
            reader.skip()?;
        } else {
            return Err(ReadError::Unexpected { inside: RESPONSE });
        }
    }
    Ok(response)
}

/// `@status` of an answer.
pub(crate) fn read_status(element: &Element<'_>) -> Result<ResponseStatus, ReadError> {
    let missing = ReadError::Missing { inside: RESPONSE, what: "status" };
    let status = attribute(element, "status").ok_or(missing)?;
    let invalid = ReadError::Invalid { inside: RESPONSE, what: "status" };
    ResponseStatus::from_urn(&status).ok_or(invalid)
}

/// Reads a RegistryErrorList after its start; its `highestSeverity` is not looked at.
pub(crate) fn read_errors(
    reader: &mut Reader<'_>,
    errors: &mut Vec<RegistryError>,
) -> Result<(), ReadError> {
    while let Some(child) = reader.next_child()? {
        if !child.is(RS, "RegistryError") {
            return Err(ReadError::Unexpected { inside: "RegistryErrorList" });
        }
        room_for_one_more(errors.len(), limits::ERRORS_PER_ANSWER, "registry errors")?;
        errors.push(read_error(&child)?);
        reader.skip()?;
    }
    Ok(())
}

fn read_error(element: &Element<'_>) -> Result<RegistryError, ReadError> {
    let missing = ReadError::Missing { inside: "RegistryError", what: "errorCode" };
    let severity = attribute(element, "severity");
    // An unknown severity must not turn a failure into a warning.
    let is_warning = severity.is_some_and(|severity| severity == Severity::Warning.urn());
    Ok(RegistryError {
        code: attribute(element, "errorCode").ok_or(missing)?.into_owned(),
        code_context: element.attribute("codeContext").unwrap_or_default().into_owned(),
        severity: if is_warning { Severity::Warning } else { Severity::Error },
        location: attribute(element, "location").map(|location| location.into_owned()),
    })
}

/// Writes an answer so that the ebRS schema accepts it.
pub fn write_registry_response(response: &RegistryResponse) -> String {
    let mut writer = Writer::new();
    write(response, &mut writer);
    writer.finish()
}

/// Writes an answer as part of a larger message.
pub(crate) fn write(response: &RegistryResponse, writer: &mut Writer) {
    let attributes = [("xmlns:rs", RS), ("status", response.status.urn())];
    writer.start("rs:RegistryResponse", &attributes);
    write_errors(&response.errors, writer);
    writer.end();
}

/// Writes a RegistryErrorList if there is anything to list.
pub(crate) fn write_errors(errors: &[RegistryError], writer: &mut Writer) {
    let Some(highest) = errors.iter().map(|error| error.severity).max() else { return };
    writer.start("rs:RegistryErrorList", &[("highestSeverity", highest.urn())]);
    for error in errors {
        let mut attributes = vec![
            ("errorCode", error.code.as_str()),
            ("codeContext", error.code_context.as_str()),
            ("severity", error.severity.urn()),
        ];
        attributes.extend(error.location.as_deref().map(|location| ("location", location)));
        writer.empty("rs:RegistryError", &attributes);
    }
    writer.end();
}
