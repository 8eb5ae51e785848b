//! `renkei cert client`.

use std::os::unix::fs::PermissionsExt;

use crate::command::Workplace;

#[test]
fn a_client_gets_certificate_and_key() {
    let workplace = Workplace::initialised();
    let said = workplace.succeed(&["cert", "client", "pacs"]);
    assert_eq!(said, "data/pki/clients/pacs.pem\ndata/pki/clients/pacs-key.pem\n");
    assert!(workplace.read("data/pki/clients/pacs.pem").starts_with("-----BEGIN CERTIFICATE"));
    let mode = workplace.path("data/pki/clients/pacs-key.pem").metadata().unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
}

#[test]
fn pkcs12_is_written_on_request() {
    let workplace = Workplace::initialised();
    let said = workplace.succeed(&["cert", "client", "viewer", "--p12", "secret"]);
    assert!(said.ends_with("data/pki/clients/viewer.p12\n"), "{said}");
    assert!(!said.contains("secret"));
    assert!(workplace.path("data/pki/clients/viewer.p12").exists());
}

#[test]
fn a_client_is_not_issued_twice() {
    let workplace = Workplace::initialised();
    workplace.succeed(&["cert", "client", "pacs"]);
    let key = workplace.read("data/pki/clients/pacs-key.pem");
    let said = workplace.fail(&["cert", "client", "pacs"]);
    assert!(said.contains("pacs-key.pem exists already"), "{said}");
    assert_eq!(workplace.read("data/pki/clients/pacs-key.pem"), key);
}

#[test]
fn a_name_that_leads_elsewhere_is_refused() {
    let workplace = Workplace::initialised();
    let said = workplace.fail(&["cert", "client", "../registry"]);
    assert!(said.contains("a client name is"), "{said}");
}

#[test]
fn a_certificate_can_name_a_member_of_the_agreement() {
    let workplace = Workplace::initialised();
    let said = workplace.fail(&["cert", "client", "pacs", "--member", "1319999998"]);
    assert!(said.contains("no member with the code 1319999998"), "{said}");
    workplace.succeed(&["cert", "client", "pacs", "--member", "1319999999"]);
    let pem = workplace.read("data/pki/clients/pacs.pem");
    let certificate = openssl::x509::X509::from_pem(pem.as_bytes()).unwrap();
    let names = certificate.subject_alt_names().unwrap();
    let uris: Vec<&str> = names.iter().filter_map(|name| name.uri()).collect();
    let [uri] = uris.as_slice() else { panic!("one URI: {uris:?}") };
    let named = config::pki::named_by(uri).unwrap();
    assert_eq!(named.kind, config::pki::Kind::Client("pacs".to_owned()));
    assert_eq!(named.member.as_deref(), Some("1319999999"));
}
