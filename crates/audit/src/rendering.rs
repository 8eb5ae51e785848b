//! The audit messages of a record: what leaves as ITI-20 (ITI TF-2: 3.20, DICOM PS3.15 A.5).
//!
//! A pure function of the record and of who the sender is: the same record gives the same bytes whenever it
//! is sent, so that a receiver knows what it has already.

use atna::syslog::{self, Header, Severity};
use atna::{
    ActiveParticipant, AuditMessage, AuditSource, Code, EventAction, EventIdentification,
    NetworkAccessPoint, Outcome, ParticipantObject,
};

use crate::event::{Event, Participants, Sharing};
use crate::record::{AuditRecord, CodedValue, Object, Party, Patient, PatientPart, Person};

const APPLICATION: Code = Code::dcm("110150", "Application");
const LAUNCHER: Code = Code::dcm("110151", "Application Launcher");
const DESTINATION: Code = Code::dcm("110152", "Destination Role ID");
const SOURCE: Code = Code::dcm("110153", "Source Role ID");
const PATIENT_NUMBER: Code = Code::new("2", "RFC-3881", "Patient Number");
const REPORT_NUMBER: Code = Code::new("9", "RFC-3881", "Report Number");
const URI: Code = Code::new("12", "RFC-3881", "URI");
const NODE_ID: Code = Code::dcm("110182", "Node ID");
const SUBMISSION_SET: Code = Code::new(
    "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd",
    "IHE XDS Metadata",
    "submission set classificationNode",
);
const APPLICATION_SERVER: Code = Code::dcm("4", "Application Server Process or Thread");

/// ParticipantObjectDetail of ITI-18 and of ITI-43; the framework names the same thing in two ways.
const QUERY_HOME: &str = "urn:ihe:iti:xca:2010:homeCommunityId";
const DOCUMENT_HOME: &str = "ihe:homeCommunityID";
/// ITI-64: which identifier it is.
const PATIENT_IDENTIFIER_TYPE: &str = "urn:ihe:iti:xpid:2017:patientIdentifierType";
/// Beyond the framework: by which agreement was decided, and which message it was.
const AGREEMENT_VERSION: &str = "urn:renkei:agreementVersion";
const MESSAGE_ID: &str = "urn:renkei:messageId";

/// Patients of one message. An answer may show more; receivers take messages of a megabyte or so, and our
/// own finds a message by two thousand identifiers.
const MAX_TOGETHER: usize = 1_000;

/// Who writes the records: the same for all of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorder {
    /// AuditSourceID, one for each actor of each community.
    pub source_id: String,
    /// AuditEnterpriseSiteID: the community.
    pub enterprise_site_id: String,
    /// APP-NAME of the syslog messages.
    pub app_name: String,
}

impl Recorder {
    /// The actor of a community, which is named by its homeCommunityId.
    #[must_use]
    pub fn new(actor: &str, home_community_id: &str) -> Recorder {
        Recorder {
            source_id: format!("{actor}@{home_community_id}"),
            enterprise_site_id: home_community_id.to_owned(),
            app_name: format!("renkei-{actor}"),
        }
    }

    /// The complete syslog messages of a record (ITI TF-2: 3.20.4.1.2), not framed.
    #[must_use]
    pub fn syslog(&self, record: &AuditRecord) -> Vec<Vec<u8>> {
        let process_id = record.process_id.to_string();
        let header = Header {
            time: record.time,
            hostname: &record.own.address,
            app_name: &self.app_name,
            process_id: &process_id,
        };
        let severity = match record.event.participants {
            Participants::Alert => Severity::Warning,
            Participants::Received
            | Participants::Sent
            | Participants::Served
            | Participants::Application => Severity::Notice,
        };
        let messages = self.messages(record).into_iter();
        messages.map(|message| syslog::write(&header, severity, &message.to_xml())).collect()
    }

    /// The messages of a record: several if it is about several patients whom the framework wants apart.
    #[must_use]
    pub fn messages(&self, record: &AuditRecord) -> Vec<AuditMessage> {
        let all = record.patients.as_slice();
        let together: Vec<&[Patient]> = match record.event.sharing() {
            Sharing::Alone => all.chunks(1).collect(),
            Sharing::ByPart => all.chunk_by(|one, next| one.part == next.part).collect(),
            Sharing::Together => vec![all],
        };
        if all.is_empty() {
            return vec![self.message(record, all)];
        }
        let bounded = together.into_iter().flat_map(|patients| patients.chunks(MAX_TOGETHER));
        bounded.map(|patients| self.message(record, patients)).collect()
    }

    fn message(&self, record: &AuditRecord, patients: &[Patient]) -> AuditMessage {
        let event = record.event;
        let mut objects: Vec<_> =
            patients.iter().map(|patient| patient_object(record, patient)).collect();
        objects.extend(record.objects.iter().map(|object| object_of(event, object)));
        if let Some(object) = objects.last_mut() {
            object.details.extend(details(record));
        }
        AuditMessage {
            event: EventIdentification {
                id: event.id.clone(),
                action: Some(action(record, patients)),
                time: record.time,
                outcome: record.outcome,
                types: vec![event.kind.clone()],
                outcome_description: description(record),
                purposes_of_use: purposes_of_use(record),
            },
            participants: participants(record),
            source: AuditSource {
                id: self.source_id.clone(),
                enterprise_site_id: Some(self.enterprise_site_id.clone()),
                types: vec![APPLICATION_SERVER],
            },
            objects,
        }
    }
}

/// A merge is the end of one patient and a change of the other (ITI TF-2: 3.8.5 and 3.44.5), if each has a
/// message.
fn action(record: &AuditRecord, patients: &[Patient]) -> EventAction {
    if record.event.sharing() == Sharing::Together {
        return record.action;
    }
    match patients.first().map(|patient| patient.part) {
        Some(PatientPart::Subsumed) => EventAction::Delete,
        Some(PatientPart::Surviving) => EventAction::Update,
        Some(
            PatientPart::Concerned
            | PatientPart::Local
            | PatientPart::LocalSubsumed
            | PatientPart::New
            | PatientPart::Previous,
        )
        | None => record.action,
    }
}

/// A failure without a word would leave its reader alone.
fn description(record: &AuditRecord) -> Option<String> {
    let is_failure = record.outcome != Outcome::Success;
    let unexplained = || is_failure.then(|| "failed".to_owned());
    record.description.clone().or_else(unexplained)
}

fn participants(record: &AuditRecord) -> Vec<ActiveParticipant> {
    let own = |role: Code, is_requestor| {
        let process_id = Some(record.process_id.to_string());
        ActiveParticipant {
            alternative_user_id: process_id,
            ..participant(&record.own, role, is_requestor)
        }
    };
    let peer = |role: Code, is_requestor| participant(&record.peer, role, is_requestor);
    let mut participants = match record.event.participants {
        Participants::Received => vec![peer(SOURCE, true), own(DESTINATION, false)],
        Participants::Sent => vec![own(SOURCE, true), peer(DESTINATION, false)],
        Participants::Served => vec![own(SOURCE, false), peer(DESTINATION, false)],
        Participants::Application => vec![own(APPLICATION, false), peer(LAUNCHER, true)],
        Participants::Alert => {
            let has_peer = !record.peer.user_id.is_empty();
            let mut participants = vec![own(APPLICATION, !has_peer)];
            participants.extend(has_peer.then(|| peer(SOURCE, true)));
            participants
        }
    };
    participants.extend(record.person.as_deref().map(human_requestor));
    participants
}

/// ITI TF-2: 3.40.4.2; the person has no network address, their system has.
fn human_requestor(person: &Person) -> ActiveParticipant {
    ActiveParticipant {
        user_id: person.user_id.clone(),
        alternative_user_id: None,
        user_name: Some(person.user_name.clone()),
        is_requestor: true,
        network_access_point: None,
        roles: person.roles.iter().map(code).collect(),
    }
}

fn purposes_of_use(record: &AuditRecord) -> Vec<Code> {
    let purposes = record.person.iter().flat_map(|person| &person.purposes_of_use);
    purposes.map(code).collect()
}

/// The text says what the code means, to people; DICOM PS3.15 A.5.2 demands one.
fn code(value: &CodedValue) -> Code {
    let text = if value.display.is_empty() { &value.code } else { &value.display };
    Code {
        code: value.code.clone().into(),
        system: value.system.clone().into(),
        text: text.clone().into(),
    }
}

fn participant(party: &Party, role: Code, is_requestor: bool) -> ActiveParticipant {
    let unknown = || "unknown".to_owned();
    let address = Some(party.address.clone()).filter(|address| !address.is_empty());
    ActiveParticipant {
        user_id: Some(party.user_id.clone()).filter(|id| !id.is_empty()).unwrap_or_else(unknown),
        alternative_user_id: None,
        user_name: party.user_name.clone(),
        is_requestor,
        network_access_point: address.map(network_access_point),
        roles: vec![role],
    }
}

fn network_access_point(id: String) -> NetworkAccessPoint {
    const HOST_NAME: u8 = 1;
    const IP_ADDRESS: u8 = 2;
    let is_ip = id.parse::<std::net::IpAddr>().is_ok();
    NetworkAccessPoint { type_code: if is_ip { IP_ADDRESS } else { HOST_NAME }, id }
}

/// Whether a link change subsumes a local patient, which gives the surviving one its life cycle.
fn subsumes_locally(record: &AuditRecord) -> bool {
    record.patients.iter().any(|patient| patient.part == PatientPart::LocalSubsumed)
}

fn patient_object(record: &AuditRecord, patient: &Patient) -> ParticipantObject {
    const ORIGINATION: u8 = 1;
    const LOGICAL_DELETION: u8 = 14;
    let (life_cycle, name) = match patient.part {
        // Where no action of a message tells them apart.
        PatientPart::Subsumed if record.event.sharing() == Sharing::Together => {
            (Some(LOGICAL_DELETION), None)
        }
        PatientPart::Concerned | PatientPart::Subsumed | PatientPart::Surviving => (None, None),
        PatientPart::Local => {
            (subsumes_locally(record).then_some(ORIGINATION), Some("localPatientId"))
        }
        PatientPart::LocalSubsumed => (Some(LOGICAL_DELETION), Some("subsumedPatientId")),
        PatientPart::New => (Some(ORIGINATION), Some("newPatientId")),
        PatientPart::Previous => (Some(LOGICAL_DELETION), Some("previousPatientId")),
    };
    let message = message_detail(record.event).filter(|_| !record.event.is_query());
    let message = message.zip(record.message_id.as_deref());
    let details = message.into_iter().chain(name.map(|name| (PATIENT_IDENTIFIER_TYPE, name)));
    ParticipantObject {
        life_cycle,
        details: details.map(detail).collect(),
        ..ParticipantObject::new(patient.id.clone(), 1, 1, PATIENT_NUMBER)
    }
}

/// How the framework calls the id of the message: on the patients, of a query on the query.
fn message_detail(event: &Event) -> Option<&'static str> {
    match event.name() {
        "ITI-8" | "ITI-9" | "ITI-10" | "ITI-21" | "ITI-22" | "ITI-30" | "ITI-64" => Some("MSH-10"),
        // ITI TF-2: 3.47.5 has no detail.
        "ITI-44" | "ITI-45" | "ITI-46" => Some("II"),
        _ => None,
    }
}

fn object_of(event: &Event, of: &Object) -> ParticipantObject {
    const PERMANENT_ERASURE: u8 = 15;
    match of {
        Object::Query { id, content, home } => ParticipantObject {
            query: Some(content.as_bytes().to_vec()),
            details: [("QueryEncoding", "UTF-8")]
                .into_iter()
                .chain(home.as_deref().map(|home| (QUERY_HOME, home)))
                .map(detail)
                .collect(),
            ..ParticipantObject::new(id.clone(), 2, 24, event.kind.clone())
        },
        Object::SubmissionSet { unique_id } => {
            ParticipantObject::new(unique_id.clone(), 2, 20, SUBMISSION_SET)
        }
        Object::Document { unique_id, repository, home } => {
            let repository = repository.as_deref().map(|id| ("Repository Unique Id", id));
            let home = home.as_deref().map(|home| (DOCUMENT_HOME, home));
            ParticipantObject {
                details: repository.into_iter().chain(home).map(detail).collect(),
                ..ParticipantObject::new(unique_id.clone(), 2, 3, REPORT_NUMBER)
            }
        }
        Object::Removed { address } => ParticipantObject {
            life_cycle: Some(PERMANENT_ERASURE),
            ..ParticipantObject::new(format!("urn:sha256:{address}"), 2, 3, URI)
        },
        Object::Alert { node, description } => ParticipantObject {
            details: vec![detail(("Alert Description", description))],
            ..ParticipantObject::new(node.clone(), 2, 13, NODE_ID)
        },
        Object::Job { name, description } => ParticipantObject {
            name: Some(description.clone()),
            ..ParticipantObject::new(name.clone(), 2, 20, URI)
        },
    }
}

fn details(record: &AuditRecord) -> Vec<(String, Vec<u8>)> {
    let version = Some(record.agreement_version.as_str()).filter(|version| !version.is_empty());
    let message = match message_detail(record.event) {
        // It stands with the patients already.
        Some(_) if !record.patients.is_empty() && !record.event.is_query() => None,
        Some(name) => record.message_id.as_deref().map(|id| (name, id)),
        None => record.message_id.as_deref().map(|id| (MESSAGE_ID, id)),
    };
    let version = version.map(|version| (AGREEMENT_VERSION, version));
    version.into_iter().chain(message).map(detail).collect()
}

fn detail((name, value): (&str, &str)) -> (String, Vec<u8>) {
    (name.to_owned(), value.as_bytes().to_vec())
}
