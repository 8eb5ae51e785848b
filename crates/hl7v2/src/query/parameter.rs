//! The parameters of QPD-3, `@segment.field.component.subcomponent` (ITI TF-2: 3.21.4.1.2.2, 3.22.4.1.2.2).

use identity::{ClinicianPart, ClinicianRole};

use super::demographics::Asked;

/// What a parameter asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parameter {
    Id(IdPart),
    Name(NamePart),
    MotherName(NamePart),
    BirthDate,
    Sex,
    Address(AddressPart),
    Telecom,
    Account(IdPart),
    VisitNumber(IdPart),
    VisitClass,
    /// A component of PV1-3.
    VisitLocation(usize),
    Clinician(ClinicianRole, ClinicianPart),
    VisitService,
}

/// A part of CX.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IdPart {
    Id,
    /// The whole of component 4.
    Authority,
    Namespace,
    UniversalId,
    UniversalIdType,
}

/// A part of XPN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NamePart {
    Family,
    Given,
    /// Not among those that a supplier must know; in Japan it tells kana from kanji.
    Representation,
}

/// A part of XAD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AddressPart {
    Street,
    City,
    State,
    PostalCode,
    Country,
    Full,
}

impl Parameter {
    /// The parameter of that name; those of a visit only where visits are asked for.
    ///
    /// The first component and the first subcomponent may be written or left out.
    pub(super) fn read(name: &str, asked: Asked) -> Option<Parameter> {
        let path = name.strip_prefix('@')?;
        if let Some(path) = path.strip_prefix("PV1.") {
            return match asked {
                Asked::Visits => of_visit(path),
                Asked::Patients => None,
            };
        }
        let (field, part) = split(path.strip_prefix("PID.")?);
        match (field, part) {
            ("3", part) => id_part(part).map(Parameter::Id),
            ("5", part) => name_part(part).map(Parameter::Name),
            ("6", part) => name_part(part).map(Parameter::MotherName),
            ("7", "" | "1") => Some(Parameter::BirthDate),
            ("8", "" | "1") => Some(Parameter::Sex),
            ("11", part) => address_part(part).map(Parameter::Address),
            ("13", "" | "1" | "12") => Some(Parameter::Telecom),
            ("18", part) => id_part(part).map(Parameter::Account),
            _ => None,
        }
    }

    /// The name that IHE writes.
    pub(super) fn name(self) -> String {
        match self {
            Parameter::Id(part) => format!("@PID.3.{}", id_path(part)),
            Parameter::Name(part) => format!("@PID.5.{}", name_path(part)),
            Parameter::MotherName(part) => format!("@PID.6.{}", name_path(part)),
            Parameter::BirthDate => "@PID.7".to_owned(),
            Parameter::Sex => "@PID.8".to_owned(),
            Parameter::Address(part) => format!("@PID.11.{}", address_path(part)),
            Parameter::Telecom => "@PID.13.1".to_owned(),
            Parameter::Account(part) => format!("@PID.18.{}", id_path(part)),
            Parameter::VisitNumber(part) => format!("@PV1.19.{}", id_path(part)),
            Parameter::VisitClass => "@PV1.2".to_owned(),
            Parameter::VisitLocation(component) => format!("@PV1.3.{component}"),
            Parameter::Clinician(role, part) => {
                format!("@PV1.{}.{}", role_field(role), clinician_path(part))
            }
            Parameter::VisitService => "@PV1.10".to_owned(),
        }
    }
}

/// The field number and what follows it.
fn split(path: &str) -> (&str, &str) {
    path.split_once('.').unwrap_or((path, ""))
}

fn of_visit(path: &str) -> Option<Parameter> {
    let (field, part) = split(path);
    match (field, part) {
        ("2", "" | "1") => Some(Parameter::VisitClass),
        ("3", "" | "1") => Some(Parameter::VisitLocation(1)),
        ("3", "2") => Some(Parameter::VisitLocation(2)),
        ("3", "3") => Some(Parameter::VisitLocation(3)),
        ("3", "4" | "4.1") => Some(Parameter::VisitLocation(4)),
        ("10", "" | "1") => Some(Parameter::VisitService),
        ("19", "") => Some(Parameter::VisitNumber(IdPart::Id)),
        ("19", part) => id_part(part).map(Parameter::VisitNumber),
        (field, part) => {
            let part = match part {
                "" | "1" => ClinicianPart::Id,
                "2" | "2.1" => ClinicianPart::Family,
                "3" => ClinicianPart::Given,
                _ => return None,
            };
            Some(Parameter::Clinician(role(field)?, part))
        }
    }
}

fn id_part(part: &str) -> Option<IdPart> {
    match part {
        "1" | "1.1" => Some(IdPart::Id),
        "4" => Some(IdPart::Authority),
        "4.1" => Some(IdPart::Namespace),
        "4.2" => Some(IdPart::UniversalId),
        "4.3" => Some(IdPart::UniversalIdType),
        _ => None,
    }
}

fn id_path(part: IdPart) -> &'static str {
    match part {
        IdPart::Id => "1",
        IdPart::Authority => "4",
        IdPart::Namespace => "4.1",
        IdPart::UniversalId => "4.2",
        IdPart::UniversalIdType => "4.3",
    }
}

fn name_part(part: &str) -> Option<NamePart> {
    match part {
        "1" | "1.1" => Some(NamePart::Family),
        "2" | "2.1" => Some(NamePart::Given),
        "8" => Some(NamePart::Representation),
        _ => None,
    }
}

fn name_path(part: NamePart) -> &'static str {
    match part {
        NamePart::Family => "1.1",
        NamePart::Given => "2",
        NamePart::Representation => "8",
    }
}

fn address_part(part: &str) -> Option<AddressPart> {
    match part {
        "1" | "1.1" => Some(AddressPart::Street),
        "3" => Some(AddressPart::City),
        "4" => Some(AddressPart::State),
        "5" => Some(AddressPart::PostalCode),
        "6" => Some(AddressPart::Country),
        "8" => Some(AddressPart::Full),
        _ => None,
    }
}

fn address_path(part: AddressPart) -> &'static str {
    match part {
        AddressPart::Street => "1.1",
        AddressPart::City => "3",
        AddressPart::State => "4",
        AddressPart::PostalCode => "5",
        AddressPart::Country => "6",
        AddressPart::Full => "8",
    }
}

fn role(field: &str) -> Option<ClinicianRole> {
    match field {
        "7" => Some(ClinicianRole::Attending),
        "8" => Some(ClinicianRole::Referring),
        "9" => Some(ClinicianRole::Consulting),
        "17" => Some(ClinicianRole::Admitting),
        _ => None,
    }
}

fn role_field(role: ClinicianRole) -> usize {
    match role {
        ClinicianRole::Attending => 7,
        ClinicianRole::Referring => 8,
        ClinicianRole::Consulting => 9,
        ClinicianRole::Admitting => 17,
    }
}

fn clinician_path(part: ClinicianPart) -> &'static str {
    match part {
        ClinicianPart::Id => "1",
        ClinicianPart::Family => "2.1",
        ClinicianPart::Given => "3",
    }
}
