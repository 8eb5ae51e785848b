//! What ITI-81 asks for: parameters as a [`query::Query`], conditions that no column serves, pages, and the
//! links between them.

pub mod condition;
pub mod find;
pub mod link;
pub mod query;
