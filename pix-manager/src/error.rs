//! What goes wrong, and the codes that tell it: chosen here and nowhere else.

mod management;
mod query;

pub use management::{ChangeFault, IdPlace, LinkFault, ManagementFault, MergeFault};
pub use query::QueryFault;

use audit::Outcome;

/// Whatever a transaction refuses.
pub(crate) trait Refusal: std::error::Error {
    /// For the audit trail: the sender's fault is minor, ours is serious.
    fn outcome(&self) -> Outcome;
}
