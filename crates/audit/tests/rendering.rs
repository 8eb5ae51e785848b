//! The audit message of every row of the table, on success and failure, against golden files, which were read
//! against the tables of the framework ("Security Audit Considerations" of each transaction).

use std::path::{Path, PathBuf};
use std::process::Command;

use audit::rendering::Recorder;
use audit::{
    AuditRecord, CodedValue, Event, EventAction, Object, Outcome, Participants, Party, Patient,
    PatientPart, Person,
};

const MESSAGE_ID: &str = "urn:uuid:00000000-0000-4000-8000-000000000042";
const RECORDED_AT: &str = "2026-04-01T00:30:00.123456Z";

fn recorder() -> Recorder {
    Recorder::new("registry", "urn:oid:1.2.392.99.1")
}

/// What a transaction of this row has to tell; a row without a sample is a row that nobody looked at.
fn sample(event: &'static Event) -> AuditRecord {
    let (patients, objects) = about(event);
    AuditRecord {
        time: RECORDED_AT.parse().unwrap(),
        process_id: 4711,
        own: Party {
            user_id: "https://registry.example:8082/xds/registry".to_owned(),
            user_name: None,
            address: "registry.example".to_owned(),
        },
        peer: peer(event),
        patients,
        objects,
        message_id: Some(MESSAGE_ID.to_owned()),
        agreement_version: "3-9f86d081884c".to_owned(),
        ..AuditRecord::now(event, Outcome::Success)
    }
}

fn about(event: &Event) -> (Vec<Patient>, Vec<Object>) {
    let one = || vec![patient(1, PatientPart::Concerned)];
    let several = || [1, 2].map(|number| patient(number, PatientPart::Concerned)).to_vec();
    match event.key {
        "ITI-8/registry" | "ITI-44/registry" | "ITI-30/pix-manager" | "link/pix-manager" => {
            (vec![patient(1, PatientPart::Subsumed), patient(2, PatientPart::Surviving)], vec![])
        }
        "ITI-8/pix-manager" | "ITI-44/pix-manager" | "ITI-10/pix-manager"
        | "ITI-46/pix-manager" => (several(), vec![]),
        "ITI-8/identity-source" => (one(), vec![]),
        "ITI-9/pix-manager" | "ITI-21/pix-manager" | "ITI-22/pix-manager" => {
            (several(), vec![asked("MSH|^~\\&|PDC\rQPD|IHE PDQ Query|T|@PID.5.1^試\r")])
        }
        "ITI-45/pix-manager" | "ITI-47/pix-manager" => {
            (several(), vec![asked("<queryByParameter/>")])
        }
        "ITI-18/registry" | "ITI-18/repository" => (one(), vec![query(Some("urn:oid:1.2.3.4"))]),
        "ITI-51/registry" => (several(), vec![query(None)]),
        "ITI-41/repository" | "store/repository" | "ITI-42/repository" | "ITI-42/registry" => {
            (one(), vec![Object::submission_set("1.2.392.99.5.1")])
        }
        "ITI-43/repository" => {
            let documents = [
                Object::document("1.2.392.99.6.1", "1.2.392.99.2", Some("urn:oid:1.2.392.99.1")),
                Object::document("1.2.392.99.6.2", "1.2.392.99.2", None),
            ];
            (one(), documents.to_vec())
        }
        "ITI-64/registry" | "ITI-64/pix-manager" => {
            let parts = [
                PatientPart::Local,
                PatientPart::LocalSubsumed,
                PatientPart::New,
                PatientPart::Previous,
            ];
            ((1..).zip(parts).map(|(number, part)| patient(number, part)).collect(), vec![])
        }
        _ => (vec![], about_the_actor(event)),
    }
}

fn about_the_actor(event: &Event) -> Vec<Object> {
    let job = |description: &str| Object::Job {
        name: event.name().to_owned(),
        description: description.to_owned(),
    };
    match event.key {
        "start" | "stop" | "user-authentication" => vec![],
        "node-authentication" | "agreement" | "switch" | "clock" => {
            let (node, description) = ("registry.example".to_owned(), "what <happened>".to_owned());
            vec![Object::Alert { node, description }]
        }
        "settle" | "verify" => vec![job("begin")],
        "reconcile" => vec![job("removed"), Object::Removed { address: "ab".repeat(32) }],
        key => panic!("no sample for {key}"),
    }
}

fn patient(number: u8, part: PatientPart) -> Patient {
    Patient { id: format!("TEST-{number}^^^&1.2.392.99.1&ISO"), part }
}

fn peer(event: &Event) -> Party {
    match event.name() {
        "ITI-8" | "ITI-9" | "ITI-10" | "ITI-21" | "ITI-22" | "ITI-30" | "ITI-64" => Party {
            user_id: "HOSPITAL|ADT".to_owned(),
            user_name: Some("hospital-a".to_owned()),
            address: "192.0.2.10".to_owned(),
        },
        "start" | "stop" | "settle" | "verify" | "reconcile" | "link" => {
            Party::named("renkei".to_owned())
        }
        "agreement" | "switch" | "clock" => Party::default(),
        _ => Party {
            user_id: "hospital-a".to_owned(),
            user_name: None,
            address: "192.0.2.10".to_owned(),
        },
    }
}

fn query(home: Option<&str>) -> Object {
    Object::Query {
        id: "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d".to_owned(),
        content: "<query:AdhocQueryRequest/>".to_owned(),
        home: home.map(str::to_owned),
    }
}

/// A question of PIX or PDQ: it is named by its message.
fn asked(content: &str) -> Object {
    Object::Query { id: MESSAGE_ID.to_owned(), content: content.to_owned(), home: None }
}

/// All messages of a record, one after the other.
fn written(record: &AuditRecord) -> Vec<String> {
    recorder().messages(record).iter().map(atna::AuditMessage::to_xml).collect()
}

/// One tag a line, so that a difference shows where it is.
fn in_lines(messages: &[String]) -> String {
    let mut text = messages.join("\n\n").replace("><", ">\n<");
    text.push('\n');
    text
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// What a transaction of this row has to tell that was refused: what was received is of nobody who is known.
fn refused(event: &'static Event) -> AuditRecord {
    let sample = sample(event);
    let patients = match event.participants {
        Participants::Received => vec![],
        Participants::Sent
        | Participants::Served
        | Participants::Application
        | Participants::Alert => sample.patients,
    };
    let (outcome, description) = (Outcome::MinorFailure, Some("why it was refused".to_owned()));
    AuditRecord { outcome, description, patients, ..sample }
}

/// `RENKEI_GOLDEN=write` writes the files anew, to be read again by a person.
#[track_caller]
fn check(name: &str, messages: &[String]) {
    let (file, text) = (golden(name), in_lines(messages));
    if std::env::var("RENKEI_GOLDEN").as_deref() == Ok("write") {
        std::fs::write(&file, &text).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(text, expected, "{}", file.display());
}

#[test]
fn every_row_has_its_message() {
    for event in Event::ALL {
        let name = format!("{}.xml", event.key.replace('/', "-"));
        check(&name, &written(&sample(event)));
        check(&format!("refused/{name}"), &written(&refused(event)));
    }
}

/// The same, on behalf of a physician whose assertion was accepted.
fn with_person(event: &'static Event) -> AuditRecord {
    let code = |code: &str, system: &str, display: &str| CodedValue {
        code: code.to_owned(),
        system: system.to_owned(),
        display: display.to_owned(),
    };
    let person = Person {
        user_id: "drsato".to_owned(),
        user_name: "drs<drsato@https://idp.example>".to_owned(),
        roles: vec![code("309343006", "2.16.840.1.113883.6.96", "医師")],
        purposes_of_use: vec![code("TREAT", "2.16.840.1.113883.5.8", "")],
    };
    AuditRecord { person: Some(Box::new(person)), ..sample(event) }
}

#[test]
fn the_person_is_named_with_role_and_purpose() {
    for event in [
        Event::STORED_QUERY_AT_REGISTRY,
        Event::RETRIEVE_AT_REPOSITORY,
        Event::REGISTER_AT_REPOSITORY,
    ] {
        let record = with_person(event);
        let name = format!("person/{}.xml", event.key.replace('/', "-"));
        check(&name, &written(&record));
        let json = record.to_json().unwrap();
        assert_eq!(AuditRecord::from_json(&json).unwrap(), record);
    }
}

#[test]
fn a_failure_says_so_and_why() {
    for event in Event::ALL {
        let failed = AuditRecord { outcome: Outcome::MinorFailure, ..sample(event) };
        for (description, expected) in
            [(Some("XDSRegistryError: why"), "XDSRegistryError: why"), (None, "failed")]
        {
            let description = description.map(str::to_owned);
            for text in written(&AuditRecord { description, ..failed.clone() }) {
                assert!(text.contains("EventOutcomeIndicator=\"4\""), "{text}");
                let description = format!("<EventOutcomeDescription>{expected}<");
                assert!(text.contains(&description), "{text}");
            }
        }
    }
}

#[test]
fn every_message_is_valid_by_the_schema() {
    let schema =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/schemas/atna/dicom2017c.xsd");
    if !schema.exists() || Command::new("xmllint").arg("--version").output().is_err() {
        eprintln!("skipped: no schema or no xmllint");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("xmllint");
    command.args(["--nonet", "--noout", "--schema"]).arg(schema);
    for event in Event::ALL {
        let serious = AuditRecord { outcome: Outcome::SeriousFailure, ..sample(event) };
        for record in [sample(event), serious, refused(event), with_person(event)] {
            for (number, text) in written(&record).into_iter().enumerate() {
                let name = event.key.replace('/', "-");
                let file = folder.path().join(format!(
                    "{name}-{}-{}-{number}.xml",
                    record.outcome.indicator(),
                    record.person.is_some()
                ));
                std::fs::write(&file, text).unwrap();
                command.arg(file);
            }
        }
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_merge_is_two_messages() {
    let messages = recorder().messages(&sample(Event::FEED_V2_AT_REGISTRY));
    let told: Vec<_> =
        messages.iter().map(|message| (message.event.action, message.objects.len())).collect();
    assert_eq!(told, [(Some(EventAction::Delete), 1), (Some(EventAction::Update), 1)]);
    assert!(messages[0].objects[0].id.starts_with("TEST-1^"));
}

#[test]
fn a_merge_under_several_identifiers_is_two_messages() {
    let parts = [
        PatientPart::Subsumed,
        PatientPart::Subsumed,
        PatientPart::Surviving,
        PatientPart::Surviving,
        PatientPart::Surviving,
    ];
    for event in [
        Event::FEED_V2_AT_MANAGER,
        Event::IDENTITY_MANAGEMENT_AT_MANAGER,
        Event::FEED_V3_AT_MANAGER,
        Event::FEED_V2_TO_REGISTRY,
    ] {
        let patients = (1..).zip(parts).map(|(number, part)| patient(number, part)).collect();
        let messages = recorder().messages(&AuditRecord { patients, ..sample(event) });
        let told: Vec<_> =
            messages.iter().map(|message| (message.event.action, message.objects.len())).collect();
        assert_eq!(told, [(Some(EventAction::Delete), 2), (Some(EventAction::Update), 3)]);
    }
}

#[test]
fn patients_are_told_apart_where_no_table_has_them_together() {
    let n_messages = |event| recorder().messages(&sample(event)).len();
    for event in Event::ALL {
        let is_apart = [
            Event::FEED_V2_AT_REGISTRY,
            Event::FEED_V3_AT_REGISTRY,
            Event::MULTI_PATIENT_QUERY_AT_REGISTRY,
            Event::IDENTITY_MANAGEMENT_AT_MANAGER,
        ]
        .contains(event);
        assert_eq!(n_messages(event), if is_apart { 2 } else { 1 }, "{}", event.key);
    }
}

/// Receivers do not take messages of any length.
#[test]
fn an_answer_of_many_patients_is_several_messages_with_the_query_in_each() {
    let patients: Vec<Patient> = (0..2_001)
        .map(|number| Patient::concerned(format!("TEST-{number}^^^&1.2.3&ISO")))
        .collect();
    let record = AuditRecord { patients: patients.clone(), ..sample(Event::PDQ_AT_MANAGER) };
    let messages = recorder().messages(&record);
    let n_objects: Vec<usize> = messages.iter().map(|message| message.objects.len()).collect();
    assert_eq!(n_objects, [1_001, 1_001, 2]);
    let objects = || messages.iter().flat_map(|message| &message.objects);
    let told = objects().filter(|object| object.query.is_none()).map(|object| &object.id);
    assert!(told.eq(patients.iter().map(|patient| &patient.id)));
    assert_eq!(objects().filter(|object| object.query.is_some()).count(), 3);
    assert!(messages.iter().all(|message| message.to_xml().len() < 1 << 20));
}

#[test]
fn of_a_query_the_query_carries_the_id_of_the_message() {
    for (event, name) in [
        (Event::PIX_QUERY_AT_MANAGER, "MSH-10"),
        (Event::PDQ_AT_MANAGER, "MSH-10"),
        (Event::VISIT_QUERY_AT_MANAGER, "MSH-10"),
        (Event::PIX_V3_QUERY_AT_MANAGER, "II"),
    ] {
        for record in [sample(event), refused(event)] {
            for message in recorder().messages(&record) {
                for object in message.objects {
                    let carries =
                        object.details.iter().filter(|(detail, _)| detail == name).count();
                    assert_eq!(carries, usize::from(object.query.is_some()), "{}", event.key);
                }
            }
        }
    }
}

#[test]
fn a_record_gives_the_same_bytes_whenever_it_is_sent() {
    for event in Event::ALL {
        let record = sample(event);
        let again = AuditRecord::from_json(&record.to_json().unwrap()).unwrap();
        let messages = recorder().syslog(&record);
        assert_eq!(recorder().syslog(&again), messages);
        for message in messages {
            let is_alert = event.participants == Participants::Alert;
            let priority = if is_alert { "<84>" } else { "<85>" };
            let text = String::from_utf8(message).unwrap();
            assert!(text.starts_with(priority), "{text}");
            let rest = format!(
                ">1 {RECORDED_AT} registry.example renkei-registry 4711 IHE+RFC-3881 - <AuditMessage"
            );
            assert!(text.contains(&rest), "{text}");
        }
    }
}
