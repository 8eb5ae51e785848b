//! HL7 v3 messages of the Patient Identity Feed (ITI-44): XML events to domain values and back.
//!
//! [`read_patient_identity_feed`] works on an [`xml::Reader`] that stands just after the start of
//! the payload element and reads through its end; the caller took that element with `next_child`
//! and compared its name with [`FeedInteraction::name`] in [`HL7_V3`].
//! [`write_acknowledgement`] makes the answer. Only the 2008 edition that the profile names is known here.
//!
//! Two kinds of trouble are kept apart. A [`ReadError`] says that there is nothing to
//! acknowledge: no XML, or no message id. What is wrong with a message that can be
//! acknowledged is a [`FeedError`] with the place at fault, never a value. Which code answers
//! which failure is the actors' choice.
//!
//! Bytes in, values out: no sockets, no clock, no recursion; the depth and the size of a document are
//! limited by its reader, the number of what is kept of it here.

mod acknowledgement;
mod error;
mod feed;
mod instance_id;
mod interaction;
mod location;
mod structure;
mod wrapper;

pub use acknowledgement::{
    ACKNOWLEDGEMENT_ACTION, AckDetail, AckTypeCode, Acknowledgement, write_acknowledgement,
};
pub use error::{FeedError, ReadError};
pub use feed::{FeedMessage, MAX_REPETITIONS, read_patient_identity_feed};
pub use hl7v2::ErrorCode;
pub use instance_id::{InstanceId, InvalidInstanceId};
pub use interaction::FeedInteraction;
pub use location::Location;
pub use wrapper::{AcceptAckCode, ProcessingCode, Wrapper};

/// The namespace of all HL7 v3 messages.
pub const HL7_V3: &str = "urn:hl7-org:v3";

/// The OID under which HL7 registers interactions and trigger events.
const INTERACTIONS_OID: &str = "2.16.840.1.113883.1.6";
