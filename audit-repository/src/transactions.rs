//! The transactions this actor receives.

pub mod record_audit_event;
pub mod retrieve_atna_audit_event;
