//! Checks on registry responses: status, errors, and whether they agree with the content.
//!
//! ITI TF-3: 4.2.4 (status and error codes), ITI TF-2: 3.18.4.1.2.6 and 3.43.4.2 (content).

use super::{Exchange, Finding, Status, differs};
use crate::namespaces::{RS, XDS, namespace_of};
use crate::xml_tree::Element;

const ERROR: &str = "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Error";
const WARNING: &str = "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Warning";

/// Children of an xds:DocumentResponse in the order of the schema.
const DOCUMENT_RESPONSE: &[&str] = &[
    "HomeCommunityId",
    "RepositoryUniqueId",
    "DocumentUniqueId",
    "NewRepositoryUniqueId",
    "NewDocumentUniqueId",
    "mimeType",
    "Document",
];

impl Status {
    /// The prefix differs: only PartialSuccess is IHE's own.
    fn urn(self) -> &'static str {
        match self {
            Status::Success => "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success",
            Status::PartialSuccess => "urn:ihe:iti:2007:ResponseStatusType:PartialSuccess",
            Status::Failure => "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure",
        }
    }

    fn parse(urn: &str) -> Option<Status> {
        let all = [Status::Success, Status::PartialSuccess, Status::Failure];
        all.into_iter().find(|status| status.urn() == urn)
    }
}

/// The three answers that carry a status, read alike.
struct Response<'a> {
    payload: &'a Element,
    /// The element with the status: the payload, or its `rs:RegistryResponse` in ITI-43.
    registry_response: &'a Element,
}

impl<'a> Response<'a> {
    fn of(exchange: &'a Exchange<'_>) -> Result<Response<'a>, Finding> {
        let payload = exchange.soap()?.payload();
        let payload = payload.ok_or_else(|| Finding("the answer has no payload".to_owned()))?;
        let query = namespace_of("query").unwrap_or_default();
        let plain = payload.is(RS, "RegistryResponse") || payload.is(query, "AdhocQueryResponse");
        let registry_response = if payload.is(XDS, "RetrieveDocumentSetResponse") {
            payload.child(RS, "RegistryResponse")
        } else {
            Some(payload).filter(|_| plain)
        };
        let name = &payload.local;
        let registry_response = registry_response
            .ok_or_else(|| Finding(format!("the answer is `{name}`, without a response status")))?;
        Ok(Response { payload, registry_response })
    }

    fn status(&self) -> &'a str {
        self.registry_response.attribute("status").unwrap_or("none")
    }

    fn errors(&self) -> Vec<&'a Element> {
        let list = self.registry_response.child(RS, "RegistryErrorList");
        let errors = list.into_iter().flat_map(Element::elements);
        errors.filter(|error| error.is(RS, "RegistryError")).collect()
    }

    fn codes(&self) -> String {
        let codes: Vec<&str> =
            self.errors().iter().filter_map(|error| error.attribute("errorCode")).collect();
        if codes.is_empty() { "no errors".to_owned() } else { codes.join(", ") }
    }

    /// Registry objects, references and documents.
    fn content(&self) -> usize {
        let rim = namespace_of("rim").unwrap_or_default();
        let objects = self.payload.child(rim, "RegistryObjectList");
        let objects = objects.map_or(0, |list| list.elements().count());
        objects + self.payload.elements().filter(|e| e.is(XDS, "DocumentResponse")).count()
    }
}

pub(super) fn status(exchange: &Exchange<'_>, demanded: Status) -> Result<(), Finding> {
    let response = Response::of(exchange)?;
    if response.status() == demanded.urn() {
        return Ok(());
    }
    let found = format!("{} with {}", response.status(), response.codes());
    differs("response status", demanded.urn(), &found)
}

pub(super) fn error_code(
    exchange: &Exchange<'_>,
    code: &str,
    context_contains: Option<&str>,
    location: Option<&str>,
) -> Result<(), Finding> {
    let code = exchange.fill(code)?;
    let context = context_contains.map(|text| exchange.fill(text)).transpose()?;
    let location = location.map(|text| exchange.fill(text)).transpose()?;
    let response = Response::of(exchange)?;
    let mut same: Vec<&Element> = response.errors();
    same.retain(|error| error.attribute("errorCode") == Some(&code));
    if same.is_empty() {
        return differs("error code", &code, &response.codes());
    }
    if let Some(context) = context {
        let holds = |error: &&Element| {
            error.attribute("codeContext").is_some_and(|found| found.contains(&context))
        };
        if !same.iter().any(holds) {
            return Err(Finding(format!("no codeContext of {code} holds `{context}`")));
        }
        same.retain(holds);
    }
    if let Some(location) = location {
        let found: Vec<&str> =
            same.iter().filter_map(|error| error.attribute("location")).collect();
        if !found.contains(&location.as_str()) {
            return differs("location of the error", &location, &found.join(", "));
        }
    }
    Ok(())
}

pub(super) fn no_error_code(exchange: &Exchange<'_>, code: &str) -> Result<(), Finding> {
    let code = exchange.fill(code)?;
    let response = Response::of(exchange)?;
    if response.errors().iter().any(|error| error.attribute("errorCode") == Some(&code)) {
        return Err(Finding(format!("the error list holds {code}")));
    }
    Ok(())
}

/// The table of ITI TF-3: 4.2.4 as one check.
pub(super) fn consistent(exchange: &Exchange<'_>) -> Result<(), Finding> {
    let response = Response::of(exchange)?;
    let status = Status::parse(response.status());
    let status =
        status.ok_or_else(|| Finding(format!("unknown status `{}`", response.status())))?;
    error_list(&response)?;
    let errors = response.errors();
    let n_errors = errors.iter().filter(|e| e.attribute("severity") == Some(ERROR)).count();
    let is_registry_response = response.payload.is(RS, "RegistryResponse");
    let fault = match status {
        Status::Success if n_errors > 0 => "Success together with an Error",
        Status::PartialSuccess if is_registry_response => "PartialSuccess of a submission",
        Status::PartialSuccess if n_errors == 0 => "PartialSuccess without an Error",
        Status::PartialSuccess if response.content() == 0 => "PartialSuccess without content",
        Status::Failure if n_errors == 0 => "Failure without an Error",
        Status::Failure if response.content() > 0 => "Failure together with content",
        Status::Success | Status::PartialSuccess | Status::Failure => return order(&response),
    };
    Err(Finding(fault.to_owned()))
}

fn error_list(response: &Response<'_>) -> Result<(), Finding> {
    let Some(list) = response.registry_response.child(RS, "RegistryErrorList") else {
        return Ok(());
    };
    let errors = response.errors();
    if errors.is_empty() {
        return Err(Finding("RegistryErrorList is empty".to_owned()));
    }
    for error in &errors {
        if error.attribute("errorCode").is_none_or(str::is_empty) {
            return Err(Finding("a RegistryError has no errorCode".to_owned()));
        }
        if error.attribute("codeContext").is_none() {
            return Err(Finding("a RegistryError has no codeContext".to_owned()));
        }
        if !matches!(error.attribute("severity"), Some(ERROR | WARNING)) {
            return Err(Finding("the severity of a RegistryError is no known one".to_owned()));
        }
    }
    let worst =
        if errors.iter().any(|e| e.attribute("severity") == Some(ERROR)) { ERROR } else { WARNING };
    match list.attribute("highestSeverity") {
        Some(stated) if stated != worst => differs("highestSeverity", worst, stated),
        Some(_) | None => Ok(()),
    }
}

/// Children in the order of the schema; clients with generated readers depend on it.
fn order(response: &Response<'_>) -> Result<(), Finding> {
    let names: Vec<&str> = response.payload.elements().map(|e| e.local.as_str()).collect();
    if response.payload.is(XDS, "RetrieveDocumentSetResponse") {
        let (first, rest) = names.split_first().unwrap_or((&"none", &[]));
        if *first != "RegistryResponse" {
            return differs("first child of the answer", "RegistryResponse", first);
        }
        if let Some(other) = rest.iter().find(|name| **name != "DocumentResponse") {
            return differs("child of the answer", "DocumentResponse", other);
        }
        return response.payload.elements().skip(1).try_for_each(document_response);
    }
    if response.payload.is(RS, "RegistryResponse") {
        return Ok(());
    }
    let known = ["ResponseSlotList", "RegistryErrorList", "RegistryObjectList"];
    in_order(&names, &known)?;
    if names.contains(&"RegistryObjectList") {
        return Ok(());
    }
    Err(Finding(
        "the answer has no RegistryObjectList, which may be empty but not absent".to_owned(),
    ))
}

fn document_response(element: &Element) -> Result<(), Finding> {
    let names: Vec<&str> = element.elements().map(|e| e.local.as_str()).collect();
    in_order(&names, DOCUMENT_RESPONSE)?;
    let required = ["RepositoryUniqueId", "DocumentUniqueId", "mimeType", "Document"];
    match required.iter().find(|name| !names.contains(name)) {
        Some(missing) => Err(Finding(format!("DocumentResponse has no {missing}"))),
        None => Ok(()),
    }
}

fn in_order(names: &[&str], known: &[&str]) -> Result<(), Finding> {
    let mut rest = known.iter();
    for name in names {
        if !rest.any(|next| next == name) {
            return Err(Finding(format!("`{name}` stands out of order or does not belong there")));
        }
    }
    Ok(())
}
