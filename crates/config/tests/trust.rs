//! `trust_issuer`: the agreement's text with one issuer or one certificate more.

use std::fs;
use std::path::PathBuf;

use config::trust::{NewIssuer, TrustError, Trusted, trust_issuer};
use openssl::nid::Nid;

use crate::folder::{Folder, places};
use crate::issuers::{ec, rsa};

const URI: &str = "https://idp.example/saml";

fn add(folder: &Folder, pem: &str, members: &[&str]) -> Result<Trusted, TrustError> {
    let file = folder.file("given 病院.pem");
    fs::write(&file, pem).unwrap();
    let members: Vec<String> = members.iter().map(|code| (*code).to_owned()).collect();
    trust_issuer(folder.path(), &NewIssuer { uri: URI, certificate: &file, members: &members })
}

fn agreement_text(folder: &Folder) -> String {
    fs::read_to_string(folder.file("affinity-domain.toml")).unwrap()
}

fn copies(folder: &Folder) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.file("trust")).unwrap();
    let mut copies: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    copies.sort();
    copies
}

#[test]
fn an_issuer_is_added_and_the_version_raised() {
    let folder = Folder::new();
    let before = folder.load().unwrap().agreement;
    let Trusted::Issuer { certificate, version } =
        add(&folder, &ec(Nid::X9_62_PRIME256V1), &["1319999999"]).unwrap()
    else {
        panic!("the issuer is new")
    };
    let after = folder.load().unwrap().agreement;
    assert_eq!((version, after.version), (2, 2));
    assert_ne!(after.fingerprint, before.fingerprint);
    assert_eq!(after.assertion_issuers.len(), 2);
    let issuer = after.assertion_issuer(URI).unwrap();
    assert_eq!(issuer.members, Some(vec!["1319999999".to_owned()]));
    assert_eq!(after.assertion_issuers[0], before.assertion_issuers[0]);
    let name = certificate.file_name().unwrap().to_string_lossy();
    assert!(name.starts_with("given-") && certificate.starts_with(folder.file("trust")), "{name}");
}

#[test]
fn the_text_of_the_operator_stays() {
    let folder = Folder::new();
    folder.edit("affinity-domain.toml", "version = 1\n", "version  =  1_000 # by me\n");
    let before = agreement_text(&folder);
    add(&folder, &rsa(2048), &[]).unwrap();
    let after = agreement_text(&folder);
    let kept = before.replace("1_000 # by me", "1001 # by me");
    let added = after.strip_prefix(&kept).unwrap();
    assert_eq!(added.lines().count(), 5, "{added}");
    assert_eq!(folder.load().unwrap().agreement.assertion_issuer(URI).unwrap().members, None);
}

#[test]
fn a_second_certificate_is_for_rolling_over() {
    let folder = Folder::new();
    let (old, new) = (rsa(2048), ec(Nid::SECP384R1));
    add(&folder, &old, &["1319999999"]).unwrap();
    // As an editor may have left it.
    let text = agreement_text(&folder);
    let (head, tail) = text.rsplit_once(".pem\"]").unwrap();
    folder.write("affinity-domain.toml", &format!("{head}.pem\", # old, not ]\n]{tail}"));
    let added = add(&folder, &new, &[]).unwrap();
    assert!(matches!(added, Trusted::Certificate { version: 3, .. }), "{added:?}");
    let issuer = folder.load().unwrap().agreement.assertion_issuer(URI).unwrap().clone();
    assert_eq!(issuer.certificates.len(), 2);
    assert_eq!(issuer.members, Some(vec!["1319999999".to_owned()]));
    // Once more changes nothing.
    let before = agreement_text(&folder);
    assert_eq!(add(&folder, &new, &[]).unwrap(), Trusted::Already);
    assert_eq!(add(&folder, &old, &["1319999999"]).unwrap(), Trusted::Already);
    assert_eq!(agreement_text(&folder), before);
}

#[test]
fn a_key_beside_the_certificate_is_not_copied() {
    let folder = Folder::new();
    let key = fs::read_to_string(folder.file("pki/development-issuer-key.pem")).unwrap();
    add(&folder, &(key + &rsa(2048)), &[]).unwrap();
    for copy in copies(&folder) {
        let text = fs::read_to_string(copy).unwrap();
        assert!(text.starts_with("-----BEGIN CERTIFICATE") && !text.contains("PRIVATE"), "{text}");
    }
}

#[test]
fn what_is_refused_leaves_the_agreement_as_it_was() {
    let folder = Folder::new();
    let before = agreement_text(&folder);
    let refused = add(&folder, &rsa(1024), &[]);
    assert!(matches!(refused, Err(TrustError::Certificate { .. })), "{refused:?}");
    let refused = add(&folder, "text", &[]);
    assert!(matches!(refused, Err(TrustError::Certificate { .. })), "{refused:?}");
    let Err(TrustError::Refused(faults)) = add(&folder, &rsa(2048), &["9999999999"]) else {
        panic!("an unknown member was accepted");
    };
    assert!(places(&faults)[0].ends_with("assertion_issuers.members"), "{faults}");
    let file = folder.file("given 病院.pem");
    let refused =
        trust_issuer(folder.path(), &NewIssuer { uri: "a b", certificate: &file, members: &[] });
    assert!(matches!(refused, Err(TrustError::Uri)), "{refused:?}");
    assert_eq!(agreement_text(&folder), before);

    add(&folder, &rsa(2048), &[]).unwrap();
    let refused = add(&folder, &rsa(2048), &["1319999999"]);
    assert!(matches!(refused, Err(TrustError::OtherMembers)), "{refused:?}");
    folder.edit("affinity-domain.toml", "version = 2", "version = \"2\"");
    let refused = add(&folder, &rsa(2048), &[]);
    assert!(matches!(refused, Err(TrustError::Agreement(_))), "{refused:?}");
}

#[test]
fn a_shape_that_cannot_be_added_to_is_refused() {
    let folder = Folder::new();
    let text = agreement_text(&folder);
    let (head, tail) = text.split_once("[[assertion_issuers]]").unwrap();
    let (_, tail) = tail.split_once("#members = [\"1319999999\"]\n").unwrap();
    let inline = "assertion_issuers = [{ uri = \"urn:x\", \
                  certificates = [\"trust/development-issuer.pem\"] }]";
    let text = format!("{inline}\n{head}{tail}");
    folder.write("affinity-domain.toml", &text);
    folder.load().unwrap();
    assert!(matches!(add(&folder, &rsa(2048), &[]), Err(TrustError::Refused(_))));
    assert_eq!(agreement_text(&folder), text);
}

#[test]
fn the_end_of_a_certificate_is_told() {
    let folder = Folder::new();
    let agreement = folder.load().unwrap().agreement;
    let end = config::pki::not_after(&agreement.assertion_issuers[0].certificates[0]).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let days = (end - i64::try_from(now.as_secs()).unwrap()) / 86_400;
    assert!((824..=825).contains(&days), "{days}");
    assert_eq!(config::pki::not_after(b"no certificate"), None);
}
