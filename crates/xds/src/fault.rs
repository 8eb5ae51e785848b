//! What can be wrong with submitted metadata.

/// What is wrong with one attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Problem {
    #[error("is missing")]
    Missing,
    #[error("occurs more than once")]
    Repeated,
    #[error("has an invalid value")]
    Invalid,
    #[error("is too long")]
    TooLong,
    #[error("is not allowed here")]
    NotAllowed,
    #[error("is not in the code set of the affinity domain")]
    NotInCodeSet,
    #[error("contradicts another attribute")]
    Contradiction,
}

/// One fault of a submission: which object, which attribute, what is wrong with it.
///
/// `object` is the id that the submission itself gave the object (never a patient's); the offending
/// value is never part of a fault.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MetadataFault {
    pub object: String,
    pub attribute: &'static str,
    pub problem: Problem,
}

impl MetadataFault {
    /// Text for the requester's `codeContext`.
    pub fn code_context(&self) -> String {
        format!("{} of {} {}", self.attribute, self.object, self.problem)
    }
}

/// Text for logs: the object's id is the sender's free text and stays out.
impl std::fmt::Display for MetadataFault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.attribute, self.problem)
    }
}
