//! A visit of a patient, as far as it can be asked for (ITI-22).

use std::fmt;

use crate::local_id::LocalId;

/// What the PV1 segment of a feed says. `Debug` tells only what is there.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Visit {
    /// PV1-19; a visit without number is known by its patient alone, the last one counts.
    pub number: Option<LocalId>,
    /// PV1-2, HL7 v2.5 table 0004; `N` where a feed is not about a visit.
    pub class: String,
    /// PV1-3.
    pub location: VisitLocation,
    /// PV1-7.
    pub attending: Vec<Clinician>,
    /// PV1-8.
    pub referring: Vec<Clinician>,
    /// PV1-9.
    pub consulting: Vec<Clinician>,
    /// PV1-10, HL7 v2.5 table 0069.
    pub service: String,
    /// PV1-17.
    pub admitting: Vec<Clinician>,
}

impl Visit {
    /// Whether there is anything beyond the patient class that every feed has.
    #[must_use]
    pub fn is_about_a_visit(&self) -> bool {
        let bare = Visit { class: self.class.clone(), ..Visit::default() };
        *self != bare || !matches!(self.class.as_str(), "" | "N")
    }
}

impl fmt::Debug for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visit")
            .field("has_number", &self.number.is_some())
            .field("class", &self.class)
            .finish_non_exhaustive()
    }
}

/// Where in the hospital: PL.1 to PL.4.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct VisitLocation {
    pub point_of_care: String,
    pub room: String,
    pub bed: String,
    pub facility: String,
}

/// A physician: XCN.1 to XCN.3. `Debug` hides everything.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Clinician {
    pub id: String,
    pub family: String,
    pub given: String,
}

impl fmt::Debug for Clinician {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clinician(hidden)")
    }
}
