//! What `endpoints.json` says about where to go, and what a patient's id on the command line means.

use client::ClientTransport;
use config::Endpoints;
use config::endpoints::Addresses;
use datatypes::{InvalidPatientId, Oid};

use super::*;

fn community(addresses: Addresses) -> RunningCommunity {
    let endpoints = Endpoints {
        addresses,
        affinity_domain: "1.2.3".to_owned(),
        domains: [("north".to_owned(), "1.2.4".to_owned()), ("bad".to_owned(), "x".to_owned())]
            .into(),
        home_community_id: "urn:oid:1.2.5".to_owned(),
        repository_unique_id: "1.2.6".to_owned(),
        ..Endpoints::default()
    };
    RunningCommunity { data: PathBuf::from("data"), endpoints, security: SecurityHeader::default() }
}

fn some(address: &str) -> Option<String> {
    Some(address.to_owned())
}

#[test]
fn the_feed_goes_over_tls_wherever_it_can() {
    let both = Addresses {
        registry_mllp: some("127.0.0.1:2577"),
        registry_mllps: some("localhost:2578"),
        ..Addresses::default()
    };
    let address = community(both).registry_feed().unwrap();
    assert_eq!((address.host.as_str(), address.port), ("localhost", 2578));
    assert!(matches!(address.transport, ClientTransport::MutualTls(_)));

    let plain = Addresses { registry_mllp: some("[::1]:2577"), ..Addresses::default() };
    let address = community(plain).registry_feed().unwrap();
    assert_eq!((address.host.as_str(), address.port), ("::1", 2577));
    assert!(matches!(address.transport, ClientTransport::Plain));
}

#[test]
fn the_scheme_of_the_url_decides_about_the_certificate() {
    let addresses = Addresses {
        registry: some("https://localhost:8082/xds/registry"),
        repository: some("http://127.0.0.1:8083/xds/repository"),
        ..Addresses::default()
    };
    let community = community(addresses);
    assert!(matches!(community.registry().unwrap().transport, ClientTransport::MutualTls(_)));
    assert!(matches!(community.repository().unwrap().transport, ClientTransport::Plain));
}

#[test]
fn what_the_community_has_not_is_named() {
    let community = community(Addresses::default());
    let error = community.registry().unwrap_err().to_string();
    assert_eq!(error, "the community in data has no registry");
    assert!(community.repository().is_err());
    assert!(community.registry_feed().is_err());
    assert!(community.manager().is_err());
}

#[test]
fn what_cannot_be_used_is_named() {
    for address in ["2577", ":2577", "host:", "host:70000", "host"] {
        let addresses = Addresses { registry_mllp: some(address), ..Addresses::default() };
        let error = community(addresses).registry_feed().err().unwrap();
        assert!(matches!(error, WireError::MalformedEndpoints { key: "mllp", .. }), "{address}");
    }
    let community = community(Addresses::default());
    assert_eq!(community.domain("north").unwrap().as_str(), "1.2.4");
    assert!(matches!(
        community.domain("bad").unwrap_err(),
        WireError::MalformedEndpoints { key: "domains", .. }
    ));
    let error = community.domain("south").unwrap_err().to_string();
    assert_eq!(error, "no domain is called south; known: bad, north");
    assert_eq!(community.home_community_id().unwrap().as_str(), "1.2.5");
    assert_eq!(community.repository_unique_id().unwrap().as_str(), "1.2.6");
}

#[test]
fn a_folder_where_nothing_runs_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let error = RunningCommunity::open(folder.path()).unwrap_err().to_string();
    let data = folder.path().display();
    assert!(error.contains(&format!("renkei up --data {data}")), "{error}");
}

#[test]
fn an_id_without_authority_is_of_the_affinity_domain() {
    let domain = || Oid::parse("1.2.3").unwrap();
    let check = |text: &str, cx: &str| {
        assert_eq!(parse_patient_id(text, domain()).unwrap().to_cx(), cx);
    };
    check("JP0001", "JP0001^^^&1.2.3&ISO");
    check("JP0001^^^&1.2.4&ISO", "JP0001^^^&1.2.4&ISO");
    let refused = |text: &str| parse_patient_id(text, domain()).unwrap_err();
    assert_eq!(refused("a&b"), InvalidPatientId::Id);
    assert_eq!(refused("JP0001^"), InvalidPatientId::Components);
    assert_eq!(refused("JP0001^^^HOSPITAL"), InvalidPatientId::AssigningAuthority);
}
