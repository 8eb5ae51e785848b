//! The published samples, sent to running communities as they are.
//!
//! One test a domain of patient identifiers, since a community has one: whoever adds a sample adds
//! its file to one of the tables. Every answer is validated by the published schemas.

mod client;
mod feeds;
mod packages;
mod queries;
mod quirks;
mod registrations;
mod retrievals;
mod stacks;
mod submissions;

use crate::harness::community::{Community, Setup};
use crate::harness::schemas::shared;
use crate::harness::soap::{envelope, new_message_id, without_declaration};

/// The domain of most samples: the one of the NIST toolkit.
pub(crate) const TOOLKIT: &str = "1.3.6.1.4.1.21367.2005.3.7";

/// A sample as it is; `None`, and a word about it, without `../shared`.
fn sample_bytes(name: &str) -> Option<Vec<u8>> {
    let path = shared("samples")?.join(name);
    Some(std::fs::read(path).unwrap())
}

/// A sample of text.
fn sample(name: &str) -> Option<String> {
    sample_bytes(name).map(|bytes| String::from_utf8(bytes).unwrap())
}

/// A sample as an envelope with its MessageID, if it has one: as it is, or wrapped if it is only a
/// body.
fn sample_envelope(name: &str, action: &str) -> Option<(String, Option<String>)> {
    let text = sample(name)?;
    if name.ends_with("-body.xml") {
        let message_id = new_message_id();
        let envelope = envelope(action, &message_id, without_declaration(&text));
        return Some((envelope, Some(message_id)));
    }
    let message_id = between(&text, "MessageID", "<").map(str::to_owned);
    Some((text, message_id))
}

/// The text after the tag that contains `start`, up to `end`.
fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    let (_, after) = text.split_once(start)?;
    let (_, after) = after.split_once('>')?;
    after.split_once(end).map(|(inside, _)| inside)
}

fn community_of(affinity_domain: &'static str) -> Community {
    Community::start(Setup { affinity_domain, ..Setup::default() })
}
