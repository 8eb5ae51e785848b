//! Fuzzing: every reader that meets foreign bytes at the registry, under damaged and hostile messages.
//!
//! A [`Target`] is one reader with what must hold of whatever it accepts: what was read is written and read
//! again to the same value, sizes are bounded by the input, two ways to read agree. [`campaign`] feeds it good
//! messages of this project and of the collection beside the repository, changed by [`mutation`]. An input
//! that ends in a new way joins the ones that are changed further, which leads deep into a reader without a
//! compiler's help. `make test` runs a few hundred cases a target, `make fuzz` a minute each.
//!
//! A failure is a panic, a broken promise or a run out of all proportion to the input.

pub mod campaign;
pub mod dice;
pub mod mutation;
mod samples;
mod targets;

pub use targets::{TARGETS, target};

/// How a reader ended: `Ok` names what it read, `Err` why it refused, both without values, so that inputs
/// that end alike have the same text.
pub type Verdict = Result<String, String>;

/// One reader of foreign bytes.
#[derive(Clone, Copy)]
pub struct Target {
    pub name: &'static str,
    /// Reads, and panics if what was read breaks a promise.
    pub run: fn(&[u8]) -> Verdict,
    /// Good inputs, written by this project; each must be accepted.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Folders of the collection beside the repository whose files are inputs as well.
    pub samples: &'static [&'static str],
    /// What means something to the reader, or to the attackers of readers like it, in groups.
    pub tokens: &'static [&'static [&'static str]],
}

impl Target {
    /// The seeds, and the samples where the collection is at hand.
    #[must_use]
    pub fn inputs(&self) -> Vec<Vec<u8>> {
        let mut inputs = (self.seeds)();
        inputs.extend(samples::read(self.samples));
        inputs
    }
}
