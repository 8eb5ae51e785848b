//! The tests of the crate, as its users see it.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests and their helpers fail by panicking, and say what they skip"
)]

mod canonical;
mod hostile;
mod keys;
mod oracle;
mod purity;
mod random;
mod signing;

use xml::Limits;
use xmldsig::{Document, SignatureAlgorithm, SigningKey, signature};

/// `text` with the signature put in before the first place of `mark`.
fn signed(
    text: &str,
    mark: &str,
    prefixes: &[&str],
    key: &SigningKey,
    algorithm: SignatureAlgorithm,
) -> String {
    let document = Document::read(text, Limits::default()).unwrap();
    let signature = signature(document.root().unwrap(), prefixes, key, algorithm).unwrap();
    text.replacen(mark, &format!("{signature}{mark}"), 1)
}
