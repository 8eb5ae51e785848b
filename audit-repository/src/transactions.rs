//! The transactions this actor receives.

pub mod record_audit_event;
