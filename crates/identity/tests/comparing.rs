//! Who meets a question, and how well.

use datatypes::{Dtm, Oid};
use identity::{
    Address, AuthorityName, Clinician, ClinicianPart, ClinicianRole, Criterion, Demographics,
    DemographicsQuery, LocalId, NameCriterion, NameKind, NameRepresentation, PatientFacts,
    PersonName, Sex, Telecom, TelecomUsage, Visit, VisitCriterion, VisitLocation, meets,
};
use proptest::prelude::*;

use crate::strategies::{criterion, demographics, time};

/// A patient with one of everything.
fn patient() -> Demographics {
    Demographics {
        names: vec![
            PersonName::legal("髙橋", "太郎", Some(NameRepresentation::Ideographic)),
            PersonName::legal("タカハシ", "タロウ", Some(NameRepresentation::Phonetic)),
            PersonName {
                kind: NameKind::Birth,
                ..PersonName::legal("レンケイ", "タロウ", Some(NameRepresentation::Phonetic))
            },
        ],
        birth_date: Dtm::parse("19600203").ok(),
        sex: Some(Sex::Male),
        mothers_maiden_names: vec![PersonName::legal("シヅカ", "ハナコ", None)],
        addresses: vec![Address {
            postal_code: "422-8033".to_owned(),
            country: "JPN".to_owned(),
            full: "静岡県静岡市駿河区登呂１－２－３".to_owned(),
            ..Address::default()
        }],
        telecoms: vec![Telecom { number: "054-000-1234".to_owned(), usage: TelecomUsage::Home }],
        account_number: Some(local_id("A-7")),
    }
}

fn local_id(id: &str) -> LocalId {
    LocalId {
        id: id.to_owned(),
        namespace: Some("SITE-A".to_owned()),
        universal_id: Oid::parse("1.2.3").ok(),
    }
}

fn degree_of(demographics: &Demographics, criterion: &Criterion) -> Option<u8> {
    let identifiers = [local_id("0001"), local_id("ab")];
    let visit = visit();
    let facts = PatientFacts { identifiers: &identifiers, demographics, visit: Some(&visit) };
    let criteria = vec![criterion.clone()];
    meets(&facts, &DemographicsQuery { criteria, ..DemographicsQuery::default() })
}

#[track_caller]
fn check(criterion: &Criterion, expected: Option<u8>) {
    assert_eq!(degree_of(&patient(), criterion), expected);
}

fn asked(family: &str, given: &str) -> NameCriterion {
    let part = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    NameCriterion { family: part(family), given: part(given), ..NameCriterion::default() }
}

#[track_caller]
fn check_name(family: &str, given: &str, exact: Option<u8>, fuzzy: Option<u8>) {
    check_name_of(&patient(), (family, given), exact, fuzzy);
}

#[track_caller]
fn check_name_of(
    demographics: &Demographics,
    (family, given): (&str, &str),
    exact: Option<u8>,
    fuzzy: Option<u8>,
) {
    let question = asked(family, given);
    let fuzzy_question = NameCriterion { is_fuzzy: true, ..question.clone() };
    let found = degree_of(demographics, &Criterion::Name(question));
    assert_eq!(found, exact, "{family} {given}");
    let found = degree_of(demographics, &Criterion::Name(fuzzy_question));
    assert_eq!(found, fuzzy, "{family} {given}, fuzzy");
}

#[test]
fn a_name_is_found_in_every_width_and_kana() {
    for (family, given) in [
        ("髙橋", "太郎"),
        ("髙　橋", "太 郎"),
        ("タカハシ", "タロウ"),
        ("たかはし", "たろう"),
        ("ﾀｶﾊｼ", "ﾀﾛｳ"),
        ("レンケイ", "タロウ"),
        ("髙橋", ""),
        ("", "太郎"),
        ("タカ*", ""),
        ("*ハシ", "タ*ウ"),
        ("*", ""),
    ] {
        check_name(family, given, Some(100), Some(100));
    }
}

#[test]
fn variants_and_the_other_order_are_found_by_a_fuzzy_question() {
    check_name("高橋", "太郎", None, Some(80));
    check_name("高*", "", None, Some(80));
    check_name("太郎", "髙橋", None, Some(60));
    check_name("太郎", "高橋", None, Some(60));
    check_name("太*", "高*", None, Some(60));
    check_name("タカバシ", "タロウ", None, None);
    check_name("髙", "", None, None);
    check_name("橋", "太郎", None, None);
    check_name("", "髙橋", None, None);
}

#[test]
fn one_name_must_meet_both_parts() {
    let mut demographics = patient();
    demographics.names.push(PersonName::legal("山田", "花子", None));
    check_name_of(&demographics, ("山田", "花子"), Some(100), Some(100));
    check_name_of(&demographics, ("山田", "太郎"), None, None);
}

#[test]
fn names_that_are_not_split_are_compared_as_a_whole() {
    check_name("髙橋　太郎", "", Some(100), Some(100));
    check_name("髙橋太*", "", Some(100), Some(100));
    check_name("高橋太郎", "", None, Some(80));

    let undivided = Demographics {
        names: vec![PersonName::legal("髙橋 太郎", "", None)],
        ..Demographics::default()
    };
    check_name_of(&undivided, ("髙橋", "太郎"), Some(100), Some(100));
    check_name_of(&undivided, ("髙橋", "太*"), Some(100), Some(100));
    check_name_of(&undivided, ("髙*", "太郎"), Some(100), Some(100));
    check_name_of(&undivided, ("髙橋*", ""), Some(100), Some(100));
    check_name_of(&undivided, ("髙橋", ""), None, Some(60));
    check_name_of(&undivided, ("太郎", "髙橋"), None, Some(60));
    check_name_of(&undivided, ("髙橋", "次郎"), None, None);
}

#[test]
fn names_that_are_split_in_two_places_are_different() {
    check_name("髙", "橋太郎", None, None);
    check_name("髙橋太", "郎", None, None);
}

#[test]
fn a_repetition_mark_repeats_across_the_joint() {
    let of = |family: &str, given: &str| Demographics {
        names: vec![PersonName::legal(family, given, None)],
        ..Demographics::default()
    };
    check_name_of(&of("佐佐木", ""), ("佐", "々木"), None, Some(80));
    check_name_of(&of("佐", "々木"), ("佐佐木", ""), None, Some(80));
}

#[test]
fn the_representation_decides_which_names_are_compared() {
    let question = |family: &str, representation| {
        Criterion::Name(NameCriterion { representation: Some(representation), ..asked(family, "") })
    };
    check(&question("髙橋", NameRepresentation::Ideographic), Some(100));
    check(&question("髙橋", NameRepresentation::Phonetic), None);
    check(&question("*", NameRepresentation::Phonetic), Some(100));
    check(&question("*", NameRepresentation::Alphabetic), None);
    let foreigner = Demographics {
        names: vec![PersonName::legal("SMITH", "John", Some(NameRepresentation::Ideographic))],
        ..Demographics::default()
    };
    check_name_of(&foreigner, ("Smith", "john"), Some(100), Some(100));
    assert_eq!(
        degree_of(&foreigner, &question("Smith", NameRepresentation::Ideographic)),
        Some(100)
    );
}

#[test]
fn an_alias_and_the_mothers_name_can_be_asked_for() {
    let mut demographics = patient();
    demographics
        .names
        .push(PersonName {
            kind: NameKind::Other, ..PersonName::legal("ツウショウ", "", None)
        });
    check_name_of(&demographics, ("ツウショウ", ""), Some(100), Some(100));
    check(&Criterion::MotherName(asked("しづか", "")), Some(100));
    check(&Criterion::MotherName(asked("タカハシ", "")), None);
    check_name("シヅカ", "", None, None);
}

#[track_caller]
fn check_born(from: &str, to: &str, expected: bool) {
    let (from, to) = (Dtm::parse(from).ok(), Dtm::parse(to).ok());
    check(&Criterion::BirthDate { from, to }, expected.then_some(100));
}

#[test]
fn a_birth_date_lies_within_the_stated_periods() {
    check_born("19600203", "19600203", true);
    check_born("1960", "1960", true);
    check_born("196002", "196002", true);
    check_born("1959", "196002", true);
    check_born("19600203", "", true);
    check_born("", "19600203", true);
    check_born("", "", true);
    check_born("19600204", "", false);
    check_born("", "19600202", false);
    check_born("1961", "1962", false);
    check_born("1900", "1959", false);
    check_born("1961", "1959", false);
    // Born on the day, but nobody knows at what hour.
    check_born("1960020300", "1960020312", false);
}

#[test]
fn who_may_be_born_outside_does_not_meet() {
    let month = Demographics { birth_date: Dtm::parse("196002").ok(), ..patient() };
    let between = |from: &str, to: &str| Criterion::BirthDate {
        from: Dtm::parse(from).ok(),
        to: Dtm::parse(to).ok(),
    };
    assert_eq!(degree_of(&month, &between("1960", "1960")), Some(100));
    assert_eq!(degree_of(&month, &between("19600201", "19600229")), Some(100));
    assert_eq!(degree_of(&month, &between("19600201", "19600228")), None);
    assert_eq!(degree_of(&month, &between("19600203", "19600203")), None);
    let unknown = Demographics { birth_date: None, ..patient() };
    assert_eq!(degree_of(&unknown, &between("", "")), None);
}

#[test]
fn sex_is_exact() {
    check(&Criterion::Sex(Sex::Male), Some(100));
    check(&Criterion::Sex(Sex::Unknown), None);
    for sex in [None, Some(Sex::Unknown)] {
        let unknown = Demographics { sex, ..patient() };
        assert_eq!(degree_of(&unknown, &Criterion::Sex(Sex::Male)), None);
    }
}

#[track_caller]
fn check_address(edit: fn(&mut Address), expected: Option<u8>) {
    let mut address = Address::default();
    edit(&mut address);
    check(&Criterion::Address(address), expected);
}

#[test]
fn an_address_is_found_part_by_part() {
    check_address(|a| a.postal_code = "4228033".to_owned(), Some(100));
    check_address(|a| a.postal_code = "〒４２２－８０３３".to_owned(), Some(100));
    check_address(|a| a.postal_code = "422*".to_owned(), Some(100));
    check_address(|a| a.postal_code = "422-8034".to_owned(), None);
    check_address(|a| a.country = "jpn".to_owned(), Some(100));
    check_address(|a| a.country = "USA".to_owned(), None);
    check_address(|a| a.full = "静岡県静岡市駿河区登呂1-2-3".to_owned(), Some(100));
    check_address(|a| a.full = "駿河区".to_owned(), Some(90));
    check_address(|a| a.full = "駿河区*1−2".to_owned(), Some(90));
    check_address(|a| a.full = "葵区".to_owned(), None);
    check_address(|a| a.city = "静岡市".to_owned(), Some(90));
    check_address(|a| a.city = "浜松市".to_owned(), None);
    check_address(
        |a| {
            a.state = "静岡県".to_owned();
            a.street = "1-2-3".to_owned();
            a.postal_code = "422-8033".to_owned();
        },
        Some(90),
    );
}

#[test]
fn one_address_must_meet_all_parts() {
    let part = |city: &str, state: &str| Address {
        city: city.to_owned(),
        state: state.to_owned(),
        ..Address::default()
    };
    let addresses = vec![part("港区", "東京都"), part("静岡市", "静岡県")];
    let moved = Demographics { addresses, ..Demographics::default() };
    assert_eq!(degree_of(&moved, &Criterion::Address(part("港区", "東京都"))), Some(100));
    assert_eq!(degree_of(&moved, &Criterion::Address(part("港区", "静岡県"))), None);
    assert_eq!(degree_of(&moved, &Criterion::Address(part("港", ""))), None);
    let whole = Address { full: "静岡県静岡市".to_owned(), ..Address::default() };
    assert_eq!(degree_of(&moved, &Criterion::Address(whole)), Some(90));
}

#[test]
fn telephone_numbers_are_compared_by_digits() {
    for number in ["0540001234", "054(000)1234", "tel:+81-54-000-1234", "054*", "*1234"] {
        check(&Criterion::Telecom(number.to_owned()), Some(100));
    }
    for number in ["054-000-123", "000-1234", "mailto:*", "a@example.org"] {
        check(&Criterion::Telecom(number.to_owned()), None);
    }
    let mail = Telecom { number: "mailto:Taro1@example.org".to_owned(), usage: TelecomUsage::Home };
    let reached = Demographics { telecoms: vec![mail], ..Demographics::default() };
    let found = |text: &str| degree_of(&reached, &Criterion::Telecom(text.to_owned()));
    assert_eq!(found("mailto:taro1@example.org"), Some(100));
    assert_eq!(found("mailto:*"), Some(100));
    assert_eq!(found("1"), None);
}

#[track_caller]
fn check_id(id: &str, namespace: Option<&str>, oid: Option<&str>, expected: bool) {
    let authority = AuthorityName {
        namespace: namespace.map(str::to_owned),
        universal_id: oid.and_then(|oid| Oid::parse(oid).ok()),
    };
    check(&Criterion::Id { id: id.to_owned(), authority }, expected.then_some(100));
}

#[test]
fn identifiers_are_exact() {
    check_id("0001", Some("SITE-A"), None, true);
    check_id("0001", None, Some("1.2.3"), true);
    check_id("0001", Some("OTHER"), Some("1.2.3"), true);
    check_id("00*", None, Some("1.2.3"), true);
    check_id("ab", None, None, true);
    check_id("1", Some("SITE-A"), None, false);
    check_id("AB", Some("SITE-A"), None, false);
    check_id("０００１", Some("SITE-A"), None, false);
    check_id("0001", Some("site-a"), None, false);
    check_id("0001", Some("SITE-A"), Some("1.2.4"), false);
}

#[test]
fn an_account_is_an_identifier() {
    let account = |number: &str, namespace: &str| Criterion::Account {
        number: number.to_owned(),
        authority: AuthorityName { namespace: Some(namespace.to_owned()), universal_id: None },
    };
    check(&account("A-7", "SITE-A"), Some(100));
    check(&account("A-*", "SITE-A"), Some(100));
    check(&account("a-7", "SITE-A"), None);
    check(&account("A-7", "SITE-B"), None);
    check(&account("0001", "SITE-A"), None);
}

fn visit() -> Visit {
    Visit {
        number: Some(local_id("V1")),
        class: "I".to_owned(),
        location: VisitLocation {
            point_of_care: "３東".to_owned(),
            room: "301".to_owned(),
            bed: "A".to_owned(),
            facility: String::new(),
        },
        attending: vec![Clinician {
            id: "D1".to_owned(),
            family: "医師".to_owned(),
            given: "一郎".to_owned(),
        }],
        service: "CAR".to_owned(),
        ..Visit::default()
    }
}

#[test]
fn a_visit_is_found_by_what_was_said_of_it() {
    let number = |number: &str| VisitCriterion::Number {
        number: number.to_owned(),
        authority: AuthorityName::default(),
    };
    let location =
        |component, value: &str| VisitCriterion::Location { component, value: value.to_owned() };
    let clinician =
        |role, part, value: &str| VisitCriterion::Clinician { role, part, value: value.to_owned() };
    let (attending, referring) = (ClinicianRole::Attending, ClinicianRole::Referring);
    for (asked, is_met) in [
        (number("V1"), true),
        (number("v1"), false),
        (VisitCriterion::Class("I".to_owned()), true),
        (VisitCriterion::Class("O".to_owned()), false),
        (location(1, "3東"), true),
        (location(2, "30*"), true),
        (location(3, "B"), false),
        (location(5, "A"), false),
        (clinician(attending, ClinicianPart::Id, "D1"), true),
        (clinician(attending, ClinicianPart::Family, "医*"), true),
        (clinician(attending, ClinicianPart::Given, "二郎"), false),
        (clinician(referring, ClinicianPart::Id, "D1"), false),
        (VisitCriterion::Service("CAR".to_owned()), true),
        (VisitCriterion::Service("URO".to_owned()), false),
    ] {
        check(&Criterion::Visit(asked), is_met.then_some(100));
    }
    let facts = PatientFacts { identifiers: &[], demographics: &patient(), visit: None };
    let criteria = vec![Criterion::Visit(VisitCriterion::Class("*".to_owned()))];
    let query = DemographicsQuery { criteria, ..DemographicsQuery::default() };
    assert_eq!(meets(&facts, &query), None);
}

#[test]
fn the_least_certain_criterion_counts() {
    let fuzzy = |family: &str, given: &str| {
        Criterion::Name(NameCriterion { is_fuzzy: true, ..asked(family, given) })
    };
    let demographics = patient();
    let facts = PatientFacts { identifiers: &[], demographics: &demographics, visit: None };
    let ask = |criteria: &[Criterion], minimum_confidence| {
        let criteria = criteria.to_vec();
        meets(&facts, &DemographicsQuery { criteria, minimum_confidence, ..Default::default() })
    };
    let variant = [Criterion::Sex(Sex::Male), fuzzy("高橋", "太郎")];
    assert_eq!(ask(&variant, None), Some(80));
    assert_eq!(ask(&variant, Some(80)), Some(80));
    assert_eq!(ask(&variant, Some(81)), None);
    assert_eq!(ask(&[fuzzy("高橋", "太郎"), fuzzy("太郎", "高橋")], None), Some(60));
    assert_eq!(ask(&[Criterion::Sex(Sex::Female), fuzzy("髙橋", "太郎")], None), None);
    assert_eq!(ask(&[], None), None);
}

proptest! {
    #[test]
    fn everybody_is_found_by_what_is_said_of_them(demographics in demographics()) {
        let escaped = |text: &str| text.replace('*', "\\*");
        for name in &demographics.names {
            let question = NameCriterion {
                family: Some(escaped(&name.family)),
                given: Some(escaped(&name.given)),
                representation: name.representation,
                is_fuzzy: false,
            };
            prop_assert_eq!(degree_of(&demographics, &Criterion::Name(question)), Some(100));
        }
        for address in &demographics.addresses {
            let found = degree_of(&demographics, &Criterion::Address(address.clone()));
            prop_assert_eq!(found, Some(100));
        }
        for telecom in &demographics.telecoms {
            let found = degree_of(&demographics, &Criterion::Telecom(telecom.number.clone()));
            prop_assert_eq!(found, Some(100));
        }
        let born = demographics.birth_date.clone();
        if born.is_some() {
            let found = degree_of(&demographics, &Criterion::BirthDate { from: born.clone(), to: born });
            prop_assert_eq!(found, Some(100));
        }
    }

    #[test]
    fn a_fuzzy_question_finds_no_less(demographics in demographics(), criterion in criterion()) {
        if let Criterion::Name(question) = criterion {
            let exact = NameCriterion { is_fuzzy: false, ..question.clone() };
            let fuzzy = NameCriterion { is_fuzzy: true, ..question };
            let exact = degree_of(&demographics, &Criterion::Name(exact));
            let fuzzy = degree_of(&demographics, &Criterion::Name(fuzzy));
            prop_assert!(exact.is_none() || fuzzy == exact);
        }
    }

    #[test]
    fn more_criteria_find_no_more(
        demographics in demographics(),
        criteria in prop::collection::vec(criterion(), 1..4),
    ) {
        let facts = PatientFacts { identifiers: &[], demographics: &demographics, visit: None };
        let ask = |criteria: &[Criterion]| {
            let criteria = criteria.to_vec();
            meets(&facts, &DemographicsQuery { criteria, ..Default::default() })
        };
        let each: Option<Vec<u8>> = criteria.iter().map(|one| ask(std::slice::from_ref(one))).collect();
        let least = each.and_then(|degrees| degrees.into_iter().min());
        prop_assert_eq!(ask(&criteria), least);
    }

    #[test]
    fn a_period_holds_what_all_its_days_tell(born in time(), from in time(), to in time()) {
        // Every moment that a time may mean, as far as the periods of the strategy can tell them apart.
        let seconds = |time: &Dtm| {
            let all = ["19600101000000", "19600131235959", "19600201000000", "19600203000000",
                "19600203122959", "19600203123000", "19600203123059", "19600203123100",
                "19600203235959", "19600204000000", "19600229235959", "19601231235959"];
            all.into_iter().filter(|second| second.starts_with(time.as_str())).collect::<Vec<_>>()
        };
        let (born_at, first, last) = (seconds(&born), seconds(&from), seconds(&to));
        let expected = born_at.first() >= first.first() && born_at.last() <= last.last();
        let demographics = Demographics { birth_date: Some(born), ..Demographics::default() };
        let criterion = Criterion::BirthDate { from: Some(from), to: Some(to) };
        prop_assert_eq!(degree_of(&demographics, &criterion).is_some(), expected);
    }
}
