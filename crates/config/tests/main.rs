//! The data folder of a community, from creation to fault report.
#![expect(clippy::unwrap_used, reason = "test helpers fail by panicking")]

mod actors;
mod agreement;
mod codes;
mod codes_xml;
mod community;
mod domains;
mod endpoints;
mod folder;
mod init;
mod issuers;
mod pix_manager;
mod pki;
mod trust;
