//! Faults of `affinity-domain.toml`: all of them, each on its line.

use std::time::Duration;

use config::agreement::{Agreement, Domain, InvalidDomain, Level, MetadataRule, PatientIds};
use datatypes::{Oid, RepositoryUniqueId};

use crate::folder::Folder;

const WHOLE: &str = r#"version = 7
name = "Kita"
home_community_id = "1.2.3"
repository_unique_id = "1.2.4"
patient_ids = "manager"
codes = "codes.toml"
[affinity_domain]
name = "Kita network"
oid = "1.2.5"
namespace = "KITA"
[[domains]]
name = "north"
oid = "1.2.6"
namespace = "NORTH"
[[members]]
name = "北病院"
code = "0119999999"
oids = ["1.2.7", "1.2.8"]
source_ids = ["1.2.9"]
repositories = ["1.2.10"]
[metadata_rules]
codes = "LOG"
[time]
max_error_ms = 250
require_synchronised = true
[access]
notes = """
two
lines"""
"#;

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

fn with_agreement(text: &str) -> Folder {
    let folder = Folder::new();
    folder.write("affinity-domain.toml", text);
    folder
}

#[track_caller]
fn read(text: &str) -> Agreement {
    with_agreement(text).load().unwrap().agreement
}

#[test]
fn every_key_arrives() {
    let agreement = read(WHOLE);
    assert_eq!(agreement.version, 7);
    assert_eq!(agreement.name, "Kita");
    assert_eq!(agreement.home_community_id.as_urn(), "urn:oid:1.2.3");
    assert_eq!(agreement.repository_unique_id.as_str(), "1.2.4");
    assert_eq!(agreement.patient_ids, PatientIds::Manager);
    assert_eq!(agreement.affinity_domain.name, "Kita network");
    assert_eq!(agreement.affinity_domain.authority.oid, oid("1.2.5"));
    assert_eq!(agreement.affinity_domain.authority.namespace.as_deref(), Some("KITA"));
    assert_eq!(agreement.domains, [Domain::parse("north=1.2.6,NORTH").unwrap()]);
    let member = &agreement.members[0];
    assert_eq!((member.name.as_str(), member.code.as_str()), ("北病院", "0119999999"));
    assert_eq!(member.oids, [oid("1.2.7"), oid("1.2.8")]);
    assert_eq!(member.source_ids, [oid("1.2.9")]);
    assert_eq!(member.repositories, [RepositoryUniqueId::new(oid("1.2.10"))]);
    assert_eq!(agreement.time.max_error, Duration::from_millis(250));
    assert!(agreement.time.require_synchronised);
    assert_eq!(agreement.access.notes.as_deref(), Some("two\nlines"));
    assert_eq!(agreement.audience(), "urn:oid:1.2.5");
    assert_eq!(agreement.authorities().count(), 2);
}

#[test]
fn sources_and_repositories_are_found_by_their_member() {
    let agreement = read(WHOLE);
    let known = |text: &str| agreement.is_repository_known(&RepositoryUniqueId::new(oid(text)));
    assert_eq!(agreement.member_of_source(&oid("1.2.9")).unwrap().code, "0119999999");
    assert!(agreement.member_of_source(&oid("1.2.10")).is_none());
    assert!(known("1.2.4") && known("1.2.10") && !known("1.2.9"));
}

#[test]
fn levels_are_chosen_or_default() {
    let rules = read(WHOLE).metadata_rules;
    assert_eq!(rules.level(MetadataRule::Codes), Level::Log);
    assert_eq!(rules.level(MetadataRule::TitleLength), Level::Warning);
    assert_eq!(rules.level(MetadataRule::SourceIdKnown), Level::Reject);
}

#[test]
fn open_access_asks_nobody_for_membership() {
    let text = WHOLE.replace("codes = \"LOG\"", "repository_known = \"OFF\"");
    let rules = read(&text).metadata_rules.under_open_access();
    assert_eq!(rules.level(MetadataRule::SourceIdKnown), Level::Log);
    assert_eq!(rules.level(MetadataRule::RepositoryKnown), Level::Off);
    assert_eq!(rules.level(MetadataRule::Codes), Level::Reject);
}

#[test]
fn a_clock_may_be_a_second_off_and_nobody_need_vouch_for_it() {
    let text = WHOLE.replace("max_error_ms = 250\nrequire_synchronised = true\n", "");
    let time = read(&text).time;
    assert_eq!(time.max_error, Duration::from_secs(1));
    assert!(!time.require_synchronised);
}

#[test]
fn faults_about_clocks_are_reported() {
    let text = WHOLE.replace("max_error_ms = 250", "max_error_ms = 60_001");
    let text = text.replace("require_synchronised = true", "require_synchronised = \"yes\"");
    with_agreement(&text).check(&[
        "affinity-domain.toml:24: time.max_error_ms",
        "affinity-domain.toml:25: time.require_synchronised",
    ]);
}

#[test]
fn the_version_in_force_follows_both_texts() {
    let folder = with_agreement(WHOLE);
    let version = |folder: &Folder| folder.load().unwrap().agreement.version_in_force();
    let first = version(&folder);
    assert_eq!(first, version(&folder));
    assert!(first.starts_with("7-") && first.len() == "7-".len() + 12, "{first}");
    folder.write("codes.toml", "mimeType = [{ code = \"text/plain\" }]");
    let second = version(&folder);
    folder.edit("affinity-domain.toml", "Kita", "Minami");
    let third = version(&folder);
    assert!(first != second && second != third && first != third);
}

#[test]
fn an_empty_file_lists_every_key_that_must_be_there() {
    with_agreement("").check(&[
        "affinity-domain.toml:1: affinity_domain",
        "affinity-domain.toml:1: codes",
        "affinity-domain.toml:1: home_community_id",
        "affinity-domain.toml:1: name",
        "affinity-domain.toml:1: repository_unique_id",
        "affinity-domain.toml:1: version",
    ]);
}

#[test]
fn all_faults_are_reported_at_once_with_their_lines() {
    let broken = r#"version = 0
name = ""
home_community_id = "urn:oid:1.2.3"
repository_unique_id = 12
patient_ids = "both"
codes = "codes.toml"
colour = "blue"
[affinity_domain]
oid = "1.02"
[[domains]]
name = "no spaces"
oid = "1.2.6"
namespace = "A^B"
[[domains]]
name = "north"
oid = "1.2.6"
size = 3
[[members]]
name = "Hospital"
code = "0119999999"
oids = [
  "1.2.7",
  "x",
  "1.2.7",
]
source_ids = "1.2.9"
[[members]]
name = "Other"
code = "0119999999"
oids = ["1.2.7"]
[metadata_rules]
codes = "MAYBE"
kodes = "LOG"
[access]
notes = 1
"#;
    with_agreement(broken).check(&[
        "affinity-domain.toml:1: version",
        "affinity-domain.toml:2: name",
        "affinity-domain.toml:3: home_community_id",
        "affinity-domain.toml:4: repository_unique_id",
        "affinity-domain.toml:5: patient_ids",
        "affinity-domain.toml:7: colour",
        "affinity-domain.toml:8: affinity_domain.name",
        "affinity-domain.toml:9: affinity_domain.oid",
        "affinity-domain.toml:11: domains.name",
        "affinity-domain.toml:13: domains.namespace",
        "affinity-domain.toml:16: domains.oid",
        "affinity-domain.toml:17: domains.size",
        "affinity-domain.toml:23: members.oids",
        "affinity-domain.toml:24: members.oids",
        "affinity-domain.toml:26: members.source_ids",
        "affinity-domain.toml:29: members.code",
        "affinity-domain.toml:30: members.oids",
        "affinity-domain.toml:32: metadata_rules.codes",
        "affinity-domain.toml:33: metadata_rules.kodes",
        "affinity-domain.toml:35: access.notes",
    ]);
}

#[test]
fn a_fault_says_what_would_be_right_and_hides_the_value() {
    let text = WHOLE.replace("\"1.2.3\"", "\"secret\"");
    let faults = with_agreement(&text).load().unwrap_err();
    let fault = faults.iter().next().unwrap().to_string();
    assert!(fault.contains("affinity-domain.toml:3: home_community_id: "), "{fault}");
    assert!(fault.contains("wanted: an OID"), "{fault}");
    assert!(!fault.contains("secret"), "{fault}");
}

#[test]
fn an_unknown_key_is_told_which_ones_are_known() {
    let text = WHOLE.replace("code = \"0119999999\"", "code = \"1\"\nkode = \"2\"");
    let faults = with_agreement(&text).load().unwrap_err();
    let fault = faults.iter().next().unwrap();
    assert_eq!(fault.remedy, "known here: code, name, oids, repositories, source_ids");
}

#[test]
fn namespaces_of_two_domains_differ() {
    let text = WHOLE.replace("\"NORTH\"", "\"KITA\"");
    with_agreement(&text).check(&["affinity-domain.toml:14: domains.namespace"]);
}

#[test]
fn a_domain_must_not_have_the_oid_of_the_affinity_domain() {
    let text = WHOLE.replace("\"1.2.6\"", "\"1.2.5\"");
    with_agreement(&text).check(&["affinity-domain.toml:13: domains.oid"]);
}

#[test]
fn a_domain_is_listed_once() {
    let text = format!("{WHOLE}[[domains]]\nname = \"north\"\noid = \"1.2.99\"\n");
    with_agreement(&text).check(&["affinity-domain.toml:31: domains.name"]);
}

#[test]
fn a_table_in_the_place_of_a_list_is_a_fault() {
    let text = WHOLE.replace("[[members]]", "[members]");
    with_agreement(&text).check(&["affinity-domain.toml:15: members"]);
}

/// The line that cannot be read may hold the key that is missing, and values are wrong
/// whatever else is.
#[test]
fn broken_syntax_hides_missing_keys_but_not_wrong_values() {
    let text = WHOLE.replace("version = 7", "version 7").replace("\"1.2.3\"", "\"x\"");
    let faults = with_agreement(&text).load().unwrap_err();
    let lines: Vec<_> = faults.iter().map(|fault| (fault.line, fault.key.as_str())).collect();
    assert!(lines.contains(&(Some(1), "")), "{faults}");
    assert!(lines.contains(&(Some(3), "home_community_id")), "{faults}");
    assert!(!lines.iter().any(|(_, key)| *key == "version"), "{faults}");
}

#[test]
fn a_key_that_stands_twice_is_a_fault() {
    let text = WHOLE.replace("version = 7", "version = 7\nversion = 8");
    with_agreement(&text).check(&["affinity-domain.toml:2"]);
}

#[test]
fn every_line_with_broken_syntax_is_reported() {
    let text = WHOLE
        .replace("version = 7", "version: 7")
        .replace("name = \"Kita\"", "name = \"Kita")
        .replace("oids = [\"1.2.7\", \"1.2.8\"]", "oids = [1.2.7]")
        .replace("\"LOG\"", "LOG");
    let faults = with_agreement(&text).load().unwrap_err();
    let mut lines: Vec<_> = faults.iter().filter_map(|fault| fault.line).collect();
    lines.dedup();
    assert_eq!(lines, [1, 2, 18, 22], "{faults}");
}

#[test]
fn a_text_that_never_ends_is_reported_and_ends_the_search() {
    let faults = with_agreement(&format!("{WHOLE}open = \"\"\"\n")).load().unwrap_err();
    assert!(faults.iter().any(|fault| fault.problem.starts_with("not TOML")), "{faults}");
}

#[test]
fn any_other_file_in_the_place_of_the_agreement_is_reported() {
    let faults = with_agreement(&"<xml>\n".repeat(1_000)).load().unwrap_err();
    assert!(faults.count() >= 1, "{faults}");
    let folder = with_agreement("");
    std::fs::write(folder.file("affinity-domain.toml"), [0xff, 0xfe, 0x00]).unwrap();
    folder.check(&["affinity-domain.toml"]);
}

#[test]
fn an_absent_agreement_is_a_fault_of_the_file() {
    let folder = Folder::new();
    std::fs::remove_file(folder.file("affinity-domain.toml")).unwrap();
    folder.check(&["affinity-domain.toml"]);
}

#[test]
fn the_code_tables_are_looked_for_where_the_agreement_says() {
    with_agreement(&WHOLE.replace("codes.toml", "tables.toml")).check(&["tables.toml"]);
}

#[test]
fn domains_of_the_command_line() {
    let domain = Domain::parse("a.b-c_1=1.2.3,NS").unwrap();
    assert_eq!(domain.name, "a.b-c_1");
    assert_eq!(domain.authority.namespace.as_deref(), Some("NS"));
    assert_eq!(Domain::parse("north").unwrap_err(), InvalidDomain::Form);
    assert_eq!(Domain::parse("=1.2").unwrap_err(), InvalidDomain::Name);
    assert_eq!(Domain::parse("a b=1.2").unwrap_err(), InvalidDomain::Name);
    assert_eq!(Domain::parse("a=1").unwrap_err(), InvalidDomain::Oid);
    assert_eq!(Domain::parse("a=1.2,").unwrap_err(), InvalidDomain::Namespace);
    assert_eq!(Domain::parse("a=1.2,N^S").unwrap_err(), InvalidDomain::Namespace);
    assert_eq!(Domain::parse("a=1.2,N,S").unwrap_err(), InvalidDomain::Namespace);
}

#[test]
fn audit_records_are_kept_for_ever_unless_days_are_named() {
    let audit_days = |retention: &str| {
        let agreement = read(&WHOLE.replace("[access]", &format!("{retention}\n[access]")));
        agreement.retention.audit_days.map(std::num::NonZeroU32::get)
    };
    assert_eq!(audit_days(""), None);
    assert_eq!(audit_days("[retention]\naudit_days = 0"), None);
    assert_eq!(audit_days("[retention]\naudit_days = 3650"), Some(3650));
}

#[test]
fn readers_of_the_trail_are_named_once() {
    let with = |audit: &str| WHOLE.replace("[access]", &format!("[audit]\n{audit}\n[access]"));
    assert!(read(WHOLE).audit.readers.is_empty());
    let readers = read(&with("readers = [\"client\", \"監査 太郎\"]")).audit.readers;
    assert_eq!(readers, ["client", "監査 太郎"]);
    for (audit, problem) in [
        ("readers = [\"a\", \"b\", \"a\"]", "listed before"),
        ("readers = [\"\"]", "common name of a certificate"),
        ("readers = [\" a\"]", "common name of a certificate"),
        ("readers = \"a\"", "a list in [ ]"),
        ("reader = [\"a\"]", "reader"),
    ] {
        let faults = with_agreement(&with(audit)).load().unwrap_err();
        assert_eq!(faults.count(), 1, "{audit}");
        assert!(faults.to_string().contains(problem), "{audit}: {faults}");
    }
}
