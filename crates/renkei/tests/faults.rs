//! Faults of the surroundings: a registry that is away or talks nonsense, files that vanish, a database
//! that hangs up, a stop in the middle of a request, and nosy logs.
//!
//! What a repository may do with bytes whose registration failed depends on what it knows: an answer of
//! Failure, or a registry that was surely not reached, releases them; everything else leaves them in
//! doubt, and in doubt they stay.

mod alone;
mod answers;
mod contention;
mod damage;
mod database;
mod doubt;
mod files;
mod logs;
#[cfg(feature = "s3")]
mod object_store;
mod reconciling;
pub(crate) mod scripted;
mod shim;
mod stopping;
mod storage;
mod verdicts;
