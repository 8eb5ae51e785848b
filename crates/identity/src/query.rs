//! The questions of consumers, free of their wire format: PIX (ITI-9, ITI-45) and PDQ (ITI-21, ITI-22, ITI-47).

use std::fmt;

use datatypes::{Dtm, Oid};

use crate::contact::Address;
use crate::demographics::{NameRepresentation, Sex};
use crate::local_id::LocalId;

/// Which other identifiers the person with this one has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrossReferenceQuery {
    /// QPD-3, `patientIdentifier`.
    pub id: LocalId,
    /// The domains asked for, all if empty: QPD-4, `dataSource`.
    pub domains: Vec<AuthorityName>,
}

/// An assigning authority as a sender names it: by namespace, OID or both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AuthorityName {
    pub namespace: Option<String>,
    pub universal_id: Option<Oid>,
}

/// Which patients look like this.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DemographicsQuery {
    /// All must hold; at least one.
    pub criteria: Vec<Criterion>,
    /// The domains whose identifiers are asked for, all if empty: QPD-8, `otherIDsScopingOrganization`.
    pub domains: Vec<AuthorityName>,
    /// Whether a patient must have an identifier of one of `domains` to be found: so in v2 (ITI TF-2:
    /// 3.21.4.2.2.8), not in v3, which answers with a null id (ITI TF-2: 3.47.4.2.3).
    pub drops_patients_without_domain: bool,
    /// One answer for each visit instead of each patient (ITI-22).
    pub asks_for_visits: bool,
    /// QPD-4, `minimumDegreeMatch`: the least confidence in percent.
    pub minimum_confidence: Option<u8>,
}

/// One condition. `Debug` tells which, not what was asked for.
#[derive(Clone, PartialEq, Eq)]
pub enum Criterion {
    /// An identifier whose authority is named as in `authority`; the id is exact or may have wildcards.
    Id {
        id: TextPattern,
        authority: AuthorityName,
    },
    /// One and the same name of the patient meets all that is given here.
    Name(NameCriterion),
    /// The mother's maiden name (PID-6).
    MotherName(NameCriterion),
    /// The birth date lies between both ends, each as precise as written: `1960` means all of that year.
    BirthDate {
        from: Option<Dtm>,
        to: Option<Dtm>,
    },
    Sex(Sex),
    /// One and the same address of the patient meets all parts that are not empty; wildcards allowed.
    Address(Address),
    Telecom(TextPattern),
    /// PID-18.
    Account {
        number: TextPattern,
        authority: AuthorityName,
    },
    /// Something of the same visit.
    Visit(VisitCriterion),
}

impl Criterion {
    /// The name of the condition.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Criterion::Id { .. } => "Id",
            Criterion::Name(_) => "Name",
            Criterion::MotherName(_) => "MotherName",
            Criterion::BirthDate { .. } => "BirthDate",
            Criterion::Sex(_) => "Sex",
            Criterion::Address(_) => "Address",
            Criterion::Telecom(_) => "Telecom",
            Criterion::Account { .. } => "Account",
            Criterion::Visit(_) => "Visit",
        }
    }
}

impl fmt::Debug for Criterion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text to compare with; `*` at its end stands for anything, `\*` is not special. Not empty.
pub type TextPattern = String;

/// Parts of a name.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NameCriterion {
    pub family: Option<TextPattern>,
    pub given: Option<TextPattern>,
    /// Only names of this representation; otherwise the script of what is asked for tells.
    pub representation: Option<NameRepresentation>,
    /// `use="SRCH"`: like-sounding and variant names are wanted too.
    pub is_fuzzy: bool,
}

/// What may be asked of a visit: the supplier's part of PV1.
#[derive(Clone, PartialEq, Eq)]
pub enum VisitCriterion {
    /// PV1-19.
    Number { number: TextPattern, authority: AuthorityName },
    /// PV1-2.
    Class(TextPattern),
    /// PV1-3, a component from 1 to 4.
    Location { component: usize, value: TextPattern },
    /// PV1-7, -8, -9, -17.
    Clinician { role: ClinicianRole, part: ClinicianPart, value: TextPattern },
    /// PV1-10.
    Service(TextPattern),
}

/// The fields of PV1 that name physicians.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClinicianRole {
    Attending,
    Referring,
    Consulting,
    Admitting,
}

/// What of a physician is asked for: XCN.1, XCN.2, XCN.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClinicianPart {
    Id,
    Family,
    Given,
}
