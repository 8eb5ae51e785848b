//! `renkei audit` against a community that runs: what auditors and patients read of the trail.
#![expect(clippy::indexing_slicing, reason = "a cell that is not in the table fails the test")]

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::command::{Outcome, Workplace};
use crate::harness::community::{Community, LOOK, Setup};
use crate::harness::http::{Connection, Identity};

/// No message takes longer from its sender into a search.
const DEADLINE: Duration = Duration::from_secs(30);

const PATIENT: &str = "7^^^&amp;1.2.392.99.1&amp;ISO";
const OTHER: &str = "8^^^&amp;1.2.392.99.1&amp;ISO";

/// Who asked, and what differs between the messages.
struct Message {
    time: &'static str,
    event: &'static str,
    types: &'static str,
    outcome: u8,
    user: &'static str,
    more: String,
}

impl Message {
    fn xml(&self) -> String {
        let Message { time, event, types, outcome, user, more } = self;
        format!(
            r#"<AuditMessage><EventIdentification EventActionCode="E" EventDateTime="{time}" EventOutcomeIndicator="{outcome}">{event}{types}</EventIdentification><ActiveParticipant UserID="http://node.example/" UserIsRequestor="false" NetworkAccessPointID="192.0.2.1" NetworkAccessPointTypeCode="2"><RoleIDCode csd-code="110153" codeSystemName="DCM" originalText="Source Role ID"/></ActiveParticipant><ActiveParticipant UserID="{user}" UserName="{user}" UserIsRequestor="true"/><AuditSourceIdentification AuditSourceID="registry-1" AuditEnterpriseSiteID="北病院"/>{more}</AuditMessage>"#
        )
    }
}

fn patient(id: &str) -> String {
    format!(
        r#"<ParticipantObjectIdentification ParticipantObjectID="{id}" ParticipantObjectTypeCode="1" ParticipantObjectTypeCodeRole="1"><ParticipantObjectIDTypeCode csd-code="2" codeSystemName="RFC-3881" originalText="Patient Number"/></ParticipantObjectIdentification>"#
    )
}

const QUERY: &str = r#"<EventID csd-code="110112" codeSystemName="DCM" originalText="Query"/>"#;
const EXPORT: &str = r#"<EventID csd-code="110106" codeSystemName="DCM" originalText="Export"/>"#;
const ALERT: &str =
    r#"<EventID csd-code="110113" codeSystemName="DCM" originalText="Security Alert"/>"#;
const ITI_18: &str = r#"<EventTypeCode csd-code="ITI-18" codeSystemName="IHE Transactions" originalText="Registry Stored Query"/>"#;
const ITI_43: &str = r#"<EventTypeCode csd-code="ITI-43" codeSystemName="IHE Transactions" originalText="Retrieve Document Set"/>"#;
const OVERRIDE: &str = r#"<EventTypeCode csd-code="110127" codeSystemName="DCM" originalText="Emergency Override Started"/><PurposeOfUse csd-code="ETREAT" codeSystemName="2.16.840.1.113883.5.8" originalText="emergency treatment"/>"#;
const DOCUMENT: &str = r#"<ParticipantObjectIdentification ParticipantObjectID="1.2.3.4.5" ParticipantObjectTypeCode="2" ParticipantObjectTypeCodeRole="3"><ParticipantObjectIDTypeCode csd-code="9" codeSystemName="RFC-3881" originalText="Report Number"/></ParticipantObjectIdentification>"#;
/// "unconscious".
const REASON: &str = r#"<ParticipantObjectIdentification ParticipantObjectID="x" ParticipantObjectTypeCode="2" ParticipantObjectTypeCodeRole="13"><ParticipantObjectIDTypeCode csd-code="110182" codeSystemName="DCM" originalText="Node ID"/><ParticipantObjectDetail type="Alert Description" value="dW5jb25zY2lvdXM="/></ParticipantObjectIdentification>"#;

fn messages() -> [Message; 4] {
    [
        Message {
            time: "2026-04-01T00:30:00Z",
            event: QUERY,
            types: ITI_18,
            outcome: 0,
            user: "drsato",
            more: patient(PATIENT),
        },
        Message {
            time: "2026-04-01T00:31:00Z",
            event: EXPORT,
            types: ITI_43,
            outcome: 0,
            user: "drsato",
            more: patient(PATIENT) + DOCUMENT,
        },
        Message {
            time: "2026-04-01T16:00:00Z",
            event: ALERT,
            types: OVERRIDE,
            outcome: 0,
            user: "drsuzuki",
            more: patient(PATIENT) + REASON,
        },
        Message {
            time: "2026-04-01T00:32:00Z",
            event: QUERY,
            types: ITI_18,
            outcome: 8,
            user: "drsato",
            more: patient(OTHER),
        },
    ]
}

/// A community whose trail has the messages.
struct Scene(Community);

impl Scene {
    fn start(transport: &'static str) -> Scene {
        let scene = Scene(Community::start(Setup { transport, ..Setup::default() }));
        scene.send();
        let end = Instant::now() + DEADLINE;
        while !scene.succeed("audit find --patient 7 --until 2026-05-01").contains("Emergency") {
            assert!(Instant::now() < end, "the messages do not arrive");
            std::thread::sleep(LOOK);
        }
        scene
    }

    /// Over syslog with TLS, as any actor does.
    fn send(&self) {
        let endpoints = &self.0.endpoints;
        let address: SocketAddr = endpoints.addresses.audit_tls.as_ref().unwrap().parse().unwrap();
        let identity = Identity {
            ca: Path::new(&endpoints.ca),
            certificate: Path::new(&endpoints.client_cert),
            key: Path::new(&endpoints.client_key),
        };
        let mut connection = Connection::open(address, Some(identity));
        // The last one is what the test waits for.
        let mut messages = messages();
        messages.sort_by_key(|message| message.time.contains("T16"));
        for message in messages {
            let header = format!("<85>1 {} host test 1 IHE+RFC-3881 - ", message.time);
            let text = header + &message.xml();
            connection.send(format!("{} {text}", text.len()).as_bytes()).unwrap();
        }
        connection.finish();
    }

    /// By a clock in Japan.
    fn run(&self, line: &str) -> Outcome {
        let output = Command::new(env!("CARGO_BIN_EXE_renkei"))
            .args(line.split_whitespace())
            .env("RENKEI_DATA", self.0.data())
            .env("TZ", "JST-9")
            .output()
            .unwrap();
        Outcome {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    fn succeed(&self, line: &str) -> String {
        let Outcome { code, stdout, stderr } = self.run(line);
        assert_eq!((code, stderr.as_str()), (0, ""), "{line}");
        stdout
    }
}

#[track_caller]
fn check_contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

/// Cells are separated by two blanks at least.
fn cells(line: &str) -> Vec<&str> {
    line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

#[track_caller]
fn check_find_and_show(scene: &Scene) {
    let table = scene.succeed("audit find --patient 7 --until 2026-04-30 --type ITI-18");
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 2, "{table}");
    let (head, line) = (lines[0], lines[1]);
    assert_eq!(cells(head), ["SEQUENCE", "TIME", "WHO", "FROM", "WHAT", "PATIENT", "OUTCOME"]);
    let line = cells(line);
    let expected = [
        "2026-04-01 09:30:00+09:00",
        "drsato",
        "192.0.2.1",
        "ITI-18 Registry Stored Query (execute)",
        "7",
        "success",
    ];
    assert_eq!(line.get(1..), Some(expected.as_slice()));
    let sequence = line[0];

    let shown = scene.succeed(&format!("audit show {sequence}"));
    check_contains(
        &shown,
        &[
            "time         2026-04-01 09:30:00+09:00\n",
            "type         Registry Stored Query (ITI-18)\n",
            "recorded by  registry-1, 北病院\n",
            "object       7^^^&1.2.392.99.1&ISO\n  is a       Patient\n",
        ],
    );
    let [message, ..] = messages();
    let raw = scene.succeed(&format!("audit show {sequence} --raw"));
    assert_eq!(raw, message.xml() + "\n");
    let json: Value =
        serde_json::from_str(&scene.succeed(&format!("audit show {sequence} --json"))).unwrap();
    assert_eq!(json["id"], sequence);
    assert!(scene.run("audit show 99999999").stderr.contains("status 404"));

    let json = scene.succeed("audit find --user drsato --until 2026-04-30 --json");
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap().as_array().unwrap().len(), 3);
    let failures = scene.succeed("audit find --outcome failure --until 2026-04-30");
    assert_eq!(failures.lines().count(), 2, "{failures}");
    assert!(failures.contains("serious failure"), "{failures}");
    let few = scene.run("audit find --limit 1 --until 2026-04-30");
    assert_eq!((few.code, few.stdout.lines().count()), (0, 2));
    assert!(few.stderr.starts_with("warning: there are more than 1;"), "{}", few.stderr);
    assert_eq!(scene.succeed("audit find --since 2026-04-03 --until 2026-04-04"), "no events\n");
}

#[track_caller]
fn check_reports(scene: &Scene) {
    let until = "--until 2026-04-30";
    let seen = scene.succeed(&format!("audit report patient 7 {until}"));
    let lines: Vec<Vec<&str>> = seen.lines().map(cells).collect();
    assert_eq!(lines.len(), 3, "{seen}");
    assert_eq!(lines[1].get(..3), Some(["2026-04-01", "drsato", "192.0.2.1"].as_slice()));
    let times = ["2026-04-01 09:30:00+09:00", "2026-04-01 09:31:00+09:00", "2", "0"];
    assert_eq!(lines[1].get(3..7), Some(times.as_slice()));
    assert_eq!(lines[1].last(), Some(&"1.2.3.4.5"));
    // By the local clock it is another day.
    assert_eq!(lines[2].get(..2), Some(["2026-04-02", "drsuzuki"].as_slice()));

    let did = scene.succeed(&format!("audit report user drsato {until}"));
    check_contains(&did, &["7^^^&1.2.392.99.1&ISO", "8^^^&1.2.392.99.1&ISO"]);
    assert!(!did.contains("drsuzuki"), "{did}");

    let emergencies = scene.succeed(&format!("audit report emergency {until}"));
    assert_eq!(emergencies.lines().count(), 2, "{emergencies}");
    check_contains(&emergencies, &["drsuzuki", "ETREAT", "unconscious", "01:00:00+09:00"]);
    assert_eq!(
        scene.succeed("audit report emergency --since 2026-04-03 --until 2026-04-04"),
        "no use of emergency access\n"
    );

    let day = scene.succeed("audit report day 2026-04-01");
    check_contains(
        &day,
        &[
            "2026-04-01: 3 events\n",
            "  2  ITI-18 Registry Stored Query (execute)\n",
            "Failures: 1\n",
            "Alerts: 0\n",
            "  3  09:00\n",
        ],
    );
    check_contains(&scene.succeed("audit report day 2026-04-02"), &["Alerts: 1\n"]);
    check_contains(
        &scene.succeed("audit report day"),
        &["ITI-81 Retrieve ATNA AuditEvent (read)", "Failures: "],
    );

    let own = scene.succeed(&format!("audit report own-view 7 {until}"));
    let expected = "2026-04-02 01:00:00+09:00  Emergency access to your information was used  北病院\n\
         2026-04-01 09:31:00+09:00  Documents about you were opened                北病院\n\
         2026-04-01 09:30:00+09:00  The list of your documents was looked at       北病院\n";
    assert_eq!(own, expected);
    assert_eq!(
        scene.succeed(&format!("audit report own-view 9 {until}")),
        "Nobody has used your information in this time.\n"
    );
}

#[test]
fn the_trail_is_read_over_mutual_tls() {
    let mut scene = Scene::start("mtls");
    check_find_and_show(&scene);
    check_reports(&scene);
    scene.0.stop();
    assert!(scene.run("audit find").stderr.contains("no community runs in"));
}

#[test]
fn the_trail_is_read_over_plain_connections() {
    let scene = Scene::start("plain");
    check_find_and_show(&scene);
    // Who reads is in the trail as well.
    let readings = scene.succeed("audit find --type 110101 --patient 7");
    assert!(readings.lines().count() > 2, "{readings}");
    // And no name of a patient in any log.
    assert!(!scene.0.log().contains("patient.identifier"));
}

#[test]
fn who_is_no_reader_is_refused() {
    let edits = vec![("affinity-domain.toml", "readers = [\"client\"]", "readers = [\"auditor\"]")];
    let scene = Scene(Community::start(Setup { transport: "mtls", edits, ..Setup::default() }));
    for line in ["audit find", "audit show 1", "audit report day"] {
        let Outcome { code, stdout, stderr } = scene.run(line);
        assert_eq!((code, stdout.as_str()), (1, ""));
        assert_eq!(
            stderr,
            "error: the audit repository refused with status 403: You may not read the audit trail.\n"
        );
    }
}

#[test]
fn wrong_usage_is_told() {
    let workplace = Workplace::empty();
    workplace.misuse(&["audit"]);
    workplace.misuse(&["audit", "report"]);
    workplace.misuse(&["audit", "show", "x"]);
    workplace.misuse(&["audit", "find", "--since", "yesterday"]);
    workplace.misuse(&["audit", "find", "--since", "ge2026"]);
    workplace.misuse(&["audit", "find", "--limit", "0"]);
    workplace.misuse(&["audit", "report", "day", "2026-04"]);
}
