//! `pix-manager.toml`: defaults, what is written, and every fault, those against the agreement too.

use std::fs;
use std::time::Duration;

use config::actor::{ConsumerAddress, MllpAddress, PartnerCharset, PixManagerConfig, Transport};

use crate::folder::Folder;

/// A folder with the domains `north` and `test` and a file of the manager.
fn with(pix_manager: &str) -> Folder {
    let folder = Folder::new();
    let domains = "[[domains]]\nname = \"north\"\noid = \"1.2.6\"\n\
                   [[domains]]\nname = \"test\"\noid = \"1.2.7\"\nsensitive = true\n\
                   #[[domains]]";
    folder.edit("affinity-domain.toml", "#[[domains]]", domains);
    folder.write("pix-manager.toml", pix_manager);
    folder
}

fn read(pix_manager: &str) -> PixManagerConfig {
    with(pix_manager).load().unwrap().pix_manager.unwrap()
}

#[test]
fn an_empty_file_is_all_defaults() {
    let folder = with("");
    let config = folder.load().unwrap().pix_manager.unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8081");
    assert_eq!(config.process.admin.to_string(), "127.0.0.1:8093");
    assert_eq!(config.process.transport, Transport::MutualTls);
    assert_eq!(config.process.tls.key, folder.file("pki/pix-manager-key.pem"));
    assert_eq!(config.journal, folder.file("pix-manager.journal"));
    assert_eq!(config.database.url.as_str(), folder.file("pix-manager.sqlite").to_str().unwrap());
    assert_eq!(config.mllp.mllp.unwrap().to_string(), "127.0.0.1:2575");
    assert_eq!(config.mllp.mllps.unwrap().to_string(), "127.0.0.1:2576");
    assert_eq!(config.mllp.limits.frame_bytes, 1 << 20);
    assert_eq!(config.envelope_bytes, 1 << 20);
    assert_eq!(config.registry.feed, None);
    assert_eq!(config.registry.announce_wait, Duration::from_secs(2));
    assert_eq!(config.registry.retry_min, Duration::from_secs(1));
    assert_eq!(config.registry.retry_max, Duration::from_secs(60));
    assert_eq!((config.consumers, config.partners), (Vec::new(), Vec::new()));
    assert_eq!(config.limits.matches_per_answer, 100);
    assert_eq!(config.limits.continuations, 1_000);
    assert_eq!(config.limits.continuation_timeout, Duration::from_secs(600));
    assert_eq!(config.limits.scanned_per_query, 1_000_000);
}

#[test]
fn what_is_written_counts() {
    let config = read(
        r#"
listen = "127.0.0.1:18081"
mllp = { mllp = "off", mllps = "0.0.0.0:2576", frame_bytes = 65_536 }
registry = { feed = "mllps://registry.example:2578", announce_wait_ms = 0 }
limits = { matches_per_answer = 7 }
[[consumers]]
name = "portal"
notify = "mllps://portal.example:2575"
domains = ["north", "Renkei development community"]
application = "PORTAL"
facility = "北"
[[consumers]]
name = "viewer"
notify = "https://viewer.example/pix"
domains = ["north"]
application = "1.2.3.4"
[[partners]]
application = "HIS"
facility = "NORTH"
charset = "euc-jp"
accepts_utf8 = true
[[partners]]
application = "HIS"
charset = "shift-jis"
[[partners]]
application = "*"
facility = ""
"#,
    );
    assert_eq!(config.listen.port(), 18_081);
    assert_eq!(config.mllp.mllp, None);
    assert_eq!(config.mllp.limits.frame_bytes, 65_536);
    let (host, transport) = ("registry.example".to_owned(), Transport::MutualTls);
    assert_eq!(config.registry.feed, Some(MllpAddress { transport, host, port: 2578 }));
    assert_eq!(config.registry.announce_wait, Duration::ZERO);
    assert_eq!(config.limits.matches_per_answer, 7);
    let [portal, viewer] = config.consumers.as_slice() else { panic!("two consumers") };
    assert!(matches!(&portal.notify, ConsumerAddress::Mllp(address) if address.port == 2575));
    assert_eq!(portal.domains, ["north", "Renkei development community"]);
    assert_eq!(portal.facility.as_deref(), Some("北"));
    assert_eq!(viewer.notify, ConsumerAddress::Soap("https://viewer.example/pix".to_owned()));
    assert_eq!(viewer.application.as_deref(), Some("1.2.3.4"));

    let partner = |application: &str, facility: &str| {
        let partner = config.partner(application, facility)?;
        Some((partner.charset, partner.accepts_utf8))
    };
    assert_eq!(partner("HIS", "NORTH"), Some((Some(PartnerCharset::EucJp), true)));
    assert_eq!(partner("HIS", "SOUTH"), Some((Some(PartnerCharset::ShiftJis), false)));
    assert_eq!(partner("LAB", ""), Some((None, false)));
    assert_eq!(partner("LAB", "NORTH"), None);
}

#[test]
fn all_faults_are_reported_at_once_with_their_lines() {
    with(
        r#"listen = "localhost:8081"
colour = "blue"
[mllp]
mllp = "192.0.2.1:2575"
mllps = 2576
[registry]
feed = "mllp://registry.example:2577"
announce_wait_ms = 30_001
retry_min_ms = 5_000
retry_max_ms = 4_999
[limits]
matches_per_answer = 0
continuations = 0
continuation_timeout_ms = 999
scanned_per_query = -1
[body]
root_bytes = 1
[admin]
listen = "0.0.0.0:8093"
"#,
    )
    .check(&[
        "pix-manager.toml:1: listen",
        "pix-manager.toml:2: colour",
        "pix-manager.toml:4: mllp.mllp",
        "pix-manager.toml:5: mllp.mllps",
        "pix-manager.toml:7: registry.feed",
        "pix-manager.toml:8: registry.announce_wait_ms",
        "pix-manager.toml:9: registry.retry_min_ms",
        "pix-manager.toml:12: limits.matches_per_answer",
        "pix-manager.toml:13: limits.continuations",
        "pix-manager.toml:14: limits.continuation_timeout_ms",
        "pix-manager.toml:15: limits.scanned_per_query",
        "pix-manager.toml:17: body.root_bytes",
        "pix-manager.toml:19: admin.listen",
    ]);
}

#[test]
fn every_fault_of_a_consumer_is_reported_on_its_line() {
    with(
        r#"[[consumers]]
name = "a"
notify = "http://consumer.example/pix"
domains = [
  "north",
  "south",
  "test",
  "north",
  5,
]
[[consumers]]
name = "a"
notify = "https://consumer.example/pix"
domains = []
application = "PORTAL"
facility = "EXHOSP"
[[consumers]]
notify = "mllps://consumer.example"
application = "*"
facility = "A|B"
port = 5
"#,
    )
    .check(&[
        "pix-manager.toml:3: consumers.notify",
        "pix-manager.toml:6: consumers.domains",
        "pix-manager.toml:7: consumers.domains",
        "pix-manager.toml:8: consumers.domains",
        "pix-manager.toml:9: consumers.domains",
        "pix-manager.toml:12: consumers.name",
        "pix-manager.toml:14: consumers.domains",
        "pix-manager.toml:15: consumers.application",
        "pix-manager.toml:16: consumers.facility",
        "pix-manager.toml:17: consumers.domains",
        "pix-manager.toml:17: consumers.name",
        "pix-manager.toml:18: consumers.notify",
        "pix-manager.toml:19: consumers.application",
        "pix-manager.toml:20: consumers.facility",
        "pix-manager.toml:21: consumers.port",
    ]);
}

#[test]
fn every_fault_of_a_partner_is_reported_on_its_line() {
    with(
        r#"[[partners]]
application = "H*S"
facility = "A|B"
charset = "sjis"
accepts_utf8 = "no"
[[partners]]
facility = "NORTH"
encoding = "utf-8"
[[partners]]
application = "HIS"
facility = "*"
[[partners]]
application = "HIS"
facility = "NORTH"
[[partners]]
application = "HIS"
"#,
    )
    .check(&[
        "pix-manager.toml:2: partners.application",
        "pix-manager.toml:3: partners.facility",
        "pix-manager.toml:4: partners.charset",
        "pix-manager.toml:5: partners.accepts_utf8",
        "pix-manager.toml:6: partners.application",
        "pix-manager.toml:8: partners.encoding",
        "pix-manager.toml:13: partners.application",
        "pix-manager.toml:16: partners.application",
    ]);
}

#[test]
fn a_manager_that_gives_identifiers_knows_a_registry() {
    let folder = with("[registry]\nretry_min_ms = 500\n");
    folder.load().unwrap();
    fs::remove_file(folder.file("registry.toml")).unwrap();
    folder.check(&["pix-manager.toml:1: registry.feed"]);
    folder.write("pix-manager.toml", "registry.feed = \"mllps://registry.example:2578\"\n");
    folder.load().unwrap();
    folder.write("pix-manager.toml", "registry.feed = \"\"\n");
    folder.check(&["pix-manager.toml:1: registry.feed"]);
    folder.edit("affinity-domain.toml", "patient_ids = \"manager\"", "patient_ids = \"feed\"");
    folder.load().unwrap();
}

#[test]
fn a_certificate_is_needed_where_one_is_shown() {
    let folder = with("transport = \"plain\"\n");
    fs::remove_file(folder.file("pki/pix-manager-key.pem")).unwrap();
    folder.load().unwrap();
    folder.write("pix-manager.toml", "");
    folder.check(&["pix-manager-key.pem"]);
    let registry = "transport = \"plain\"\nregistry.feed = \"mllps://registry.example:2578\"\n";
    folder.write("pix-manager.toml", registry);
    folder.check(&["pix-manager-key.pem"]);
    let consumers =
        "consumers = [{ name = \"a\", notify = \"https://a.example/pix\", domains = [\"north\"] }]";
    folder.write("pix-manager.toml", &format!("transport = \"plain\"\n{consumers}\n"));
    folder.check(&["pix-manager-key.pem"]);
}

#[test]
fn a_community_may_have_no_manager() {
    let folder = with("");
    fs::remove_file(folder.file("pix-manager.toml")).unwrap();
    assert!(folder.load().unwrap().pix_manager.is_none());
}

/// A process that reads its file alone learns nothing of domains.
#[test]
fn the_file_alone_is_not_held_against_the_agreement() {
    let folder =
        with("consumers = [{ name = \"a\", notify = \"https://a.example\", domains = [\"?\"] }]");
    let config = PixManagerConfig::read(&folder.file("pix-manager.toml")).unwrap();
    assert_eq!(config.consumers.len(), 1);
    folder.check(&["pix-manager.toml:1: consumers.domains"]);
}

#[test]
fn no_value_of_the_file_is_shown_in_a_fault() {
    let folder = with(
        "[[consumers]]\nname = \"a\"\nnotify = \"ftp://hunter2@host\"\ndomains = [\"hunter2\"]\n",
    );
    let faults = folder.load().unwrap_err();
    assert_eq!(faults.count(), 2);
    assert!(!faults.to_string().contains("hunter2"), "{faults}");
}
