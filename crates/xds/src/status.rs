//! availabilityStatus, ITI TF-3: 4.2.3.2.2.

/// Whether an object is current or has been superseded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AvailabilityStatus {
    Approved,
    Deprecated,
}

impl AvailabilityStatus {
    /// The URN of the status as the wire writes it.
    pub const fn urn(self) -> &'static str {
        match self {
            AvailabilityStatus::Approved => "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved",
            AvailabilityStatus::Deprecated => {
                "urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated"
            }
        }
    }

    /// The status that a URN names; `None` for anything else, `Submitted` included.
    pub fn from_urn(urn: &str) -> Option<AvailabilityStatus> {
        [AvailabilityStatus::Approved, AvailabilityStatus::Deprecated]
            .into_iter()
            .find(|status| status.urn() == urn)
    }
}
