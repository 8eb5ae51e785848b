//! Whose certificate is accepted: the same judgement in a handshake, after it, and for a certificate that a
//! proxy hands on.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use openssl::asn1::Asn1Time;
use openssl::error::ErrorStack;
use openssl::hash::{MessageDigest, hash};
use openssl::ssl::SslFiletype;
use openssl::stack::Stack;
use openssl::x509::store::{X509Lookup, X509Store, X509StoreBuilder, X509StoreRef};
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{CrlStatus, X509, X509Crl, X509PurposeId, X509Ref};
use openssl::x509::{X509StoreContext, X509StoreContextRef, X509VerifyResult};

use super::files::{Contents, TlsFiles};
use crate::transport::TransportError;

/// What a peer is on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Client,
    Server,
}

impl Role {
    fn purpose(self) -> X509PurposeId {
        match self {
            Role::Client => X509PurposeId::SSL_CLIENT,
            Role::Server => X509PurposeId::SSL_SERVER,
        }
    }
}

/// Why a certificate is not accepted; what OpenSSL calls it, for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Distrust(String);

impl Distrust {
    pub(crate) fn because(reason: impl fmt::Display) -> Distrust {
        Distrust(reason.to_string())
    }
}

/// What is asked beyond the authorities, which stand in the store of each context.
pub(crate) struct Trust {
    pub(super) peers: Peers,
}

/// Certificates that are accepted as they are. ITI TF-2: 3.19, direct comparison.
#[derive(Clone)]
pub(super) struct Peers {
    fingerprints: Arc<HashSet<[u8; 32]>>,
    /// Of their issuers, as far as there are any: a listed certificate may be revoked nevertheless.
    revocation: Arc<Vec<X509Crl>>,
}

impl Trust {
    pub(super) fn new(files: &TlsFiles, contents: &Contents) -> Result<Trust, TransportError> {
        check_lists(files, contents)?;
        let fingerprints: Result<_, _> =
            contents.peers.iter().map(|peer| fingerprint(peer)).collect();
        let peers = Peers {
            fingerprints: Arc::new(fingerprints?),
            revocation: Arc::clone(&contents.revocation),
        };
        Ok(Trust { peers })
    }

    /// Whether the certificate would be accepted from who connects now; `store` judges those that are not listed.
    pub(super) fn verify(
        &self,
        store: &X509StoreRef,
        leaf: &X509,
        chain: &[X509],
    ) -> Result<(), Distrust> {
        if self.peers.contains(leaf) {
            return self.peers.check(leaf);
        }
        let verified = || -> Result<X509VerifyResult, ErrorStack> {
            let mut untrusted = Stack::new()?;
            for certificate in chain {
                untrusted.push(certificate.clone())?;
            }
            let mut context = X509StoreContext::new()?;
            context.init(store, leaf, &untrusted, |context| {
                let accepted = context.verify_cert()?;
                Ok(if accepted { X509VerifyResult::OK } else { context.error() })
            })
        };
        match verified() {
            Ok(X509VerifyResult::OK) => Ok(()),
            Ok(refused) => Err(Distrust::because(refused)),
            Err(error) => Err(Distrust::because(error)),
        }
    }
}

impl Peers {
    pub(super) fn is_empty(&self) -> bool {
        self.fingerprints.is_empty()
    }

    fn contains(&self, leaf: &X509Ref) -> bool {
        fingerprint(leaf).is_ok_and(|fingerprint| self.fingerprints.contains(&fingerprint))
    }

    /// What is left to ask of a listed certificate.
    fn check(&self, leaf: &X509) -> Result<(), Distrust> {
        let now = Asn1Time::days_from_now(0).map_err(Distrust::because)?;
        if leaf.not_before() > now {
            return Err(Distrust::because("certificate is not yet valid"));
        }
        if leaf.not_after() < now {
            return Err(Distrust::because("certificate has expired"));
        }
        let issuer = leaf.issuer_name();
        let of_issuer = self.revocation.iter().filter(|list| is_same(list.issuer_name(), issuer));
        for list in of_issuer {
            if matches!(list.get_by_cert(leaf), CrlStatus::Revoked(_)) {
                return Err(Distrust::because("certificate revoked"));
            }
        }
        Ok(())
    }

    /// In a handshake: a listed certificate needs no chain.
    pub(super) fn accept(&self, is_verified: bool, context: &mut X509StoreContextRef) -> bool {
        let leaf = context.chain().and_then(|chain| chain.get(0)).map(X509Ref::to_owned);
        let listed = leaf.filter(|leaf| self.contains(leaf));
        let Some(leaf) = listed else { return is_verified };
        let is_accepted = self.check(&leaf).is_ok();
        if is_accepted {
            context.set_error(X509VerifyResult::OK);
        }
        is_accepted
    }
}

fn is_same(one: &openssl::x509::X509NameRef, other: &openssl::x509::X509NameRef) -> bool {
    one.try_cmp(other).is_ok_and(std::cmp::Ordering::is_eq)
}

fn fingerprint(certificate: &X509Ref) -> Result<[u8; 32], ErrorStack> {
    let digest = hash(MessageDigest::sha256(), &certificate.to_der()?)?;
    let mut fingerprint = [0; 32];
    for (place, byte) in fingerprint.iter_mut().zip(digest.iter()) {
        *place = *byte;
    }
    Ok(fingerprint)
}

/// The store that judges peers of a role. The system's authorities are not in it.
pub(super) fn store(
    files: &TlsFiles,
    contents: &Contents,
    role: Role,
) -> Result<X509Store, TransportError> {
    let mut store = X509StoreBuilder::new()?;
    for authority in &contents.authorities {
        store.add_cert(authority.clone())?;
    }
    let mut parameters = X509VerifyParam::new()?;
    parameters.set_purpose(role.purpose())?;
    if let Some(path) = &files.revocation {
        let unusable = |source| TransportError::Revocation { path: path.clone(), source };
        let lookup = store.add_lookup(X509Lookup::file())?;
        lookup.load_crl_file(path, SslFiletype::PEM).map_err(unusable)?;
        // Every certificate of a chain, so that a revoked intermediate authority falls with all it issued.
        parameters.set_flags(X509VerifyFlags::CRL_CHECK | X509VerifyFlags::CRL_CHECK_ALL)?;
    }
    store.set_param(&parameters)?;
    Ok(store.build())
}

/// OpenSSL would refuse every peer without a list that is valid now; who installs it hears it at once.
fn check_lists(files: &TlsFiles, contents: &Contents) -> Result<(), TransportError> {
    let Some(path) = &files.revocation else { return Ok(()) };
    let now = Asn1Time::days_from_now(0)?;
    for authority in &contents.authorities {
        let key = authority.public_key()?;
        let name = authority.subject_name();
        let lists = contents.revocation.iter().filter(|list| is_same(list.issuer_name(), name));
        let mut lists = lists.filter(|list| list.verify(&key).unwrap_or(false)).peekable();
        let named = || super::expiry::name(name);
        if lists.peek().is_none() {
            return Err(TransportError::NoRevocation { path: path.clone(), authority: named() });
        }
        let is_valid = |list: &X509Crl| {
            list.last_update() <= now && list.next_update().is_none_or(|end| end > now)
        };
        if !lists.any(is_valid) {
            let authority = named();
            return Err(TransportError::StaleRevocation { path: path.clone(), authority });
        }
    }
    Ok(())
}
