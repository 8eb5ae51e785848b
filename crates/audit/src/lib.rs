//! What is recorded about every transaction, and where it is kept until it is forwarded.
//!
//! Two places, one format. Work that *writes* hands its [`AuditRecord`] to the commit of
//! its own database, where it becomes a row of the [`outbox`] in the same transaction.
//! Work that only *reads* appends its record to the [`Journal`] of the process before the
//! first byte of the answer. Later the outbox is drained into the journal, so that one
//! hash chain per process holds everything.
//!
//! From there the [`forwarding`] sends everything to audit record repositories (ITI-20).
//! What is recorded of which transaction stands in one table, [`Event`]; [`rendering`] makes
//! the audit message of the standard of a record when it leaves. The content of records is
//! never logged: they hold personal data.

mod actor_trail;
#[cfg(feature = "discard")]
pub mod discard;
mod event;
pub mod forwarding;
pub mod journal;
mod node;
pub mod outbox;
mod record;
mod refusals;
pub mod rendering;

pub use actor_trail::ActorTrail;
pub use event::{Event, Participants};
pub use forwarding::{Forwarder, ForwarderHandle};
pub use journal::{Journal, JournalError, VerifyReport, verify};
pub use node::Node;
pub use outbox::OutboxEntry;
pub use record::{
    AuditRecord, CodedValue, EventAction, Object, Outcome, Party, Patient, PatientPart, Person,
};
pub use refusals::{RefusalReporter, Refusals};
