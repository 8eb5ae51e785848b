//! Node authentication of a community that runs: revocation comes into force by SIGHUP, new files by themselves,
//! and what is wrong with them is said.

use std::path::Path;
use std::time::Instant;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::x509::extension::{AuthorityKeyIdentifier, CrlNumber};
use openssl::x509::{X509, X509CrlBuilder, X509RevokedBuilder};
use rustix::process::{Pid, Signal, kill_process};

use crate::harness::community::{Community, DEADLINE, LOOK, Setup};

/// Writes the revocation list of the community's development authority.
fn revoke(community: &Community, certificates: &[&Path]) {
    let pki = config::pki::PkiFolder::of(&community.data());
    let read = |path: &Path| X509::from_pem(&std::fs::read(path).unwrap()).unwrap();
    let authority = read(&pki.ca_certificate());
    let key = PKey::private_key_from_pem(&std::fs::read(pki.ca_key()).unwrap()).unwrap();
    let today = Asn1Time::days_from_now(0).unwrap();
    let mut list = X509CrlBuilder::new().unwrap();
    list.set_issuer_name(authority.subject_name()).unwrap();
    list.set_last_update(&today).unwrap();
    list.set_next_update(&Asn1Time::days_from_now(7).unwrap()).unwrap();
    let any = X509::builder().unwrap();
    let context = any.x509v3_context(Some(&authority), None);
    let issuer = AuthorityKeyIdentifier::new().keyid(true).build(&context).unwrap();
    list.append_extension(issuer).unwrap();
    let number = CrlNumber::new(BigNum::from_u32(1).unwrap()).unwrap().build().unwrap();
    list.append_extension(number).unwrap();
    for certificate in certificates {
        let mut revoked = X509RevokedBuilder::new().unwrap();
        revoked.set_serial_number(read(certificate).serial_number()).unwrap();
        revoked.set_revocation_date(&today).unwrap();
        list.add_revoked(revoked.build()).unwrap();
    }
    list.sort().unwrap();
    list.sign(&key, MessageDigest::sha256()).unwrap();
    let (file, new) = (community.data().join("lists.pem"), community.data().join("lists.new"));
    std::fs::write(&new, list.build().unwrap().to_pem().unwrap()).unwrap();
    std::fs::rename(new, file).unwrap();
}

/// The text of a page of the admin listener.
fn page(community: &Community, path: &str) -> String {
    let admin = community.endpoints.addresses.admin.as_ref().unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let answer = community.connect(admin).exchange(request.as_bytes()).unwrap();
    String::from_utf8(answer.body).unwrap()
}

#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(LOOK);
    }
}

const GET: &[u8] = b"GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n";

fn with_lists(reload_interval: &'static str) -> Community {
    let mut community = Community::start(Setup { transport: "mtls", ..Setup::default() });
    community.stop();
    for file in ["registry.toml", "repository.toml"] {
        let path = community.data().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.replace("#revocation = \"\"", "revocation = \"lists.pem\"");
        let text = text.replace("#reload_interval_ms = 5_000", reload_interval);
        std::fs::write(&path, text).unwrap();
    }
    revoke(&community, &[]);
    community.up();
    community
}

#[test]
fn a_node_is_revoked_by_a_signal_and_leaves_a_record() {
    let community = with_lists("reload_interval_ms = 3_600_000");
    community.run(&["cert", "client", "lost"]);
    let mut lost = community.registry_as("lost");
    let mut good = community.registry();
    assert!(lost.exchange(GET).is_ok() && good.exchange(GET).is_ok());
    let pki = config::pki::PkiFolder::of(&community.data());
    revoke(&community, &[&pki.client("lost").certificate]);
    let process = Pid::from_raw(i32::try_from(community.process_id()).unwrap()).unwrap();
    kill_process(process, Signal::HUP).unwrap();
    let reloads = "renkei_tls_reloads_total{actor=\"registry\"}";
    until("the list is read", || page(&community, "/metrics").contains(reloads));
    assert!(lost.exchange(GET).is_err(), "an open connection of a revoked node");
    assert!(good.exchange(GET).is_ok(), "an open connection of a good one");
    let journal = community.data().join("registry.journal");
    let recorded = || std::fs::read_to_string(&journal).unwrap();
    until("the refusal is recorded", || recorded().contains("certificate revoked"));
    assert!(page(&community, "/readyz").contains("ready"));
}

#[test]
fn broken_files_are_refused_and_said_and_right_ones_come_into_force_by_themselves() {
    let community = with_lists("reload_interval_ms = 100");
    let pki = config::pki::PkiFolder::of(&community.data());
    let certificate = pki.node_certificate(config::actor::Actor::Registry);
    let right = std::fs::read(&certificate).unwrap();
    let mut good = community.registry();
    std::fs::write(&certificate, "none").unwrap();
    until("readiness tells", || page(&community, "/readyz").starts_with("registry: "));
    assert!(page(&community, "/metrics").contains("renkei_tls_reload_fault{actor=\"registry\"} 1"));
    assert!(good.exchange(GET).is_ok() && community.registry().exchange(GET).is_ok());
    std::fs::write(&certificate, right).unwrap();
    until("it is ready again", || page(&community, "/readyz").contains("ready\n"));
    let series =
        "renkei_certificate_expires_seconds{actor=\"registry\",kind=\"own\",name=\"registry\"}";
    assert!(page(&community, "/metrics").contains(series));
}
