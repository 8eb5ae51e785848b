//! The affinity-domain agreement, actor configurations, development CA.
//!
//! A community lives in one data folder: the agreement of its members
//! (`affinity-domain.toml` with `codes.toml`), one small file per actor
//! (`registry.toml`, `repository.toml`, `audit-repository.toml`, `pix-manager.toml`), certificates under
//! `pki/`, and, while it runs, `endpoints.json`. This crate reads, checks, writes and creates that folder.
//!
//! Reading never stops at the first fault: all of them are collected with file, line and
//! what would be right ([`Faults`]). Nothing here opens a port or a database.

mod fault;
mod reader;
mod sender;
mod toml_text;

pub mod agreement;
pub mod codes;
pub mod codes_xml;

pub mod actor;
pub mod check;
pub mod endpoints;
pub mod init;
pub mod pki;
pub mod trust;

mod durable;
mod error;

pub use agreement::Agreement;
pub use check::Community;
pub use codes::{CodeAttribute, CodeTables};
pub use endpoints::Endpoints;
pub use error::ConfigError;
pub use fault::{Fault, Faults};
pub use sender::SenderPattern;
