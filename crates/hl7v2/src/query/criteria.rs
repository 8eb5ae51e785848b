//! QPD-3 as conditions: parameters of one name, address or identifier are one condition.
//!
//! A part that the condition already has begins another one, so that `@PID.3.1` twice asks for a patient
//! with both identifiers. All conditions must hold (ITI TF-2: 3.21.4.1.2.2).

mod draft;

use identity::{Address, AuthorityName, Criterion, NameCriterion, TextPattern, VisitCriterion};

use self::draft::Draft;
use super::demographics::{Asked, NotInV2};
use super::parameter::{AddressPart, IdPart, NamePart, Parameter};
use super::{FeedError, QueryError, qpd_field};
use crate::delimiters::Delimiters;
use crate::message::{Field, Message, Repetition};
use crate::patient::{cx, part, pid, xpn};
use crate::writer::join;

/// One parameter with its value.
pub(super) struct Given<'m> {
    pub(super) parameter: Parameter,
    /// Which repetition of QPD-3.
    pub(super) repetition: usize,
    /// Not empty.
    pub(super) text: String,
    /// The value where it has parts, in `@PID.3.4`.
    pub(super) qip: Repetition<'m>,
}

/// # Errors
/// [`QueryError::UnknownParameter`], [`QueryError::IdWithoutAuthority`], and the faults of fields.
pub(super) fn read(field: Field<'_>, asked: Asked) -> Result<Vec<Criterion>, QueryError> {
    let mut drafts: Vec<Draft> = Vec::new();
    for (number, qip) in (1..).zip(field.repetitions()).filter(|(_, qip)| !qip.is_empty()) {
        let parameter = Parameter::read(qip.component(1).text().trim(), asked)
            .ok_or(QueryError::UnknownParameter { repetition: number })?;
        let text = read_value(parameter, qip, number)?;
        draft::add(&mut drafts, &Given { parameter, repetition: number, text, qip })?;
    }
    if drafts.is_empty() {
        return Err(FeedError::FieldMissing { location: qpd_field(3) }.into());
    }
    drafts.into_iter().map(Draft::finish).collect()
}

/// # Errors
/// [`NotInV2`] unless the same conditions are read again.
pub(super) fn write(criteria: &[Criterion], asked: Asked) -> Result<String, NotInV2> {
    let delimiters = Delimiters::STANDARD;
    let repetitions: Vec<String> = criteria
        .iter()
        .flat_map(parameters)
        .map(|(parameter, value)| {
            join(&[&parameter.name(), &delimiters.escape(&value)], delimiters.component)
        })
        .collect();
    let field = repetitions.join(delimiters.repetition.encode_utf8(&mut [0; 4]));
    let message = format!("MSH|^~\\&\rQPD|||{field}");
    let message = Message::parse(&message).map_err(|_error| NotInV2)?;
    let again = message.segment("QPD").map(|qpd| read(qpd.field(3), asked));
    match again {
        Some(Ok(again)) if again == criteria => Ok(field),
        Some(_) | None => Err(NotInV2),
    }
}

/// The value of a parameter.
///
/// A part of it that is not read would be a condition not checked, and no value at all is none.
fn read_value(
    parameter: Parameter,
    qip: Repetition<'_>,
    number: usize,
) -> Result<String, FeedError> {
    let location = |component: usize| qpd_field(3).repetition(number).component(component);
    let component = qip.component(2);
    if (3..).zip(qip.components().skip(2)).any(|(_, further)| !further.is_empty()) {
        return Err(FeedError::InvalidField { location: location(3) });
    }
    let is_authority = matches!(
        parameter,
        Parameter::Id(IdPart::Authority)
            | Parameter::Account(IdPart::Authority)
            | Parameter::VisitNumber(IdPart::Authority)
    );
    if is_authority && !component.is_empty() {
        return Ok(component.raw().to_owned());
    }
    if !component.subcomponents_are_empty_from(2) {
        return Err(FeedError::InvalidField { location: location(2) });
    }
    let text = match parameter {
        Parameter::Id(_) | Parameter::Account(_) | Parameter::VisitNumber(_) => {
            cx::legal_text(crate::patient::value(&component.text()), location(2))?
        }
        Parameter::Name(_)
        | Parameter::MotherName(_)
        | Parameter::BirthDate
        | Parameter::Sex
        | Parameter::Address(_)
        | Parameter::Telecom
        | Parameter::VisitClass
        | Parameter::VisitLocation(_)
        | Parameter::Clinician(..)
        | Parameter::VisitService => part(&component.text(), xpn::MAX_CHARACTERS, location(2))?,
    };
    if text.is_empty() {
        return Err(FeedError::FieldMissing { location: location(2) });
    }
    Ok(text)
}

/// The condition as parameters and values; what v2 has no parameter for is left out.
fn parameters(criterion: &Criterion) -> Vec<(Parameter, String)> {
    match criterion {
        Criterion::Id { id, authority } => id_parameters(Parameter::Id, id, authority),
        Criterion::Name(name) => name_parameters(Parameter::Name, name),
        Criterion::MotherName(name) => name_parameters(Parameter::MotherName, name),
        Criterion::BirthDate { from, to: _ } => {
            let date = from.iter().map(|date| date.as_str().to_owned());
            date.map(|date| (Parameter::BirthDate, date)).collect()
        }
        Criterion::Sex(sex) => vec![(Parameter::Sex, pid::sex_code(*sex).to_owned())],
        Criterion::Address(address) => address_parameters(address),
        Criterion::Telecom(number) => vec![(Parameter::Telecom, number.clone())],
        Criterion::Account { number, authority } => {
            id_parameters(Parameter::Account, number, authority)
        }
        Criterion::Visit(criterion) => visit_parameters(criterion),
    }
}

fn visit_parameters(criterion: &VisitCriterion) -> Vec<(Parameter, String)> {
    match criterion {
        VisitCriterion::Number { number, authority } => {
            id_parameters(Parameter::VisitNumber, number, authority)
        }
        VisitCriterion::Class(class) => vec![(Parameter::VisitClass, class.clone())],
        VisitCriterion::Location { component, value } => {
            vec![(Parameter::VisitLocation(*component), value.clone())]
        }
        VisitCriterion::Clinician { role, part, value } => {
            vec![(Parameter::Clinician(*role, *part), value.clone())]
        }
        VisitCriterion::Service(service) => vec![(Parameter::VisitService, service.clone())],
    }
}

fn id_parameters(
    parameter: fn(IdPart) -> Parameter,
    id: &TextPattern,
    authority: &AuthorityName,
) -> Vec<(Parameter, String)> {
    let oid = authority.universal_id.as_ref().map(|oid| oid.as_str().to_owned());
    let oid_type = oid.as_ref().map(|_oid| "ISO".to_owned());
    let parts = [
        (IdPart::Id, Some(id.clone())),
        (IdPart::Namespace, authority.namespace.clone()),
        (IdPart::UniversalId, oid),
        (IdPart::UniversalIdType, oid_type),
    ];
    parts.into_iter().filter_map(|(part, text)| Some((parameter(part), text?))).collect()
}

fn name_parameters(
    parameter: fn(NamePart) -> Parameter,
    name: &NameCriterion,
) -> Vec<(Parameter, String)> {
    let representation = name.representation.map(|_| xpn::representation_code(name.representation));
    let parts = [
        (NamePart::Family, name.family.clone()),
        (NamePart::Given, name.given.clone()),
        (NamePart::Representation, representation.map(str::to_owned)),
    ];
    parts.into_iter().filter_map(|(part, text)| Some((parameter(part), text?))).collect()
}

fn address_parameters(address: &Address) -> Vec<(Parameter, String)> {
    let parts = [
        (AddressPart::Street, &address.street),
        (AddressPart::City, &address.city),
        (AddressPart::State, &address.state),
        (AddressPart::PostalCode, &address.postal_code),
        (AddressPart::Country, &address.country),
        (AddressPart::Full, &address.full),
    ];
    let said = parts.into_iter().filter(|(_, text)| !text.is_empty());
    said.map(|(part, text)| (Parameter::Address(part), text.clone())).collect()
}
