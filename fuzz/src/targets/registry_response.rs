//! `ebxml::read_registry_response`: the answer to a submission, written and read again to the same.

use ebxml::namespace::RS;
use ebxml::{read_registry_response, write_registry_response};
use xds::{RegistryError, RegistryResponse, ResponseStatus, Severity};

use super::{XML_TOKENS, payload, reason};
use crate::{Target, Verdict};

pub(super) const TARGET: Target = Target {
    name: "registry_response",
    run,
    seeds,
    samples: &["xds/iti41", "xds/iti42"],
    tokens: &[
        XML_TOKENS,
        &[
            "<rs:RegistryErrorList>",
            "<rs:RegistryError errorCode=\"X\"/>",
            " severity=\"urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Warning\"",
            " location=\"\"",
            "<rs:ResponseSlotList/>",
            "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure",
            "urn:ihe:iti:2007:ResponseStatusType:PartialSuccess",
        ],
    ],
};

fn run(bytes: &[u8]) -> Verdict {
    let text = payload::decode(bytes)?;
    let (mut reader, element) = payload::open(&text)?;
    if !element.is(RS, "RegistryResponse") {
        return Err("another payload".to_owned());
    }
    let response = read_registry_response(&mut reader, &element).map_err(reason)?;
    let is_error = |error: &RegistryError| error.severity == Severity::Error;
    let has_error = response.errors.iter().any(is_error);
    let is_refused = response.status != ResponseStatus::Success || has_error;
    assert!(!(response.is_success() && is_refused), "a refusal that counts as a success");
    let written = write_registry_response(&response);
    let (mut reader, element) = payload::reopen(&written);
    let again = read_registry_response(&mut reader, &element);
    assert_eq!(again.as_ref(), Ok(&response), "written and read again");
    Ok(format!("{:?}, {} errors", response.status, response.errors.len().min(3)))
}

fn seeds() -> Vec<Vec<u8>> {
    let error = |severity, location: Option<&str>| RegistryError {
        code: "XDSRegistryError".to_owned(),
        code_context: "<山田> & \"\n".to_owned(),
        severity,
        location: location.map(str::to_owned),
    };
    let success = RegistryResponse { status: ResponseStatus::Success, errors: Vec::new() };
    let errors = vec![error(Severity::Error, Some("here")), error(Severity::Warning, None)];
    let failure = RegistryResponse { status: ResponseStatus::Failure, errors };
    [success, failure].map(|response| write_registry_response(&response).into_bytes()).to_vec()
}
