//! The index leads to everybody who meets a question.

use std::collections::BTreeSet;

use datatypes::Dtm;
use identity::{
    Criterion, Demographics, DemographicsQuery, Lookup, NameCriterion, NameRepresentation,
    PatientFacts, PersonName, lookup, meets, search_keys,
};
use proptest::prelude::*;

use crate::strategies::{DAY, criterion, demographics, name};

fn is_found(keys: &BTreeSet<String>, lookup: &Lookup) -> bool {
    let begins = |prefix: &String| keys.iter().any(|key| key.starts_with(prefix));
    match lookup {
        Lookup::Key(key) => keys.contains(key),
        Lookup::Prefix(prefix) => begins(prefix),
        Lookup::EitherPrefix(one, other) => begins(one) || begins(other),
        Lookup::Everything => true,
    }
}

fn query(criteria: Vec<Criterion>) -> DemographicsQuery {
    DemographicsQuery { criteria, ..DemographicsQuery::default() }
}

fn asked(family: Option<&str>, given: Option<&str>) -> NameCriterion {
    NameCriterion {
        family: family.map(str::to_owned),
        given: given.map(str::to_owned),
        ..NameCriterion::default()
    }
}

fn born(text: &str) -> Criterion {
    let time = Dtm::parse(text).ok();
    Criterion::BirthDate { from: time.clone(), to: time }
}

#[track_caller]
fn check(criteria: &[Criterion], expected: &Lookup) {
    // Not by `assert_eq!`, which would show hidden keys only.
    let found = lookup(criteria);
    assert!(found == *expected, "{:?}", shown(&found));
}

fn shown(lookup: &Lookup) -> Vec<&str> {
    match lookup {
        Lookup::Key(key) => vec!["key", key],
        Lookup::Prefix(prefix) => vec!["prefix", prefix],
        Lookup::EitherPrefix(one, other) => vec!["either", one, other],
        Lookup::Everything => vec!["everything"],
    }
}

fn key(text: &str) -> Lookup {
    Lookup::Key(text.to_owned())
}

fn prefix(text: &str) -> Lookup {
    Lookup::Prefix(text.to_owned())
}

#[test]
fn a_patient_has_two_keys_a_name() {
    let demographics = Demographics {
        names: vec![
            PersonName::legal("髙橋", "太郎", Some(NameRepresentation::Ideographic)),
            PersonName::legal("ﾀｶﾊｼ", "たろう", None),
        ],
        birth_date: Dtm::parse("196002031530").ok(),
        ..Demographics::default()
    };
    let expected = [
        "B|19600203|I|高橋太郎",
        "B|19600203|P|タカハシタロウ",
        "N|I|高橋太郎",
        "N|P|タカハシタロウ",
    ];
    assert_eq!(search_keys(&demographics), expected.map(str::to_owned).into());
}

#[test]
fn a_name_in_another_script_than_stated_is_found_under_both() {
    let demographics = Demographics {
        names: vec![PersonName::legal("SMITH", "JOHN", Some(NameRepresentation::Ideographic))],
        ..Demographics::default()
    };
    assert_eq!(
        search_keys(&demographics),
        ["N|A|SMITHJOHN", "N|I|SMITHJOHN"].map(str::to_owned).into()
    );
}

#[test]
fn a_patient_without_name_is_found_by_the_birth_date() {
    let demographics = Demographics { birth_date: Dtm::parse(DAY).ok(), ..Demographics::default() };
    assert_eq!(search_keys(&demographics), ["B|19600203|"].map(str::to_owned).into());
    let year = Demographics { birth_date: Dtm::parse("1960").ok(), ..Demographics::default() };
    assert!(search_keys(&year).is_empty());
}

#[test]
fn keys_are_bounded() {
    let long = "髙".repeat(10_000);
    let demographics = Demographics {
        names: vec![PersonName::legal(&long, &long, None)],
        birth_date: Dtm::parse(DAY).ok(),
        ..Demographics::default()
    };
    let keys = search_keys(&demographics);
    assert!(keys.iter().all(|key| key.len() <= 64 * 4 + "B|19600203|I|".len()));
    let criteria = vec![Criterion::Name(asked(Some(&long), Some(&long)))];
    assert!(is_found(&keys, &lookup(&criteria)));
    let facts = PatientFacts { identifiers: &[], demographics: &demographics, visit: None };
    assert_eq!(meets(&facts, &query(criteria)), Some(100));
}

#[test]
fn a_patient_has_no_hundred_names() {
    let one = PersonName::legal("ヤマダ", "タロウ", None);
    let names =
        (0..200).map(|n| PersonName { given: format!("タロウ{n}"), ..one.clone() }).collect();
    let demographics = Demographics { names, ..Demographics::default() };
    let facts = PatientFacts { identifiers: &[], demographics: &demographics, visit: None };
    assert_eq!(search_keys(&demographics).len(), 32);
    for (given, expected) in [("タロウ31", Some(100)), ("タロウ32", None)] {
        let criteria = vec![Criterion::Name(asked(Some("ヤマダ"), Some(given)))];
        assert_eq!(meets(&facts, &query(criteria)), expected);
    }
}

#[test]
fn the_most_selective_place_is_looked_at() {
    let whole = || Criterion::Name(asked(Some("たかはし"), Some("たろう")));
    let family = || Criterion::Name(asked(Some("髙橋"), None));
    let beginning = || Criterion::Name(asked(Some("髙*"), Some("太郎")));
    check(&[whole(), born(DAY)], &key("B|19600203|P|タカハシタロウ"));
    check(&[born(DAY), family()], &prefix("B|19600203|I|高橋"));
    check(&[whole()], &key("N|P|タカハシタロウ"));
    check(&[family(), whole()], &key("N|P|タカハシタロウ"));
    check(&[family()], &prefix("N|I|高橋"));
    check(&[beginning()], &prefix("N|I|高"));
    check(&[born(DAY)], &prefix("B|19600203|"));
    check(&[born("196002")], &Lookup::Everything);
    check(&[Criterion::Name(asked(None, Some("太郎")))], &Lookup::Everything);
    check(&[Criterion::Name(asked(Some("*橋"), None))], &Lookup::Everything);
    check(&[Criterion::Name(asked(Some("*"), None)), born(DAY)], &prefix("B|19600203|"));
    check(&[], &Lookup::Everything);
}

#[test]
fn the_representation_asked_for_decides_the_key() {
    let mut alphabetic = asked(Some("高橋"), None);
    alphabetic.representation = Some(NameRepresentation::Alphabetic);
    check(&[Criterion::Name(alphabetic)], &prefix("N|A|高橋"));
    check(&[Criterion::Name(asked(Some("takahashi*"), None))], &prefix("N|A|TAKAHASHI"));
}

#[test]
fn a_fuzzy_question_looks_at_both_orders() {
    let mut fuzzy = asked(Some("太郎"), Some("髙橋"));
    fuzzy.is_fuzzy = true;
    let expected = Lookup::EitherPrefix("N|I|太郎高橋".to_owned(), "N|I|高橋太郎".to_owned());
    check(&[Criterion::Name(fuzzy)], &expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases * 4))]

    #[test]
    fn who_meets_a_question_is_found(
        demographics in demographics(),
        criteria in prop::collection::vec(criterion(), 1..3),
    ) {
        let facts = PatientFacts { identifiers: &[], demographics: &demographics, visit: None };
        let lookup = lookup(&criteria);
        if meets(&facts, &query(criteria)).is_some() {
            prop_assert!(is_found(&search_keys(&demographics), &lookup));
        }
    }

    #[test]
    fn who_has_a_name_is_found_by_it_and_its_beginning(
        name in name(),
        others in demographics(),
        n in 0usize..5,
        is_fuzzy in any::<bool>(),
        has_day in any::<bool>(),
    ) {
        let mut demographics = others;
        demographics.names.push(name.clone());
        let escaped = |text: &str| text.replace('*', "\\*");
        let beginning: String = name.family.chars().take(n).collect();
        let questions = [
            asked(Some(&escaped(&name.family)), Some(&escaped(&name.given))),
            asked(Some(&escaped(&name.family)), Some("*")),
            asked(Some(&escaped(&name.family)), None),
            asked(Some(&format!("{}*", escaped(&beginning))), None),
            asked(Some(&escaped(&name.given)), Some(&escaped(&name.family))),
            asked(Some(&escaped(&name.given)), Some(&format!("{}*", escaped(&beginning)))),
        ];
        let facts = PatientFacts { identifiers: &[], demographics: &demographics, visit: None };
        for question in questions {
            let representation = name.representation.or(question.representation);
            let question = NameCriterion { representation, is_fuzzy, ..question };
            let mut criteria = vec![Criterion::Name(question)];
            criteria.extend(has_day.then(|| born(DAY)));
            let lookup = lookup(&criteria);
            if meets(&facts, &query(criteria)).is_some() {
                prop_assert!(is_found(&search_keys(&demographics), &lookup));
            }
        }
    }
}
