//! ITI-81 over the wire: what is found, what is refused, and that both are recorded before they are answered.

use std::sync::Arc;

use audit_repository::AuditRepositoryServer;
use audit_repository::extract::audit_message;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use config::actor::Transport;
use config::pki::{FIRST_CLIENT, PkiFolder};
use serde_json::Value;

use crate::fixture::{Fixture, message, on_each_backend, xml};
use crate::reader::{Reader, events, json, link, sequences};

/// Two patients in turns, minutes 0 to 11 of 2026-04-01, sequences 2 to 13; then bytes that are no message.
fn filled(fixture: &Fixture) -> AuditRepositoryServer {
    let server = fixture.start();
    let mut messages: Vec<Vec<u8>> = (0..12)
        .map(|minute| {
            let patient = if minute % 2 == 0 { "7" } else { "8" };
            message(&format!("{patient}^^^NS&amp;1.2.3&amp;ISO"), minute, ".123456")
        })
        .collect();
    messages.push(b"<85>1 2026-04-01T00:30:00Z h a 1 x - no audit message".to_vec());
    fixture.store(&server.state(), &messages);
    server
}

fn plain(test: impl Fn(&Fixture, &AuditRepositoryServer, &Reader<'_>)) {
    on_each_backend(|fixture| {
        let mut fixture = fixture_of(fixture);
        fixture.config.process.transport = Transport::Plain;
        let server = filled(&fixture);
        test(&fixture, &server, &Reader::plain(&fixture, &server));
        fixture.stop(server);
    });
}

/// The tests change their fixture.
fn fixture_of(fixture: &Fixture) -> Fixture {
    fixture.again()
}

/// The newest record, which must be of a use of the trail.
#[track_caller]
fn last_use(fixture: &Fixture) -> atna::AuditMessage {
    let (row, raw) = fixture.records().pop().unwrap();
    assert_eq!(row.event_id.as_deref(), Some("110101"));
    audit_message(&raw.unwrap()).unwrap()
}

#[test]
fn every_parameter_narrows_the_search() {
    plain(|_fixture, _server, reader| {
        let even = [12, 10, 8, 6, 4, 2];
        let all: Vec<i64> = (2..14).rev().collect();
        let within = "date=ge2026-04-01T00:00:00Z&date=lt2026-04-01T00:29:00Z";
        let check = |query: &str, expected: &[i64]| {
            let found = reader.bundle(&format!("{within}&{query}"));
            assert_eq!(sequences(&found), expected, "{query}");
            assert_eq!(found["total"], expected.len(), "{query}");
        };
        check("_count=100", &all);
        check("patient.identifier=urn:oid:1.2.3|7", &even);
        check("patient.identifier=7", &even);
        check("patient:identifier=7,8", &all);
        check("patient.identifier=7&patient.identifier=8", &[]);
        check("patient.identifier=|7", &[]);
        check("agent=consumer", &all);
        check("agent.identifier=drs%3Cdrsato@https://idp.example%3E", &all);
        check("agent=nobody", &[]);
        check("patient.identifier=7&agent=consumer&entity=urn:uuid:1", &even);
        check("entity.identifier=urn:oid:1.2.3|7", &even);
        check("entity=7", &even);
        check("entity-type=1&entity-role=24", &all);
        check("entity-role=http://terminology.hl7.org/CodeSystem/object-role|3", &[]);
        check("address=192.0.2.1", &all);
        check("address=192.0", &all);
        check("address:exact=192.0", &[]);
        check("type=110112", &all);
        check("type=http://dicom.nema.org/resources/ontology/DCM|110112", &all);
        check("type=DCM|110112", &all);
        check("type=urn:x|110112", &[]);
        check("subtype=urn:ihe:event-type-code|ITI-18&action=E&outcome=0", &all);
        check("subtype=ITI-43", &[]);
        check("outcome=4,8,12", &[]);
        check("outcome=0&outcome=8", &[]);
        check("action=C", &[]);
        check("source=vendor", &all);
        check("altid=1", &[]);
        check("date=ge2026-04-01T00:09:30Z", &[13, 12]);
        check("date=2026-04-01T00:03:00Z", &[5]);
        check("date=gt2026-04-01T00:03Z&date=le2026-04-01T00:05Z", &[7, 6]);
    });
}

#[test]
fn what_is_no_audit_message_is_found_by_date_and_source() {
    plain(|_fixture, _server, reader| {
        let date = "date=2026-04-01T00:30Z";
        let found = events(&reader.bundle(date));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0]["meta"]["tag"][0]["code"], "unreadable");
        let text = found[0]["entity"][0]["detail"][0]["valueString"].as_str().unwrap();
        assert!(text.ends_with("no audit message"), "{text}");
        // Its sender, for want of an AuditSourceID.
        assert_eq!(reader.bundle(&format!("{date}&source=vendor"))["total"], 1);
        for other in ["source=x", "entity-type=4", "address=192.0.2.1", "outcome=0", "agent=vendor"]
        {
            assert_eq!(reader.bundle(&format!("{date}&{other}"))["total"], 0, "{other}");
        }
    });
}

#[test]
fn pages_lose_nothing_and_repeat_nothing_while_records_arrive() {
    plain(|fixture, server, reader| {
        for query in ["patient.identifier=7,8", "type=110112", "address=192.0.2.1"] {
            let mut page = reader.bundle(&format!("date=2026-04-01&_count=5&{query}"));
            let expected = sequences(&reader.bundle(&format!("date=2026-04-01&{query}")));
            assert!(expected.len() >= 12);
            let mut found = sequences(&page);
            let first_total = page["total"].clone();
            while let Some(next) = link(&page, "next") {
                assert!(!next.contains("patient"), "{next}");
                // Of earlier, of the same and of later times.
                let n = u32::try_from(found.len()).unwrap();
                let late = [0, n, 12 + n].map(|minute| {
                    message("7^^^NS&amp;1.2.3&amp;ISO", minute, &format!(".12345{}", n % 10))
                });
                fixture.store(&server.state(), &late);
                page = crate::reader::found(&reader.ask("GET", &next, &[], ""));
                assert_eq!(page["total"], first_total);
                found.extend(sequences(&page));
            }
            assert_eq!(found, expected, "{query}");
        }
    });
}

#[test]
fn pages_of_any_length_are_the_whole() {
    plain(|_fixture, _server, reader| {
        let all: Vec<i64> = (2..14).rev().collect();
        let within = "date=ge2026-04-01T00:00Z&date=lt2026-04-01T00:29Z";
        for count in [1, 2, 5, 11, 12, 13] {
            for query in ["", "&address=192.0.2.1", "&agent=consumer"] {
                assert_eq!(reader.all(&format!("{within}&_count={count}{query}")), all, "{count}");
            }
        }
        let none = reader.bundle(&format!("{within}&_count=0"));
        assert_eq!((none["total"].clone(), none.get("entry")), (Value::from(12), None));
    });
}

#[test]
fn a_use_is_recorded_with_who_and_what() {
    plain(|fixture, _server, reader| {
        let query = "date=2026-04-01&patient.identifier=7";
        reader.bundle(query);
        let used = last_use(fixture);
        assert_eq!(used.event.outcome.indicator(), 0);
        assert_eq!(used.participants[0].user_id, "127.0.0.1");
        assert!(used.participants[0].is_requestor);
        assert_eq!(used.objects[0].name.as_deref(), Some("Security Audit Log"));
        assert_eq!((used.objects[0].type_code, used.objects[0].role), (Some(2), Some(13)));
        assert_eq!(used.objects[0].id, format!("{}/AuditEvent", reader.base));
        assert_eq!(used.objects[1].query.as_deref(), Some(query.as_bytes()));
        let patients: Vec<&str> = used.objects[2..].iter().map(|it| it.id.as_str()).collect();
        assert_eq!(patients, ["7", "7^^^&1.2.3&ISO"]);
        // Whoever reads somebody's trail is in it.
        let found = reader.bundle("date=ge2026-04-02&patient.identifier=urn:oid:1.2.3|7");
        assert_eq!(events(&found)[0]["type"]["code"], "110101");

        let form = "date=2026-04-01&patient.identifier=8&_count=2";
        let page = crate::reader::found(&reader.form(form));
        assert_eq!(last_use(fixture).objects[1].query.as_deref(), Some(form.as_bytes()));
        // What came in a form is in no URL.
        let (own, next) = (link(&page, "self").unwrap(), link(&page, "next").unwrap());
        assert!(!own.contains("patient") && !next.contains("patient"), "{own} {next}");
        let again = crate::reader::found(&reader.ask("GET", &own, &[], ""));
        assert_eq!(sequences(&again), sequences(&page));
        crate::reader::found(&reader.ask("GET", &next, &[], ""));
        // The record says what the link asked for.
        assert_eq!(last_use(fixture).objects[1].query.as_deref(), Some(form.as_bytes()));
    });
}

#[test]
fn one_record_is_read_with_its_bytes() {
    plain(|fixture, _server, reader| {
        let event = reader.ask("GET", &format!("{}/AuditEvent/2", reader.base), &[], "");
        let event = json(&event);
        assert_eq!(event["id"], "2");
        let bytes = event["extension"].as_array().unwrap().iter().find_map(|it| {
            it["valueBase64Binary"].as_str().map(|bytes| STANDARD.decode(bytes).unwrap())
        });
        assert_eq!(bytes.unwrap(), message("7^^^NS&amp;1.2.3&amp;ISO", 0, ".123456"));
        let used = last_use(fixture);
        assert_eq!(used.objects[1].query.as_deref(), Some(b"AuditEvent/2".as_slice()));
        assert_eq!(used.objects[2].id, "7^^^NS&1.2.3&ISO");
        for id in ["999", "0", "02", "-1", "x", "_search", "99999999999999999999"] {
            let answer = reader.ask("GET", &format!("{}/AuditEvent/{id}", reader.base), &[], "");
            let expected = if id == "_search" { 405 } else { 404 };
            assert_eq!(
                (answer.status, json(&answer)["resourceType"].as_str()),
                (expected, Some("OperationOutcome"))
            );
        }
        fixture.tamper("DELETE FROM raw_message WHERE sequence = 3");
        let answer = reader.ask("GET", &format!("{}/AuditEvent/3", reader.base), &[], "");
        assert_eq!(answer.status, 410);
    });
}

#[test]
fn questions_that_cannot_be_answered_are_refused_and_recorded() {
    plain(|fixture, _server, reader| {
        let check = |answer: client::RawAnswer, status: u16, parameter: Option<&str>| {
            let said = json(&answer);
            assert_eq!(answer.status, status, "{said}");
            assert_eq!(said["resourceType"], "OperationOutcome");
            let expression = said["issue"][0]["expression"][0].as_str();
            assert_eq!(expression, parameter, "{said}");
            let used = last_use(fixture);
            assert_eq!(used.event.outcome.indicator(), 4);
            assert!(used.event.outcome_description.is_some());
        };
        check(reader.search(""), 400, Some("http.date"));
        check(reader.search("type=1"), 400, Some("http.date"));
        check(reader.search("date=x"), 400, Some("http.date"));
        check(reader.search("date=2026&outcome=7"), 400, Some("http.outcome"));
        check(
            reader.search("date=2026&patient.identifier=a|b"),
            400,
            Some("http.patient.identifier"),
        );
        check(reader.search("date=2026&a=%zz"), 400, None);
        check(reader.search("_page=AAAA"), 410, None);
        check(reader.search("date=2026&_format=xml"), 406, None);
        check(reader.form(&format!("date=2026&a={}", "x".repeat(70_000))), 413, None);
        let url = format!("{}/AuditEvent?date=2026", reader.base);
        check(reader.ask("GET", &url, &[("Accept", "application/fhir+xml")], ""), 406, None);
        let search = format!("{}/AuditEvent/_search", reader.base);
        check(
            reader.ask("POST", &search, &[("Content-Type", "text/plain")], "date=2026"),
            415,
            None,
        );
        let strict = [("Prefer", "handling=strict")];
        let url = format!("{url}&policy=1");
        check(reader.ask("GET", &url, &strict, ""), 400, Some("http.policy"));

        let found = reader.bundle("date=2026-04-01&policy=1");
        let entries = found["entry"].as_array().unwrap();
        let outcome = entries.iter().find(|entry| entry["search"]["mode"] == "outcome").unwrap();
        assert_eq!(outcome["resource"]["issue"][0]["expression"][0], "http.policy");
        let own = link(&found, "self").unwrap();
        assert!(own.ends_with("/AuditEvent?date=2026-04-01"), "{own}");
        assert_eq!(
            reader.ask("DELETE", &format!("{}/AuditEvent/2", reader.base), &[], "").status,
            405
        );
        assert_eq!(reader.ask("GET", &format!("{}/Patient", reader.base), &[], "").status, 404);
        let statement = json(&reader.ask("GET", &format!("{}/metadata", reader.base), &[], ""));
        assert_eq!(statement["resourceType"], "CapabilityStatement");
    });
}

#[test]
fn over_tls_the_trail_is_for_readers() {
    on_each_backend(|fixture| {
        let fixture = fixture_of(fixture);
        let server = filled(&fixture);
        let agreement = config::Agreement::read(&fixture.file("affinity-domain.toml")).unwrap();
        let home = agreement.home_community_id.clone();
        let pki = PkiFolder::of(fixture.folder.path());
        pki.issue_client(&home, "other", None).unwrap();
        let reader = Reader::tls(&fixture, &server, FIRST_CLIENT);
        let other = Reader::tls(&fixture, &server, "other");
        let page = reader.bundle("date=2026-04-01&_count=3");
        assert_eq!(sequences(&page).len(), 3);
        assert_eq!(last_use(&fixture).participants[0].user_id, FIRST_CLIENT);
        let next = link(&page, "next").unwrap();
        assert!(next.starts_with("https://127.0.0.1:"), "{next}");

        let check_denied = |answer: client::RawAnswer, query: &str| {
            let said = json(&answer);
            assert_eq!(
                (answer.status, said["issue"][0]["code"].as_str()),
                (403, Some("forbidden"))
            );
            let used = last_use(&fixture);
            assert_eq!(used.event.outcome.indicator(), 8);
            assert_eq!(used.participants[0].user_id, "other");
            assert_eq!(used.objects[1].query.as_deref(), Some(query.as_bytes()));
        };
        check_denied(other.search("date=2026"), "date=2026");
        check_denied(other.form("date=2026"), "date=2026");
        let url = format!("{}/AuditEvent/2", other.base);
        check_denied(other.ask("GET", &url, &[], ""), "AuditEvent/2");
        // Not even that the question is wrong is said.
        check_denied(other.search("date=x"), "date=x");

        let mut changed = agreement;
        changed.audit.readers = vec!["other".to_owned()];
        server.state().reload(Arc::new(changed));
        assert_eq!(reader.search("date=2026").status, 403);
        assert_eq!(other.search("date=2026").status, 200);
        // A link is for the one who got it.
        assert_eq!(other.ask("GET", &next, &[], "").status, 410);
        fixture.stop(server);
        assert!(fixture.verify().is_intact());
    });
}

#[test]
fn the_messages_of_others_are_shown() {
    plain(|fixture, server, reader| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/samples/atna");
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        let files = entries.map(|entry| entry.unwrap().path());
        let samples: Vec<Vec<u8>> = files
            .filter(|file| file.extension().is_some_and(|it| it == "xml"))
            .map(|file| std::fs::read(file).unwrap())
            .collect();
        let first = fixture.records().len();
        fixture.store(&server.state(), &samples);
        assert!(samples.len() > 10);
        for sequence in first + 1..=first + samples.len() {
            let url = format!("{}/AuditEvent/{sequence}", reader.base);
            let event = json(&reader.ask("GET", &url, &[], ""));
            // Bare XML is no syslog message, and all of them can be read.
            let tags = event["meta"]["tag"].as_array().unwrap();
            assert!(tags.iter().all(|tag| tag["code"] == "not-syslog"), "{event:#}");
            let code = event["type"]["code"].as_str().unwrap();
            let time = event["recorded"].as_str().unwrap();
            let url = format!("date={time}&type={code}");
            assert!(reader.all(&url).contains(&i64::try_from(sequence).unwrap()), "{url}");
        }
    });
}

#[test]
fn a_large_answer_comes_in_pages() {
    let mut fixture = Fixture::sqlite();
    fixture.config.process.transport = Transport::Plain;
    let server = fixture.start();
    let filler = format!("<!--{}-->", "x".repeat(900_000));
    let large: Vec<Vec<u8>> = (0..20)
        .map(|minute| {
            let time = format!("2026-04-01T00:{minute:02}:00Z");
            let text = xml("7", &time).replace("<AuditSource", &format!("{filler}<AuditSource"));
            text.into_bytes()
        })
        .collect();
    fixture.store(&server.state(), &large);
    let reader = Reader::plain(&fixture, &server);
    let page = reader.bundle("date=le2026-04-30&patient.identifier=7");
    assert!(sequences(&page).len() < 20 && link(&page, "next").is_some());
    assert_eq!(reader.all("date=le2026-04-30&patient.identifier=7").len(), 20);
    fixture.stop(server);
}
