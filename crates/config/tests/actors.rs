//! Faults of `registry.toml` and `repository.toml`.

use std::time::Duration;

use config::actor::{DatabaseUrl, LogFormat, Transport};

use crate::folder::Folder;

#[test]
fn an_empty_file_is_all_defaults() {
    let folder = Folder::new();
    folder.write("registry.toml", "");
    folder.write("repository.toml", "");
    folder.write("audit-repository.toml", "");
    let community = folder.load().unwrap();
    let registry = community.registry.unwrap();
    assert_eq!(registry.listen.to_string(), "127.0.0.1:8082");
    assert_eq!(registry.process.transport, Transport::MutualTls);
    assert_eq!(registry.process.tls.key, folder.file("pki/registry-key.pem"));
    assert_eq!(registry.process.admin.to_string(), "127.0.0.1:8090");
    assert_eq!(registry.database.url.as_str(), folder.file("registry.sqlite").to_str().unwrap());
    assert_eq!(registry.feed.mllp.unwrap().port(), 2577);
    assert_eq!(registry.feed.mllps.unwrap().port(), 2578);
    assert_eq!(registry.http.keep_alive, Duration::from_secs(75));
    assert_eq!(registry.process.time.servers, Vec::<String>::new());
    assert_eq!(registry.process.time.interval, Duration::from_secs(60));
    assert_eq!(registry.envelope_bytes, 32 << 20);
    let repository = community.repository.unwrap();
    assert_eq!(repository.listen.to_string(), "127.0.0.1:8083");
    assert_eq!(repository.documents, folder.file("documents"));
    assert_eq!(repository.registry_url, "https://localhost:8082/xds/registry");
    assert_eq!(repository.body.root_bytes, 8 << 20);
    assert_eq!(repository.body.inline_bytes, 32 << 20);
    assert_eq!(repository.body.parts, 1_000);
    let audit = community.audit_repository.unwrap();
    assert_eq!(audit.listen.port(), 8085);
    assert_eq!(audit.process.admin.port(), 8092);
    assert_eq!(audit.syslog.tls.unwrap().to_string(), "127.0.0.1:6514");
    assert_eq!(audit.syslog.udp, None);
    assert_eq!(audit.syslog.limits.message_bytes, 1 << 20);
    let database = folder.file("audit-repository.sqlite");
    assert_eq!(audit.database.url.as_str(), database.to_str().unwrap());
    assert_eq!(audit.checkpoints.file, folder.file("audit-checkpoints.jsonl"));
    assert_eq!(audit.checkpoints.records, 1_000);
}

#[test]
fn what_is_written_counts() {
    let folder = Folder::new();
    folder.write(
        "registry.toml",
        r#"
listen = "0.0.0.0:443"
workers = 3
journal = "/var/lib/renkei/journal"
database = { url = "postgres://renkei@db/registry", connections = 20 }
feed = { mllp = "off", frame_bytes = 0x10_000 }
log.format = "json"
time = { servers = ["ntp.example:123", "[::1]:11123"], interval_ms = 1_000 }
"#,
    );
    let registry = folder.load().unwrap().registry.unwrap();
    assert_eq!(registry.listen.to_string(), "0.0.0.0:443");
    assert_eq!(registry.process.workers, 3);
    assert_eq!(registry.process.log_format, LogFormat::Json);
    assert_eq!(registry.journal.to_str(), Some("/var/lib/renkei/journal"));
    assert_eq!(registry.database.url.as_str(), "postgres://renkei@db/registry");
    assert_eq!(registry.database.connections, 20);
    assert_eq!(registry.feed.mllp, None);
    assert!(registry.feed.mllps.is_some());
    assert_eq!(registry.feed.limits.frame_bytes, 65_536);
    assert_eq!(registry.process.time.servers, ["ntp.example:123", "[::1]:11123"]);
    assert_eq!(registry.process.time.interval, Duration::from_secs(1));
}

#[test]
fn all_faults_of_both_actors_are_reported_at_once() {
    let folder = Folder::new();
    folder.write(
        "registry.toml",
        r#"listen = "localhost:8082"
workers = -1
http = 5
[database]
url = "oracle://db"
connections = 0
[feed]
mllp = "192.0.2.1:2577"
mllps = 2578
[admin]
listen = "0.0.0.0:8090"
[log]
format = "xml"
level = "debug"
"#,
    );
    folder.write(
        "repository.toml",
        r#"listen = "192.0.2.1:8083"
transport = "plain"
[registry]
url = "localhost"
response_timeout_ms = 300001
[body]
part_bytes = 20
total_bytes = 10
parts = "many"
"#,
    );
    folder.check(&[
        "registry.toml:1: listen",
        "registry.toml:2: workers",
        "registry.toml:3: http",
        "registry.toml:5: database.url",
        "registry.toml:6: database.connections",
        "registry.toml:8: feed.mllp",
        "registry.toml:9: feed.mllps",
        "registry.toml:11: admin.listen",
        "registry.toml:13: log.format",
        "registry.toml:14: log.level",
        "repository.toml:1: listen",
        "repository.toml:4: registry.url",
        "repository.toml:5: registry.response_timeout_ms",
        "repository.toml:7: body.part_bytes",
        "repository.toml:9: body.parts",
    ]);
}

#[test]
fn every_wrong_time_server_is_reported_on_its_line() {
    let folder = Folder::new();
    let wrong = r#"[time]
interval_ms = 999
servers = [
  "ntp.example",
  "ntp.example:0",
  "ntp.example:123",
  "ntp://ntp.example:123",
  "2001:db8::1:123",
  "ntp.example:123",
  5,
]
"#;
    folder.write("registry.toml", wrong);
    folder.write("repository.toml", &format!("time.servers = [{}]\n", server_list(17)));
    folder.check(&[
        "registry.toml:2: time.interval_ms",
        "registry.toml:4: time.servers",
        "registry.toml:5: time.servers",
        "registry.toml:7: time.servers",
        "registry.toml:8: time.servers",
        "registry.toml:9: time.servers",
        "registry.toml:10: time.servers",
        "repository.toml:1: time.servers",
    ]);
    folder.write("registry.toml", &format!("time.servers = [{}]\n", server_list(16)));
    folder.write("repository.toml", "");
    assert_eq!(folder.load().unwrap().registry.unwrap().process.time.servers.len(), 16);
}

fn server_list(n_servers: usize) -> String {
    (0..n_servers).map(|n| format!("\"ntp{n}.example:123\", ")).collect()
}

#[test]
fn a_wrong_transport_is_reported_once() {
    let folder = Folder::new();
    folder.write("registry.toml", "transport = \"tls\"\n");
    folder.check(&["registry.toml:1: transport"]);
}

#[test]
fn the_password_of_a_database_is_neither_reported_nor_shown() {
    let folder = Folder::new();
    folder.write("registry.toml", "[database]\nurl = \"mysql://root:hunter2@db\"\n");
    let faults = folder.load().unwrap_err();
    assert!(!faults.to_string().contains("hunter2"), "{faults}");
    let url = DatabaseUrl::parse("postgres://a:hunter2@db/x", folder.path()).unwrap();
    assert!(!format!("{url:?}").contains("hunter2"));
}

#[test]
fn database_urls_of_both_kinds() {
    let parse = |text: &str| {
        let url = DatabaseUrl::parse(text, "/data".as_ref())?;
        Some(url.as_str().to_owned())
    };
    assert_eq!(parse("registry.sqlite").as_deref(), Some("/data/registry.sqlite"));
    assert_eq!(parse("sqlite://sub/r.db").as_deref(), Some("/data/sub/r.db"));
    assert_eq!(parse("sqlite:///abs/r.db").as_deref(), Some("/abs/r.db"));
    assert_eq!(parse("postgresql://h/x").as_deref(), Some("postgresql://h/x"));
    assert_eq!(parse(""), None);
    assert_eq!(parse("sqlite://"), None);
    assert_eq!(parse("mysql://h/x"), None);
}
