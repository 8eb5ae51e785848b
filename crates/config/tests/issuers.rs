//! `[[assertion_issuers]]`: whose assertions are believed, by which keys, for whom.

use std::fs;

use config::Agreement;
use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::X509;

use crate::folder::{Folder, places};

const AGREEMENT: &str = r#"version = 7
name = "Kita"
home_community_id = "1.2.3"
repository_unique_id = "1.2.4"
codes = "codes.toml"
[affinity_domain]
name = "Kita network"
oid = "1.2.5"
[[members]]
name = "北病院"
code = "0119999999"
[[members]]
name = "南病院"
code = "0119999998"
"#;

/// The line after the text above.
const FIRST: usize = 15;

pub(crate) fn certificate(key: &PKey<Private>, digest: MessageDigest) -> String {
    let mut builder = X509::builder().unwrap();
    builder.set_pubkey(key).unwrap();
    // Long over: whoever lists it trusts it.
    builder.set_not_before(&Asn1Time::from_unix(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_unix(1).unwrap()).unwrap();
    builder.sign(key, digest).unwrap();
    String::from_utf8(builder.build().to_pem().unwrap()).unwrap()
}

pub(crate) fn rsa(bits: u32) -> String {
    certificate(&PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap(), MessageDigest::sha256())
}

pub(crate) fn ec(curve: Nid) -> String {
    let group = EcGroup::from_curve_name(curve).unwrap();
    certificate(
        &PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap(),
        MessageDigest::sha256(),
    )
}

/// A folder with the certificate of the development issuer, and these tables.
fn with_issuers(tables: &str) -> Folder {
    let folder = Folder::new();
    folder.write("trust/p256.pem", &ec(Nid::X9_62_PRIME256V1));
    folder.write("affinity-domain.toml", &format!("{AGREEMENT}{tables}"));
    folder
}

fn read(folder: &Folder) -> Agreement {
    folder.load().unwrap().agreement
}

/// The one fault, on the line after the head of the table, with this key and these words.
#[track_caller]
fn check(folder: &Folder, line: usize, key: &str, words: &str) {
    let faults = folder.load().map(|_| "no fault").unwrap_err();
    let line = FIRST + line;
    let place = format!("affinity-domain.toml:{line}: assertion_issuers.{key}");
    assert_eq!(places(&faults), [place], "{faults}");
    assert!(faults.to_string().contains(words), "{faults}");
}

const ONE: &str = "[[assertion_issuers]]\nuri = \"urn:x:1\"\n";

#[test]
fn an_issuer_has_keys_and_members() {
    let folder = with_issuers(
        "[[assertion_issuers]]
uri = \"https://idp.example/saml\"
certificates = [\"trust/development-issuer.pem\", \"trust/p256.pem\"]
members = [\"0119999998\"]
[[assertion_issuers]]
uri = \"urn:x:2\"
certificates = [\"trust/p256.pem\"]
",
    );
    let agreement = read(&folder);
    let [first, second] = agreement.assertion_issuers.as_slice() else { panic!("two issuers") };
    assert_eq!(first.certificates.len(), 2);
    assert_eq!(second.certificates, first.certificates[1..]);
    let pem = fs::read(folder.file("trust/p256.pem")).unwrap();
    assert_eq!(second.certificates, [X509::from_pem(&pem).unwrap().to_der().unwrap()]);
    assert!(first.speaks_for("0119999998") && !first.speaks_for("0119999999"));
    assert!(second.speaks_for("0119999998") && second.speaks_for("0119999999"));
    assert_eq!(agreement.assertion_issuer("urn:x:2"), Some(second));
    assert_eq!(agreement.assertion_issuer("urn:x:3"), None);
}

#[test]
fn without_issuers_nobody_is_believed() {
    assert_eq!(read(&with_issuers("")).assertion_issuers, []);
}

#[test]
fn another_certificate_is_another_agreement() {
    let folder = with_issuers(&format!("{ONE}certificates = [\"trust/p256.pem\"]\n"));
    let before = read(&folder);
    assert_eq!(read(&folder).fingerprint, before.fingerprint);
    folder.write("trust/p256.pem", &ec(Nid::X9_62_PRIME256V1));
    let after = read(&folder);
    assert_eq!(after.version, before.version);
    assert_ne!(after.fingerprint, before.fingerprint);
}

#[test]
fn an_issuer_without_certificate_is_a_fault() {
    check(&with_issuers(ONE), 0, "certificates", "no certificate");
    let empty = with_issuers(&format!("{ONE}certificates = []\n"));
    check(&empty, 2, "certificates", "no certificate");
}

#[test]
fn a_file_that_is_no_certificate_is_a_fault_on_its_line() {
    let tables =
        format!("{ONE}certificates = [\n  \"trust/p256.pem\",\n  \"trust/other.pem\",\n]\n");
    let folder = with_issuers(&tables);
    check(&folder, 4, "certificates", "cannot be read: No such file");
    folder.write("trust/other.pem", "a text");
    check(&folder, 4, "certificates", "no certificate in PEM");
    fs::copy(folder.file("pki/development-issuer-key.pem"), folder.file("trust/other.pem"))
        .unwrap();
    check(&folder, 4, "certificates", "no certificate in PEM");
    folder.write("trust/other.pem", &(rsa(2048) + &rsa(2048)));
    check(&folder, 4, "certificates", "more than one certificate");
    fs::copy(folder.file("trust/p256.pem"), folder.file("trust/other.pem")).unwrap();
    check(&folder, 4, "certificates", "listed before");
}

#[test]
fn keys_that_are_too_weak_or_cannot_verify_are_faults() {
    let folder = with_issuers(&format!("{ONE}certificates = [\"trust/other.pem\"]\n"));
    folder.write("trust/other.pem", &rsa(1024));
    check(&folder, 2, "certificates", "too weak");
    for curve in [Nid::SECP224R1, Nid::X9_62_PRIME192V1, Nid::SECP256K1, Nid::SECP521R1] {
        folder.write("trust/other.pem", &ec(curve));
        check(&folder, 2, "certificates", "neither RSA nor on P-256 or P-384");
    }
    let ed25519 = certificate(&PKey::generate_ed25519().unwrap(), MessageDigest::null());
    folder.write("trust/other.pem", &ed25519);
    check(&folder, 2, "certificates", "neither RSA nor on P-256 or P-384");
    for pem in [rsa(2048), ec(Nid::X9_62_PRIME256V1), ec(Nid::SECP384R1)] {
        folder.write("trust/other.pem", &pem);
        read(&folder);
    }
}

#[test]
fn two_issuers_with_one_uri_are_a_fault() {
    let one = format!("{ONE}certificates = [\"trust/p256.pem\"]\n");
    check(&with_issuers(&format!("{one}{one}")), 4, "uri", "another issuer has this URI");
}

#[test]
fn a_member_that_does_not_exist_is_a_fault() {
    let with = |members: &str| {
        with_issuers(&format!("{ONE}certificates = [\"trust/p256.pem\"]\nmembers = {members}\n"))
    };
    check(&with("[\"0119999999\",\n\"0119999997\"]"), 4, "members", "no member has this code");
    check(&with("[\"0119999999\",\n\"0119999999\"]"), 4, "members", "listed before");
    check(&with("[]"), 3, "members", "the list is empty");
    check(&with("[0119999999]".replace("0119", "119").as_str()), 3, "members", "wanted");
}

#[test]
fn a_uri_is_what_can_stand_in_an_assertion() {
    for uri in ["", "idp", "urn:x 1", " urn:x:1", "urn:x:\\n", "urn:x:\\u3000"] {
        let tables = format!(
            "[[assertion_issuers]]\nuri = \"{uri}\"\ncertificates = [\"trust/p256.pem\"]\n"
        );
        check(&with_issuers(&tables), 1, "uri", "saml:Issuer");
    }
}
