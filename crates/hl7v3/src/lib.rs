//! HL7 v3 messages of patient identity (ITI-44, ITI-45, ITI-46, ITI-47): XML events to domain values and back.
//!
//! The readers work on an [`xml::Reader`] that stands just after the start of the payload element and read
//! through its end; the caller took that element with `next_child` and compared its name with
//! [`Interaction::element`] in [`HL7_V3`]. Only the 2008 edition that the profile names is known here.
//!
//! Two kinds of trouble are kept apart. A [`ReadError`] says that there is nothing to
//! answer: no XML, or no message id. What is wrong with a message that can be
//! answered is a [`ContentError`] with the place at fault, never a value. Which code answers
//! which failure is the actors' choice.
//!
//! Bytes in, values out: no sockets, no clock, no recursion; the depth and the size of a document are
//! limited by its reader, the number of what is kept of it here.

mod acknowledgement;
mod envelope;
mod error;
mod feed;
mod instance_id;
mod interaction;
mod location;
mod person;
mod query;
mod registration;
mod response;
mod structure;
mod transmission;
mod update_notification;
mod wrapper;

pub use acknowledgement::{
    AckDetail, AckTypeCode, Acknowledgement, NotAnAcknowledgement, ReceivedAcknowledgement,
    read_acknowledgement, write_acknowledgement,
};
pub use error::{ContentError, FeedError, QueryError, ReadError};
pub use feed::{FeedMessage, MAX_REPETITIONS, read_patient_identity_feed};
pub use hl7v2::ErrorCode;
pub use instance_id::{InstanceId, InvalidInstanceId};
pub use interaction::{
    ACKNOWLEDGEMENT_ACTION, CROSS_REFERENCE_RESPONSE_ACTION, DEMOGRAPHICS_RESPONSE_ACTION,
    FeedInteraction, Interaction,
};
pub use location::Location;
pub use query::{
    DemographicsRequest, QueryContinuation, QueryCopy, QueryMessage, read_cross_reference_query,
    read_demographics_query, read_query_cancellation, read_query_continuation,
};
pub use response::{
    Answering, QueryFailure, QueryFault, write_cross_reference_response,
    write_demographics_response,
};
pub use update_notification::{UpdateNotification, write_update_notification};
pub use wrapper::{AcceptAckCode, ProcessingCode, Wrapper};

/// The namespace of all HL7 v3 messages.
pub const HL7_V3: &str = "urn:hl7-org:v3";

/// The OID under which HL7 registers interactions and trigger events.
const INTERACTIONS_OID: &str = "2.16.840.1.113883.1.6";
