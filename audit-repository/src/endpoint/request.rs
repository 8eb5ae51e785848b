//! What the head of a request says, and forms.

use actix_web::http::header::{ACCEPT, CONTENT_TYPE, HOST};
use actix_web::{HttpRequest, web};
use net::soap_endpoint::receive_small;

use crate::error::RetrieveError;
use crate::transactions::retrieve_atna_audit_event::Handling;

/// A form with 100 parameters of usual length is far below.
const FORM_BYTES: usize = 64 << 10;

/// Longest `Host` that is repeated in links.
const MAX_HOST_BYTES: usize = 255;

/// `https://HOST` as the client wrote it: a proxy may stand between.
pub(super) fn base_url(request: &HttpRequest, is_tls: bool) -> String {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let host = host.filter(|host| !host.is_empty() && host.len() <= MAX_HOST_BYTES);
    let host = host.filter(|host| host.bytes().all(is_allowed)).unwrap_or("localhost");
    format!("{}://{host}", if is_tls { "https" } else { "http" })
}

/// `Prefer: handling=strict` (FHIR R4, search, section "handling errors").
pub(super) fn handling(request: &HttpRequest) -> Handling {
    let fields = request.headers().get_all("prefer").filter_map(|field| field.to_str().ok());
    let mut preferences = fields.flat_map(|field| field.split([',', ';'])).map(str::trim);
    match preferences.any(|preference| preference.eq_ignore_ascii_case("handling=strict")) {
        true => Handling::Strict,
        false => Handling::Lenient,
    }
}

/// # Errors
/// [`RetrieveError::NotAcceptable`] if neither `_format` nor, without it, `Accept` allows JSON.
pub(super) fn demand_json(request: &HttpRequest, query: &[u8]) -> Result<(), RetrieveError> {
    let parameters = fhir::parameters::parse(query)?;
    let format = parameters.iter().find(|parameter| parameter.name == "_format");
    let accept = request.headers().get(ACCEPT).map(|accept| accept.to_str().unwrap_or_default());
    let is_json = match (format, accept) {
        (Some(format), _) => is_json_format(&format.value),
        (None, Some(accept)) => accepts_json(accept),
        (None, None) => true,
    };
    if is_json { Ok(()) } else { Err(RetrieveError::NotAcceptable) }
}

/// A `+` that was not escaped arrives as a space.
fn is_json_format(format: &str) -> bool {
    let essence = format.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    ["json", "application/json", "application/fhir+json", "application/fhir json", "text/json"]
        .contains(&essence.as_str())
}

fn accepts_json(accept: &str) -> bool {
    accept.split(',').any(|range| {
        let mut parts = range.split(';').map(|part| part.trim().to_ascii_lowercase());
        let essence = parts.next().unwrap_or_default();
        let is_refused = parts.any(|part| matches!(part.as_str(), "q=0" | "q=0.0" | "q=0.00"));
        let is_wild = essence == "*/*" || essence == "application/*";
        (is_wild || (essence.contains('/') && is_json_format(&essence))) && !is_refused
    })
}

/// The form of `_search`.
pub(super) async fn read_form(
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<Vec<u8>, RetrieveError> {
    let media_type = request.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let essence = media_type.and_then(|it| it.split(';').next()).unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(RetrieveError::MediaType);
    }
    receive_small(request, payload, FORM_BYTES).await.map_err(RetrieveError::Body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_accepted_in_any_of_its_names() {
        for accept in
            ["*/*", "application/fhir+json; fhirVersion=4.0", "text/html, application/json;q=0.1"]
        {
            assert!(accepts_json(accept), "{accept}");
        }
        for accept in ["", "application/fhir+xml", "application/json;q=0", "json", "text/*"] {
            assert!(!accepts_json(accept), "{accept}");
        }
        assert!(is_json_format("json") && is_json_format("application/fhir json"));
        assert!(!is_json_format("xml") && !is_json_format("html/json"));
    }
}
