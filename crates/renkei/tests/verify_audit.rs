//! `renkei up` with an audit repository, and `renkei verify audit` on what it leaves.

use std::fs;
use std::process::{Command, Output};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;

use crate::command::Workplace;
use crate::harness::community::{Community, Setup};
use crate::harness::transactions::add_patient;

fn verify(community: &Community) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_renkei"));
    command.args(["verify", "audit", "--data"]).arg(community.data());
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap())
}

#[track_caller]
fn check_intact(community: &Community) {
    let (code, said) = verify(community);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(said.matches(": intact\n").count(), 4, "{said}");
}

#[track_caller]
fn check_broken(community: &Community, line: &str) {
    let (code, said) = verify(community);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(line), "{said}");
    assert!(said.ends_with("error: the audit trail is not intact\n"), "{said}");
}

#[test]
fn the_trail_is_proved_while_a_community_runs_and_afterwards() {
    let mut community = Community::plain();
    assert!(community.endpoints.addresses.audit_tls.is_some());
    assert!(community.endpoints.addresses.audit_udp.is_none());
    add_patient(&community, "TEST-1");
    check_intact(&community);
    community.stop();
    check_intact(&community);

    let database = community.data().join("audit-repository.sqlite");
    let mut database = SqliteConnection::establish(database.to_str().unwrap()).unwrap();
    database.batch_execute("UPDATE event SET sender = 'x' WHERE sequence = 1").unwrap();
    drop(database);
    check_broken(&community, "audit-repository: record 1: the record was changed");

    let journal = community.data().join("registry.journal");
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, text.replacen("TEST-1", "TEST-2", 1)).unwrap();
    check_broken(&community, "registry: the journal is broken at byte ");
    fs::remove_file(&journal).unwrap();
    check_broken(&community, "registry: the journal is MISSING\n");
}

/// Of whom each line speaks.
fn lanes(said: &str) -> Vec<&str> {
    said.lines().map(|line| line.split(':').next().unwrap()).collect()
}

#[test]
fn a_community_that_never_ran_has_nothing_to_prove() {
    let workplace = Workplace::initialised();
    let said = workplace.succeed(&["verify", "audit"]);
    assert_eq!(lanes(&said), ["registry", "repository", "pix-manager", "audit-repository"]);
}

#[test]
fn a_community_may_have_no_audit_repository() {
    let workplace = Workplace::initialised();
    fs::remove_file(workplace.path("data/audit-repository.toml")).unwrap();
    let said = workplace.succeed(&["verify", "audit"]);
    assert_eq!(lanes(&said), ["registry", "repository", "pix-manager"]);
    workplace.succeed(&["check-config"]);
}

#[test]
fn datagrams_are_received_when_the_configuration_says_so() {
    let edits = vec![("audit-repository.toml", "#udp = \"off\"", "udp = \"127.0.0.1:0\"")];
    let mut community = Community::start(Setup { edits, ..Setup::default() });
    let address = community.endpoints.addresses.audit_udp.clone().unwrap();
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.send_to(b"<85>1 - - - - - -", address).unwrap();
    community.stop();
    check_intact(&community);
}
