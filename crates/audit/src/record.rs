//! One audit record: who did what to whose data, in which transaction, with which outcome.
//!
//! The content follows the audit message of DICOM PS3.15 A.5, on which every "Security Audit Considerations"
//! table of the IHE transactions is built; [`crate::rendering`] makes that message of it.

use std::fmt;

pub use atna::{EventAction, Outcome};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Event;

/// One audited event as it is kept in the outbox and in the journal (JSON).
///
/// It holds personal data (patient ids, query text); therefore `Debug` shows neither.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// Time-ordered (version 7); tells a record that was delivered twice from two records.
    #[serde(with = "text::id")]
    pub id: Uuid,
    /// When the event happened; written in UTC with microseconds.
    #[serde(with = "text::time")]
    pub time: Timestamp,
    /// Which row of the table; written as its key.
    #[serde(with = "text::event")]
    pub event: &'static Event,
    /// EventActionCode.
    #[serde(with = "text::action")]
    pub action: EventAction,
    /// EventOutcomeIndicator.
    #[serde(with = "text::outcome")]
    pub outcome: Outcome,
    /// Why it failed, for a reader of the trail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Of the recording actor.
    pub process_id: u32,
    /// The recording actor, as its side of the transaction is named.
    #[serde(default)]
    pub own: Party,
    /// The other side.
    #[serde(default)]
    pub peer: Party,
    /// On whose behalf the other side asked, or this one asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Box<Person>>,
    /// Patients concerned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patients: Vec<Patient>,
    /// What else the event was about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<Object>,
    /// `wsa:MessageID`, MSH-10 or the id of an HL7 v3 message, which is also what the logs carry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// Version of the affinity-domain agreement that was in force.
    #[serde(default)]
    pub agreement_version: String,
}

/// One side of a transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// UserID: the SOAP endpoint, `facility|application` of HL7 v2, or the name of the node.
    pub user_id: String,
    /// The name in the node's certificate, where `user_id` is not that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// NetworkAccessPointID: host name or IP address. Empty if there is none.
    #[serde(default)]
    pub address: String,
}

/// The human requestor, as an assertion that was accepted names them (ITI TF-2: 3.40.4.2).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The name of the subject.
    pub user_id: String,
    /// `alias<user@issuer>`.
    pub user_name: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<CodedValue>,
    /// Why the person asks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purposes_of_use: Vec<CodedValue>,
}

/// A code of somebody else's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodedValue {
    pub code: String,
    pub system: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub display: String,
}

/// Who it is, is for the trail only.
impl fmt::Debug for Person {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Person(..)")
    }
}

/// A patient, by an identifier as CX (`id^^^&oid&ISO`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patient {
    pub id: String,
    #[serde(default, skip_serializing_if = "PatientPart::is_plain")]
    pub part: PatientPart,
}

/// What the event did with a patient's identifier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PatientPart {
    /// It was about this patient.
    #[default]
    Concerned,
    /// A merge made another one of it. Of a merge these stand before the surviving ones.
    Subsumed,
    /// A merge left it.
    Surviving,
    /// ITI-64: the local patient.
    Local,
    /// ITI-64: the local patient whom the local one subsumed.
    LocalSubsumed,
    /// ITI-64: the patient of the affinity domain whom the local one is linked to.
    New,
    /// ITI-64: whom it was linked to before.
    Previous,
}

/// What an event was about, beside patients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Object {
    /// What was asked.
    Query {
        /// UUID of a stored query; of PIX and PDQ the id of the message: MSH-10, or `extension@root`.
        id: String,
        /// The `query:AdhocQueryRequest`, the whole QBP message of HL7 v2, or the `queryByParameter` of HL7 v3;
        /// UTF-8 in any case.
        content: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        home: Option<String>,
    },
    /// A submission set by its uniqueId.
    SubmissionSet { unique_id: String },
    /// A document by its uniqueId.
    Document {
        unique_id: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        repository: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        home: Option<String>,
    },
    /// Bytes of the document store that were removed, by their SHA-256.
    Removed { address: String },
    /// What an alert is about: this node or one of its switches.
    Alert { node: String, description: String },
    /// Work of the actor itself.
    Job { name: String, description: String },
}

impl AuditRecord {
    /// A record of what happens now, about nobody yet: the caller adds the particulars
    /// with struct update syntax.
    #[must_use]
    pub fn now(event: &'static Event, outcome: Outcome) -> AuditRecord {
        AuditRecord {
            id: Uuid::now_v7(),
            time: Timestamp::now(),
            event,
            action: event.action,
            outcome,
            description: None,
            process_id: std::process::id(),
            own: Party::default(),
            peer: Party::default(),
            person: None,
            patients: Vec::new(),
            objects: Vec::new(),
            message_id: None,
            agreement_version: String::new(),
        }
    }

    /// The record as one line of JSON: control characters, line ends included, are escaped.
    ///
    /// # Errors
    /// None is known for a record of strings; the serialiser's signature has one.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Reads what [`AuditRecord::to_json`] wrote; fields of later versions are ignored.
    ///
    /// # Errors
    /// It is not a record, or of an event that this version does not know.
    pub fn from_json(json: &str) -> Result<AuditRecord, serde_json::Error> {
        serde_json::from_str(json)
    }
}

impl fmt::Debug for AuditRecord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AuditRecord")
            .field("id", &self.id)
            .field("event", &self.event.key)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

impl Party {
    /// A side of which only the name is known.
    #[must_use]
    pub fn named(user_id: String) -> Party {
        Party { user_id, ..Party::default() }
    }
}

impl Patient {
    /// A patient whom the event was about.
    #[must_use]
    pub fn concerned(id: String) -> Patient {
        Patient { id, part: PatientPart::Concerned }
    }
}

impl Object {
    /// A submission set. What a sender calls its submission may be anything; as much is kept as an identifier
    /// has.
    #[must_use]
    pub fn submission_set(unique_id: &str) -> Object {
        Object::SubmissionSet { unique_id: kept(unique_id) }
    }

    /// A document, by what was asked for.
    #[must_use]
    pub fn document(unique_id: &str, repository: &str, home: Option<&str>) -> Object {
        Object::Document {
            unique_id: kept(unique_id),
            repository: Some(kept(repository)),
            home: home.map(kept),
        }
    }
}

/// What of a foreign identifier the trail keeps.
fn kept(identifier: &str) -> String {
    const MAX_KEPT: usize = 256;
    identifier.chars().take(MAX_KEPT).collect()
}

impl PatientPart {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    fn is_plain(&self) -> bool {
        *self == PatientPart::Concerned
    }
}

/// How the values are written that have no JSON of their own.
mod text {
    use std::borrow::Cow;

    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::{Event, EventAction, Outcome, Timestamp, Uuid};

    fn read<'de, D: Deserializer<'de>, T>(
        deserializer: D,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        parse(&text).ok_or_else(|| D::Error::custom("a value of a record is not one of its kind"))
    }

    pub(super) mod id {
        use super::*;

        pub(crate) fn serialize<S: Serializer>(id: &Uuid, to: S) -> Result<S::Ok, S::Error> {
            to.collect_str(id)
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Uuid, D::Error> {
            read(from, |text| Uuid::parse_str(text).ok())
        }
    }

    pub(super) mod time {
        use super::*;

        /// Six digits always, so that texts sort like times and microseconds are never cut.
        pub(crate) fn serialize<S: Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
            to.collect_str(&format_args!("{time:.6}"))
        }

        pub(crate) fn deserialize<'de, D>(from: D) -> Result<Timestamp, D::Error>
        where
            D: Deserializer<'de>,
        {
            read(from, |text| text.parse().ok())
        }
    }

    pub(super) mod event {
        use super::*;

        pub(crate) fn serialize<S: Serializer>(
            event: &&'static Event,
            to: S,
        ) -> Result<S::Ok, S::Error> {
            to.serialize_str(event.key)
        }

        pub(crate) fn deserialize<'de, D>(from: D) -> Result<&'static Event, D::Error>
        where
            D: Deserializer<'de>,
        {
            read(from, Event::of_key)
        }
    }

    pub(super) mod action {
        use super::*;

        pub(crate) fn serialize<S: Serializer>(
            action: &EventAction,
            to: S,
        ) -> Result<S::Ok, S::Error> {
            to.serialize_str(action.code())
        }

        pub(crate) fn deserialize<'de, D>(from: D) -> Result<EventAction, D::Error>
        where
            D: Deserializer<'de>,
        {
            read(from, EventAction::of_code)
        }
    }

    pub(super) mod outcome {
        use super::*;

        pub(crate) fn serialize<S: Serializer>(
            outcome: &Outcome,
            to: S,
        ) -> Result<S::Ok, S::Error> {
            to.serialize_u8(outcome.indicator())
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Outcome, D::Error> {
            let outcome = Outcome::of_indicator(u8::deserialize(from)?);
            outcome.ok_or_else(|| D::Error::custom("a number that is no outcome"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registered() -> AuditRecord {
        AuditRecord {
            id: Uuid::parse_str("01890a5d-ac96-774b-bcce-b302099a8057").unwrap(),
            time: Timestamp::from_microsecond(1_775_003_400_000_000).unwrap(),
            process_id: 4711,
            own: Party {
                user_id: "https://registry.example/xds/registry".to_owned(),
                user_name: None,
                address: "registry.example".to_owned(),
            },
            peer: Party {
                user_id: "node-a".to_owned(),
                user_name: None,
                address: "192.0.2.10".to_owned(),
            },
            patients: vec![
                Patient::concerned("TEST-1^^^&1.2.3&ISO".to_owned()),
                Patient { id: "TEST-2^^^&1.2.3&ISO".to_owned(), part: PatientPart::Subsumed },
            ],
            objects: vec![Object::SubmissionSet { unique_id: "1.2.3.4\n5".to_owned() }],
            message_id: Some("urn:uuid:1".to_owned()),
            agreement_version: "7".to_owned(),
            ..AuditRecord::now(Event::REGISTER_AT_REGISTRY, Outcome::MinorFailure)
        }
    }

    #[test]
    fn json_is_one_line_with_codes_of_the_standard() {
        assert_eq!(
            registered().to_json().unwrap(),
            concat!(
                r#"{"id":"01890a5d-ac96-774b-bcce-b302099a8057","time":"2026-04-01T00:30:00.000000Z","#,
                r#""event":"ITI-42/registry","action":"C","outcome":4,"process_id":4711,"#,
                r#""own":{"user_id":"https://registry.example/xds/registry","address":"registry.example"},"#,
                r#""peer":{"user_id":"node-a","address":"192.0.2.10"},"#,
                r#""patients":[{"id":"TEST-1^^^&1.2.3&ISO"},{"id":"TEST-2^^^&1.2.3&ISO","part":"subsumed"}],"#,
                r#""objects":[{"kind":"submission_set","unique_id":"1.2.3.4\n5"}],"#,
                r#""message_id":"urn:uuid:1","agreement_version":"7"}"#
            )
        );
    }

    #[test]
    fn what_is_written_is_read() {
        let record = registered();
        assert_eq!(AuditRecord::from_json(&record.to_json().unwrap()).unwrap(), record);
    }

    #[test]
    fn a_record_cut_down_to_its_core_is_read() {
        let core = r#"{"id":"01890a5d-ac96-774b-bcce-b302099a8057","time":"2026-04-01T00:30:00.000000Z",
            "event":"ITI-42/registry","action":"C","outcome":4,"process_id":4711,"shortened":{}}"#;
        assert_eq!(AuditRecord::from_json(core).unwrap().event, Event::REGISTER_AT_REGISTRY);
        AuditRecord::from_json(&core.replace("ITI-42", "ITI-0")).unwrap_err();
        AuditRecord::from_json(&core.replace("4,", "5,")).unwrap_err();
    }

    #[test]
    fn debug_shows_no_personal_data() {
        let shown = format!("{:?}", registered());
        assert!(shown.contains("ITI-42") && !shown.contains("TEST-1") && !shown.contains("node-a"));
    }
}
