//! The parameters of one request, checked against the rules of its query.

use std::borrow::Cow;

use datatypes::Dtm;

use crate::EntryType;
use crate::query::fault::QueryFault;
use crate::query::filter::{EntryTypes, StatusSet, TimeRange};
use crate::query::id::QueryId;
use crate::query::parameter::Parameter;
use crate::query::rules::{Choice, Kind, Rule, choice, rules};
use crate::query::value::{Item, Malformed, items};
use crate::query::{AdhocQueryRequest, RawParameter};
use crate::status::AvailabilityStatus;

/// Values in all parameters together; more than any client asks for in one page.
pub(super) const MAX_VALUES: usize = 10_000;

/// Patterns in one parameter: each costs a walk over the names of every entry.
pub(super) const MAX_PATTERNS: usize = 100;

/// Longest value, in characters. A slot value has at most 256 (ebRIM 3.0 `LongName`),
/// lists in one value are longer in practice, single items are not.
pub(super) const MAX_VALUE_CHARACTERS: usize = 1024;

/// The known parameters of a request; required ones are there, single ones have one value.
pub(super) struct Arguments<'a> {
    slots: Vec<Argument<'a>>,
}

/// One slot: alternatives, at least one.
struct Argument<'a> {
    rule: &'static Rule,
    values: Vec<Cow<'a, str>>,
}

impl<'a> Arguments<'a> {
    /// Takes the slots that the query knows; others are ignored.
    pub(super) fn read(
        query: QueryId,
        request: &'a AdhocQueryRequest,
    ) -> Result<Arguments<'a>, QueryFault> {
        let mut arguments = Arguments { slots: Vec::new() };
        let mut n_left = MAX_VALUES;
        for raw in &request.parameters {
            let Some(rule) = rules(query).find(|rule| rule.parameter.name() == raw.name) else {
                continue;
            };
            if arguments.has(rule.parameter) && !rule.occurs.may_repeat() {
                return Err(QueryFault::RepeatedParameter { parameter: rule.parameter });
            }
            let argument = Argument { rule, values: values(rule, raw, n_left)? };
            n_left = n_left.saturating_sub(argument.values.len());
            arguments.slots.push(argument);
        }
        arguments.check_presence(query)?;
        Ok(arguments)
    }

    fn check_presence(&self, query: QueryId) -> Result<(), QueryFault> {
        let missing =
            rules(query).find(|rule| rule.occurs.is_required() && !self.has(rule.parameter));
        if let Some(Rule { parameter, .. }) = missing {
            return Err(QueryFault::MissingParameter { parameter: *parameter });
        }
        let n_given = |parameters: &[Parameter]| {
            parameters.iter().filter(|parameter| self.has(**parameter)).count()
        };
        match choice(query) {
            Choice::AtLeastOneOf(parameters) | Choice::ExactlyOneOf(parameters)
                if n_given(parameters) == 0 =>
            {
                Err(QueryFault::MissingOneOf { parameters })
            }
            Choice::ExactlyOneOf(parameters) if n_given(parameters) > 1 => {
                Err(QueryFault::Exclusive { parameters })
            }
            Choice::AtMostOneOfEach(groups) => {
                match groups.iter().find(|group| n_given(group) > 1) {
                    Some(parameters) => Err(QueryFault::Exclusive { parameters }),
                    None => Ok(()),
                }
            }
            Choice::Free | Choice::AtLeastOneOf(_) | Choice::ExactlyOneOf(_) => Ok(()),
        }
    }

    pub(super) fn has(&self, parameter: Parameter) -> bool {
        self.slots.iter().any(|slot| slot.rule.parameter == parameter)
    }

    fn slots(&self, parameter: Parameter) -> impl Iterator<Item = &Argument<'a>> {
        self.slots.iter().filter(move |slot| slot.rule.parameter == parameter)
    }

    fn values(&self, parameter: Parameter) -> impl Iterator<Item = &str> {
        self.slots(parameter).flat_map(|slot| &slot.values).map(AsRef::as_ref)
    }

    /// The value of a required single-valued parameter.
    pub(super) fn required<T>(
        &self,
        parameter: Parameter,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, QueryFault> {
        self.single(parameter, read)?.ok_or(QueryFault::MissingParameter { parameter })
    }

    /// The value of an optional single-valued parameter.
    pub(super) fn single<T>(
        &self,
        parameter: Parameter,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, QueryFault> {
        let Some(slot) = self.slots(parameter).next() else { return Ok(None) };
        slot.read_all(read).map(|values| values.into_iter().next())
    }

    /// The alternatives of a parameter, all of which must be readable; empty if it is absent.
    pub(super) fn alternatives<T>(
        &self,
        parameter: Parameter,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, QueryFault> {
        self.slots(parameter).next().map_or(Ok(Vec::new()), |slot| slot.read_all(read))
    }

    /// The conditions of a parameter that may be repeated: outer AND, inner OR.
    pub(super) fn conditions<T>(
        &self,
        parameter: Parameter,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<Vec<T>>, QueryFault> {
        self.slots(parameter).map(|slot| slot.read_all(&read)).collect()
    }

    /// The values that can name something; a value that cannot matches nothing.
    ///
    /// Only for parameters whose absence is told apart otherwise, since an empty
    /// list here means that nothing is wanted.
    pub(super) fn existing<T>(
        &self,
        parameter: Parameter,
        read: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        self.values(parameter).filter_map(read).collect()
    }

    /// Like [`Arguments::existing`], slot by slot; an empty inner list matches nothing.
    pub(super) fn existing_conditions<T>(
        &self,
        parameter: Parameter,
        read: impl Fn(&str) -> Option<T>,
    ) -> Vec<Vec<T>> {
        let of_slot =
            |slot: &Argument<'_>| slot.values.iter().filter_map(|value| read(value)).collect();
        self.slots(parameter).map(of_slot).collect()
    }

    pub(super) fn time_range(
        &self,
        from: Parameter,
        to: Parameter,
    ) -> Result<TimeRange, QueryFault> {
        let sort_key = |text: &str| Dtm::parse(text.trim()).ok().map(|dtm| dtm.sort_key());
        Ok(TimeRange { from: self.single(from, sort_key)?, to: self.single(to, sort_key)? })
    }

    /// The statuses asked for; unknown ones are ignored, and if no other is given, it
    /// is as if the parameter were missing.
    pub(super) fn statuses(&self, parameter: Parameter) -> Result<StatusSet, QueryFault> {
        StatusSet::of(self.values(parameter).filter_map(AvailabilityStatus::from_urn))
            .ok_or(QueryFault::MissingParameter { parameter })
    }

    /// The types that are left if the request names types that it does not want; the default of
    /// [`Arguments::entry_types`] would leave nothing to exclude.
    pub(super) fn entry_types_except(&self, parameter: Parameter) -> Option<EntryTypes> {
        let excluded = || self.values(parameter).filter_map(EntryType::from_urn);
        self.has(parameter).then(|| EntryTypes::except(excluded()))
    }

    /// Stable entries unless the request names types (ITI TF-2: 3.18.4.1.2.3.6.2).
    pub(super) fn entry_types(&self, parameter: Parameter) -> EntryTypes {
        if self.has(parameter) {
            EntryTypes::of(self.values(parameter).filter_map(EntryType::from_urn))
        } else {
            EntryTypes::STABLE
        }
    }
}

impl Argument<'_> {
    fn read_all<T>(&self, read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, QueryFault> {
        let fault = || invalid(self.rule.parameter, self.rule.kind.complaint());
        self.values.iter().map(|value| read(value).ok_or_else(fault)).collect()
    }
}

/// The values of one slot, whatever number of `Value` elements they are spread over.
fn values<'a>(
    rule: &'static Rule,
    raw: &'a RawParameter,
    n_left: usize,
) -> Result<Vec<Cow<'a, str>>, QueryFault> {
    let parameter = rule.parameter;
    let limit = if rule.kind == Kind::Like { MAX_PATTERNS } else { MAX_VALUES };
    let mut values = Vec::new();
    for text in &raw.values {
        let items =
            items(text, limit.min(n_left).saturating_sub(values.len())).map_err(|malformed| {
                match malformed {
                    Malformed::Notation(what) => invalid(parameter, what),
                    Malformed::TooManyItems => QueryFault::TooManyValues { limit },
                }
            })?;
        for item in items {
            values.push(unwrap_item(rule, item)?);
        }
    }
    match values.len() {
        0 => Err(invalid(parameter, "has no value")),
        count if count > 1 && rule.occurs.is_single() => {
            Err(QueryFault::NotSingleValued { parameter, count })
        }
        _ => Ok(values),
    }
}

/// The text of an item, if its notation is right for the parameter.
///
/// Numbers and times stand without quotes. Old clients, and examples of the Technical
/// Framework, leave the quotes of single patient ids out, too; where one value is
/// expected that cannot be mistaken.
fn unwrap_item<'a>(rule: &'static Rule, item: Item<'a>) -> Result<Cow<'a, str>, QueryFault> {
    let text = match item {
        Item::Quoted(text) => text,
        Item::Bare(text) if rule.kind == Kind::Time || rule.occurs.is_single() => text.into(),
        Item::Bare(_) => return Err(invalid(rule.parameter, "has a string without quotes")),
    };
    if text.chars().nth(MAX_VALUE_CHARACTERS).is_some() {
        return Err(invalid(rule.parameter, "has a value that is too long"));
    }
    Ok(text)
}

fn invalid(parameter: Parameter, what: &'static str) -> QueryFault {
    QueryFault::InvalidValue { parameter, what }
}
