//! What goes wrong, and the codes that tell it: chosen here and nowhere else.

mod admin;
mod management;
mod query;
mod told;
mod v2;
mod v3;

pub use admin::AdminFault;
pub use management::{ChangeFault, IdPlace, LinkFault, ManagementFault, MergeFault};
pub use query::QueryFault;
pub use v2::{FeedRefusal, QueryRefusal};
pub use v3::{FeedV3Refusal, QueryV3Refusal};

use audit::Outcome;

/// Whatever a transaction refuses.
pub(crate) trait Refusal: std::error::Error {
    /// For the audit trail: the sender's fault is minor, ours is serious.
    fn outcome(&self) -> Outcome;
}
