//! Conditions in the making.

use datatypes::Oid;
use identity::{Address, AuthorityName, Criterion, NameCriterion, TextPattern, VisitCriterion};

use super::super::parameter::{AddressPart, IdPart, NamePart, Parameter};
use super::{FeedError, Given, QueryError};
use crate::patient::{cx, pid, xpn};
use crate::query::qpd_field;

/// A condition that may still be given parts.
pub(super) enum Draft {
    Id {
        field: IdField,
        parts: IdDraft,
    },
    Name(NameCriterion),
    MotherName(NameCriterion),
    Address(Address),
    /// Of one parameter, complete.
    Whole(Criterion),
}

/// The fields that hold an identifier.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum IdField {
    Patient,
    Account,
    Visit,
}

/// The parts of an identifier, with the repetition that gave the universal id.
#[derive(Default)]
pub(super) struct IdDraft {
    /// The first of its repetitions.
    repetition: usize,
    id: Option<TextPattern>,
    /// `@PID.3.4`, already read.
    authority: Option<AuthorityName>,
    namespace: Option<String>,
    universal_id: Option<(usize, String)>,
    universal_id_type: Option<String>,
}

/// Adds a parameter to the last condition of its kind that lacks this part, or begins one.
pub(super) fn add(drafts: &mut Vec<Draft>, given: &Given<'_>) -> Result<(), QueryError> {
    for draft in drafts.iter_mut().rev().filter(|draft| draft.is_of(given.parameter)).take(1) {
        if draft.put(given)? {
            return Ok(());
        }
    }
    let mut draft = begin(given)?;
    draft.put(given)?;
    drafts.push(draft);
    Ok(())
}

/// A condition without its parts, or a whole one.
fn begin(given: &Given<'_>) -> Result<Draft, QueryError> {
    let text = || given.text.clone();
    let id = |field| {
        let parts = IdDraft { repetition: given.repetition, ..IdDraft::default() };
        Draft::Id { field, parts }
    };
    let location = || qpd_field(3).repetition(given.repetition).component(2);
    let criterion = match given.parameter {
        Parameter::Id(_) => return Ok(id(IdField::Patient)),
        Parameter::Account(_) => return Ok(id(IdField::Account)),
        Parameter::VisitNumber(_) => return Ok(id(IdField::Visit)),
        Parameter::Name(_) => return Ok(Draft::Name(NameCriterion::default())),
        Parameter::MotherName(_) => return Ok(Draft::MotherName(NameCriterion::default())),
        Parameter::Address(_) => return Ok(Draft::Address(Address::default())),
        Parameter::BirthDate => {
            let date = pid::read_birth_date(&given.text)
                .map_err(|pid::NotADate| FeedError::InvalidField { location: location() })?;
            Criterion::BirthDate { from: date.clone(), to: date }
        }
        Parameter::Sex => {
            let sex = pid::read_sex(&given.text).ok().flatten();
            Criterion::Sex(
                sex.ok_or_else(|| FeedError::UnknownTableValue { location: location() })?,
            )
        }
        Parameter::Telecom => Criterion::Telecom(text()),
        Parameter::VisitClass => Criterion::Visit(VisitCriterion::Class(text())),
        Parameter::VisitLocation(component) => {
            Criterion::Visit(VisitCriterion::Location { component, value: text() })
        }
        Parameter::Clinician(role, part) => {
            Criterion::Visit(VisitCriterion::Clinician { role, part, value: text() })
        }
        Parameter::VisitService => Criterion::Visit(VisitCriterion::Service(text())),
    };
    Ok(Draft::Whole(criterion))
}

impl Draft {
    /// Whether the parameter is a part of such a condition.
    fn is_of(&self, parameter: Parameter) -> bool {
        match (self, parameter) {
            (Draft::Id { field, .. }, Parameter::Id(_)) => *field == IdField::Patient,
            (Draft::Id { field, .. }, Parameter::Account(_)) => *field == IdField::Account,
            (Draft::Id { field, .. }, Parameter::VisitNumber(_)) => *field == IdField::Visit,
            (Draft::Name(_), Parameter::Name(_))
            | (Draft::MotherName(_), Parameter::MotherName(_))
            | (Draft::Address(_), Parameter::Address(_)) => true,
            _ => false,
        }
    }

    /// Takes the part; false if it is there already or not one of this condition's.
    fn put(&mut self, given: &Given<'_>) -> Result<bool, QueryError> {
        match (self, given.parameter) {
            (
                Draft::Id { parts, .. },
                Parameter::Id(part) | Parameter::Account(part) | Parameter::VisitNumber(part),
            ) => parts.put(part, given),
            (Draft::Name(name), Parameter::Name(part))
            | (Draft::MotherName(name), Parameter::MotherName(part)) => put_name(name, part, given),
            (Draft::Address(address), Parameter::Address(part)) => {
                let place = address_part(address, part);
                let is_free = place.is_empty();
                if is_free {
                    place.clone_from(&given.text);
                }
                Ok(is_free)
            }
            _ => Ok(false),
        }
    }

    pub(super) fn finish(self) -> Result<Criterion, QueryError> {
        match self {
            Draft::Id { field, parts } => parts.finish(field),
            Draft::Name(name) => Ok(Criterion::Name(name)),
            Draft::MotherName(name) => Ok(Criterion::MotherName(name)),
            Draft::Address(address) => Ok(Criterion::Address(address)),
            Draft::Whole(criterion) => Ok(criterion),
        }
    }
}

impl IdDraft {
    fn put(&mut self, part: IdPart, given: &Given<'_>) -> Result<bool, QueryError> {
        let has_parts = self.namespace.is_some()
            || self.universal_id.is_some()
            || self.universal_id_type.is_some();
        let is_free = match part {
            IdPart::Id => self.id.is_none(),
            IdPart::Authority => self.authority.is_none() && !has_parts,
            IdPart::Namespace => self.authority.is_none() && self.namespace.is_none(),
            IdPart::UniversalId => self.authority.is_none() && self.universal_id.is_none(),
            IdPart::UniversalIdType => self.authority.is_none() && self.universal_id_type.is_none(),
        };
        if !is_free {
            return Ok(false);
        }
        let text = given.text.clone();
        match part {
            IdPart::Id => self.id = Some(text),
            IdPart::Authority => {
                let location = qpd_field(3).repetition(given.repetition).component(2);
                let authority = cx::read_authority(given.qip.component(2), &location)?;
                if authority == AuthorityName::default() {
                    return Err(FeedError::FieldMissing { location }.into());
                }
                self.authority = Some(authority);
            }
            IdPart::Namespace => self.namespace = Some(text),
            IdPart::UniversalId => self.universal_id = Some((given.repetition, text)),
            IdPart::UniversalIdType => self.universal_id_type = Some(text),
        }
        Ok(true)
    }

    /// An authority without identifier asks for any of that authority.
    fn finish(self, field: IdField) -> Result<Criterion, QueryError> {
        let repetition = self.repetition;
        let id = self.id.clone().unwrap_or_else(|| "*".to_owned());
        let authority = self.authority()?;
        let has_authority = authority != AuthorityName::default();
        match field {
            IdField::Patient if has_authority => Ok(Criterion::Id { id, authority }),
            IdField::Patient => Err(QueryError::IdWithoutAuthority { repetition }),
            IdField::Account => Ok(Criterion::Account { number: id, authority }),
            IdField::Visit => {
                Ok(Criterion::Visit(VisitCriterion::Number { number: id, authority }))
            }
        }
    }

    /// Without its type, a universal id that is no OID may be any other kind of name, as in CX.
    fn authority(self) -> Result<AuthorityName, FeedError> {
        if let Some(authority) = self.authority {
            return Ok(authority);
        }
        let namespace = self.namespace;
        let Some((repetition, universal_id)) = self.universal_id else {
            return Ok(AuthorityName { namespace, universal_id: None });
        };
        let kind = self.universal_id_type.as_deref();
        if kind.is_some_and(|kind| !kind.eq_ignore_ascii_case("ISO")) {
            let namespace = namespace.or(Some(universal_id));
            return Ok(AuthorityName { namespace, universal_id: None });
        }
        let location = qpd_field(3).repetition(repetition).component(2);
        let oid =
            Oid::parse(&universal_id).map_err(|_invalid| FeedError::InvalidField { location })?;
        Ok(AuthorityName { namespace, universal_id: Some(oid) })
    }
}

fn put_name(
    name: &mut NameCriterion,
    part: NamePart,
    given: &Given<'_>,
) -> Result<bool, QueryError> {
    let place = match part {
        NamePart::Family => &mut name.family,
        NamePart::Given => &mut name.given,
        NamePart::Representation => {
            let location = qpd_field(3).repetition(given.repetition).component(2);
            let representation = xpn::read_representation(&given.text)
                .ok_or(FeedError::UnknownTableValue { location })?;
            let is_free = name.representation.is_none();
            name.representation = name.representation.or(Some(representation));
            return Ok(is_free);
        }
    };
    let is_free = place.is_none();
    if is_free {
        *place = Some(given.text.clone());
    }
    Ok(is_free)
}

fn address_part(address: &mut Address, part: AddressPart) -> &mut String {
    match part {
        AddressPart::Street => &mut address.street,
        AddressPart::City => &mut address.city,
        AddressPart::State => &mut address.state,
        AddressPart::PostalCode => &mut address.postal_code,
        AddressPart::Country => &mut address.country,
        AddressPart::Full => &mut address.full,
    }
}
