//! The transactions that the command line starts: Document Source, Document Consumer, Patient
//! Identity Source, consumer of cross-references and demographics; one file per transaction.

pub(crate) mod hl7v2_message;
pub(crate) mod patient_demographics_query;
pub(crate) mod patient_identity_feed;
pub(crate) mod pix_query;
pub(crate) mod provide_and_register_document_set;
pub(crate) mod registry_stored_query;
pub(crate) mod retrieve_atna_audit_event;
pub(crate) mod retrieve_document_set;
