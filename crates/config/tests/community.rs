//! Faults that lie between the files, and the certificates.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use config::{Community, pki};
use datatypes::{HomeCommunityId, Oid};
use pki::{Authority, PkiFolder};

use crate::folder::{Folder, places};

#[test]
fn faults_of_all_files_are_reported_at_once() {
    let folder = Folder::new();
    folder.edit("affinity-domain.toml", "version = 1", "version = \"1\"");
    folder.write("codes.toml", "classCode = []\ntypeCodes = []\n");
    folder.write("registry.toml", "port = 1\n");
    folder.write("repository.toml", "port = 1\n");
    folder.write("pix-manager.toml", "port = 1\n");
    fs::remove_file(folder.file("pki/registry-key.pem")).unwrap();
    let faults = folder.load().unwrap_err();
    let files: Vec<_> = places(&faults);
    assert_eq!(
        files,
        [
            "affinity-domain.toml:8: version",
            "codes.toml:1: classCode",
            "codes.toml:2: typeCodes",
            "pix-manager.toml:1: port",
            "registry-key.pem",
            "registry.toml:1: port",
            "repository.toml:1: port",
        ],
        "{faults}"
    );
}

#[test]
fn a_folder_for_one_actor_needs_no_other() {
    let folder = Folder::new();
    fs::remove_file(folder.file("registry.toml")).unwrap();
    fs::remove_file(folder.file("pix-manager.toml")).unwrap();
    let community = folder.load().unwrap();
    assert!(community.registry.is_none() && community.repository.is_some());
}

#[test]
fn a_folder_without_actors_is_a_fault() {
    let folder = Folder::new();
    fs::remove_file(folder.file("registry.toml")).unwrap();
    fs::remove_file(folder.file("repository.toml")).unwrap();
    fs::remove_file(folder.file("audit-repository.toml")).unwrap();
    fs::remove_file(folder.file("pix-manager.toml")).unwrap();
    assert_eq!(folder.load().unwrap_err().count(), 1);
}

#[test]
fn a_community_may_have_no_audit_repository() {
    let folder = Folder::new();
    fs::remove_file(folder.file("audit-repository.toml")).unwrap();
    assert!(folder.load().unwrap().audit_repository.is_none());
}

#[test]
fn the_audit_repository_has_certificates_whatever_http_is_reached_by() {
    let folder = Folder::new();
    folder.write("audit-repository.toml", "transport = \"plain\"\n");
    folder.load().unwrap();
    fs::remove_file(folder.file("pki/audit-repository-key.pem")).unwrap();
    folder.check(&["audit-repository-key.pem"]);
}

#[test]
fn a_folder_that_does_not_exist_is_reported() {
    let faults = Community::load("/nonexistent/community".as_ref()).unwrap_err();
    assert_eq!(faults.count(), 2, "{faults}");
}

#[test]
fn two_listeners_must_not_share_an_address() {
    let folder = Folder::new();
    folder.write("repository.toml", "listen = \"127.0.0.1:8082\"\n");
    folder.check(&["repository.toml"]);
    let folder = Folder::new();
    folder.write("audit-repository.toml", "syslog.tls = \"127.0.0.1:8082\"\n");
    folder.check(&["audit-repository.toml"]);
    let folder = Folder::new();
    folder.write("pix-manager.toml", "mllp = { mllp = \"127.0.0.1:2577\" }\n");
    folder.check(&["pix-manager.toml"]);
}

#[test]
fn ports_that_the_system_chooses_are_no_conflict() {
    let folder = Folder::new();
    folder.write("registry.toml", "listen = \"127.0.0.1:0\"\nadmin.listen = \"127.0.0.1:0\"\n");
    folder.write("repository.toml", "listen = \"127.0.0.1:0\"\n");
    folder.load().unwrap();
}

#[test]
fn a_key_that_others_may_read_is_a_fault() {
    let folder = Folder::new();
    let key = folder.file("pki/registry-key.pem");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    folder.check(&["registry-key.pem"]);
}

#[test]
fn certificates_are_not_asked_for_without_tls() {
    let folder = Folder::new();
    folder.write("registry.toml", "transport = \"plain\"\n");
    folder.write("repository.toml", "transport = \"plain\"\n");
    folder.write("pix-manager.toml", "transport = \"plain\"\n");
    fs::remove_file(folder.file("audit-repository.toml")).unwrap();
    fs::remove_dir_all(folder.file("pki")).unwrap();
    folder.load().unwrap();
}

#[test]
fn a_key_of_another_certificate_is_a_fault() {
    let folder = Folder::new();
    fs::copy(folder.file("pki/repository-key.pem"), folder.file("pki/registry-key.pem")).unwrap();
    folder.check(&["registry.pem"]);
}

#[test]
fn a_certificate_of_another_authority_is_a_fault() {
    let folder = Folder::new();
    let community = HomeCommunityId::new(Oid::generate());
    let stranger = Authority::generate(&community).unwrap();
    let issued = stranger.issue_node(&community, config::actor::Actor::Registry).unwrap();
    fs::write(folder.file("pki/registry.pem"), issued.certificate_pem().unwrap()).unwrap();
    fs::write(folder.file("pki/registry-key.pem"), issued.key_pem().unwrap()).unwrap();
    folder.check(&["registry.pem"]);
}

#[test]
fn a_client_certificate_does_not_do_for_an_actor() {
    let folder = Folder::new();
    let client = PkiFolder::of(folder.path()).client(pki::FIRST_CLIENT);
    fs::copy(client.certificate, folder.file("pki/registry.pem")).unwrap();
    fs::copy(client.key, folder.file("pki/registry-key.pem")).unwrap();
    let faults = folder.load().unwrap_err();
    assert!(faults.to_string().contains("a peer will refuse the certificate"), "{faults}");
}

#[test]
fn files_that_are_no_pem_are_faults() {
    let folder = Folder::new();
    folder.write("pki/registry-key.pem", "not a key");
    folder.write("pki/repository.pem", "not a certificate");
    folder.check(&["registry-key.pem", "repository.pem"]);
}
