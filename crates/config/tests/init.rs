//! `init`: what it writes is without fault, and it never writes over anything.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use config::agreement::{Domain, FeedSource, LinkRules, PatientIds};
use config::init::{NewCommunity, init};
use config::{Community, ConfigError};

use crate::folder::Folder;

#[test]
fn what_init_writes_is_read_back_without_fault() {
    let folder = tempfile::tempdir().unwrap();
    let mut community = NewCommunity::generate();
    community.name = "地域 \"連携\" \\ @HOME@".to_owned();
    community.domains = vec![
        Domain::parse("north=1.2.3.4,NORTH").unwrap(),
        Domain::parse("南病院=1.2.3.5").unwrap(),
    ];
    let [north, south] = community.domains.as_mut_slice() else { unreachable!() };
    north.feeders.sources = ["HIS \"北\"|*", "|NORTH", "oid:1.2.3.6"]
        .map(|source| FeedSource::parse(source).unwrap())
        .to_vec();
    north.feeders.certificates = vec!["監査 \\ \"太郎\"".to_owned(), "his".to_owned()];
    (south.sensitive, south.strong) = (true, true);
    let data = folder.path().join("new/community");
    init(&data, &community).unwrap();

    let read = Community::load(&data).unwrap();
    assert_eq!(read.agreement.name, community.name);
    assert_eq!(read.agreement.home_community_id, community.home_community_id);
    assert_eq!(read.agreement.repository_unique_id, community.repository_unique_id);
    assert_eq!(read.agreement.affinity_domain.authority.oid, community.affinity_domain);
    assert_eq!(read.agreement.domains, community.domains);
    assert_eq!(read.agreement.patient_ids, PatientIds::Manager);
    assert_eq!(read.agreement.version, 1);
    assert_eq!(read.agreement.codes.count(), 0);
    let [member] = read.agreement.members.as_slice() else { panic!("one member") };
    assert_eq!(member.source_ids, [community.source_id]);
    let [issuer] = read.agreement.assertion_issuers.as_slice() else { panic!("one issuer") };
    assert_eq!(issuer.uri, config::pki::issuer_uri(&community.home_community_id));
    assert!(issuer.certificates.len() == 1 && issuer.speaks_for(&member.code));
    assert_eq!(read.registry.unwrap().listen.port(), 8082);
    assert_eq!(read.repository.unwrap().listen.port(), 8083);
    assert_eq!(read.agreement.linking.rules, LinkRules::Development);
    assert_eq!(read.pix_manager.unwrap().listen.port(), 8081);
}

#[test]
fn every_file_that_init_names_exists_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut written = init(folder.path(), &NewCommunity::generate()).unwrap();
    let mut found = Vec::new();
    let mut folders = vec![folder.path().to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    written.sort();
    found.sort();
    assert_eq!(written, found);
}

#[test]
fn two_communities_have_different_identifiers() {
    let (one, other) = (NewCommunity::generate(), NewCommunity::generate());
    assert_ne!(one.home_community_id, other.home_community_id);
    assert_ne!(one.repository_unique_id, other.repository_unique_id);
    assert_ne!(one.affinity_domain, other.affinity_domain);
}

#[test]
fn a_folder_that_is_not_empty_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    let refused = init(folder.path(), &NewCommunity::generate());
    assert!(matches!(refused, Err(ConfigError::NotEmpty { .. })));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn domains_that_contradict_each_other_are_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("new");
    let mut community = NewCommunity::generate();
    let same = format!("north={}", community.affinity_domain);
    community.domains = vec![Domain::parse(&same).unwrap(), Domain::parse("north=1.2").unwrap()];
    let Err(ConfigError::NewCommunity(faults)) = init(&data, &community) else {
        panic!("domains that contradict each other were accepted");
    };
    let keys: Vec<_> = faults.iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(keys, ["domains.oid", "domains.name"]);
    assert!(!data.exists());
}

#[test]
fn a_file_in_the_place_of_the_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "mine").unwrap();
    let refused = init(&file, &NewCommunity::generate());
    assert!(matches!(refused, Err(ConfigError::Read { .. })));
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn keys_and_files_for_passwords_are_readable_for_the_owner_only() {
    let folder = Folder::new();
    let mode = |name: &str| folder.file(name).metadata().unwrap().permissions().mode() & 0o777;
    for name in [
        "pki/development-ca-key.pem",
        "pki/registry-key.pem",
        "pki/repository-key.pem",
        "pki/pix-manager-key.pem",
        "pki/development-issuer-key.pem",
        "pki/clients/client-key.pem",
        "pki/clients/client.p12",
        "registry.toml",
        "repository.toml",
        "pix-manager.toml",
    ] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    assert_eq!(mode("pki"), 0o700);
    assert_eq!(mode("pki/registry.pem"), 0o644);
}
