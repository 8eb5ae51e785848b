//! The five XDS objects, the stored queries and the error codes of ITI TF-3: 4, without any wire format.
//!
//! What an attribute is called, which of them must be there and what they mean stands here; how they look
//! as ebRIM XML stands in `ebxml`, how they are stored in the registry. Nothing here reads a clock or a file.

pub mod association;
pub mod author;
pub mod document_entry;
pub mod error;
pub mod fault;
pub mod folder;
pub mod query;
pub mod slot;
pub mod status;
pub mod submission;
pub mod submission_set;

pub use association::{Association, AssociationType, SubmissionSetStatus};
pub use author::Author;
pub use document_entry::{DocumentEntry, EntryType};
pub use error::{ErrorCode, RegistryError, RegistryResponse, ResponseStatus, Severity};
pub use fault::{MetadataFault, Problem};
pub use folder::Folder;
pub use slot::{Identified, LocalizedText, Slot};
pub use status::AvailabilityStatus;
pub use submission::{ObjectKind, ObjectOutline, Submission, SubmissionDraft};
pub use submission_set::SubmissionSet;
