//! Certificates, trust and revocation that change while connections are open.

use std::time::Duration;

use super::{Client, DEADLINE, Door, KINDS, Kind};
use crate::certificates::{Authority, new_key};
use net::metrics::TlsMetrics;
use net::{Reload, Tls, TlsFiles, TlsWatch, TransportError};

const DAY: i64 = 86_400;

/// An authority, its server with an empty revocation list, and two clients.
struct Bench {
    _folder: tempfile::TempDir,
    authority: Authority,
    server: TlsFiles,
    good: TlsFiles,
    bad: TlsFiles,
}

impl Bench {
    fn new() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new(folder.path(), "ca");
        let mut server = authority.node("server");
        server.revocation = Some(authority.revoke(&[], DAY));
        let (good, bad) = (authority.node("good"), authority.node("bad"));
        Bench { _folder: folder, authority, server, good, bad }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_node_does_not_live_on_in_an_open_connection() {
    for kind in KINDS {
        let bench = Bench::new();
        let tls = Tls::from(bench.server.clone());
        let door = Door::open(kind, &tls);
        let mut good = Client::of(&bench.good).connect(&door).unwrap();
        let mut bad = Client::of(&bench.bad).connect(&door).unwrap();
        assert!(door.ask(&mut good).is_some() && door.ask(&mut bad).is_some());
        bench.authority.revoke(&["bad"], DAY);
        assert_eq!(tls.reload().unwrap(), Reload::Replaced);
        assert_eq!(door.ask(&mut bad), None, "{kind:?}");
        let reason = door.one_alert();
        assert!(kind == Kind::Syslog || reason.contains("certificate revoked"), "{reason}");
        assert!(door.ask(&mut good).is_some(), "{kind:?}");
        assert_eq!(Client::of(&bench.bad).knock(&door), None);
        door.one_alert();
        assert!(Client::of(&bench.good).knock(&door).is_some());
        door.no_alert();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_do_not_fit_are_refused_as_a_whole() {
    let bench = Bench::new();
    let tls = Tls::from(bench.server.clone());
    let door = Door::open(Kind::Http, &tls);
    let before = tls.generation();
    let certificate = std::fs::read(&bench.server.certificate).unwrap();
    std::fs::copy(&bench.good.certificate, &bench.server.certificate).unwrap();
    // The list would be new, but the key is another one's.
    bench.authority.revoke(&["bad"], DAY);
    assert!(matches!(tls.reload_if_changed(), Err(TransportError::Key { .. })));
    assert_eq!(tls.generation(), before);
    assert!(tls.fault().unwrap().contains("private key"));
    assert!(Client::of(&bench.bad).knock(&door).is_some(), "what was in force stays");
    std::fs::write(&bench.server.certificate, certificate).unwrap();
    assert_eq!(tls.reload().unwrap(), Reload::Replaced);
    assert_eq!(tls.fault(), None);
    assert_eq!(Client::of(&bench.bad).knock(&door), None);
    assert_eq!(tls.reload_if_changed().unwrap(), Reload::Unchanged);
    assert_eq!(tls.reload().unwrap(), Reload::Unchanged);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_authority_replaces_the_one_before() {
    let bench = Bench::new();
    let tls = Tls::from(TlsFiles { revocation: None, ..bench.server.clone() });
    let door = Door::open(Kind::Mllp, &tls);
    let mut open = Client::of(&bench.good).connect(&door).unwrap();
    assert!(door.ask(&mut open).is_some());
    let folder = tempfile::tempdir().unwrap();
    let next = Authority::new(folder.path(), "next");
    let renewed = next.node("server");
    for (new, old) in [
        (&renewed.certificate, &bench.server.certificate),
        (&renewed.key, &bench.server.key),
        (&renewed.ca, &bench.server.ca),
    ] {
        std::fs::copy(new, old).unwrap();
    }
    tls.reload().unwrap();
    assert_eq!(door.ask(&mut open), None);
    door.one_alert();
    let client = next.node("hospital");
    assert_eq!(Client::of(&client).knock(&door).as_deref(), Some("hospital"));
}

#[test]
fn revocation_lists_are_there_and_valid_or_nothing_starts() {
    let bench = Bench::new();
    let start = |files: &TlsFiles| Tls::from(files.clone()).connector().map(drop);
    assert!(start(&bench.server).is_ok());
    bench.authority.revoke(&[], -60);
    assert!(matches!(start(&bench.server), Err(TransportError::StaleRevocation { .. })));
    let other = Authority::new(bench.authority.folder.as_path(), "other");
    other.node("somebody");
    let foreign =
        TlsFiles { revocation: Some(other.revoke(&["somebody"], DAY)), ..bench.server.clone() };
    assert!(matches!(start(&foreign), Err(TransportError::NoRevocation { .. })));
    let none = TlsFiles { revocation: Some(bench.server.ca.clone()), ..bench.server.clone() };
    assert!(matches!(start(&none), Err(TransportError::NoRevocation { .. })));
}

/// Direct comparison, ITI TF-2: 3.19: who stands in the list is trusted, and nobody whom they certify.
#[tokio::test(flavor = "multi_thread")]
async fn listed_peers_are_trusted_as_they_are() {
    let bench = Bench::new();
    let elsewhere = Authority::new(bench.authority.folder.as_path(), "elsewhere");
    let listed = elsewhere.node("listed");
    let unlisted = elsewhere.node("unlisted");
    let expired = elsewhere.node_of("expired", new_key(), (-2 * DAY, -60));
    let list = bench.authority.folder.join("peers.pem");
    let mut pem = std::fs::read(&listed.certificate).unwrap();
    pem.extend(std::fs::read(&expired.certificate).unwrap());
    // An authority in the list is a peer and no authority.
    pem.extend(std::fs::read(elsewhere.folder.join("ca.pem")).unwrap());
    std::fs::write(&list, &pem).unwrap();
    for revocation in [None, bench.server.revocation.clone()] {
        let tls =
            Tls::from(TlsFiles { peers: Some(list.clone()), revocation, ..bench.server.clone() });
        for kind in KINDS {
            let door = Door::open(kind, &tls);
            let client = |own| Client { trust: &bench.server, ..Client::of(own) };
            assert!(client(&listed).knock(&door).is_some(), "{kind:?}");
            assert!(client(&bench.good).knock(&door).is_some(), "{kind:?}");
            door.no_alert();
            for own in [&unlisted, &expired] {
                assert_eq!(client(own).knock(&door), None, "{kind:?}");
                door.one_alert();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_watch_sees_new_files_and_tells_what_ends() {
    let bench = Bench::new();
    let tls = Tls::from(bench.server.clone());
    let door = Door::open(Kind::Http, &tls);
    let mut registry = prometheus_client::registry::Registry::default();
    let metrics: TlsMetrics = net::Metrics::new(&mut registry).tls;
    let watch = TlsWatch::start("registry", vec![tls.clone()], Duration::from_millis(20), &metrics);
    let ready = watch.readiness();
    assert_eq!(ready(), Ok(()));
    bench.authority.revoke(&["bad"], 2);
    until(|| tls.generation() == 2);
    assert_eq!(Client::of(&bench.bad).knock(&door), None);
    until(|| ready().is_err_and(|fault| fault.contains("revocation list of ca is out of date")));
    // Without a valid list nobody comes in.
    assert_eq!(Client::of(&bench.good).knock(&door), None);
    std::fs::write(&bench.server.key, "no key").unwrap();
    until(|| tls.reload_fault().is_some());
    let page = || {
        let mut page = String::new();
        prometheus_client::encoding::text::encode(&mut page, &registry).unwrap();
        page
    };
    until(|| page().contains("renkei_tls_reload_fault{actor=\"registry\"} 1"));
    let series = "renkei_certificate_expires_seconds{actor=\"registry\",kind=";
    for kind in
        ["\"own\",name=\"server\"", "\"authority\",name=\"ca\"", "\"revocation\",name=\"ca\""]
    {
        assert!(page().contains(&format!("{series}{kind}}}")), "{}", page());
    }
    watch.stop().await;
}

#[track_caller]
fn until(is_so: impl Fn() -> bool) {
    let end = std::time::Instant::now() + DEADLINE;
    while !is_so() {
        assert!(std::time::Instant::now() < end, "it did not happen");
        std::thread::sleep(Duration::from_millis(10));
    }
}
