//! The repository's pages on the admin listener: how maintenance stands, and orders for it.
//!
//! On loopback; operator certificates and roles come with node authentication.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use crate::maintenance::job::Status;
use crate::maintenance::reconcile::ReconcileOptions;
use crate::maintenance::verify::VerifyOptions;
use crate::maintenance::{Maintenance, Work};

/// How the last job stands.
pub const STATUS_PATH: &str = "/maintenance";
pub const VERIFY_PATH: &str = "/maintenance/verify-store";
pub const RECONCILE_PATH: &str = "/maintenance/reconcile";
pub const CANCEL_PATH: &str = "/maintenance/cancel";

/// Tells the command line from a page in a browser; its value does not matter.
const OPERATOR_HEADER: &str = "renkei-operator";

/// What every page answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// Whose pages these are.
    pub repository_unique_id: String,
    pub job: Option<Status>,
}

/// A verification as it is ordered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyOrder {
    pub bytes_per_second: NonZeroU64,
    /// Hexadecimal.
    #[serde(default)]
    pub from: String,
    pub grace_seconds: u64,
}

/// A reconciliation as it is ordered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReconcileOrder {
    pub grace_seconds: u64,
    pub is_dry_run: bool,
    pub max_orphans: u64,
}

impl VerifyOrder {
    /// `None` if `from` is not the beginning of an address.
    #[must_use]
    pub fn options(&self) -> Option<VerifyOptions> {
        Some(VerifyOptions {
            bytes_per_second: self.bytes_per_second,
            from: parse_address(&self.from)?,
            grace: Duration::from_secs(self.grace_seconds),
        })
    }
}

/// Adds the pages.
pub fn configure(service: &mut web::ServiceConfig, maintenance: Arc<Maintenance>) {
    service
        .app_data(web::Data::from(maintenance))
        .route(STATUS_PATH, web::get().to(status))
        .route(VERIFY_PATH, web::post().to(verify))
        .route(RECONCILE_PATH, web::post().to(reconcile))
        .route(CANCEL_PATH, web::post().to(cancel));
}

async fn status(request: HttpRequest, maintenance: web::Data<Maintenance>) -> HttpResponse {
    if !is_operator(&request) {
        return forbidden();
    }
    overview(&maintenance)
}

async fn verify(
    request: HttpRequest,
    maintenance: web::Data<Maintenance>,
    order: web::Json<VerifyOrder>,
) -> HttpResponse {
    if !is_operator(&request) {
        return forbidden();
    }
    match order.options() {
        Some(options) => begin(&maintenance, Work::VerifyStore(options)),
        None => HttpResponse::BadRequest().body("from: not the beginning of an address\n"),
    }
}

async fn reconcile(
    request: HttpRequest,
    maintenance: web::Data<Maintenance>,
    order: web::Json<ReconcileOrder>,
) -> HttpResponse {
    if !is_operator(&request) {
        return forbidden();
    }
    let options = ReconcileOptions {
        grace: Duration::from_secs(order.grace_seconds),
        is_dry_run: order.is_dry_run,
        max_orphans: order.max_orphans,
    };
    begin(&maintenance, Work::Reconcile(options))
}

async fn cancel(request: HttpRequest, maintenance: web::Data<Maintenance>) -> HttpResponse {
    if !is_operator(&request) {
        return forbidden();
    }
    maintenance.cancel();
    overview(&maintenance)
}

fn begin(maintenance: &Maintenance, work: Work) -> HttpResponse {
    match maintenance.start(work) {
        Ok(()) => overview(maintenance),
        Err(busy) => HttpResponse::Conflict().body(format!("{busy}\n")),
    }
}

fn overview(maintenance: &Maintenance) -> HttpResponse {
    HttpResponse::Ok().json(Overview {
        repository_unique_id: maintenance.repository_unique_id(),
        job: maintenance.status(),
    })
}

fn is_operator(request: &HttpRequest) -> bool {
    request.headers().contains_key(OPERATOR_HEADER)
}

fn forbidden() -> HttpResponse {
    HttpResponse::Forbidden().body(format!("the header {OPERATOR_HEADER} is missing\n"))
}

/// The bytes that an address begins with: at most all 32.
pub fn parse_address(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|value| u8::try_from(value).ok()))
        .collect();
    let digits = digits.filter(|digits| digits.len() <= 64)?;
    // Half a byte counts as the lower one.
    let byte = |pair: &[u8]| match pair {
        [high, low] => high << 4 | low,
        [high] => high << 4,
        _ => 0,
    };
    Some(digits.chunks(2).map(byte).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_be_cut() {
        assert_eq!(parse_address(""), Some(Vec::new()));
        assert_eq!(parse_address("0aF").unwrap(), [0x0a, 0xf0]);
        assert_eq!(parse_address(&"ff".repeat(32)).unwrap(), [0xff; 32]);
        for wrong in ["x", " ", "0x12", "+1", &"0".repeat(65)] {
            assert_eq!(parse_address(wrong), None, "{wrong}");
        }
    }
}
