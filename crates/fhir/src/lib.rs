//! FHIR R4 as far as the audit trail speaks it: bytes and values, no IO, no clock.
//!
//! [`audit_event`] turns an audit message of DICOM into the resource AuditEvent; [`bundle`] and [`outcome`] are
//! what answers are wrapped in; [`parameters`], [`token`] and [`date`] read what searches ask for. JSON only.

pub mod audit_event;
pub mod bundle;
pub mod date;
pub mod outcome;
pub mod parameters;
pub mod token;

/// The media type of FHIR in JSON.
pub const MEDIA_TYPE: &str = "application/fhir+json";
