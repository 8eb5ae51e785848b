//! What is recorded about every transaction, and where it is kept until it is forwarded.
//!
//! Two places, one format. Work that *writes* hands its [`AuditRecord`] to the commit of
//! its own database, where it becomes a row of the [`outbox`] in the same transaction.
//! Work that only *reads* appends its record to the [`Journal`] of the process before the
//! first byte of the answer. Later the outbox is drained into the journal, so that one
//! hash chain per process holds everything.
//!
//! From there the [`forwarding`] sends everything to audit record repositories (ITI-20).
//!
//! This crate does not choose what is recorded (the transactions do), and nothing of a
//! record appears in its log: audit records hold personal data, which never belongs there.

pub mod forwarding;
pub mod journal;
pub mod outbox;
mod record;

pub use forwarding::{Forwarder, ForwarderHandle};
pub use journal::{Journal, JournalError, VerifyReport, verify};
pub use outbox::OutboxEntry;
pub use record::{AuditRecord, EventAction, Outcome};
