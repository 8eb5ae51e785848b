//! What the wire tests share: a real community under test, and clients of no vendor's making.
//!
//! Requests are written as text and bytes, so that a test can break them anywhere; answers are
//! taken apart by readers of the harness's own, and validated by `xmllint` where it is there.
//! Nothing here waits without a deadline.

pub(crate) mod community;
pub(crate) mod database;
pub(crate) mod feed;
pub(crate) mod feed_v3;
pub(crate) mod http;
pub(crate) mod manager;
pub(crate) mod node;
pub(crate) mod package;
pub(crate) mod peer;
pub(crate) mod pix;
pub(crate) mod reply;
pub(crate) mod schemas;
pub(crate) mod soap;
pub(crate) mod submission;
pub(crate) mod transactions;
