//! Until when the certificates of assertion issuers are valid.
//!
//! Nothing stops at that date, since the agreement trusts keys; but an issuer that renews its certificate usually
//! takes a new key, and then its assertions are refused until the agreement has it.

use std::path::Path;

use config::agreement::{AssertionIssuer, issuer_certificate};
use config::pki::not_after;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::output;

/// Time enough to let all members agree on a certificate.
const WARNING_DAYS: i64 = 30;
const SECONDS_PER_DAY: i64 = 86_400;

/// One line for an issuer: its keys, its members, and the date of the certificate that ends first.
pub(crate) fn line(issuer: &AssertionIssuer) -> String {
    let members = match &issuer.members {
        None => "all members".to_owned(),
        Some(codes) => format!("members {}", codes.join(", ")),
    };
    let ends = issuer.certificates.iter().filter_map(|der| not_after(der));
    let until = ends.min().map(|end| format!(", until {}", date(end))).unwrap_or_default();
    let n_certificates = issuer.certificates.len();
    let certificates = if n_certificates == 1 { "certificate" } else { "certificates" };
    format!(
        "assertion issuer {}: {n_certificates} {certificates}{until}; speaks for {members}",
        issuer.uri
    )
}

/// Warns of each certificate of the issuer that has ended or ends soon.
pub(crate) fn warn_of(issuer: &AssertionIssuer) {
    let now = Timestamp::now().as_second();
    for end in issuer.certificates.iter().filter_map(|der| not_after(der)) {
        if let Some(words) = soon(end, now) {
            output::warning(format_args!("a certificate of {} {words}", issuer.uri));
        }
    }
}

/// The same for a file.
pub(crate) fn warn_of_file(certificate: &Path) {
    let end = issuer_certificate(certificate).ok().and_then(|der| not_after(&der));
    if let Some(words) = end.and_then(|end| soon(end, Timestamp::now().as_second())) {
        output::warning(format_args!("{} {words}", certificate.display()));
    }
}

fn soon(end: i64, now: i64) -> Option<String> {
    if end < now {
        return Some(format!("has expired on {}", date(end)));
    }
    let days = end.saturating_sub(now) / SECONDS_PER_DAY;
    (days < WARNING_DAYS).then(|| format!("expires on {}, in {days} days", date(end)))
}

/// In UTC, as a calendar day.
fn date(seconds: i64) -> String {
    Timestamp::from_second(seconds)
        .map(|time| time.to_zoned(TimeZone::UTC).date().to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_before_the_end_it_is_time() {
        let now = 1_800_000_000;
        let day = SECONDS_PER_DAY;
        assert_eq!(soon(now - 1, now).unwrap(), "has expired on 2027-01-15");
        assert_eq!(soon(now + day, now).unwrap(), "expires on 2027-01-16, in 1 days");
        assert!(soon(now + 30 * day - 1, now).is_some());
        assert_eq!(soon(now + 30 * day, now), None);
    }
}
