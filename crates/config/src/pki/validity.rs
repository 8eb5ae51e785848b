//! Until when a certificate is valid.

use openssl::asn1::Asn1Time;
use openssl::x509::X509;

const SECONDS_PER_DAY: i64 = 86_400;

/// When the certificate, in DER, ends: `notAfter` in seconds since 1970. `None` if it cannot be read.
#[must_use]
pub fn not_after(der: &[u8]) -> Option<i64> {
    let certificate = X509::from_der(der).ok()?;
    let since = Asn1Time::from_unix(0).ok()?.diff(certificate.not_after()).ok()?;
    i64::from(since.days).checked_mul(SECONDS_PER_DAY)?.checked_add(i64::from(since.secs))
}
