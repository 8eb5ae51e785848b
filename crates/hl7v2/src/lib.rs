//! HL7 v2: character sets, MLLP framing, messages, ADT feeds, PIX and PDQ queries with their answers, and
//! acknowledgements.
//!
//! The way in is [`MllpFramer`] (bytes to frames), [`decode`] (frame to text by MSH-18; [`decode_as`] for a
//! partner that declares another set than it sends), [`Message::parse`] (text to segments) and a reader:
//! [`read_patient_identity_feed`] (ITI-8 for a registry), [`read_identity_management`] (ITI-8 and ITI-30 for a
//! PIX manager), [`read_query`] (ITI-9, ITI-21, ITI-22), [`read_link_change`] (ITI-64),
//! [`read_update_notification`] (ITI-10), and for consumers [`read_pix_response`] and
//! [`read_demographics_response`]. The way out is a writer, [`encode`] and [`mllp_frame`]. When the way in
//! fails before there is a message, [`Header::recover`] and [`QueryEcho::recover`] say whom to answer.
//!
//! Bytes in, values out: no sockets, no clock. Which code answers which failure is
//! the actors' choice; the errors here carry the place, never a value. Whatever
//! is read has limits, and no function takes more than linear time.

mod ack;
mod adt;
mod charset;
mod delimiters;
mod error;
mod header;
mod location;
mod message;
mod mllp;
mod outgoing;
mod patient;
mod query;
mod response;
mod structure;
mod writer;

pub use ack::{Ack, AckCode, ErrDetail, ErrorCode, NotAnAck, ReceivedAck, read_ack, write_ack};
pub use adt::{
    FeedError, LINK_CHANGE_EVENT, ReceivedHere, read_identity_management, read_link_change,
    read_patient_identity_feed, read_update_notification, write_adt, write_identity_management,
    write_link_change, write_update_notification,
};
pub use charset::{Charset, Encoded, MAX_MESSAGE_BYTES, decode, decode_as, encode};
pub use delimiters::Delimiters;
pub use error::Hl7Error;
pub use header::{Header, ProcessingId};
pub use location::Location;
pub use message::{
    Component, Field, MAX_FIELDS, MAX_REPETITIONS, MAX_SEGMENTS, MAX_TEXT_BYTES, Message,
    Repetition, Segment,
};
pub use mllp::{BrokenFrame, FrameError, MllpFramer, mllp_frame};
pub use outgoing::OutgoingHeader;
pub use query::{
    Cancellation, DomainsField, NotInV2, PageRequest, Query, QueryEcho, QueryError, read_query,
    write_cancel, write_demographics_query, write_pix_query,
};
pub use response::{
    DemographicsResponse, PixResponse, QueryStatus, ReceivedError, Reply, ResponseError,
    ResponseFrame, read_demographics_response, read_pix_response, write_demographics_response,
    write_pix_response,
};
