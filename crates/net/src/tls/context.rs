//! Versions, suites and verification of both sides, after the BCP 195 profile of ITI-19.

use openssl::ssl::{
    SslAcceptor, SslConnector, SslConnectorBuilder, SslContext, SslContextBuilder, SslMethod,
    SslOptions, SslVerifyMode, SslVersion,
};

use super::files::{Contents, KeyExchange, TlsFiles};
use super::trust::{Role, Trust, store};
use crate::transport::TransportError;

/// TLS 1.3 suites; the order is the server's preference.
const TLS_13_SUITES: &str =
    "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256";

/// TLS 1.2 suites: forward secrecy and authenticated encryption, nothing else.
const TLS_12_SUITES: &str = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:\
                             ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256";

/// By switch, behind the others: peers of the profile that have no elliptic curves.
const DHE_SUITES: &str = "DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256";

/// Key exchange groups, in order of preference.
const GROUPS: &str = "X25519:P-256:P-384";

/// OpenSSL's level: 112 bits of security, RSA and DH of 2048 bits, no SHA-1 in certificates.
const SECURITY_LEVEL: u32 = 2;

/// Without a session id context OpenSSL refuses to resume sessions that carry a client certificate.
const SESSION_ID_CONTEXT: &[u8] = b"renkei";

/// Sessions kept for resumption; each has the peer's certificates, some kilobytes.
const SESSIONS: i32 = 1_024;

/// The server's side.
pub(super) fn acceptor(
    files: &TlsFiles,
    contents: &Contents,
    trust: &Trust,
) -> Result<SslContext, TransportError> {
    // It brings the parameters of DHE: the group ffdhe2048 of RFC 7919.
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
    restrict(&mut builder, files.key_exchange)?;
    // A ticket leaves out the intermediate certificates, without which a peer cannot be verified again: sessions
    // stay here, and die with their generation.
    builder.set_options(SslOptions::CIPHER_SERVER_PREFERENCE | SslOptions::NO_TICKET);
    builder.set_session_cache_size(SESSIONS);
    builder.set_session_id_context(SESSION_ID_CONTEXT)?;
    show_certificate(&mut builder, files, contents)?;
    // Clients choose among their certificates by these names; who is listed may have none of these issuers.
    if trust.peers.is_empty() {
        for authority in &contents.authorities {
            builder.add_client_ca(authority)?;
        }
    }
    builder.set_cert_store(store(files, contents, Role::Client)?);
    let mode = SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT;
    verify(&mut builder, mode, trust);
    Ok(builder.build().into_context())
}

/// The client's side: checks the server's name too.
pub(super) fn connector(
    files: &TlsFiles,
    contents: &Contents,
    trust: &Trust,
) -> Result<SslConnectorBuilder, TransportError> {
    let mut builder = SslConnector::builder(SslMethod::tls_client())?;
    restrict(&mut builder, files.key_exchange)?;
    show_certificate(&mut builder, files, contents)?;
    builder.set_cert_store(store(files, contents, Role::Server)?);
    verify(&mut builder, SslVerifyMode::PEER, trust);
    Ok(builder)
}

fn verify(context: &mut SslContextBuilder, mode: SslVerifyMode, trust: &Trust) {
    if trust.peers.is_empty() {
        context.set_verify(mode);
        return;
    }
    let peers = trust.peers.clone();
    context.set_verify_callback(mode, move |is_verified, found| peers.accept(is_verified, found));
}

/// Versions, suites and groups of both sides.
fn restrict(
    context: &mut SslContextBuilder,
    key_exchange: KeyExchange,
) -> Result<(), TransportError> {
    context.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    context.set_ciphersuites(TLS_13_SUITES)?;
    match key_exchange {
        KeyExchange::Ecdhe => context.set_cipher_list(TLS_12_SUITES)?,
        KeyExchange::EcdheOrDhe => {
            context.set_cipher_list(&format!("{TLS_12_SUITES}:{DHE_SUITES}"))?;
        }
    }
    context.set_groups_list(GROUPS)?;
    context.set_security_level(SECURITY_LEVEL);
    context.set_options(SslOptions::NO_RENEGOTIATION | SslOptions::NO_COMPRESSION);
    Ok(())
}

fn show_certificate(
    context: &mut SslContextBuilder,
    files: &TlsFiles,
    contents: &Contents,
) -> Result<(), TransportError> {
    let unfit = |source| TransportError::Certificate { path: files.certificate.clone(), source };
    let mut chain = contents.chain.iter();
    if let Some(own) = chain.next() {
        context.set_certificate(own).map_err(unfit)?;
    }
    for intermediate in chain {
        context.add_extra_chain_cert(intermediate.clone()).map_err(unfit)?;
    }
    let unusable = |source| TransportError::Key { path: files.key.clone(), source };
    context.set_private_key(&contents.key).map_err(unusable)?;
    context.check_private_key().map_err(unusable)
}
