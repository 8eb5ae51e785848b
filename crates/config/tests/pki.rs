//! The development certificates, looked at as a peer and as `openssl verify` would.

use std::fs;

use config::ConfigError;
use config::actor::Actor;
use config::pki::{DEVELOPMENT_PASSWORD, FIRST_CLIENT, PkiFolder, node_uri, verify_node};
use openssl::nid::Nid;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::PKey;
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::{X509CheckFlags, X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509PurposeId, X509StoreContext};

use crate::folder::Folder;

fn certificate(folder: &Folder, name: &str) -> X509 {
    X509::from_pem(&fs::read(folder.file(name)).unwrap()).unwrap()
}

/// `openssl verify -x509_strict -CAfile ca -purpose … [-verify_hostname | -verify_ip]`.
fn verifies(ca: X509, leaf: &X509, purpose: X509PurposeId, peer: &str) -> bool {
    let mut parameters = X509VerifyParam::new().unwrap();
    parameters.set_flags(X509VerifyFlags::X509_STRICT).unwrap();
    parameters.set_purpose(purpose).unwrap();
    parameters.set_hostflags(X509CheckFlags::NEVER_CHECK_SUBJECT);
    match peer.parse() {
        Ok(address) => parameters.set_ip(address).unwrap(),
        Err(_) if !peer.is_empty() => parameters.set_host(peer).unwrap(),
        Err(_) => {}
    }
    let mut store: X509StoreBuilder = X509StoreBuilder::new().unwrap();
    store.add_cert(ca).unwrap();
    store.set_param(&parameters).unwrap();
    let store: X509Store = store.build();
    let chain = Stack::new().unwrap();
    let mut context = X509StoreContext::new().unwrap();
    context.init(&store, leaf, &chain, |context| context.verify_cert()).unwrap()
}

#[test]
fn node_certificates_verify_for_both_sides_and_all_names() {
    let folder = Folder::new();
    for actor in Actor::ALL {
        let leaf = certificate(&folder, &format!("pki/{actor}.pem"));
        let ca = || certificate(&folder, "pki/development-ca.pem");
        for peer in ["localhost", "127.0.0.1", "::1"] {
            assert!(verifies(ca(), &leaf, X509PurposeId::SSL_SERVER, peer), "{actor} {peer}");
        }
        assert!(verifies(ca(), &leaf, X509PurposeId::SSL_CLIENT, ""));
        assert!(!verifies(ca(), &leaf, X509PurposeId::SSL_SERVER, "example.org"));
        assert!(!verifies(ca(), &leaf, X509PurposeId::SSL_SERVER, "192.0.2.1"));
    }
}

#[test]
fn another_community_does_not_trust_them() {
    let (folder, other) = (Folder::new(), Folder::new());
    let leaf = certificate(&folder, "pki/registry.pem");
    let ca = certificate(&other, "pki/development-ca.pem");
    assert!(!verifies(ca, &leaf, X509PurposeId::SSL_SERVER, "localhost"));
}

#[test]
fn the_uri_names_community_and_actor() {
    let folder = Folder::new();
    let community = folder.load().unwrap().agreement.home_community_id;
    let leaf = certificate(&folder, "pki/repository.pem");
    let names = leaf.subject_alt_names().unwrap();
    let uris: Vec<_> = names.iter().filter_map(|name| name.uri()).collect();
    assert_eq!(uris, [node_uri(&community, Actor::Repository)]);
    assert_eq!(uris, [format!("urn:renkei:{}:repository", community.oid())]);
}

#[test]
fn everything_is_named_as_development_and_uses_p_256() {
    let folder = Folder::new();
    for name in ["pki/development-ca.pem", "pki/registry.pem", "pki/clients/client.pem"] {
        let certificate = certificate(&folder, name);
        let subject = certificate.subject_name();
        let organization = subject.entries_by_nid(Nid::ORGANIZATIONNAME).next().unwrap();
        let organization = organization.data().to_string().unwrap();
        assert_eq!(organization, "Renkei development, not for production");
        let key = certificate.public_key().unwrap().ec_key().unwrap();
        assert_eq!(key.group().curve_name(), Some(Nid::X9_62_PRIME256V1), "{name}");
    }
}

#[test]
fn a_client_certificate_is_for_clients_only() {
    let folder = Folder::new();
    let ca = || certificate(&folder, "pki/development-ca.pem");
    let leaf = certificate(&folder, "pki/clients/client.pem");
    assert!(verifies(ca(), &leaf, X509PurposeId::SSL_CLIENT, ""));
    assert!(!verifies(ca(), &leaf, X509PurposeId::SSL_SERVER, ""));
    let community = folder.load().unwrap().agreement.home_community_id;
    let names = leaf.subject_alt_names().unwrap();
    let uris: Vec<_> = names.iter().filter_map(|name| name.uri()).collect();
    assert_eq!(uris, [format!("urn:renkei:{}:client:{FIRST_CLIENT}", community.oid())]);
}

#[test]
fn pkcs12_holds_key_certificate_and_authority() {
    let folder = Folder::new();
    let der = fs::read(folder.file("pki/clients/client.p12")).unwrap();
    let parsed = Pkcs12::from_der(&der).unwrap().parse2(DEVELOPMENT_PASSWORD).unwrap();
    let key = fs::read(folder.file("pki/clients/client-key.pem")).unwrap();
    assert!(parsed.pkey.unwrap().public_eq(&PKey::private_key_from_pem(&key).unwrap()));
    let expected = certificate(&folder, "pki/clients/client.pem").to_der().unwrap();
    assert_eq!(parsed.cert.unwrap().to_der().unwrap(), expected);
    assert_eq!(parsed.ca.unwrap().len(), 1);
    assert!(Pkcs12::from_der(&der).unwrap().parse2("wrong").is_err());
}

#[test]
fn further_clients_are_issued_and_never_overwritten() {
    let folder = Folder::new();
    let pki = PkiFolder::of(folder.path());
    let community = folder.load().unwrap().agreement.home_community_id;
    let written = pki.issue_client(&community, "pacs.west-2", None).unwrap();
    assert_eq!(written.len(), 2);
    let key = fs::read(&pki.client("pacs.west-2").key).unwrap();
    let again = pki.issue_client(&community, "pacs.west-2", Some("secret"));
    assert!(matches!(again, Err(ConfigError::Exists { .. })));
    assert_eq!(fs::read(&pki.client("pacs.west-2").key).unwrap(), key);
    assert!(!pki.client("pacs.west-2").pkcs12.exists());
}

#[test]
fn a_name_that_is_no_file_name_is_refused() {
    let folder = Folder::new();
    let pki = PkiFolder::of(folder.path());
    let community = folder.load().unwrap().agreement.home_community_id;
    for name in ["", "../registry", "a/b", ".hidden", "a b", "日本", &"x".repeat(65)] {
        let refused = pki.issue_client(&community, name, None);
        assert!(matches!(refused, Err(ConfigError::ClientName)), "{name}");
    }
}

#[test]
fn without_the_key_of_the_authority_nothing_is_issued() {
    let folder = Folder::new();
    let pki = PkiFolder::of(folder.path());
    let community = folder.load().unwrap().agreement.home_community_id;
    fs::write(pki.ca_key(), "no key").unwrap();
    let refused = pki.issue_client(&community, "pacs", None);
    assert!(matches!(refused, Err(ConfigError::NotPem { .. })));
    fs::remove_file(pki.ca_key()).unwrap();
    let refused = pki.issue_client(&community, "pacs", None);
    assert!(matches!(refused, Err(ConfigError::Read { .. })));
}

#[test]
fn serial_numbers_differ() {
    let folder = Folder::new();
    let serial = |name: &str| {
        let certificate = certificate(&folder, name);
        certificate.serial_number().to_bn().unwrap().to_hex_str().unwrap().to_string()
    };
    assert_ne!(serial("pki/registry.pem"), serial("pki/repository.pem"));
}

#[test]
fn an_encrypted_key_is_refused_without_asking_for_a_password() {
    let folder = Folder::new();
    let read = |name: &str| fs::read(folder.file(name)).unwrap();
    let key = PKey::private_key_from_pem(&read("pki/registry-key.pem")).unwrap();
    let cipher = openssl::symm::Cipher::aes_256_cbc();
    let encrypted = key.private_key_to_pem_pkcs8_passphrase(cipher, b"secret").unwrap();
    let ca = read("pki/development-ca.pem");
    let refused = verify_node(&read("pki/registry.pem"), &encrypted, &ca);
    assert_eq!(refused.unwrap_err().to_string(), "not an unencrypted private key in PEM");
}

#[test]
fn the_issuer_opens_no_port() {
    let folder = Folder::new();
    let issuer = certificate(&folder, "pki/development-issuer.pem");
    for purpose in [X509PurposeId::SSL_CLIENT, X509PurposeId::SSL_SERVER] {
        let ca = certificate(&folder, "pki/development-ca.pem");
        assert!(!verifies(ca, &issuer, purpose, ""));
    }
    assert_eq!(issuer.public_key().unwrap().rsa().unwrap().size(), 256);
    assert_eq!(certificate(&folder, "trust/development-issuer.pem"), issuer);
}
