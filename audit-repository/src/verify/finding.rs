//! What can be wrong.

use std::fmt;

/// One thing that is wrong. No variant shows the content of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The record it is about, or the first one of a range; `None` if it is about none.
    pub sequence: Option<i64>,
    pub fault: Fault,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("records are missing up to {last}")]
    Missing { last: i64 },
    #[error("the record has no place in the chain")]
    Inserted,
    /// Its own hash is wrong, or it was written after another record than the one before it.
    #[error("the record was changed, or does not follow from the one before it")]
    Chain,
    #[error("the text was changed")]
    Text,
    #[error("there is a text without a record")]
    TextWithoutRecord,
    #[error("the columns were not extracted from the text")]
    Columns,
    #[error("the columns were made by unknown rules")]
    Extraction,
    #[error("the index lacks an entry")]
    IndexEntryMissing,
    #[error("the index has an entry that the text does not give")]
    IndexEntryAdded,
    #[error("the text is missing, and no act of retention covers it")]
    Dropped,
    #[error("records from here up to {last} were rewritten after checkpoint {number}")]
    Rewritten { last: i64, number: i64 },
    #[error("the end is missing: checkpoint {number} was signed at record {last}")]
    Truncated { last: i64, number: i64 },
    #[error("no checkpoint was made since")]
    Unsigned,
    #[error("checkpoint {number} is missing")]
    CheckpointMissing { number: i64 },
    #[error("checkpoint {number} was changed, or signed by nobody who may")]
    CheckpointSignature { number: i64 },
    #[error("checkpoint {number} is another one in the file than in the database")]
    CheckpointDiffers { number: i64 },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sequence {
            Some(sequence) => write!(f, "record {sequence}: {}", self.fault),
            None => write!(f, "{}", self.fault),
        }
    }
}
