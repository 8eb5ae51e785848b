//! The audit message as values (DICOM PS3.15 A.5).
//!
//! An audit message is about persons: `Debug` shows codes and counts, never who and what.

use std::fmt;

use jiff::Timestamp;

use crate::Code;

/// One audited event: what, who, recorded by whom, about what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditMessage {
    pub event: EventIdentification,
    /// At least one in a valid message.
    pub participants: Vec<ActiveParticipant>,
    pub source: AuditSource,
    pub objects: Vec<ParticipantObject>,
}

/// What happened, when, and how it ended.
#[derive(Clone, PartialEq, Eq)]
pub struct EventIdentification {
    pub id: Code,
    pub action: Option<EventAction>,
    pub time: Timestamp,
    pub outcome: Outcome,
    /// The transaction, or the kind of an alert.
    pub types: Vec<Code>,
    pub outcome_description: Option<String>,
    /// Added by IHE: copied from the assertion of the person who asked.
    pub purposes_of_use: Vec<Code>,
}

/// EventActionCode, DICOM PS3.15 A.5.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventAction {
    /// `C`: something new was made.
    Create,
    /// `R`: something was read, sent out or exported.
    Read,
    /// `U`: something that existed was changed.
    Update,
    /// `D`: something was removed or subsumed.
    Delete,
    /// `E`: something was carried out, a query for instance.
    Execute,
}

/// EventOutcomeIndicator, DICOM PS3.15 A.5.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// 0: what was asked has been done.
    Success,
    /// 4: refused or failed because of the request; asking differently may succeed.
    MinorFailure,
    /// 8: failed because of the system; nothing was done.
    SeriousFailure,
    /// 12: failed, and the system can no longer serve.
    MajorFailure,
}

/// A person or a process that took part.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ActiveParticipant {
    /// Always present, may be empty.
    pub user_id: String,
    /// The process id, on the side that records.
    pub alternative_user_id: Option<String>,
    pub user_name: Option<String>,
    pub is_requestor: bool,
    pub network_access_point: Option<NetworkAccessPoint>,
    pub roles: Vec<Code>,
}

/// NetworkAccessPointID with its NetworkAccessPointTypeCode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkAccessPoint {
    pub id: String,
    /// 1 host name, 2 IP address, 3 telephone, 4 e-mail, 5 URI; [`NetworkAccessPoint::UNKNOWN`].
    pub type_code: u8,
}

/// The system that wrote the record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditSource {
    pub id: String,
    pub enterprise_site_id: Option<String>,
    pub types: Vec<Code>,
}

/// A patient, a document, a query: what the event was about.
#[derive(Clone, PartialEq, Eq)]
pub struct ParticipantObject {
    pub id: String,
    /// 1 person, 2 system object, 3 organisation, 4 other.
    pub type_code: Option<u8>,
    /// ParticipantObjectTypeCodeRole, 1 to 26: 1 patient, 3 report, 13 security resource, 20 job, 24 query.
    pub role: Option<u8>,
    /// ParticipantObjectDataLifeCycle, 1 to 15.
    pub life_cycle: Option<u8>,
    pub sensitivity: Option<String>,
    pub id_type: Code,
    pub name: Option<String>,
    /// ParticipantObjectQuery, base64 undone. A valid message has a name or a query, not both.
    pub query: Option<Vec<u8>>,
    /// ParticipantObjectDetail: type and value, base64 undone.
    pub details: Vec<(String, Vec<u8>)>,
}

impl NetworkAccessPoint {
    /// A foreign message has the id without its type; never written.
    pub const UNKNOWN: u8 = 0;
}

impl ParticipantObject {
    /// An object of which nothing more is said.
    #[must_use]
    pub const fn new(id: String, type_code: u8, role: u8, id_type: Code) -> ParticipantObject {
        ParticipantObject {
            id,
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
}

impl EventAction {
    /// The letter of the standard.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            EventAction::Create => "C",
            EventAction::Read => "R",
            EventAction::Update => "U",
            EventAction::Delete => "D",
            EventAction::Execute => "E",
        }
    }

    #[must_use]
    pub fn of_code(code: &str) -> Option<EventAction> {
        [
            EventAction::Create,
            EventAction::Read,
            EventAction::Update,
            EventAction::Delete,
            EventAction::Execute,
        ]
        .into_iter()
        .find(|action| action.code() == code)
    }
}

impl Outcome {
    /// The number of the standard.
    #[must_use]
    pub const fn indicator(self) -> u8 {
        match self {
            Outcome::Success => 0,
            Outcome::MinorFailure => 4,
            Outcome::SeriousFailure => 8,
            Outcome::MajorFailure => 12,
        }
    }

    #[must_use]
    pub fn of_indicator(number: u8) -> Option<Outcome> {
        [Outcome::Success, Outcome::MinorFailure, Outcome::SeriousFailure, Outcome::MajorFailure]
            .into_iter()
            .find(|outcome| outcome.indicator() == number)
    }
}

impl fmt::Debug for EventIdentification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventIdentification")
            .field("id", &self.id)
            .field("action", &self.action)
            .field("time", &self.time)
            .field("outcome", &self.outcome)
            .field("types", &self.types)
            .field("n_purposes_of_use", &self.purposes_of_use.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ActiveParticipant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActiveParticipant")
            .field("is_requestor", &self.is_requestor)
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ParticipantObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParticipantObject")
            .field("type_code", &self.type_code)
            .field("role", &self.role)
            .field("life_cycle", &self.life_cycle)
            .field("id_type", &self.id_type)
            .field("n_details", &self.details.len())
            .finish_non_exhaustive()
    }
}
