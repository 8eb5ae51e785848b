//! `endpoints.json`: the keys others rely on, and its atomic writing.

use std::fs;

use config::agreement::Domain;
use config::endpoints::{Addresses, Endpoints, FILE_NAME};
use config::init::{NewCommunity, init};
use config::{Community, ConfigError};
use serde_json::Value;

#[test]
fn absent_actors_are_absent_keys() {
    let folder = tempfile::tempdir().unwrap();
    let mut community = NewCommunity::generate();
    community.domains = vec![Domain::parse("north=1.2.3").unwrap()];
    init(folder.path(), &community).unwrap();
    let agreement = Community::load(folder.path()).unwrap().agreement;
    let registry = "https://localhost:1/xds/registry".to_owned();
    let addresses = Addresses { registry: Some(registry.clone()), ..Addresses::default() };
    let endpoints = Endpoints::new(folder.path(), &agreement, addresses);
    endpoints.write(folder.path()).unwrap();

    let json = fs::read(folder.path().join(FILE_NAME)).unwrap();
    let json: Value = serde_json::from_slice(&json).unwrap();
    let keys: Vec<_> = json.as_object().unwrap().keys().cloned().collect();
    let mut expected = vec![
        "registry",
        "affinity_domain",
        "domains",
        "home_community_id",
        "repository_unique_id",
        "audience",
        "ca",
        "client_cert",
        "client_key",
        "client_p12",
    ];
    expected.sort_unstable();
    assert_eq!(keys, expected);
    assert_eq!(json["registry"], registry);
    assert_eq!(json["domains"]["north"], "1.2.3");
    assert_eq!(json["home_community_id"], community.home_community_id.as_urn());
    for file in ["ca", "client_cert", "client_key", "client_p12"] {
        let path = std::path::Path::new(json[file].as_str().unwrap());
        assert!(path.is_absolute() && path.exists(), "{file}");
    }
    assert_eq!(Endpoints::read(folder.path()).unwrap(), Some(endpoints));
}

#[test]
fn every_address_has_the_agreed_key() {
    let text = || Some("x".to_owned());
    let addresses = Addresses {
        pix_v3: text(),
        pdq_v3: text(),
        mllp: text(),
        mllps: text(),
        registry: text(),
        registry_mllp: text(),
        registry_mllps: text(),
        registry_pix_v3: text(),
        repository: text(),
        xca_initiating: text(),
        xca_responding: text(),
        xcpd_initiating: text(),
        xcpd_responding: text(),
        audit_tls: text(),
        audit_udp: text(),
        audit_fhir: text(),
        fhir: text(),
        mhd: text(),
        admin: text(),
    };
    let json = serde_json::to_value(addresses).unwrap();
    let agreed = "pix_v3 pdq_v3 mllp mllps registry registry_mllp registry_mllps registry_pix_v3 \
                  repository xca_initiating xca_responding xcpd_initiating xcpd_responding \
                  audit_tls audit_udp audit_fhir fhir mhd admin";
    let mut agreed: Vec<_> = agreed.split_whitespace().collect();
    agreed.sort_unstable();
    assert_eq!(json.as_object().unwrap().keys().collect::<Vec<_>>(), agreed);
}

#[test]
fn writing_again_replaces_the_file_and_leaves_nothing_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    Endpoints::default().write(folder.path()).unwrap();
    let second = Endpoints { audience: "urn:oid:1.2".to_owned(), ..Endpoints::default() };
    second.write(folder.path()).unwrap();
    assert_eq!(Endpoints::read(folder.path()).unwrap(), Some(second));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn nothing_runs_where_there_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Endpoints::read(folder.path()).unwrap(), None);
    Endpoints::remove(folder.path()).unwrap();
    Endpoints::default().write(folder.path()).unwrap();
    Endpoints::remove(folder.path()).unwrap();
    assert_eq!(Endpoints::read(folder.path()).unwrap(), None);
    fs::write(folder.path().join(FILE_NAME), "{").unwrap();
    assert!(matches!(Endpoints::read(folder.path()), Err(ConfigError::Endpoints { .. })));
}

#[test]
fn a_folder_that_takes_no_file_is_an_error() {
    let written = Endpoints::default().write("/nonexistent/community".as_ref());
    assert!(matches!(written, Err(ConfigError::Write { .. })));
}
