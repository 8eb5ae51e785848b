//! Mutual TLS: who shows no certificate of the community is not heard, at no listener.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use openssl::ssl::{SslConnector, SslFiletype, SslMethod, SslVerifyMode};

use crate::harness::community::{Community, Setup};
use crate::harness::feed::{frame, registration};
use crate::harness::http::post;
use crate::harness::soap::{QUERY, REGISTRY, envelope, simple};
use crate::harness::submission::Submission;
use crate::harness::transactions::{add_patient, adhoc_query, find_documents, of_patient, submit};

const DEADLINE: Duration = Duration::from_secs(60);

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
}

/// What comes back for a request, until the other side closes.
fn plain(address: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut stream = connect(address);
    let _refused = stream.write_all(request);
    let mut answer = Vec::new();
    let _reset = stream.read_to_end(&mut answer);
    answer
}

/// The same over TLS with this certificate, if any; nothing if the handshake fails.
fn over_tls(address: SocketAddr, own: Option<&Community>, request: &[u8]) -> Vec<u8> {
    let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
    builder.set_verify(SslVerifyMode::NONE);
    if let Some(own) = own {
        builder.set_certificate_chain_file(&own.endpoints.client_cert).unwrap();
        builder.set_private_key_file(&own.endpoints.client_key, SslFiletype::PEM).unwrap();
    }
    let connector = builder.build();
    let mut answer = Vec::new();
    if let Ok(mut stream) = connector.connect("localhost", connect(address)) {
        // In TLS 1.3 the refusal may come after the client's side of the handshake.
        let _refused = stream.write_all(request);
        let _refused = stream.read_to_end(&mut answer);
    }
    answer
}

#[test]
fn strangers_are_not_heard() {
    let mtls = || Community::start(Setup { transport: "mtls", ..Setup::default() });
    let (community, elsewhere) = (mtls(), mtls());
    let patient = add_patient(&community, "patient");
    let submission = Submission::of(&patient, &[b"confidential"]);
    submit(&mut community.repository(), &submission).unwrap().assert_success();
    let find = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d";
    let query = adhoc_query("LeafClass", find, &of_patient(&patient));
    let query = envelope(QUERY, "urn:x:1", &query);
    let close = [("Content-Type", simple(QUERY)), ("Connection", "close".to_owned())];
    let close: Vec<_> = close.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let query = post(REGISTRY, &close, query.as_bytes());
    let addresses = &community.endpoints.addresses;
    assert_eq!(addresses.registry_mllp, None);
    let registry: SocketAddr = {
        let url = addresses.registry.as_ref().unwrap();
        url.strip_prefix("https://").unwrap().split('/').next().unwrap().parse().unwrap()
    };
    let mllps: SocketAddr = addresses.registry_mllps.as_ref().unwrap().parse().unwrap();
    let feed = frame(registration("stranger", "stranger", community.affinity_domain()).as_bytes());
    for (address, request) in [(registry, &query), (mllps, &feed)] {
        let nothing = |answer: &[u8]| !answer.windows(4).any(|w| w == b"HTTP" || w == b"MSA|");
        assert!(nothing(&plain(address, request)), "{address} without TLS");
        assert!(nothing(&over_tls(address, None, request)), "{address} without certificate");
        let other = over_tls(address, Some(&elsewhere), request);
        assert!(nothing(&other), "{address} with the certificate of another community");
    }
    // With its own certificate the same request is answered.
    let own = over_tls(registry, Some(&community), &query);
    assert!(String::from_utf8_lossy(&own).contains("ExtrinsicObject"));
    let stranger = patient.replace("patient", "stranger");
    let reply = submit(&mut community.repository(), &Submission::of(&stranger, &[b"x"])).unwrap();
    reply.assert_failure("XDSUnknownPatientId");
    find_documents(&mut community.registry(), &patient).unwrap().assert_success();
}
