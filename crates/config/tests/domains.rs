//! Who feeds a domain, what a domain is, and how domains are linked.

use config::agreement::{
    Agreement, Feeder, FeederName, LinkRules, Linking, PatientIds, UnknownUpdate,
};
use datatypes::Oid;

use crate::folder::Folder;

/// Six lines; `[linking]` or the list of domains begins on the seventh.
const HEAD: &str = r#"version = 1
name = "Kita"
home_community_id = "1.2.3"
repository_unique_id = "1.2.4"
codes = "codes.toml"
affinity_domain = { name = "kita", oid = "1.2.5" }
"#;

fn with(rest: &str) -> Folder {
    let folder = Folder::new();
    folder.write("affinity-domain.toml", &format!("{HEAD}{rest}"));
    folder
}

fn read(rest: &str) -> Agreement {
    with(rest).load().unwrap().agreement
}

/// One domain for each text, with these further keys, on lines 8, 9, …
fn domains(keys: &[&str]) -> String {
    let line = |(n, keys): (usize, &&str)| {
        let comma = if keys.is_empty() { "" } else { ", " };
        format!("{{ name = \"d{n}\", oid = \"1.2.6.{n}\"{comma}{keys} }},\n")
    };
    let lines: String = keys.iter().enumerate().map(line).collect();
    format!("domains = [\n{lines}]\n")
}

/// The name of the domain that `APPLICATION|FACILITY` or `oid:…` feeds.
fn fed_by(agreement: &Agreement, sender: &str, certificate: Option<&str>) -> Option<String> {
    let device = sender.strip_prefix("oid:").map(|oid| Oid::parse(oid).unwrap());
    let name = match &device {
        Some(root) => FeederName::Device(root),
        None => {
            let (application, facility) = sender.split_once('|').unwrap();
            FeederName::Sender { application, facility }
        }
    };
    let domain = agreement.domain_fed_by(&Feeder { name, certificate })?;
    Some(domain.name.clone())
}

#[track_caller]
fn check_faults(keys: &[&str], places: &[&str]) {
    let places: Vec<_> =
        places.iter().map(|place| format!("affinity-domain.toml:{place}")).collect();
    with(&domains(keys)).check(&places.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn a_domain_is_fed_by_nobody_unless_somebody_is_named() {
    let agreement = read(&domains(&["", "sources = [], certificates = []"]));
    assert!(agreement.domains.iter().all(|domain| !domain.feeders.are_named()));
    assert!(agreement.domains.iter().all(|domain| !domain.sensitive && !domain.strong));
    assert_eq!(fed_by(&agreement, "HIS|NORTH", Some("his")), None);
}

#[test]
fn a_feed_belongs_to_the_domain_of_its_source() {
    let agreement = read(&domains(&[
        r#"sources = ["HIS|NORTH", "HIS^1.2.3^ISO|", "oid:1.2.7"]"#,
        r#"sources = ["*|SOUTH"]"#,
        r#"sources = ["oid:1.2.7.1"]"#,
    ]));
    for (sender, domain) in [
        ("HIS|NORTH", Some("d0")),
        ("HIS^1.2.3^ISO|", Some("d0")),
        ("oid:1.2.7", Some("d0")),
        ("HIS|SOUTH", Some("d1")),
        ("|SOUTH", Some("d1")),
        ("oid:1.2.7.1", Some("d2")),
        ("HIS|", None),
        ("HIS|north", None),
        ("HIS|SOUTH^1.2^ISO", None),
        ("oid:1.2.7.2", None),
    ] {
        assert_eq!(fed_by(&agreement, sender, None).as_deref(), domain, "{sender}");
        // Nobody asked for a certificate.
        assert_eq!(fed_by(&agreement, sender, Some("any")).as_deref(), domain, "{sender}");
    }
}

#[test]
fn where_both_are_listed_a_feed_must_fit_both() {
    let agreement = read(&domains(&[
        r#"sources = ["HIS|NORTH"], certificates = ["his-north", "engine"]"#,
        r#"certificates = ["his-south"]"#,
    ]));
    for (sender, certificate, domain) in [
        ("HIS|NORTH", Some("his-north"), Some("d0")),
        ("HIS|NORTH", Some("engine"), Some("d0")),
        ("HIS|NORTH", Some("stranger"), None),
        ("HIS|NORTH", None, None),
        ("LAB|NORTH", Some("his-north"), None),
        ("oid:1.2.7", Some("his-north"), None),
        ("LAB|ANY", Some("his-south"), Some("d1")),
        ("oid:1.2.7", Some("his-south"), Some("d1")),
        // The certificate says who it is, whatever the message says.
        ("HIS|NORTH", Some("his-south"), Some("d1")),
        ("LAB|ANY", None, None),
    ] {
        let found = fed_by(&agreement, sender, certificate);
        assert_eq!(found.as_deref(), domain, "{sender} {certificate:?}");
    }
}

#[test]
fn a_source_of_two_domains_is_a_fault_of_each_item_that_repeats_it() {
    let north = r#"sources = ["HIS|NORTH", "oid:1.2.7"]"#;
    check_faults(&[north, r#"sources = ["HIS|NORTH"]"#], &["9: domains.sources"]);
    check_faults(&[north, r#"sources = ["oid:1.2.7"]"#], &["9: domains.sources"]);
    check_faults(&[north, r#"sources = ["HIS|*"]"#], &["9: domains.sources"]);
    check_faults(&[north, r#"sources = ["*|NORTH"]"#], &["9: domains.sources"]);
    check_faults(&[north, "", r#"sources = ["*|*"]"#], &["10: domains.sources"]);
    let both = "sources = [\n\"LAB|NORTH\",\n\"HIS|NORTH\",\n\"oid:1.2.7\"\n]";
    let folder = with(&format!(
        "[[domains]]\nname = \"a\"\noid = \"1.2.8\"\n{north}\n\
         [[domains]]\nname = \"b\"\noid = \"1.2.9\"\n{both}\n"
    ));
    folder.check(&[
        "affinity-domain.toml:16: domains.sources",
        "affinity-domain.toml:17: domains.sources",
    ]);
    read(&domains(&[north, r#"sources = ["HIS|SOUTH", "LAB|NORTH", "oid:1.2.7.1"]"#]));
}

/// Two hospitals with one product that gives itself the same name everywhere.
#[test]
fn certificates_tell_sources_of_one_name_apart() {
    let agreement = read(&domains(&[
        r#"sources = ["HIS|HOSPITAL"], certificates = ["north"]"#,
        r#"sources = ["HIS|HOSPITAL"], certificates = ["south"]"#,
    ]));
    assert_eq!(fed_by(&agreement, "HIS|HOSPITAL", Some("north")).as_deref(), Some("d0"));
    assert_eq!(fed_by(&agreement, "HIS|HOSPITAL", Some("south")).as_deref(), Some("d1"));
    assert_eq!(fed_by(&agreement, "HIS|HOSPITAL", None), None);
}

/// An integration engine of two hospitals.
#[test]
fn sources_tell_feeds_with_one_certificate_apart() {
    let agreement = read(&domains(&[
        r#"sources = ["*|NORTH"], certificates = ["engine"]"#,
        r#"sources = ["*|SOUTH"], certificates = ["engine"]"#,
    ]));
    assert_eq!(fed_by(&agreement, "HIS|SOUTH", Some("engine")).as_deref(), Some("d1"));
}

#[test]
fn what_may_belong_to_two_domains_is_a_fault_whatever_the_lists_are() {
    let certificate = r#"certificates = ["a", "b"]"#;
    check_faults(&[certificate, r#"certificates = ["b"]"#], &["9: domains.certificates"]);
    // A sender of this name may show that certificate.
    check_faults(&[certificate, r#"sources = ["HIS|NORTH"]"#], &["9: domains.sources"]);
    check_faults(&[r#"sources = ["HIS|NORTH"]"#, certificate], &["9: domains.certificates"]);
    let both = r#"sources = ["HIS|NORTH"], certificates = ["b"]"#;
    check_faults(&[certificate, both], &["9: domains.certificates"]);
    check_faults(&[both, certificate], &["9: domains.certificates"]);
    check_faults(&[both, r#"sources = ["HIS|NORTH"]"#], &["9: domains.sources"]);
}

#[test]
fn all_faults_of_domains_are_reported_at_once() {
    check_faults(
        &[
            r#"sources = ["HIS"]"#,
            r#"sources = ["HIS|A|B"]"#,
            r#"sources = ["oid:1.02"]"#,
            r#"sources = ["urn:oid:1.2"]"#,
            r#"sources = "HIS|NORTH""#,
            r#"sources = ["|"]"#,
            r#"sources = ["H*|NORTH"]"#,
            r#"sources = ["HIS|NORTH", "HIS|NORTH"]"#,
            r#"certificates = [""]"#,
            r#"certificates = ["a", "a"]"#,
            r#"sensitive = "no""#,
            "strong = 1",
            r#"source = ["HIS|NORTH"]"#,
        ],
        &[
            "8: domains.sources",
            "9: domains.sources",
            "10: domains.sources",
            "11: domains.sources",
            "12: domains.sources",
            "13: domains.sources",
            "14: domains.sources",
            "15: domains.sources",
            "16: domains.certificates",
            "17: domains.certificates",
            // d7 takes any certificate, this one any sender.
            "17: domains.certificates",
            "18: domains.sensitive",
            "19: domains.strong",
            "20: domains.source",
        ],
    );
}

#[test]
fn a_strong_domain_is_not_fed() {
    let agreement = read(&domains(&["strong = true, sensitive = true"]));
    assert!(agreement.domains[0].strong && agreement.domains[0].sensitive);
    let fed = r#"strong = true, sources = ["HIS|NORTH"]"#;
    check_faults(&[fed], &["8: domains.strong"]);
    check_faults(&[r#"strong = true, certificates = ["a"]"#], &["8: domains.strong"]);
}

#[test]
fn the_affinity_domain_has_a_name_of_its_own_and_no_feeders() {
    with("domains = [{ name = \"kita\", oid = \"1.2.6\" }]\n")
        .check(&["affinity-domain.toml:7: domains.name"]);
    let folder = with("");
    folder.edit("affinity-domain.toml", "\"1.2.5\"", "\"1.2.5\", sources = [\"HIS|NORTH\"]");
    folder.check(&["affinity-domain.toml:6: affinity_domain.sources"]);
}

#[test]
fn domains_are_found_by_their_names() {
    let agreement = read(&domains(&["", ""]));
    let oid = |name: &str| Some(agreement.domain(name)?.authority.oid.to_string());
    assert_eq!(oid("kita").as_deref(), Some("1.2.5"));
    assert_eq!(oid("d1").as_deref(), Some("1.2.6.1"));
    assert_eq!(oid("d2"), None);
}

#[test]
fn links_are_made_by_the_rules_of_production_unless_the_agreement_says_otherwise() {
    let agreement = read("");
    let careful = Linking { rules: LinkRules::Production, unknown_update: UnknownUpdate::Create };
    assert_eq!(agreement.linking, careful);
    assert_eq!(agreement.patient_ids, PatientIds::Feed);
    let linking =
        read("linking = { rules = \"development\", unknown_update = \"reject\" }").linking;
    assert_eq!(linking.rules, LinkRules::Development);
    assert_eq!(linking.unknown_update, UnknownUpdate::Reject);
    with("[linking]\nrules = \"all\"\nunknown_update = true\nscore = 1\n").check(&[
        "affinity-domain.toml:8: linking.rules",
        "affinity-domain.toml:9: linking.unknown_update",
        "affinity-domain.toml:10: linking.score",
    ]);
}
