//! Cases about access that nobody can fail would show nothing: servers that let everybody in, or nobody, are found out.

use super::endpoints_of;
use super::falsified::{Says, feed, server};
use super::provider::identity;
use crate::certificates::{self, Identity};
use crate::endpoints::Endpoints;
use crate::evidence::Evidence;
use crate::report::Outcome;
use crate::run::{Certificates, Runner};
use crate::suite::Suite;
use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::ssl::{Ssl, SslContext, SslMethod, SslVerifyMode};
use openssl::x509::X509;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use std::pin::Pin;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_openssl::SslStream;

/// A folder with key and certificate of an issuer, who is also authority and client.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let identity = identity();
    let key = identity.key.private_key_to_pem_pkcs8().unwrap();
    std::fs::write(folder.path().join("key.pem"), key).unwrap();
    std::fs::write(folder.path().join("certificate.pem"), identity.certificate.to_pem().unwrap())
        .unwrap();
    folder
}

fn endpoints(folder: &Path, registry: &str, feed: &str) -> Endpoints {
    let file = |name: &str| folder.join(name).display().to_string();
    endpoints_of(json!({
        "registry": registry,
        "repository": registry,
        "registry_mllp": feed,
        "affinity_domain": "1.2.3.4",
        "repository_unique_id": "1.2.3.5",
        "issuer": "urn:test:issuer",
        "issuer_key": file("key.pem"),
        "issuer_cert": file("certificate.pem"),
        "ca_key": file("ca-key.pem"),
        "ca": file("ca.pem"),
        "client_cert": file("certificate.pem"),
        "client_key": file("key.pem"),
    }))
}

/// The cases of a suite that pass there, and how many there are.
async fn passed(suite: &str, endpoints: &Endpoints) -> (BTreeSet<String>, usize) {
    let suite_files = Suite::built_in();
    let kept = tempfile::tempdir().unwrap();
    let evidence = Evidence::new(kept.path().to_owned());
    let runner = Runner::new(&suite_files, endpoints, &Certificates::default(), &evidence).unwrap();
    let (mut passed, mut n_run) = (BTreeSet::new(), 0);
    for case in suite_files.cases().unwrap().iter().filter(|case| case.id.starts_with(suite)) {
        let report = Box::pin(runner.run(case)).await;
        assert!(!matches!(report.outcome, Outcome::Skipped(_)), "{report}");
        n_run += 1;
        if report.outcome == Outcome::Pass {
            passed.insert(case.id.clone());
        }
    }
    (passed, n_run)
}

#[tokio::test]
async fn a_server_that_takes_every_assertion_passes_no_refusal() {
    let folder = folder();
    let endpoints = endpoints(folder.path(), &server(Says::Yes).await, &feed().await);
    let (passed, n_run) = passed("xua/", &endpoints).await;
    assert!(n_run > 60, "{n_run}");
    assert!(passed.contains("xua/assertions/carried"), "{passed:?}");
    assert!(!passed.iter().any(|id| id.ends_with("_refused")), "{passed:?}");
}

#[tokio::test]
async fn a_server_that_takes_no_assertion_passes_nothing_that_is_to_be_accepted() {
    let folder = folder();
    let endpoints = endpoints(folder.path(), &server(Says::No).await, &feed().await);
    let (passed, _) = passed("xua/", &endpoints).await;
    assert!(passed.iter().all(|id| id.ends_with("_refused")), "{passed:?}");
}

/// A server that is its own authority; RSA, for suites without forward secrecy.
fn server_identity() -> Identity {
    let key = identity().key.clone();
    let name = certificates::common_name("server").unwrap();
    let mut builder = X509::builder().unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(2).unwrap()).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    Identity { certificate: builder.build(), key }
}

/// A server that speaks every version and suite with everybody, over HTTP and MLLP: that it is spoken with proves
/// that the runner really offers what it says.
async fn open_to_all(server: &Identity) -> String {
    let mut context = SslContext::builder(SslMethod::tls_server()).unwrap();
    context.set_security_level(0);
    context.set_min_proto_version(None).unwrap();
    context.set_cipher_list("ALL:COMPLEMENTOFALL:@SECLEVEL=0").unwrap();
    context.set_private_key(&server.key).unwrap();
    context.set_certificate(&server.certificate).unwrap();
    context.set_verify_callback(SslVerifyMode::PEER, |_is_trusted, _chain| true);
    let context = context.build();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = SslStream::new(Ssl::new(&context).unwrap(), stream).unwrap();
            if Pin::new(&mut stream).accept().await.is_err() {
                continue;
            }
            let mut bytes = vec![0; 65536];
            let Ok(n_bytes) = stream.read(&mut bytes).await else { continue };
            let text = String::from_utf8_lossy(&bytes[..n_bytes]);
            let answer = match text.starts_with("POST") {
                true => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_owned(),
                false => "\u{b}MSH|^~\\&|C|D|A|B\rMSA|AA|1\r\u{1c}\r".to_owned(),
            };
            let _gone = stream.write_all(answer.as_bytes()).await;
            let _gone = stream.shutdown().await;
        }
    });
    address.to_string()
}

#[tokio::test]
async fn a_server_that_takes_every_connection_passes_no_refusal() {
    let (folder, server) = (folder(), server_identity());
    std::fs::write(folder.path().join("ca.pem"), server.certificate.to_pem().unwrap()).unwrap();
    let key = server.key.private_key_to_pem_pkcs8().unwrap();
    std::fs::write(folder.path().join("ca-key.pem"), key).unwrap();
    let place = open_to_all(&server).await;
    let endpoints =
        endpoints(folder.path(), &format!("https://{place}/"), &format!("mllps://{place}"));
    let (passed, n_run) = passed("iti-19/", &endpoints).await;
    assert!(n_run >= 20, "{n_run}");
    assert!(passed.contains("iti-19/mllp/certificate"), "{passed:?}");
    assert!(!passed.iter().any(|id| id.ends_with("_refused")), "{passed:?}");
}
