//! Whether the peer of an open connection would still be let in.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use openssl::ssl::SslRef;
use openssl::x509::X509;

use super::Tls;
use super::trust::Distrust;

/// A verification counts so long: certificates and revocation lists end without any file having changed.
const VERIFIED_FOR: Duration = Duration::from_secs(60);

/// The certificates a client has shown on a connection, and when they were last found good.
pub(crate) struct Standing {
    tls: Tls,
    leaf: X509,
    chain: Vec<X509>,
    /// Generation and time of the last verification.
    verified: Mutex<(u64, Instant)>,
}

impl std::fmt::Debug for Standing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Standing").finish_non_exhaustive()
    }
}

impl Standing {
    /// Of a client whose handshake the generation `number` has just accepted.
    ///
    /// # Errors
    /// The session is one of before and the certificate is not accepted any more.
    pub(crate) fn of(tls: &Tls, ssl: &SslRef, number: u64) -> Result<Standing, Distrust> {
        let leaf = ssl.peer_certificate();
        let leaf = leaf.ok_or_else(|| Distrust::because("the peer has shown no certificate"))?;
        let chain = ssl.peer_cert_chain();
        let chain = chain.into_iter().flatten().map(|certificate| certificate.to_owned()).collect();
        // A resumed session was verified when it began.
        let number = if ssl.session_reused() { 0 } else { number };
        let verified = Mutex::new((number, Instant::now()));
        let standing = Standing { tls: tls.clone(), leaf, chain, verified };
        standing.verify()?;
        Ok(standing)
    }

    /// Asks again if something has changed, or some time has gone, since the last answer.
    ///
    /// # Errors
    /// The certificate is not accepted any more: the connection must end.
    pub(crate) fn verify(&self) -> Result<(), Distrust> {
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        let (number, at) = *verified;
        if number == self.tls.generation() && at.elapsed() < VERIFIED_FOR {
            return Ok(());
        }
        let current = self.tls.in_force().map_err(Distrust::because)?;
        current.verify_client(&self.leaf, &self.chain)?;
        *verified = (current.number(), Instant::now());
        Ok(())
    }
}
