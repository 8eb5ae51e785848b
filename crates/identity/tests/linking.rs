//! Which patients are linked without anybody deciding it.

use datatypes::{Dtm, Oid, PatientId};
use identity::{
    Address, Demographics, LinkFacts, LinkRules, NameKind, NameRepresentation, PersonName, Sex,
    Telecom, TelecomUsage, fold, representation, search_keys, strong_id_key,
};
use proptest::prelude::*;

use crate::strategies::{demographics, name, strong_ids};

const BOTH: [LinkRules; 2] = [LinkRules::Development, LinkRules::Production];

fn name_of(text: &str) -> PersonName {
    let (family, given) = text.split_once('^').unwrap_or((text, ""));
    PersonName::legal(family, given, None)
}

/// Names as `family^given`, born on one day, male, reached under one number.
fn person(names: &[&str]) -> Demographics {
    Demographics {
        names: names.iter().map(|text| name_of(text)).collect(),
        birth_date: Dtm::parse("19600203").ok(),
        sex: Some(Sex::Male),
        telecoms: vec![telecom("03-1234-5678")],
        ..Demographics::default()
    }
}

fn telecom(number: &str) -> Telecom {
    Telecom { number: number.to_owned(), usage: TelecomUsage::Home }
}

fn at(postal_code: &str) -> Vec<Address> {
    vec![Address { postal_code: postal_code.to_owned(), ..Address::default() }]
}

fn is_linked(rules: LinkRules, a: &Demographics, b: &Demographics) -> bool {
    let facts = |demographics| LinkFacts { demographics, strong_ids: &[] };
    rules.matches(&facts(a), &facts(b))
}

#[track_caller]
fn check(a: &Demographics, b: &Demographics, development: bool, production: bool) {
    let found = BOTH.map(|rules| is_linked(rules, a, b));
    assert_eq!(found, [development, production], "{:?} {:?}", text(a), text(b));
    assert_eq!(BOTH.map(|rules| is_linked(rules, b, a)), found);
}

fn text(demographics: &Demographics) -> Vec<String> {
    demographics.names.iter().map(|name| format!("{}^{}", name.family, name.given)).collect()
}

#[test]
fn one_person_written_in_two_ways_is_linked() {
    let one = person(&["連携^太郎", "レンケイ^タロウ"]);
    check(&one, &person(&["連携^太郎", "ﾚﾝｹｲ^ﾀﾛｳ"]), true, true);
    check(&one, &person(&["れんけい　たろう"]), true, true);
    check(&one, &person(&["連携太郎", "レンケイタロウ"]), true, true);
    check(&one, &person(&["連携^太郎"]), true, false);
    check(&one, &person(&["Renkei^Taro", "レンケイ^タロウ"]), true, true);
}

#[test]
fn what_differs_in_one_representation_is_not_linked() {
    let one = person(&["連携^太郎", "レンケイ^タロウ"]);
    check(&one, &person(&["連係^太郎", "レンケイ^タロウ"]), false, false);
    check(&one, &person(&["連携^太郎", "レンケイ^ジロウ"]), false, false);
    check(&one, &person(&["レンケ^イタロウ"]), false, false);
    check(&one, &person(&["Renkei^Taro"]), false, false);
}

#[test]
fn variants_are_no_ground_for_linking() {
    check(&person(&["髙橋^太郎"]), &person(&["高橋^太郎"]), false, false);
    check(&person(&["スズキ^シヅカ"]), &person(&["スズキ^シズカ"]), false, false);
    let one = person(&["髙橋^太郎", "タカハシ^タロウ"]);
    check(&one, &person(&["高橋^太郎", "タカハシ^タロウ"]), false, false);
}

#[test]
fn nobody_is_linked_without_birth_date_and_sex() {
    let one = person(&["レンケイ^タロウ"]);
    for sex in [None, Some(Sex::Unknown), Some(Sex::Ambiguous), Some(Sex::NotApplicable)] {
        let nobody = Demographics { sex, ..one.clone() };
        check(&nobody, &nobody, false, false);
        check(&one, &nobody, false, false);
    }
    for birth_date in ["", "1960", "196002"] {
        let nobody = Demographics { birth_date: Dtm::parse(birth_date).ok(), ..one.clone() };
        check(&nobody, &nobody, false, false);
        check(&one, &nobody, false, false);
    }
    check(&one, &Demographics { sex: Some(Sex::Female), ..one.clone() }, false, false);
    let next_day = Demographics { birth_date: Dtm::parse("19600204").ok(), ..one.clone() };
    check(&one, &next_day, false, false);
    let to_the_minute = Demographics { birth_date: Dtm::parse("196002031530").ok(), ..one.clone() };
    check(&one, &to_the_minute, true, true);
}

#[test]
fn a_name_at_birth_links_where_the_legal_names_do_not_differ() {
    let mut married = person(&["レンケイ^ハナコ"]);
    married.names.push(PersonName { kind: NameKind::Birth, ..name_of("ヤマダ^ハナコ") });
    check(&married, &person(&["ヤマダ^ハナコ"]), false, false);
    let mut in_kanji = person(&["連携^花子"]);
    in_kanji.names.push(PersonName { kind: NameKind::Birth, ..name_of("ヤマダ^ハナコ") });
    check(&in_kanji, &person(&["ヤマダ^ハナコ"]), true, true);
}

#[test]
fn an_alias_links_nobody() {
    let mut alias = person(&[]);
    alias.names.push(PersonName { kind: NameKind::Other, ..name_of("レンケイ^タロウ") });
    check(&alias, &alias, false, false);
    check(&alias, &person(&["レンケイ^タロウ"]), false, false);
}

#[test]
fn production_asks_for_a_contact_in_common() {
    let one = person(&["レンケイ^タロウ"]);
    let reached = |telecoms, addresses| Demographics { telecoms, addresses, ..one.clone() };
    check(&one, &reached(vec![telecom("+81-3-1234-5678")], vec![]), true, true);
    check(&one, &reached(vec![telecom("03-1234-5679")], vec![]), true, false);
    check(&one, &reached(vec![], vec![]), true, false);
    let at_home = reached(vec![telecom("090-1111-2222")], at("422-8033"));
    check(&at_home, &reached(vec![], at("〒４２２８０３３")), true, true);
    check(&at_home, &reached(vec![], at("422-8034")), true, false);
}

#[test]
fn a_filler_is_no_contact() {
    for number in ["000-0000-0000", "03-0000-0000", "054-999-9999", "119", ""] {
        let nowhere =
            Demographics { telecoms: vec![telecom(number)], ..person(&["レンケイ^タロウ"]) };
        check(&nowhere, &nowhere, true, false);
    }
    for postal_code in ["000-0000", "9999999", "1", ""] {
        let addresses = at(postal_code);
        let nowhere =
            Demographics { addresses, telecoms: vec![], ..person(&["レンケイ^タロウ"]) };
        check(&nowhere, &nowhere, true, false);
    }
}

#[test]
fn production_does_not_link_names_that_tell_nobody_apart() {
    for name in [
        "不明",
        "フメイ^フメイ",
        "シメイ フメイ",
        "UNKNOWN^Unknown",
        "テスト^タロウ",
        "ヤマダ^ベビー",
        "ヤマダ^べびー１",
        "ヤマダハナコベビー ",
        "ヤマダ^シンセイジ",
        "Baby^Boy",
        "ナナシノ^ゴンベエ",
        "ダミー^１",
    ] {
        let somebody = person(&[name]);
        check(&somebody, &somebody, true, false);
        let known_in_kanji = person(&["ヤマダ^タロウ", "氏名不明"]);
        check(&known_in_kanji, &person(&["ヤマダ^タロウ"]), true, false);
    }
}

#[test]
fn production_does_not_take_a_family_name_for_a_name() {
    check(&person(&["ヤマダ"]), &person(&["ヤマダ"]), true, false);
    check(&person(&["ヤマダ タロウ"]), &person(&["ヤマダタロウ"]), true, true);
}

fn strong(text: &str) -> Vec<PatientId> {
    let authority = Oid::parse("1.2.3").ok();
    authority.and_then(|authority| PatientId::new(text, authority).ok()).into_iter().collect()
}

#[track_caller]
fn check_strong(a: (&Demographics, &str), b: (&Demographics, &str), expected: bool) {
    let (id_a, id_b) = (strong(a.1), strong(b.1));
    let a = LinkFacts { demographics: a.0, strong_ids: &id_a };
    let b = LinkFacts { demographics: b.0, strong_ids: &id_b };
    assert_eq!(LinkRules::Production.matches(&a, &b), expected);
    assert_eq!(LinkRules::Production.matches(&b, &a), expected);
}

#[test]
fn a_strong_identifier_links_whoever_changed_name_and_place() {
    let one =
        Demographics { telecoms: vec![], ..person(&["連携^花子", "レンケイ^ハナコ"]) };
    let married =
        Demographics { telecoms: vec![], ..person(&["山田^花子", "ヤマダ^ハナコ"]) };
    check_strong((&one, "1"), (&married, "1"), true);
    check_strong((&one, "1"), (&married, "01"), false);
    check_strong((&one, "1"), (&married, "2"), false);
    check_strong((&one, "1"), (&person(&["ヤマダハナコ"]), "1"), true);
    check_strong((&one, "1"), (&person(&[]), "1"), true);
    let woman = Demographics { sex: Some(Sex::Female), ..one.clone() };
    check_strong((&one, "1"), (&woman, "1"), false);
    let year = Demographics { birth_date: Dtm::parse("1960").ok(), ..one.clone() };
    check_strong((&year, "1"), (&year, "1"), false);
}

#[test]
fn twins_under_one_insurance_are_two() {
    check_strong((&person(&["ヤマダ^ハナ"]), "1"), (&person(&["ヤマダ^ユイ"]), "1"), false);
    check_strong((&person(&["ヤマダハナ"]), "1"), (&person(&["ヤマダユイ"]), "1"), false);
    check_strong((&person(&["ヤマダハナ"]), "1"), (&person(&["ヤマダ^ユイ"]), "1"), false);
    check_strong((&person(&["ヤマダ^ベビー"]), "1"), (&person(&["ヤマダ^ベビー"]), "1"), false);
}

/// The development rules word by word.
fn naive(a: &Demographics, b: &Demographics) -> bool {
    use NameRepresentation::{Alphabetic, Ideographic, Phonetic};
    let day = |d: &Demographics| {
        let text = d.birth_date.as_ref().map(|date| date.as_str().to_owned())?;
        (text.len() >= 8).then(|| text.chars().take(8).collect::<String>())
    };
    let is_known = |d: &Demographics| matches!(d.sex, Some(Sex::Female | Sex::Male | Sex::Other));
    if day(a).is_none() || day(a) != day(b) || !is_known(a) || a.sex != b.sex {
        return false;
    }
    let names = |d: &Demographics, kinds: &[NameKind], in_script| {
        let has_letter = |text: &str| fold(text).chars().any(|c| c.is_alphabetic() && c != 'ー');
        let is_meant = |name: &&PersonName| {
            kinds.contains(&name.kind)
                && representation(name) == in_script
                && (has_letter(&name.family) || has_letter(&name.given))
        };
        d.names.iter().filter(is_meant).cloned().collect::<Vec<_>>()
    };
    let is_equal = |x: &PersonName, y: &PersonName| {
        let (x, y) = ((fold(&x.family), fold(&x.given)), (fold(&y.family), fold(&y.given)));
        let is_split = |z: &(String, String)| !z.0.is_empty() && !z.1.is_empty();
        if is_split(&x) && is_split(&y) { x == y } else { x.0 + &x.1 == y.0 + &y.1 }
    };
    let is_common = |kinds: &[NameKind], script| {
        let others = names(b, kinds, script);
        names(a, kinds, script).iter().any(|x| others.iter().any(|y| is_equal(x, y)))
    };
    let legal = [NameKind::Legal];
    let scripts = [Ideographic, Phonetic, Alphabetic];
    let contradicts = scripts.iter().any(|script| {
        !names(a, &legal, *script).is_empty()
            && !names(b, &legal, *script).is_empty()
            && !is_common(&legal, *script)
    });
    !contradicts
        && scripts.iter().any(|script| is_common(&[NameKind::Legal, NameKind::Birth], *script))
}

/// Two patients, mostly with a name in common.
fn pair() -> impl Strategy<Value = (Demographics, Demographics)> {
    (demographics(), demographics(), prop::option::weighted(0.8, name())).prop_map(
        |(mut a, mut b, name)| {
            a.names.truncate(1);
            b.names.truncate(1);
            a.names.extend(name.clone());
            b.names.extend(name);
            (a, b)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases * 4))]

    #[test]
    fn the_development_rules_are_what_they_say((a, b) in pair()) {
        prop_assert_eq!(is_linked(LinkRules::Development, &a, &b), naive(&a, &b));
    }

    #[test]
    fn rules_are_symmetric_and_their_keys_find_every_match(
        (a, b) in pair(),
        ids_a in strong_ids(),
        ids_b in strong_ids(),
    ) {
        let a = LinkFacts { demographics: &a, strong_ids: &ids_a };
        let b = LinkFacts { demographics: &b, strong_ids: &ids_b };
        for rules in BOTH {
            let is_match = rules.matches(&a, &b);
            prop_assert_eq!(is_match, rules.matches(&b, &a));
            let (keys_a, keys_b) = (rules.keys(&a), rules.keys(&b));
            prop_assert!(!is_match || !keys_a.is_disjoint(&keys_b));
            let mut indexed = search_keys(a.demographics);
            indexed.extend(a.strong_ids.iter().map(strong_id_key));
            prop_assert!(keys_a.is_subset(&indexed));
        }
    }

    #[test]
    fn nobody_is_linked_against_birth_date_or_sex((a, b) in pair(), ids in strong_ids()) {
        let a = LinkFacts { demographics: &a, strong_ids: &ids };
        let b = LinkFacts { demographics: &b, strong_ids: &ids };
        for rules in BOTH.into_iter().filter(|rules| rules.matches(&a, &b)) {
            let day = |facts: &LinkFacts<'_>| {
                let date = facts.demographics.birth_date.clone();
                date.and_then(|date| date.as_str().get(..8).map(str::to_owned))
            };
            prop_assert!(day(&a).is_some(), "{rules:?}");
            prop_assert_eq!(day(&a), day(&b));
            prop_assert_eq!(a.demographics.sex, b.demographics.sex);
        }
    }
}
