//! What this actor records about itself, in its own chain: start, stop, refused connections.

use std::net::IpAddr;

use atna::syslog::{self, Header, Severity};
use atna::{
    ActiveParticipant, AuditMessage, AuditSource, Code, EventAction, EventIdentification,
    NetworkAccessPoint, Outcome, ParticipantObject,
};
use jiff::Timestamp;

use crate::chain::Transport;
use crate::store::event::Arrival;

/// As in logs and file names.
pub const ACTOR: &str = "audit-repository";

/// NetworkAccessPointTypeCode of an IP address.
const IP_ADDRESS: u8 = 2;
/// ParticipantObjectTypeCode of a system object.
pub(crate) const SYSTEM_OBJECT: u8 = 2;
/// ParticipantObjectTypeCodeRole of a security resource.
pub(crate) const SECURITY_RESOURCE: u8 = 13;

/// Who writes: the SAN URI of the node's certificate.
#[derive(Clone, Debug)]
pub struct Author {
    pub source_id: String,
    /// Where it listens.
    pub address: IpAddr,
}

/// Why a connection was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// No certificate of the community's authority, or no TLS at all.
    Handshake,
    /// One more than the limits allow.
    Limit,
}

impl Author {
    /// EventTypeCode 110120 Application Start, DICOM PS3.15 A.5.3.1.
    #[must_use]
    pub fn start(&self) -> Arrival {
        self.application_activity(Code::dcm("110120", "Application Start"))
    }

    /// EventTypeCode 110121 Application Stop.
    #[must_use]
    pub fn stop(&self) -> Arrival {
        self.application_activity(Code::dcm("110121", "Application Stop"))
    }

    fn application_activity(&self, event_type: Code) -> Arrival {
        let launcher = ActiveParticipant {
            user_id: "operator".to_owned(),
            is_requestor: true,
            roles: vec![Code::dcm("110151", "Application Launcher")],
            ..ActiveParticipant::default()
        };
        let message = AuditMessage {
            event: event(Code::dcm("110100", "Application Activity"), event_type),
            participants: vec![self.application(), launcher],
            source: self.source(),
            objects: Vec::new(),
        };
        self.arrival(&message, Severity::Notice)
    }

    /// Security Alert, Node Authentication (DICOM PS3.15 A.5.3.11): connections of one peer that were refused
    /// in one minute.
    #[must_use]
    pub fn refused(&self, peer: &str, refusal: Refusal, n_refused: u64) -> Arrival {
        let alert = match refusal {
            Refusal::Handshake => "TLS handshakes refused",
            Refusal::Limit => "connections over the limit refused",
        };
        let participant = ActiveParticipant {
            user_id: peer.to_owned(),
            is_requestor: true,
            network_access_point: Some(access_point(peer)),
            ..ActiveParticipant::default()
        };
        let object = ParticipantObject {
            details: vec![(
                "Alert Description".to_owned(),
                format!("{n_refused} {alert}").into_bytes(),
            )],
            ..node(peer.to_owned())
        };
        let event_type = Code::dcm("110126", "Node Authentication");
        let message = AuditMessage {
            event: EventIdentification {
                outcome: Outcome::SeriousFailure,
                ..event(Code::dcm("110113", "Security Alert"), event_type)
            },
            participants: vec![participant, self.application()],
            source: self.source(),
            objects: vec![object],
        };
        self.arrival(&message, Severity::Warning)
    }

    /// Security Alert about the clock of this machine (ITI TF-2: 3.1).
    #[must_use]
    pub fn clock(&self, outcome: Outcome, alert: &str) -> Arrival {
        let object = ParticipantObject {
            details: vec![("Alert Description".to_owned(), alert.as_bytes().to_vec())],
            ..node(self.source_id.clone())
        };
        let row = audit::Event::CLOCK;
        let message = AuditMessage {
            event: EventIdentification { outcome, ..event(row.id.clone(), row.kind.clone()) },
            participants: vec![self.application()],
            source: self.source(),
            objects: vec![object],
        };
        self.arrival(&message, Severity::Warning)
    }

    /// This process as a participant.
    pub(crate) fn application(&self) -> ActiveParticipant {
        ActiveParticipant {
            user_id: self.source_id.clone(),
            alternative_user_id: Some(std::process::id().to_string()),
            is_requestor: false,
            network_access_point: Some(access_point(&self.address.to_string())),
            roles: vec![Code::dcm("110150", "Application")],
            ..ActiveParticipant::default()
        }
    }

    pub(crate) fn source(&self) -> AuditSource {
        AuditSource {
            id: self.source_id.clone(),
            enterprise_site_id: None,
            // AuditSourceTypeCode 6, security server.
            types: vec![Code::dcm("6", "Security Server")],
        }
    }

    /// The message as it is stored: like those of others.
    pub(crate) fn arrival(&self, message: &AuditMessage, severity: Severity) -> Arrival {
        let process_id = std::process::id().to_string();
        let hostname = self.address.to_string();
        let header = Header {
            time: message.event.time,
            hostname: &hostname,
            app_name: ACTOR,
            process_id: &process_id,
        };
        let raw = syslog::write(&header, severity, &message.to_xml());
        let received_at = Timestamp::now().as_microsecond();
        Arrival::new(received_at, Transport::Own, (&self.source_id, &hostname), raw)
    }
}

/// An event of now that was carried out.
fn event(id: Code, event_type: Code) -> EventIdentification {
    EventIdentification {
        id,
        action: Some(EventAction::Execute),
        time: Timestamp::now(),
        outcome: Outcome::Success,
        types: vec![event_type],
        outcome_description: None,
        purposes_of_use: Vec::new(),
    }
}

fn access_point(address: &str) -> NetworkAccessPoint {
    NetworkAccessPoint { id: address.to_owned(), type_code: IP_ADDRESS }
}

/// A node as what an alert is about.
fn node(id: String) -> ParticipantObject {
    ParticipantObject::new(id, SYSTEM_OBJECT, SECURITY_RESOURCE, Code::dcm("110182", "Node ID"))
}
