//! A stored query at the registry (ITI TF-2: 3.18.5.1.2), letter by letter.

use atna::{
    ActiveParticipant, AuditMessage, AuditSource, Code, EventAction, EventIdentification,
    NetworkAccessPoint, Outcome, ParticipantObject,
};

use crate::support::read;

const GOLDEN: &str = include_str!("worked_example.xml");

const QUERY: Code = Code::transaction("ITI-18", "Registry Stored Query");

fn participant(user_id: &str, role: Code) -> ActiveParticipant {
    ActiveParticipant { user_id: user_id.to_owned(), roles: vec![role], ..Default::default() }
}

fn access_point(id: &str, type_code: u8) -> Option<NetworkAccessPoint> {
    Some(NetworkAccessPoint { id: id.to_owned(), type_code })
}

fn object(id: &str, type_code: u8, role: u8, id_type: Code) -> ParticipantObject {
    ParticipantObject {
        id: id.to_owned(),
        type_code: Some(type_code),
        role: Some(role),
        life_cycle: None,
        sensitivity: None,
        id_type,
        name: None,
        query: None,
        details: Vec::new(),
    }
}

fn message() -> AuditMessage {
    let anonymous = "http://www.w3.org/2005/08/addressing/anonymous";
    let purpose = Code::new("ETREAT", "2.16.840.1.113883.5.8", "emergency treatment");
    let patient = "0000012345^^^&1.2.392.100495.20.3.51.11311234567&ISO";
    let find_documents = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d";
    AuditMessage {
        event: EventIdentification {
            id: Code::dcm("110112", "Query"),
            action: Some(EventAction::Execute),
            time: "2026-04-01T00:30:00.123Z".parse().unwrap(),
            outcome: Outcome::Success,
            types: vec![QUERY],
            outcome_description: None,
            purposes_of_use: vec![purpose],
        },
        participants: vec![
            ActiveParticipant {
                is_requestor: true,
                network_access_point: access_point("192.0.2.10", 2),
                ..participant(anonymous, Code::dcm("110153", "Source Role ID"))
            },
            ActiveParticipant {
                user_name: Some("<drsato@https://idp.example>".to_owned()),
                is_requestor: true,
                ..participant("drsato", Code::new("DOCTOR", "example-roles", "Medical Doctor"))
            },
            ActiveParticipant {
                alternative_user_id: Some("4711".to_owned()),
                network_access_point: access_point("registry.example", 1),
                ..participant(
                    "https://registry.example/xds/iti18",
                    Code::dcm("110152", "Destination Role ID"),
                )
            },
        ],
        source: AuditSource {
            id: "renkei-registry-1".to_owned(),
            enterprise_site_id: None,
            types: vec![Code::dcm("4", "Application Server Process or Thread")],
        },
        objects: vec![
            object(patient, 1, 1, Code::new("2", "RFC-3881", "Patient Number")),
            ParticipantObject {
                query: Some(b"<query".to_vec()),
                details: vec![
                    ("QueryEncoding".to_owned(), b"UTF-8".to_vec()),
                    (
                        "urn:ihe:iti:xca:2010:homeCommunityId".to_owned(),
                        b"urn:oid:1.2.3.4".to_vec(),
                    ),
                ],
                ..object(find_documents, 2, 24, QUERY)
            },
        ],
    }
}

#[test]
fn is_written_as_published() {
    let without_indents: String = GOLDEN.lines().map(str::trim_start).collect();
    assert_eq!(message().to_xml(), without_indents);
}

#[test]
fn is_read_as_published() {
    assert!(read(GOLDEN).unwrap() == message());
}

/// What is logged or shown by a failing test must not tell who did what to whom.
#[test]
fn debug_shows_no_personal_data() {
    let shown = format!("{:?}", message());
    for personal in ["drsato", "0000012345", "14d4debf", "ETREAT", "1.2.3.4"] {
        assert!(!shown.contains(personal), "{shown}");
    }
    assert!(shown.contains("ITI-18"), "{shown}");
}
