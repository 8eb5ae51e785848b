//! Tables: many cases of one shape, a row each.
//!
//! `queries/<iti-nn>/<name>.toml` holds the parameters of a stored query with values that find,
//! that do not find, and that are refused; `submissions/<iti-nn>/<name>.toml` holds variations of
//! a submission; `rules/<iti-nn>/<name>.toml` holds rules with the messages that keep and that break them.
//! A row gives the case `<iti-nn>/<name>/<row>` of what must be answered, and the
//! case `<iti-nn>/<name>/<row>_refused` of what must be refused. The format is documented in
//! `conformance/README.md`.

pub(crate) mod queries;
pub(crate) mod rules;
pub(crate) mod submissions;

use crate::case::file::StepLibrary;
use crate::check::{Check, Status};
use std::collections::BTreeMap;

/// What the tables share: each other, and the steps.
pub(crate) struct Tables<'a> {
    /// Tables of queries by their path below `queries/`.
    pub(crate) texts: BTreeMap<&'a str, &'a str>,
    pub(crate) steps: &'a StepLibrary,
}

/// What makes an answer a refusal: Failure with an error of one of these codes, or of any code
/// where the standard names none.
fn refused(codes: &[String]) -> Vec<Check> {
    let mut checks = vec![Check::ResponseStatus(Status::Failure), Check::ConsistentResponse];
    let one = |code: &String| Check::ErrorCode {
        code: code.clone(),
        context_contains: None,
        location: None,
    };
    match codes {
        [] => {}
        [code] => checks.push(one(code)),
        several => checks.push(Check::OneOf(several.iter().map(|code| vec![one(code)]).collect())),
    }
    checks
}
