//! When certificates and revocation lists end.

use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::x509::{X509NameRef, X509Ref};

use super::files::Contents;

const DAY: i64 = 86_400;

/// From so long before its end on, a certificate is warned of, in seconds.
const NOTICE: i64 = 30 * DAY;

/// What ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Own,
    Authority,
    Peer,
    Revocation,
}

impl Kind {
    /// As in logs and metrics.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Kind::Own => "own",
            Kind::Authority => "authority",
            Kind::Peer => "peer",
            Kind::Revocation => "revocation",
        }
    }
}

/// How near an end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nearness {
    Far,
    Near,
    Past,
}

/// An end of validity, in seconds since 1970.
#[derive(Clone, Debug)]
pub(crate) struct Expiry {
    pub(crate) kind: Kind,
    /// Common name of the holder, or of who issued the revocation list.
    pub(crate) name: String,
    begin: i64,
    end: i64,
}

impl Expiry {
    pub(super) fn of(contents: &Contents) -> Result<Vec<Expiry>, ErrorStack> {
        let certificate = |kind, certificate: &X509Ref| {
            let (begin, end) = (certificate.not_before(), certificate.not_after());
            Expiry::new(kind, certificate.subject_name(), (begin, end))
        };
        let own = contents.chain.iter().map(|own| certificate(Kind::Own, own));
        let authorities = contents.authorities.iter();
        let authorities = authorities.map(|authority| certificate(Kind::Authority, authority));
        let peers = contents.peers.iter().map(|peer| certificate(Kind::Peer, peer));
        // A list without nextUpdate does not end; RFC 5280 wants one.
        let lists = contents.revocation.iter().filter_map(|list| {
            let end = list.next_update()?;
            Some(Expiry::new(Kind::Revocation, list.issuer_name(), (list.last_update(), end)))
        });
        own.chain(authorities).chain(peers).chain(lists).collect()
    }

    fn new(
        kind: Kind,
        holder: &X509NameRef,
        (begin, end): (&Asn1TimeRef, &Asn1TimeRef),
    ) -> Result<Expiry, ErrorStack> {
        Ok(Expiry { kind, name: name(holder), begin: seconds(begin)?, end: seconds(end)? })
    }

    /// Negative when it is past.
    pub(crate) fn seconds_left(&self) -> i64 {
        self.end.saturating_sub(now())
    }

    pub(crate) fn nearness(&self) -> Nearness {
        let notice = match self.kind {
            Kind::Own | Kind::Authority | Kind::Peer => NOTICE,
            // Lists are issued every few days: the last quarter means that the next one is overdue.
            Kind::Revocation => (self.end.saturating_sub(self.begin) / 4).min(NOTICE),
        };
        match self.seconds_left() {
            ..=0 => Nearness::Past,
            left if left <= notice => Nearness::Near,
            _ => Nearness::Far,
        }
    }

    /// What the node cannot work with: nobody would trust it, or it could trust nobody.
    pub(crate) fn fault(&self) -> Option<String> {
        let name = &self.name;
        match self.kind {
            Kind::Own if self.begin > now() => {
                Some(format!("the own certificate ({name}) is not yet valid"))
            }
            Kind::Own if self.seconds_left() <= 0 => {
                Some(format!("the own certificate ({name}) has expired"))
            }
            Kind::Revocation if self.seconds_left() <= 0 => {
                Some(format!("the revocation list of {name} is out of date"))
            }
            Kind::Own | Kind::Authority | Kind::Peer | Kind::Revocation => None,
        }
    }
}

/// Seconds since 1970.
fn now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.ok().and_then(|since| i64::try_from(since.as_secs()).ok()).unwrap_or(0)
}

fn seconds(time: &Asn1TimeRef) -> Result<i64, ErrorStack> {
    let since = Asn1Time::from_unix(0)?.diff(time)?;
    Ok(i64::from(since.days).saturating_mul(DAY).saturating_add(i64::from(since.secs)))
}

/// The common name, or else the whole name.
pub(super) fn name(name: &X509NameRef) -> String {
    let common = name.entries_by_nid(Nid::COMMONNAME).next();
    let common = common.and_then(|entry| entry.data().to_string().ok());
    common.unwrap_or_else(|| format!("{name:?}"))
}
