//! Patient Identifier Cross-reference Manager and Patient Demographics Supplier.
//!
//! The way of a message: `mllp` (HL7 v2) or `soap` (HL7 v3) decodes it, a function in `transactions` does
//! the duties of the specification, `change` and `linking` decide who is one person, `store` keeps the rows,
//! `announcing` says who must be told, and `courier` tells them. Error codes are chosen in `error`.

pub mod admin;
pub mod announced;
pub mod announcing;
pub mod change;
mod clock_watch;
pub mod continuation;
pub mod courier;
pub mod error;
pub mod in_force;
pub mod linking;
pub mod mllp;
pub mod network_id;
pub mod persons;
pub mod questions;
pub mod record;
mod server;
pub mod soap;
pub mod source;
pub mod store;
pub mod transactions;

use std::sync::Arc;

use access::Door;
use arc_swap::ArcSwap;
use audit::{ActorTrail, Journal, Node};
use config::actor::PixManagerConfig;
use policy::{Access, Policy};
use tokio::sync::Notify;

use crate::announced::Announced;
use crate::continuation::Continuations;
use crate::in_force::InForce;
pub use crate::server::{PixManagerServer, StartError};

/// The manager's state, shared by all its workers.
pub struct Manager {
    pub database: Arc<::store::Database>,
    pub config: Arc<PixManagerConfig>,
    pub policy: Policy,
    pub door: Door,
    pub access: Access,
    pub in_force: Arc<ArcSwap<InForce>>,
    pub journal: Arc<Journal>,
    /// How the audit trail calls the manager.
    pub node: Node,
    pub continuations: Continuations,
    /// There may be something to tell.
    pub wake: Notify,
    /// What the registry has come to know.
    pub announced: Announced,
}

impl Manager {
    /// What the actor records of itself.
    pub(crate) fn trail(&self) -> ActorTrail {
        let in_force = Arc::clone(&self.in_force);
        let version = move || in_force.load().agreement.version_in_force();
        ActorTrail::new(Arc::clone(&self.journal), self.node.clone(), version)
    }
}
