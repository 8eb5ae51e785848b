//! One audit record: who did what to whose data, in which transaction, with which outcome.
//!
//! The content follows the audit message of DICOM PS3.15 A.5, on which every "Security
//! Audit Considerations" table of the IHE transactions is built; rendering that message
//! is the forwarder's task, not this module's.

use std::fmt;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use uuid::Uuid;

/// One audited event as it is kept in the outbox and in the journal (JSON).
///
/// It holds personal data (patient ids, query text); therefore `Debug` shows neither.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct AuditRecord {
    /// Time-ordered (version 7); tells a record that was delivered twice from two records.
    #[serde(serialize_with = "as_text")]
    pub id: Uuid,
    /// When the event happened; written in UTC with microseconds.
    #[serde(serialize_with = "as_utc_microseconds")]
    pub time: Timestamp,
    /// The transaction as the framework numbers it, for example `ITI-42`.
    pub transaction: &'static str,
    /// EventActionCode.
    pub event: EventAction,
    /// EventOutcomeIndicator.
    pub outcome: Outcome,
    /// The actor of ours that took part, for example `registry`.
    pub actor: &'static str,
    /// Who asked: a person or the name of a node.
    pub requester: String,
    /// The network address or the certificate's name of the other side.
    pub peer: String,
    /// Patients concerned, each as a CX (`id^^^&oid&ISO`).
    pub patient_ids: Vec<String>,
    /// Submission sets, documents and other objects concerned, by unique id.
    pub objects: Vec<String>,
    /// The query as it was asked, when the transaction is a query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// `wsa:MessageID` or MSH-10 of the request, which is also what the logs carry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// Version of the affinity-domain agreement that was in force.
    pub agreement_version: String,
}

/// EventActionCode, DICOM PS3.15 A.5.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum EventAction {
    /// Something new was made.
    #[serde(rename = "C")]
    Create,
    /// Something was read, sent out or exported.
    #[serde(rename = "R")]
    Read,
    /// Something that existed was changed.
    #[serde(rename = "U")]
    Update,
    /// Something was removed or subsumed.
    #[serde(rename = "D")]
    Delete,
    /// Something was carried out, a query for instance.
    #[serde(rename = "E")]
    Execute,
}

/// EventOutcomeIndicator, DICOM PS3.15 A.5.1; kept as the number that table gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// 0: what was asked has been done.
    Success,
    /// 4: refused or failed because of the request; asking differently may succeed.
    MinorFailure,
    /// 8: failed because of us; nothing was done.
    SeriousFailure,
    /// 12: failed, and the system can no longer serve.
    MajorFailure,
}

impl AuditRecord {
    /// A record of what happens now, about nobody yet: the caller adds the particulars
    /// with struct update syntax.
    #[must_use]
    pub fn now(
        transaction: &'static str,
        actor: &'static str,
        event: EventAction,
        outcome: Outcome,
    ) -> AuditRecord {
        AuditRecord {
            id: Uuid::now_v7(),
            time: Timestamp::now(),
            transaction,
            event,
            outcome,
            actor,
            requester: String::new(),
            peer: String::new(),
            patient_ids: Vec::new(),
            objects: Vec::new(),
            query: None,
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
}

impl fmt::Debug for AuditRecord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AuditRecord")
            .field("id", &self.id)
            .field("transaction", &self.transaction)
            .field("event", &self.event)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

impl Outcome {
    /// The number of DICOM PS3.15 A.5.1.
    #[must_use]
    pub fn indicator(self) -> u8 {
        match self {
            Outcome::Success => 0,
            Outcome::MinorFailure => 4,
            Outcome::SeriousFailure => 8,
            Outcome::MajorFailure => 12,
        }
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.indicator())
    }
}

fn as_text<S: Serializer>(id: &Uuid, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

/// Six digits always, so that texts sort like times and microseconds are never cut.
fn as_utc_microseconds<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{time:.6}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registered() -> AuditRecord {
        AuditRecord {
            id: Uuid::parse_str("01890a5d-ac96-774b-bcce-b302099a8057").unwrap(),
            time: Timestamp::from_microsecond(1_775_003_400_000_000).unwrap(),
            requester: "node-a".to_owned(),
            peer: "192.0.2.10".to_owned(),
            patient_ids: vec!["TEST-1^^^&1.2.3&ISO".to_owned()],
            objects: vec!["1.2.3.4\n5".to_owned()],
            message_id: Some("urn:uuid:1".to_owned()),
            agreement_version: "7".to_owned(),
            ..AuditRecord::now("ITI-42", "registry", EventAction::Create, Outcome::MinorFailure)
        }
    }

    #[test]
    fn json_is_one_line_with_codes_of_the_standard() {
        assert_eq!(
            registered().to_json().unwrap(),
            concat!(
                r#"{"id":"01890a5d-ac96-774b-bcce-b302099a8057","time":"2026-04-01T00:30:00.000000Z","#,
                r#""transaction":"ITI-42","event":"C","outcome":4,"actor":"registry","#,
                r#""requester":"node-a","peer":"192.0.2.10","patient_ids":["TEST-1^^^&1.2.3&ISO"],"#,
                r#""objects":["1.2.3.4\n5"],"message_id":"urn:uuid:1","agreement_version":"7"}"#
            )
        );
    }

    #[test]
    fn debug_shows_no_personal_data() {
        let shown = format!("{:?}", registered());
        assert!(shown.contains("ITI-42") && !shown.contains("TEST-1") && !shown.contains("node-a"));
    }

    #[test]
    fn outcomes_have_the_numbers_of_the_standard() {
        let outcomes = [
            Outcome::Success,
            Outcome::MinorFailure,
            Outcome::SeriousFailure,
            Outcome::MajorFailure,
        ];
        assert_eq!(outcomes.map(Outcome::indicator), [0, 4, 8, 12]);
    }
}
