//! The table of what is recorded: one row per transaction and actor, and the events beside transactions.
//!
//! A row says what the "Security Audit Considerations" of a transaction fix for the actor that writes the
//! record: EventID, EventTypeCode, the action it usually is, and which of the participants the actor is.

use atna::{Code, EventAction};

/// A row of the table. Records point to it; journals name it by its key.
#[derive(Debug, PartialEq, Eq)]
pub struct Event {
    /// `TRANSACTION/ACTOR`, or `NAME/ACTOR`; unique, never renamed: journals hold it.
    pub key: &'static str,
    /// EventID.
    pub id: Code,
    /// EventTypeCode.
    pub kind: Code,
    /// EventActionCode, if the record says nothing else.
    pub action: EventAction,
    pub participants: Participants,
}

/// Who takes part, and which of them the recording actor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Participants {
    /// The peer asked or sent: it is the source, this actor the destination.
    Received,
    /// This actor asked or sent: it is the source, the peer the destination.
    Sent,
    /// The peer asked and this actor sent documents: source and destination follow the documents, and the
    /// source is no requestor (ITI TF-2: 3.43.6).
    Served,
    /// The application, and who launched it (DICOM PS3.15 A.5.3.1).
    Application,
    /// This node, and the other one if there is one (DICOM PS3.15 A.5.3.11).
    Alert,
}

const QUERY: Code = Code::dcm("110112", "Query");
const EXPORT: Code = Code::dcm("110106", "Export");
const IMPORT: Code = Code::dcm("110107", "Import");
const PATIENT_RECORD: Code = Code::dcm("110110", "Patient Record");
const APPLICATION_ACTIVITY: Code = Code::dcm("110100", "Application Activity");
const SECURITY_ALERT: Code = Code::dcm("110113", "Security Alert");
const USER_AUTHENTICATION: Code = Code::dcm("110114", "User Authentication");

const START: Code = Code::dcm("110120", "Application Start");
const STOP: Code = Code::dcm("110121", "Application Stop");
const LOGIN: Code = Code::dcm("110122", "Login");
const NODE_AUTHENTICATION: Code = Code::dcm("110126", "Node Authentication");
const SECURITY_CONFIGURATION: Code = Code::dcm("110129", "Security Configuration");

const STORED_QUERY: Code = Code::transaction("ITI-18", "Registry Stored Query");
const REGISTER: Code = Code::transaction("ITI-42", "Register Document Set-b");
const FEED_V2: Code = Code::transaction("ITI-8", "Patient Identity Feed");
const FEED_V3: Code = Code::transaction("ITI-44", "Patient Identity Feed");
const LINK_CHANGE: Code = Code::transaction("ITI-64", "Notify XAD-PID Link Change");

/// Events for which the framework has no code.
const fn own(code: &'static str, text: &'static str) -> Code {
    Code::new(code, "Renkei", text)
}

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $key:literal, $id:expr, $kind:expr, $action:ident, $participants:ident;)*) => {
        impl Event {
            $(
                $(#[$doc])*
                pub const $name: &'static Event = &Event {
                    key: $key,
                    id: $id,
                    kind: $kind,
                    action: EventAction::$action,
                    participants: Participants::$participants,
                };
            )*

            /// All rows.
            pub const ALL: &'static [&'static Event] = &[$(Event::$name),*];
        }
    };
}

events! {
    /// Patient Identity Feed, HL7 v2 (ITI TF-2: 3.8.5).
    FEED_V2_AT_REGISTRY = "ITI-8/registry", PATIENT_RECORD, FEED_V2, Create, Received;
    /// Registry Stored Query (ITI TF-2: 3.18.5.1.2).
    STORED_QUERY_AT_REGISTRY = "ITI-18/registry", QUERY, STORED_QUERY, Execute, Received;
    /// Provide and Register Document Set-b (ITI TF-2: 3.41.5.1.2).
    PROVIDE_AT_REPOSITORY = "ITI-41/repository", IMPORT,
        Code::transaction("ITI-41", "Provide and Register Document Set-b"), Create, Received;
    /// The documents of an ITI-41 are kept, the registry has not been asked yet.
    STORE_AT_REPOSITORY = "store/repository", APPLICATION_ACTIVITY,
        own("store", "Documents Kept Before Registration"), Create, Received;
    /// Register Document Set-b as the repository sends it (ITI TF-2: 3.42.7.1.1).
    REGISTER_AT_REPOSITORY = "ITI-42/repository", EXPORT, REGISTER, Read, Sent;
    /// Register Document Set-b (ITI TF-2: 3.42.7.1.2).
    REGISTER_AT_REGISTRY = "ITI-42/registry", IMPORT, REGISTER, Create, Received;
    /// The registry is asked what became of a submission in doubt (ITI TF-2: 3.18.5.1.1).
    STORED_QUERY_AT_REPOSITORY = "ITI-18/repository", QUERY, STORED_QUERY, Execute, Sent;
    /// Retrieve Document Set (ITI TF-2: 3.43.6.1.2).
    RETRIEVE_AT_REPOSITORY = "ITI-43/repository", EXPORT,
        Code::transaction("ITI-43", "Retrieve Document Set"), Read, Served;
    /// Patient Identity Feed, HL7 v3 (ITI TF-2: 3.44.5).
    FEED_V3_AT_REGISTRY = "ITI-44/registry", PATIENT_RECORD, FEED_V3, Create, Received;
    /// Multi-Patient Stored Query (ITI TF-2: 3.51.5.1.2).
    MULTI_PATIENT_QUERY_AT_REGISTRY = "ITI-51/registry", QUERY,
        Code::transaction("ITI-51", "Multi-Patient Stored Query"), Execute, Received;
    /// Notify XAD-PID Link Change (ITI TF-2: 3.64.5).
    LINK_CHANGE_AT_REGISTRY = "ITI-64/registry", PATIENT_RECORD, LINK_CHANGE, Update, Received;
    /// Patient Identity Feed, HL7 v2, as the manager receives it (ITI TF-2: 3.8.5).
    FEED_V2_AT_MANAGER = "ITI-8/pix-manager", PATIENT_RECORD, FEED_V2, Create, Received;
    /// Patient Identity Management (ITI TF-2: 3.30.5): action by the trigger event, a merge is two messages.
    IDENTITY_MANAGEMENT_AT_MANAGER = "ITI-30/pix-manager", PATIENT_RECORD,
        Code::transaction("ITI-30", "Patient Identity Management"), Create, Received;
    /// Patient Identity Feed, HL7 v3, as the manager receives it (ITI TF-2: 3.44.5).
    FEED_V3_AT_MANAGER = "ITI-44/pix-manager", PATIENT_RECORD, FEED_V3, Create, Received;
    /// PIX Query, HL7 v2 (ITI TF-2: 3.9.5).
    PIX_QUERY_AT_MANAGER = "ITI-9/pix-manager", QUERY,
        Code::transaction("ITI-9", "PIX Query"), Execute, Received;
    /// PIX Query, HL7 v3 (ITI TF-2: 3.45.5).
    PIX_V3_QUERY_AT_MANAGER = "ITI-45/pix-manager", QUERY,
        Code::transaction("ITI-45", "PIX Query"), Execute, Received;
    /// Patient Demographics Query, HL7 v2 (ITI TF-2: 3.21.5).
    PDQ_AT_MANAGER = "ITI-21/pix-manager", QUERY,
        Code::transaction("ITI-21", "Patient Demographics Query"), Execute, Received;
    /// Patient Demographics and Visit Query (ITI TF-2: 3.22.5).
    VISIT_QUERY_AT_MANAGER = "ITI-22/pix-manager", QUERY,
        Code::transaction("ITI-22", "Patient Demographics and Visit Query"), Execute, Received;
    /// Patient Demographics Query, HL7 v3 (ITI TF-2: 3.47.5).
    PDQ_V3_AT_MANAGER = "ITI-47/pix-manager", QUERY,
        Code::transaction("ITI-47", "Patient Demographics Query"), Execute, Received;
    /// Patient Identity Feed as the manager sends it: towards the registry it is the source (ITI TF-2: 3.8.5).
    FEED_V2_TO_REGISTRY = "ITI-8/identity-source", PATIENT_RECORD, FEED_V2, Create, Sent;
    /// Notify XAD-PID Link Change as the manager sends it (ITI TF-2: 3.64.5).
    LINK_CHANGE_AT_MANAGER = "ITI-64/pix-manager", PATIENT_RECORD, LINK_CHANGE, Update, Sent;
    /// PIX Update Notification, HL7 v2: the manager discloses, which is a read (ITI TF-2: 3.10.5).
    UPDATE_NOTIFICATION_AT_MANAGER = "ITI-10/pix-manager", PATIENT_RECORD,
        Code::transaction("ITI-10", "PIX Update Notification"), Read, Sent;
    /// PIX Update Notification, HL7 v3 (ITI TF-2: 3.46.5).
    UPDATE_NOTIFICATION_V3_AT_MANAGER = "ITI-46/pix-manager", PATIENT_RECORD,
        Code::transaction("ITI-46", "PIX Update Notification"), Read, Sent;
    /// An operator linked, unlinked or merged patients; which of it and why is the description.
    IDENTITY_LINK = "link/pix-manager", PATIENT_RECORD,
        own("link", "Patients Linked, Unlinked or Merged by an Operator"), Update, Application;
    /// An actor begins to serve.
    APPLICATION_START = "start", APPLICATION_ACTIVITY, START, Execute, Application;
    /// An actor has stopped serving, in order.
    APPLICATION_STOP = "stop", APPLICATION_ACTIVITY, STOP, Execute, Application;
    /// A connection was refused: no certificate, or none that is trusted (ITI TF-2: 3.19.6).
    NODE_AUTHENTICATION_FAILURE = "node-authentication", SECURITY_ALERT, NODE_AUTHENTICATION,
        Execute, Alert;
    /// A request was not let in: its assertion was not accepted, or it has none where it needs one (ITI TF-2:
    /// 3.40.4.2).
    AUTHENTICATION_FAILURE = "user-authentication", USER_AUTHENTICATION, LOGIN, Execute, Alert;
    /// Another version of the agreement is in force.
    AGREEMENT_CHANGE = "agreement", SECURITY_ALERT, SECURITY_CONFIGURATION, Execute, Alert;
    /// A switch that decides who may do what has this position: open access.
    SWITCH = "switch", SECURITY_ALERT, SECURITY_CONFIGURATION, Execute, Alert;
    /// The clock is off by more than the limit, or nothing keeps it (ITI TF-2: 3.1).
    CLOCK = "clock", SECURITY_ALERT, own("clock", "Clock Not Synchronised"), Execute, Alert;
    /// What became of a submission in doubt is known, or that it is in doubt.
    SETTLE = "settle", APPLICATION_ACTIVITY, own("settle", "Submission In Doubt"), Execute, Application;
    /// The documents of the store are held against their digests.
    VERIFY = "verify", APPLICATION_ACTIVITY, own("verify", "Verification of the Document Store"),
        Execute, Application;
    /// Store and registry are compared, and what nobody names is removed.
    RECONCILE = "reconcile", APPLICATION_ACTIVITY, own("reconcile", "Reconciliation of the Document Store"),
        Execute, Application;
}

impl Event {
    /// The row of a key.
    #[must_use]
    pub fn of_key(key: &str) -> Option<&'static Event> {
        Event::ALL.iter().copied().find(|event| event.key == key)
    }

    /// The number of the transaction, or the name of the event, without the actor.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.key.split('/').next().unwrap_or(self.key)
    }

    /// How the patients of a record share its messages. In general each has one of their own (ITI TF-2:
    /// 3.20), where the table of a transaction says nothing else.
    #[must_use]
    pub(crate) fn sharing(&self) -> Sharing {
        match self.name() {
            // One patient under all identifiers of PID-3; a merge is two messages.
            "ITI-8" | "ITI-30" | "ITI-44" => Sharing::ByPart,
            // One person under several identifiers, or `0..n` patients in one table.
            "ITI-9" | "ITI-10" | "ITI-21" | "ITI-22" | "ITI-45" | "ITI-46" | "ITI-47"
            | "ITI-64" | "link" => Sharing::Together,
            _ => Sharing::Alone,
        }
    }

    /// Whether somebody asked: then the id of the message belongs to the query, not to the patients.
    #[must_use]
    pub(crate) fn is_query(&self) -> bool {
        self.id == QUERY
    }
}

/// Which patients of a record stand in one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// Each in one of their own.
    Alone,
    /// Neighbours with whom the event did the same: the identifiers of one side of a merge.
    ByPart,
    /// All.
    Together,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_unique_and_found() {
        for event in Event::ALL {
            assert_eq!(Event::of_key(event.key), Some(*event));
        }
        assert_eq!(Event::of_key("ITI-18"), None);
    }

    #[test]
    fn a_transaction_has_the_number_of_its_key() {
        for event in Event::ALL.iter().filter(|event| event.key.starts_with("ITI-")) {
            assert_eq!(event.kind.code, event.name());
            assert_eq!(event.kind.system, "IHE Transactions");
        }
    }
}
