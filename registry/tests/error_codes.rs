//! Every error has its code, tells the requester what it must, and tells the log nothing that is personal.
//!
//! Each list is complete: the function beside it names the variants, and does not compile until a new one
//! has a name. The only absent variant is `Denied`: nobody but the policy can make one, and open access
//! denies nothing.

mod feed;
mod query;
mod registration;

/// Stands for what the requester sent.
const SENT: &str = "SENT-4711";
/// Stands for what only the registry knows.
const INTERNAL: &str = "INTERNAL-4711";

/// A failure of the database whose text must stay here.
fn database_failure() -> diesel::result::Error {
    diesel::result::Error::QueryBuilderError(INTERNAL.into())
}

/// The listed variants are all there are, but for those that cannot be made.
#[track_caller]
fn check_complete<'a>(mut listed: Vec<&'a str>, all: &[&'a str], cannot_be_made: &[&'a str]) {
    listed.extend(cannot_be_made);
    listed.sort_unstable();
    listed.dedup();
    let mut all = all.to_vec();
    all.sort_unstable();
    assert_eq!(listed, all);
}
