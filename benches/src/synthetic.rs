//! Synthetic metadata in the shape of a Japanese region: deterministic by seed, no person behind it.
//!
//! The shape is what costs: twenty attributes, Japanese text of three bytes a character, one or two authors,
//! up to three event codes, five `sourcePatientInfo` values, two reference ids, coded values out of lists of
//! real size. The OIDs are of the arc 2.999, which is reserved for examples.

pub mod codes;
mod entry;
pub mod person;
pub mod population;
pub mod question;
mod random;
pub mod submission;
#[cfg(test)]
mod tests;
mod text;

use datatypes::{EntryUuid, Oid, RepositoryUniqueId};

pub use population::{Group, Patient, Population};
pub use random::Random;

/// Assigning authority of the affinity domain.
pub const AFFINITY_DOMAIN: &str = "2.999.1.2";
/// Where the documents would lie.
pub const REPOSITORY: &str = "2.999.1.1";
/// SubmissionSet.sourceId.
const SOURCE: &str = "2.999.1.3";

/// Makes entries and submissions; the same seed makes the same ones.
#[derive(Debug)]
pub struct Generator {
    random: Random,
    repository: RepositoryUniqueId,
    source: Oid,
    /// Numbers documents and submissions, so that no uniqueId comes twice.
    n_made: u64,
}

impl Generator {
    #[must_use]
    pub fn new(seed: u64) -> Generator {
        Generator {
            random: Random::new(seed),
            repository: valid(RepositoryUniqueId::parse(REPOSITORY)),
            source: oid(SOURCE),
            n_made: 0,
        }
    }

    fn next_number(&mut self) -> u64 {
        self.n_made = self.n_made.saturating_add(1);
        self.n_made
    }

    fn uuid(&mut self) -> EntryUuid {
        let [high, low] = [self.random.number(), self.random.number()];
        let number = (u128::from(high) << 64) | u128::from(low);
        EntryUuid::from_bytes(number.to_be_bytes())
    }
}

/// An OID that this crate names itself.
#[must_use]
pub fn oid(text: &str) -> Oid {
    valid(Oid::parse(text))
}

/// A value whose text was made here. What the domain types refuse would be a fault of the generator, and a
/// figure about other data than it promises is worse than none.
fn valid<T, E: std::fmt::Debug>(parsed: Result<T, E>) -> T {
    #[expect(clippy::expect_used, reason = "generated text is valid by construction")]
    parsed.expect("generated text is valid")
}
