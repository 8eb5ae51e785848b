//! Messages that must be refused, each with its cause (SAML Raider's eight wrapping forms among them).

#![expect(clippy::too_many_lines, reason = "a table is as long as what it lists")]

mod claims;
mod placement;
mod signatures;
mod tampering;
mod wrapping;

pub(crate) use signatures::raw;

use crate::forgery::{Forgery, split};
use crate::support::{Outcome, envelope, genuine, outcome, security};

/// One attack: what it is called, the message, what becomes of it.
pub(crate) type Attack = (&'static str, String, Outcome);

/// All of them, so that none is lost.
const LEAST: usize = 250;

fn all() -> Vec<Attack> {
    [
        wrapping::attacks(),
        placement::attacks(),
        tampering::attacks(),
        signatures::attacks(),
        claims::attacks(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn every_attack_is_refused_with_its_cause() {
    let attacks = all();
    let mut names: Vec<&str> = attacks.iter().map(|(name, ..)| *name).collect();
    names.sort_unstable();
    names.windows(2).for_each(|pair| assert_ne!(pair[0], pair[1], "twice"));
    let mut failures = Vec::new();
    for (name, text, expected) in &attacks {
        assert!(!matches!(expected, Outcome::Accepted(_)), "{name}");
        let found = outcome(text);
        if found != *expected {
            failures.push(format!("{name}: {found:?}, expected {expected:?}"));
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {}:\n{}",
        failures.len(),
        attacks.len(),
        failures.join("\n")
    );
    assert!(attacks.len() >= LEAST, "{}", attacks.len());
}

/// A message with this content of its Security header.
fn with(content: &str) -> String {
    envelope(&security(content))
}

/// The genuine assertion without signature, and its signature.
fn parts() -> (String, String) {
    split(&genuine())
}

/// What an attacker would like to be accepted: another user, another role, under an ID of its own.
fn evil() -> String {
    evil_of(&parts().0).replace("_7d8e48d6", "_evil")
}

fn evil_of(text: &str) -> String {
    text.replace("drsato", "evil").replace("309343006", "6868009")
}

/// An assertion whose text was changed before an honest provider signed it.
fn provided(change: impl Fn(String) -> String) -> String {
    let unsigned = change(parts().0);
    assert_ne!(unsigned, parts().0, "nothing was changed");
    with(&Forgery::default().sign(&unsigned))
}

/// A text changed in one place, which must be there.
pub(crate) fn replaced_text(text: &str, from: &str, to: &str) -> String {
    let changed = text.replacen(from, to, 1);
    assert_ne!(changed, text, "{from}");
    changed
}

/// A message changed on the way.
fn changed(from: &str, to: &str) -> String {
    replaced_text(&with(&genuine()), from, to)
}
