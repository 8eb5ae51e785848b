//! ebRIM/ebRS and XDS.b messages: XML events to domain values and back.
//!
//! Every reader works on an [`xml::Reader`] that stands just after the start of the payload
//! element and reads through its end; the caller took that element with `next_child` and
//! compared its name with [`namespace`]. Prefixes mean nothing, the order of children inside an
//! ebRIM object means nothing (real senders break the schema's order), and what a reader does
//! not know is kept or reported.
//!
//! Two kinds of trouble are kept apart. A [`ReadError`] says that the message is not the
//! expected one at all. What is wrong with the metadata of a well-shaped message is an
//! [`xds::MetadataFault`]; the reader goes on and notes as many as it can find.
//!
//! The names of ebRIM (`ExtrinsicObject`, `Slot`, `Classification`) exist in this crate only.

pub mod namespace;

mod error;
mod limits;
mod scheme;

mod attributes;
mod findings;
mod object_writer;
mod rim;
mod slots;

mod association;
mod author;
mod code;
mod document_entry;
mod folder;
mod submission_set;

mod registry_object_list;

pub mod adhoc_query_request;
pub mod adhoc_query_response;
pub mod content;
pub mod provide_and_register;
pub mod registry_response;
pub mod retrieve_document_set;
pub mod submit_objects;

pub use adhoc_query_request::{read_adhoc_query_request, write_adhoc_query_request};
pub use adhoc_query_response::{AdhocQueryResponse, Stored};
pub use content::{Content, ContentToSend};
pub use error::ReadError;
pub use provide_and_register::{
    Amendment, ProvideAndRegister, SubmittedDocument, amend_submit_objects_request,
    read_provide_and_register, write_provide_and_register,
};
pub use registry_response::{read_registry_response, write_registry_response};
pub use submit_objects::{read_submit_objects_request, write_submit_objects_request};
