//! Each wrong certificate, version and suite is refused on each listener, with one alert.

use net::{KeyExchange, Tls, TlsFiles};
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::SslVersion;

use super::{Client, Door, KINDS, Kind};
use crate::certificates::{Authority, new_key};

const DAY: i64 = 86_400;

fn rsa_key() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
}

/// A server that consults a revocation list, on each kind of listener; `client` says what happens.
#[track_caller]
fn each(client: impl Fn(&Authority, &Authority, &TlsFiles, &Door)) {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "ca");
    let stranger = Authority::new(folder.path(), "stranger");
    let mut files = authority.node("server");
    authority.node("revoked");
    files.revocation = Some(authority.revoke(&["revoked"], DAY));
    for kind in KINDS {
        let door = Door::open(kind, &Tls::from(files.clone()));
        client(&authority, &stranger, &files, &door);
    }
}

/// Refused, once, for this reason.
#[track_caller]
fn refused(client: &Client<'_>, door: &Door, reason: &str) {
    assert_eq!(client.knock(door), None, "{:?}", door.kind);
    let told = door.one_alert();
    // A syslog listener tells its actor no reasons.
    assert!(door.kind == Kind::Syslog || told.contains(reason), "{:?}: {told}", door.kind);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_certificate_is_accepted_without_alert() {
    each(|authority, _, _, door| {
        let good = authority.node("good");
        assert!(
            Client::of(&good).knock(door).is_some_and(|name| name.is_empty() || name == "good")
        );
        door.no_alert();
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_is_refused() {
    each(|authority, _, _, door| {
        let expired = authority.node_of("expired", new_key(), (-2 * DAY, -60));
        refused(&Client::of(&expired), door, "certificate has expired");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_tomorrow_is_refused() {
    each(|authority, _, _, door| {
        let early = authority.node_of("early", new_key(), (DAY, 2 * DAY));
        refused(&Client::of(&early), door, "certificate is not yet valid");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_another_authority_is_refused() {
    each(|_, stranger, files, door| {
        let other = stranger.node("good");
        let client = Client { trust: files, ..Client::of(&other) };
        refused(&client, door, "unable to get local issuer certificate");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_certificate_is_refused() {
    each(|authority, _, files, door| {
        let file = |name: &str| authority.folder.join(name);
        let revoked = TlsFiles::new(file("revoked.pem"), file("revoked.key"), &files.ca);
        refused(&Client::of(&revoked), door, "certificate revoked");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_self_signed_certificate_is_refused() {
    each(|_, stranger, files, door| {
        let key = stranger.folder.join("own.key");
        std::fs::write(&key, stranger.key.private_key_to_pem_pkcs8().unwrap()).unwrap();
        let own = TlsFiles::new(stranger.folder.join("ca.pem"), key, &files.ca);
        refused(&Client::of(&own), door, "self-signed certificate");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_comes_without_certificate() {
    each(|_, _, files, door| {
        let client = Client { own: None, ..Client::of(files) };
        refused(&client, door, "did not return a certificate");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn old_versions_are_refused() {
    each(|authority, _, _, door| {
        let good = authority.node("good");
        for version in [SslVersion::TLS1, SslVersion::TLS1_1] {
            let client = Client { versions: (version, version), ..Client::of(&good) };
            refused(&client, door, "unsupported protocol");
        }
    });
}

/// The four suites of the option "TLS 1.2 floor using BCP195", and nothing with CBC.
#[tokio::test(flavor = "multi_thread")]
async fn the_four_suites_of_the_profile_are_negotiable_and_cbc_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "ca");
    let mut files = authority.node_of("server", rsa_key(), (0, DAY));
    let good = authority.node("good");
    let offering = |suites| Client {
        versions: (SslVersion::TLS1_2, SslVersion::TLS1_2),
        suites,
        ..Client::of(&good)
    };
    let ecdhe = ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"];
    let dhe = ["DHE-RSA-AES128-GCM-SHA256", "DHE-RSA-AES256-GCM-SHA384"];
    let never = [
        "ECDHE-RSA-AES128-SHA256",
        "ECDHE-RSA-AES256-SHA",
        "DHE-RSA-AES128-SHA256",
        "AES128-GCM-SHA256",
    ];
    for key_exchange in [KeyExchange::Ecdhe, KeyExchange::EcdheOrDhe] {
        files.key_exchange = key_exchange;
        for kind in KINDS {
            let door = Door::open(kind, &Tls::from(files.clone()));
            let has_dhe = key_exchange == KeyExchange::EcdheOrDhe;
            for suite in ecdhe.into_iter().chain(dhe.into_iter().filter(|_| has_dhe)) {
                let mut stream = offering(suite).connect(&door).unwrap();
                assert_eq!(stream.ssl().current_cipher().unwrap().name(), suite);
                assert!(door.ask(&mut stream).is_some(), "{kind:?} {suite}");
            }
            door.no_alert();
            for suite in never.into_iter().chain(dhe.into_iter().filter(|_| !has_dhe)) {
                refused(&offering(suite), &door, "no shared cipher");
            }
        }
    }
}
