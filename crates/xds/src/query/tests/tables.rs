//! The declared tables against a transcription, and every row against requests.

use std::fmt::Write;

use crate::query::parameter::Parameter;
use crate::query::rules::{Choice, Kind, Occurs, Rule, choice, rules};
use crate::query::tests::{parse, request};
use crate::query::{QueryFault, QueryId, RawParameter, StoredQuery};

/// The tables of ITI TF-2: 3.18.4.1.2.3.7 and 3.51.4.1.2.1 without the rows of the
/// Metadata Update option: name, R or O, M for multiple, kind, AO for AND/OR;
/// `1` for one alternative of exactly one, `+` for one of at least one, `x` for one of at most one.
const TABLES: &str = include_str!("tables.golden");

fn transcribe(query: QueryId, rule: &Rule) -> String {
    let (required, multiple, and_or) = match rule.occurs {
        Occurs::ExactlyOne => ("R", "-", ""),
        Occurs::AtMostOne => ("O", "-", ""),
        Occurs::OneOrMore => ("R", "M", ""),
        Occurs::Optional => ("O", "M", ""),
        Occurs::OneOrMoreAnded => ("R", "M", " AO"),
        Occurs::OptionalAnded => ("O", "M", " AO"),
    };
    let alternative = match choice(query) {
        Choice::ExactlyOneOf(parameters) if parameters.contains(&rule.parameter) => " 1",
        Choice::AtLeastOneOf(parameters) if parameters.contains(&rule.parameter) => " +",
        Choice::AtMostOneOfEach(groups)
            if groups.iter().any(|group| group.contains(&rule.parameter)) =>
        {
            " x"
        }
        Choice::Free
        | Choice::ExactlyOneOf(_)
        | Choice::AtLeastOneOf(_)
        | Choice::AtMostOneOfEach(_) => "",
    };
    format!("{} {required} {multiple} {:?}{and_or}{alternative}", rule.parameter, rule.kind)
}

#[test]
fn the_tables_are_those_of_the_technical_framework() {
    let mut declared = String::new();
    for query in QueryId::ALL {
        writeln!(declared, "{query:?} {}", query.urn()).unwrap();
        for rule in rules(query) {
            writeln!(declared, "  {}", transcribe(query, rule)).unwrap();
        }
    }
    assert_eq!(declared, TABLES);
}

/// Two legal values of a kind, and one that is not legal.
fn values(kind: Kind) -> [&'static str; 3] {
    match kind {
        Kind::Cx => ["'p1^^^&1.2.3&ISO'", "'p2^^^&1.2.3&ISO'", "'p1^^^1.2.3'"],
        Kind::Code => ["'c1^^s'", "'c2^^s'", "'c1^^'"],
        Kind::Time => ["20200101", "'2021'", "20201301"],
        Kind::Like => ["'%Yamada%'", "'^S_to%'", "'%"],
        Kind::Status => [
            "'urn:oasis:names:tc:ebxml-regrep:StatusType:Approved'",
            "'urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated'",
            "'urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Approved'",
        ],
        Kind::EntryType => [
            "'urn:uuid:34268e47-fdf5-41a6-ba33-82133c465248'",
            "'urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1'",
            "'urn:uuid:00000000-0000-0000-0000-000000000000'",
        ],
        Kind::EntryUuid => [
            "'urn:uuid:11111111-1111-4111-8111-111111111111'",
            "'urn:uuid:22222222-2222-4222-8222-222222222222'",
            "'Some Value'",
        ],
        Kind::UniqueId => ["'1.2.3.1'", "'1.2.3.2^x'", "''"],
        Kind::Oid => ["'1.2.3'", "'1.2.4'", "'one'"],
        Kind::ReferenceId => ["'1^^^^urn:x'", "'2^^^&1.2.3&ISO^urn:x'", "'3'"],
        Kind::AssociationType => [
            "'urn:ihe:iti:2007:AssociationType:RPLC'",
            "'urn:ihe:iti:2007:AssociationType:XFRM'",
            "'Some Value'",
        ],
    }
}

fn quoted(kind: Kind, n_values: usize) -> String {
    format!("({})", values(kind).get(..n_values).unwrap().join(", "))
}

/// The least that a query needs, without `left_out` if that is possible.
fn minimal(query: QueryId, left_out: Parameter) -> Vec<(&'static str, String)> {
    let chosen = match choice(query) {
        Choice::Free | Choice::AtMostOneOfEach(_) => None,
        Choice::ExactlyOneOf(parameters) | Choice::AtLeastOneOf(parameters) => {
            parameters.iter().find(|parameter| **parameter != left_out)
        }
    };
    rules(query)
        .filter(|rule| rule.occurs.is_required() || Some(&rule.parameter) == chosen)
        .map(|rule| (rule.parameter.name(), quoted(rule.kind, 1)))
        .collect()
}

/// The answer to the least request, the row's own slots replaced by these values.
fn with_slots(query: QueryId, rule: &Rule, slots: &[&str]) -> Result<StoredQuery, QueryFault> {
    let is_alternative = matches!(
        choice(query),
        Choice::ExactlyOneOf(parameters) if parameters.contains(&rule.parameter)
    );
    let others = minimal(query, rule.parameter);
    let mut all: Vec<(&str, &str)> = others
        .iter()
        .filter(|(name, _)| *name != rule.parameter.name())
        .filter(|(name, _)| !(is_alternative && is_key(query, name)))
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    all.extend(slots.iter().map(|value| (rule.parameter.name(), *value)));
    parse(query, &all)
}

fn is_key(query: QueryId, name: &str) -> bool {
    match choice(query) {
        Choice::ExactlyOneOf(parameters) => parameters.iter().any(|one| one.name() == name),
        Choice::Free | Choice::AtLeastOneOf(_) | Choice::AtMostOneOfEach(_) => false,
    }
}

/// Every row of every table.
fn rows() -> impl Iterator<Item = (QueryId, &'static Rule)> {
    QueryId::ALL.into_iter().flat_map(|query| rules(query).map(move |rule| (query, rule)))
}

#[test]
fn every_query_answers_its_least_request() {
    for query in QueryId::ALL {
        let slots = minimal(query, Parameter::Uuid);
        let slots: Vec<(&str, &str)> = slots.iter().map(|(name, v)| (*name, v.as_str())).collect();
        let read = parse(query, &slots).unwrap();
        assert_eq!(read.id(), query);
    }
}

#[test]
fn every_row_changes_what_is_asked() {
    for (query, rule) in rows() {
        let [first, second, _] = values(rule.kind);
        let asked_first = with_slots(query, rule, &[first]).unwrap();
        let asked_second = with_slots(query, rule, &[second]).unwrap();
        assert_ne!(asked_first, asked_second, "{query:?} {}", rule.parameter);
        // The type that is excluded first is none of the default ones anyway.
        let is_left_out = rule.parameter == Parameter::DocumentEntryTypeExclude;
        if !rule.occurs.is_required() && !is_key(query, rule.parameter.name()) && !is_left_out {
            let not_asked = with_slots(query, rule, &[]).unwrap();
            assert_ne!(asked_first, not_asked, "{query:?} {}", rule.parameter);
        }
    }
}

#[test]
fn every_row_knows_a_value_that_is_not_legal() {
    for (query, rule) in rows() {
        let [legal, _, illegal] = values(rule.kind);
        let read = with_slots(query, rule, &[illegal]);
        let message = format!("{query:?} {}: {read:?}", rule.parameter);
        match rule.kind {
            Kind::Cx | Kind::Code | Kind::Time | Kind::Like | Kind::Oid => {
                let Err(QueryFault::InvalidValue { parameter, .. }) = read else {
                    panic!("{message}")
                };
                assert_eq!(parameter, rule.parameter);
            }
            Kind::Status => {
                let parameter = rule.parameter;
                assert_eq!(read, Err(QueryFault::MissingParameter { parameter }), "{message}");
            }
            // These match nothing, which is neither a fault nor the same as not asking.
            Kind::EntryType
            | Kind::EntryUuid
            | Kind::UniqueId
            | Kind::ReferenceId
            | Kind::AssociationType => {
                assert!(read.is_ok(), "{message}");
                assert_ne!(read, with_slots(query, rule, &[legal]), "{message}");
                assert_ne!(read, with_slots(query, rule, &[]), "{message}");
            }
        }
    }
}

#[test]
fn every_row_counts_its_values() {
    for (query, rule) in rows() {
        let read = with_slots(query, rule, &[&quoted(rule.kind, 2)]);
        if rule.occurs.is_single() {
            let fault = QueryFault::NotSingleValued { parameter: rule.parameter, count: 2 };
            assert_eq!(read, Err(fault), "{query:?} {}", rule.parameter);
        } else {
            let one = with_slots(query, rule, &[&quoted(rule.kind, 1)]);
            assert!(read.is_ok(), "{query:?} {}: {read:?}", rule.parameter);
            assert_ne!(read, one, "{query:?} {}", rule.parameter);
        }
    }
}

#[test]
fn every_row_counts_its_slots() {
    for (query, rule) in rows() {
        let [first, second, _] = values(rule.kind);
        let read = with_slots(query, rule, &[first, second]);
        if rule.occurs.may_repeat() {
            let alternatives = with_slots(query, rule, &[&quoted(rule.kind, 2)]);
            assert!(read.is_ok(), "{query:?} {}: {read:?}", rule.parameter);
            assert_ne!(read, alternatives, "{query:?} {}", rule.parameter);
        } else {
            let fault = QueryFault::RepeatedParameter { parameter: rule.parameter };
            assert_eq!(read, Err(fault), "{query:?} {}", rule.parameter);
        }
    }
}

#[test]
fn every_required_row_is_missed() {
    for (query, rule) in rows().filter(|(_, rule)| rule.occurs.is_required()) {
        let fault = QueryFault::MissingParameter { parameter: rule.parameter };
        assert_eq!(with_slots(query, rule, &[]), Err(fault), "{query:?} {}", rule.parameter);
    }
}

#[test]
fn every_slot_needs_a_value() {
    for (query, rule) in rows() {
        for empty in ["", " ", "()", "( )"] {
            let read = with_slots(query, rule, &[empty]);
            let is_invalid = matches!(
                read,
                Err(QueryFault::InvalidValue { parameter, .. }) if parameter == rule.parameter
            );
            assert!(is_invalid, "{query:?} {} {empty:?}: {read:?}", rule.parameter);
        }
        let mut no_value = request(query, &[]);
        no_value
            .parameters
            .push(RawParameter { name: rule.parameter.name().to_owned(), values: Vec::new() });
        let read = StoredQuery::parse(&no_value);
        assert!(matches!(read, Err(QueryFault::InvalidValue { .. })), "{query:?}: {read:?}");
    }
}

#[test]
fn every_choice_is_demanded() {
    for query in QueryId::ALL {
        let (Choice::ExactlyOneOf(parameters) | Choice::AtLeastOneOf(parameters)) = choice(query)
        else {
            continue;
        };
        let is_offered = |rule: &&Rule| parameters.contains(&rule.parameter);
        assert_eq!(rules(query).filter(is_offered).count(), parameters.len(), "{query:?}");
        let required = rules(query).filter(|rule| rule.occurs.is_required());
        let slots: Vec<(&str, String)> =
            required.map(|rule| (rule.parameter.name(), quoted(rule.kind, 1))).collect();
        let mut slots: Vec<(&str, &str)> =
            slots.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(parse(query, &slots), Err(QueryFault::MissingOneOf { parameters }));

        let offered: Vec<(&str, String)> = rules(query)
            .filter(is_offered)
            .map(|rule| (rule.parameter.name(), quoted(rule.kind, 1)))
            .collect();
        slots.extend(offered.iter().map(|(name, value)| (*name, value.as_str())));
        let read = parse(query, &slots);
        match choice(query) {
            Choice::ExactlyOneOf(parameters) => {
                assert_eq!(read, Err(QueryFault::Exclusive { parameters }));
            }
            Choice::Free | Choice::AtLeastOneOf(_) | Choice::AtMostOneOfEach(_) => {
                assert!(read.is_ok(), "{query:?}: {read:?}");
            }
        }
    }
}

#[test]
fn what_is_wanted_and_what_is_excluded_are_not_said_together() {
    let Choice::AtMostOneOfEach(groups) = choice(QueryId::FindDocumentsExclude) else { panic!() };
    let query = QueryId::FindDocumentsExclude;
    let excluding = rules(query).filter(|rule| rule.parameter.name().ends_with("Exclude"));
    assert_eq!(excluding.count(), groups.len());
    for parameters in groups {
        let [wanted, excluded] = parameters else { panic!("{parameters:?}") };
        assert_eq!(format!("{wanted}Exclude"), excluded.name());
        let find =
            |parameter: &Parameter| rules(query).find(|rule| rule.parameter == *parameter).unwrap();
        // The same notation, and the same number of values and slots.
        let [wanted, excluded] = [wanted, excluded].map(find);
        assert_eq!((wanted.kind, wanted.occurs), (excluded.kind, excluded.occurs));
        let [value, ..] = values(wanted.kind);
        let mut slots = minimal(query, Parameter::Uuid);
        slots.push((wanted.parameter.name(), value.to_owned()));
        slots.push((excluded.parameter.name(), value.to_owned()));
        let slots: Vec<(&str, &str)> = slots.iter().map(|(name, v)| (*name, v.as_str())).collect();
        assert_eq!(parse(query, &slots), Err(QueryFault::Exclusive { parameters }));
    }
}
