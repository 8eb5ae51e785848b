//! Audit Record Repository: ITI-20.

pub mod chain;
pub mod checkpoint;
pub mod extract;
pub mod store;
