//! The parameters of ITI-81 (RESTful ATNA, Retrieve ATNA Audit Event; FHIR R4, AuditEvent).

use atna::Outcome;
use fhir::date::DateParameter;
use fhir::parameters::Parameter;
use fhir::token::{Token, alternatives, unescape};
use jiff::tz::TimeZone;

use super::condition::Condition;
use crate::error::RetrieveError;
use crate::extract::Term;
use crate::store::search::EventSearch;

/// Records of a page, unless the client says another number.
const DEFAULT_COUNT: usize = 50;

/// Records of a page at most, whatever the client says.
pub const MAX_COUNT: usize = 500;

/// Alternatives in one value; each is a search of its own.
const MAX_ALTERNATIVES: usize = 50;

/// The system of FHIR's AuditEvent.action and AuditEvent.outcome.
const ACTION_SYSTEM: &str = "http://hl7.org/fhir/audit-event-action";
const OUTCOME_SYSTEM: &str = "http://terminology.hl7.org/CodeSystem/audit-event-outcome";

/// Somebody or something whose events are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    Term(Term),
    /// A patient's number without its authority: any.
    PatientNumber(String),
}

/// What is asked for, read and checked.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// What columns serve. Its terms are empty: they are in `patients`, `entities` and `agents`.
    pub search: EventSearch,
    /// Groups of alternatives, of each of which one must be named.
    pub patients: Vec<Vec<Wanted>>,
    pub entities: Vec<Vec<Wanted>>,
    pub agents: Vec<Vec<Wanted>>,
    /// What only the message itself tells; all must hold.
    pub conditions: Vec<Condition>,
    /// Records of a page; 0 if only their number is wanted.
    pub count: usize,
    /// Whether the records of all pages are not to be counted.
    pub is_uncounted: bool,
    has_date: bool,
    /// Names of parameters that say nothing here.
    pub ignored: Vec<String>,
}

impl Query {
    /// Reads the parameters of a search.
    ///
    /// # Errors
    /// [`RetrieveError::MissingDate`], [`RetrieveError::Parameter`].
    pub fn read(parameters: &[Parameter], zone: &TimeZone) -> Result<Query, RetrieveError> {
        let mut query = Query { count: DEFAULT_COUNT, ..Query::default() };
        for parameter in parameters {
            query.take(parameter, zone)?;
        }
        if !query.has_date {
            return Err(RetrieveError::MissingDate);
        }
        Ok(query)
    }

    fn take(&mut self, parameter: &Parameter, zone: &TimeZone) -> Result<(), RetrieveError> {
        let (name, is_exact) = plain_name(parameter)?;
        match name.as_str() {
            "date" => self.take_date(parameter, zone)?,
            "address" => {
                let values = texts(parameter)?;
                self.conditions.push(Condition::Address { values, is_exact });
            }
            "agent" | "agent.identifier" => {
                let named = |token: Token| Wanted::Term(Term::agent(&token.value));
                self.agents.push(tokens(parameter)?.into_iter().map(named).collect());
            }
            "patient.identifier" => self.patients.push(patients(parameter)?),
            "entity" | "entity.identifier" => self.entities.push(entities(parameter)?),
            "entity-type" => self.conditions.push(Condition::EntityType(tokens(parameter)?)),
            "entity-role" => self.conditions.push(Condition::EntityRole(tokens(parameter)?)),
            "altid" => self.conditions.push(Condition::AltId(tokens(parameter)?)),
            "source" | "source.identifier" => {
                let ids = tokens(parameter)?.into_iter().map(|token| token.value).collect();
                intersect(&mut self.search.source_ids, ids, &mut self.conditions);
            }
            "type" => self.take_type(tokens(parameter)?),
            "subtype" => self.take_subtype(tokens(parameter)?),
            "action" => {
                let actions = coded(parameter, ACTION_SYSTEM, |code| {
                    atna::EventAction::of_code(code).map(|action| action.code().to_owned())
                })?;
                intersect(&mut self.search.actions, actions, &mut self.conditions);
            }
            "outcome" => {
                let outcomes = coded(parameter, OUTCOME_SYSTEM, |code| {
                    let outcome = Outcome::of_indicator(code.parse().ok()?)?;
                    Some(i16::from(outcome.indicator())).filter(|number| number.to_string() == code)
                })?;
                intersect(&mut self.search.outcomes, outcomes, &mut self.conditions);
            }
            "_count" => self.count = count(parameter)?,
            "_total" => match parameter.value.as_str() {
                "none" => self.is_uncounted = true,
                "estimate" | "accurate" => {}
                _ => return Err(invalid(parameter, "wanted: none, estimate or accurate")),
            },
            "_sort" if parameter.value == "-date" => {}
            "_sort" => return Err(invalid(parameter, "only -date is offered: newest first")),
            // How the answer is written is not part of what is asked for.
            "_format" | "_pretty" => {}
            _ => self.ignored.push(parameter.name.clone()),
        }
        Ok(())
    }

    fn take_date(&mut self, parameter: &Parameter, zone: &TimeZone) -> Result<(), RetrieveError> {
        let date = DateParameter::parse(&parameter.value, zone)
            .map_err(|invalid_date| invalid(parameter, &invalid_date.to_string()))?;
        self.has_date = true;
        self.search.from = self.search.from.max(date.from());
        let before = [self.search.before, date.before()];
        self.search.before = before.into_iter().flatten().min();
        Ok(())
    }

    /// EventIDs: codes are a column, their systems are not.
    fn take_type(&mut self, tokens: Vec<Token>) {
        if !serves(&mut self.search.event_ids, &tokens) {
            self.conditions.push(Condition::Type(tokens));
        }
    }

    /// EventTypeCodes: the column is searched for `|code|`.
    fn take_subtype(&mut self, tokens: Vec<Token>) {
        let fits = tokens.iter().all(|token| !token.value.contains('|'));
        if !fits || !serves(&mut self.search.event_types, &tokens) {
            self.conditions.push(Condition::Subtype(tokens));
        }
    }
}

/// Narrows by a column of codes, if that is possible; true if it is enough.
fn serves(column: &mut Vec<String>, tokens: &[Token]) -> bool {
    let has_code = tokens.iter().all(|token| !token.value.is_empty());
    if !has_code || !column.is_empty() {
        return false;
    }
    *column = tokens.iter().map(|token| token.value.clone()).collect();
    tokens.iter().all(|token| token.system.is_none())
}

/// The name without what FHIR allows to be said otherwise, and whether `:exact` stands behind it.
fn plain_name(parameter: &Parameter) -> Result<(String, bool), RetrieveError> {
    let name = parameter.name.as_str();
    match parameter.modifier.as_deref() {
        None => Ok((name.to_owned(), false)),
        Some("exact") if name == "address" => Ok((name.to_owned(), true)),
        Some("identifier") if ["patient", "agent", "entity", "source"].contains(&name) => {
            Ok((format!("{name}.identifier"), false))
        }
        Some(_) => Err(invalid(parameter, "this modifier is not offered")),
    }
}

/// Two values of one parameter must both hold; a column serves the alternatives of one.
fn intersect<T: PartialEq>(column: &mut Vec<T>, values: Vec<T>, conditions: &mut Vec<Condition>) {
    if column.is_empty() {
        *column = values;
        return;
    }
    column.retain(|value| values.contains(value));
    if column.is_empty() {
        conditions.push(Condition::Never);
    }
}

fn patients(parameter: &Parameter) -> Result<Vec<Wanted>, RetrieveError> {
    let wanted = |token: Token| match token.system.as_deref() {
        None if token.value.contains('^') => Ok(Wanted::Term(Term::patient(&token.value))),
        None => Ok(Wanted::PatientNumber(token.value)),
        Some("") => Ok(Wanted::Term(Term::patient(&token.value))),
        Some(system) => match patient_cx(system, &token.value) {
            Some(cx) => Ok(Wanted::Term(Term::patient(&cx))),
            None => Err(invalid(parameter, "wanted: urn:oid:OID|ID, or ID alone")),
        },
    };
    tokens(parameter)?.into_iter().map(wanted).collect()
}

fn entities(parameter: &Parameter) -> Result<Vec<Wanted>, RetrieveError> {
    let mut wanted = Vec::new();
    for Token { system, value } in tokens(parameter)? {
        // uniqueIds are OIDs in the message and URNs in FHIR (RFC 3986 as the system of a URI).
        if let Some(oid) = value.strip_prefix("urn:oid:") {
            wanted.push(Wanted::Term(Term::object(oid)));
        }
        match system.as_deref().and_then(|system| patient_cx(system, &value)) {
            Some(cx) => wanted.push(Wanted::Term(Term::patient(&cx))),
            None if system.is_none() => wanted.push(Wanted::PatientNumber(value.clone())),
            None => {}
        }
        wanted.push(Wanted::Term(Term::object(&value)));
    }
    Ok(wanted)
}

fn patient_cx(system: &str, id: &str) -> Option<String> {
    let oid = system.strip_prefix("urn:oid:")?;
    let is_oid = oid.contains('.')
        && oid.split('.').all(|arc| !arc.is_empty() && arc.bytes().all(|it| it.is_ascii_digit()));
    (is_oid && !id.contains('^')).then(|| format!("{id}^^^&{oid}&ISO"))
}

fn texts(parameter: &Parameter) -> Result<Vec<String>, RetrieveError> {
    Ok(pieces(parameter)?.into_iter().map(unescape).collect())
}

fn tokens(parameter: &Parameter) -> Result<Vec<Token>, RetrieveError> {
    Ok(pieces(parameter)?.into_iter().map(Token::of).collect())
}

fn pieces(parameter: &Parameter) -> Result<Vec<&str>, RetrieveError> {
    let pieces = alternatives(&parameter.value);
    if pieces.len() > MAX_ALTERNATIVES {
        return Err(invalid(parameter, "too many alternatives"));
    }
    if pieces.iter().any(|piece| piece.is_empty() || *piece == "|") {
        return Err(invalid(parameter, "an alternative is empty"));
    }
    Ok(pieces)
}

fn coded<T>(
    parameter: &Parameter,
    system: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, RetrieveError> {
    let value = |token: Token| {
        let is_system = token.system.as_deref().is_none_or(|it| it == system);
        let value = read(&token.value).filter(|_| is_system);
        value.ok_or_else(|| invalid(parameter, "no code of this element"))
    };
    tokens(parameter)?.into_iter().map(value).collect()
}

fn count(parameter: &Parameter) -> Result<usize, RetrieveError> {
    let is_number = parameter.value.bytes().all(|byte| byte.is_ascii_digit());
    // More than can be counted is more than the maximum.
    let number = || parameter.value.parse().unwrap_or(MAX_COUNT).min(MAX_COUNT);
    is_number.then(number).ok_or_else(|| invalid(parameter, "wanted: a number"))
}

fn invalid(parameter: &Parameter, problem: &str) -> RetrieveError {
    RetrieveError::Parameter { name: parameter.name.clone(), problem: problem.to_owned() }
}

#[cfg(test)]
mod tests;
