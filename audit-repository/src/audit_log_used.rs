//! Audit Log Used (DICOM PS3.15 A.5.3.2; EventID 110101): somebody read the trail, or wanted to.

use atna::syslog::Severity;
use atna::{
    ActiveParticipant, AuditMessage, Code, EventAction, EventIdentification, NetworkAccessPoint,
    Outcome, ParticipantObject,
};
use jiff::Timestamp;

use crate::own_record::{Author, SECURITY_RESOURCE, SYSTEM_OBJECT};
use crate::store::event::Arrival;

/// NetworkAccessPointTypeCode of an IP address.
const IP_ADDRESS: u8 = 2;
/// ParticipantObjectTypeCode of a person, ParticipantObjectTypeCodeRole of a patient and of a query.
const PERSON: u8 = 1;
const PATIENT: u8 = 1;
const QUERY: u8 = 24;

const ITI_81: Code = Code::transaction("ITI-81", "Retrieve ATNA AuditEvent");

/// Patients of one question that its record names.
pub const MAX_PATIENTS: usize = 100;

/// One use of the trail.
#[derive(Clone)]
pub struct Use {
    /// Common name of the certificate, or address.
    pub requester: String,
    pub address: String,
    /// URL of the trail.
    pub log_url: String,
    /// Query string, form, or what was read by its id.
    pub query: Vec<u8>,
    /// Patients who were asked for, as identifiers.
    pub patients: Vec<String>,
    pub outcome: Outcome,
    /// Why it failed, without values.
    pub reason: Option<String>,
}

impl Author {
    /// The record of one use.
    #[must_use]
    pub fn audit_log_used(&self, used: Use) -> Arrival {
        let event = EventIdentification {
            id: Code::dcm("110101", "Audit Log Used"),
            action: Some(EventAction::Read),
            time: Timestamp::now(),
            outcome: used.outcome,
            types: vec![ITI_81],
            outcome_description: used.reason,
            purposes_of_use: Vec::new(),
        };
        let reader = ActiveParticipant {
            user_id: used.requester,
            is_requestor: true,
            network_access_point: Some(NetworkAccessPoint {
                id: used.address,
                type_code: IP_ADDRESS,
            }),
            roles: vec![Code::dcm("110153", "Source Role ID")],
            ..ActiveParticipant::default()
        };
        let log = ParticipantObject {
            name: Some("Security Audit Log".to_owned()),
            ..ParticipantObject::new(
                used.log_url,
                SYSTEM_OBJECT,
                SECURITY_RESOURCE,
                Code::new("12", "RFC-3881", "URI"),
            )
        };
        let mut objects = vec![log];
        if !used.query.is_empty() {
            objects.push(ParticipantObject {
                query: Some(used.query),
                ..ParticipantObject::new("AuditEvent".to_owned(), SYSTEM_OBJECT, QUERY, ITI_81)
            });
        }
        let number = Code::new("2", "RFC-3881", "Patient Number");
        let patients = used.patients.into_iter().take(MAX_PATIENTS);
        objects
            .extend(patients.map(|id| ParticipantObject::new(id, PERSON, PATIENT, number.clone())));
        let message = AuditMessage {
            event,
            participants: vec![reader, self.application()],
            source: self.source(),
            objects,
        };
        self.arrival(&message, Severity::Notice)
    }
}
