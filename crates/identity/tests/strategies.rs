//! Invented patients and questions, with few values, so that they meet.

use datatypes::{Dtm, Oid, PatientId};
use identity::{
    Address, AuthorityName, Criterion, Demographics, LocalId, NameCriterion, NameKind,
    NameRepresentation, PersonName, Sex, Telecom, TelecomUsage,
};
use proptest::prelude::*;

pub(crate) const DAY: &str = "19600203";

/// Parts of names; some differ only in what folding or the variants take away.
const PARTS: &[&str] = &[
    "連携",
    "連係",
    "髙橋",
    "高橋",
    "佐々木",
    "佐佐木",
    "佐",
    "々木",
    "太郎",
    "太",
    "郎",
    "花子",
    "さくら",
    "レンケイ",
    "ﾚﾝｹｲ",
    "れんけい",
    "タロウ",
    "たろう",
    "タロ",
    "シヅカ",
    "シズカ",
    "いすゞ",
    "ヽ",
    "ー",
    "・",
    "　",
    "RENKEI",
    "renkei",
    "Taro",
    "太郎　",
    "連携 太郎",
    "レンケイ タロウ",
    "12",
    "＊",
    "ベビー",
    "長い名前をもつ人の姓を六十四字よりも長く書くとどうなるかを試すための名前であってこれだけでは足りないのでもう一度くりかえして長い名前をもつ人の姓とする",
];

pub(crate) fn part() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(PARTS).prop_map(str::to_owned),
        1 => Just(String::new()),
        1 => "[アイ亜々ヽ゛ー a]{0,3}",
    ]
}

pub(crate) fn representation() -> impl Strategy<Value = Option<NameRepresentation>> {
    let representations = prop_oneof![
        Just(NameRepresentation::Ideographic),
        Just(NameRepresentation::Phonetic),
        Just(NameRepresentation::Alphabetic),
    ];
    prop::option::weighted(0.4, representations)
}

pub(crate) fn name() -> impl Strategy<Value = PersonName> {
    let kind = prop_oneof![
        6 => Just(NameKind::Legal),
        1 => Just(NameKind::Birth),
        1 => Just(NameKind::Other),
    ];
    (part(), part(), representation(), kind).prop_map(|(family, given, representation, kind)| {
        PersonName { family, given, representation, kind }
    })
}

pub(crate) fn time() -> impl Strategy<Value = Dtm> {
    const TIMES: &[&str] =
        &["1960", "196002", DAY, DAY, DAY, "19600204", "1960020312", "19600203123059", "196001"];
    prop::sample::select(TIMES).prop_filter_map("a time", |text| Dtm::parse(text).ok())
}

pub(crate) fn sex() -> impl Strategy<Value = Sex> {
    prop_oneof![4 => Just(Sex::Female), 2 => Just(Sex::Male), 1 => Just(Sex::Other), 1 => Just(Sex::Unknown)]
}

fn address() -> impl Strategy<Value = Address> {
    let street = prop::sample::select(&["", "1-2-3", "１－２－３"][..]);
    let city = prop::sample::select(&["", "港区", "みなと区"][..]);
    let postal_code =
        prop::sample::select(&["", "422-8033", "4228033", "105-0001", "000-0000"][..]);
    let full = prop::sample::select(&["", "東京都港区１－２－３", "静岡市"][..]);
    (street, city, postal_code, full).prop_map(|(street, city, postal_code, full)| Address {
        street: street.to_owned(),
        city: city.to_owned(),
        postal_code: postal_code.to_owned(),
        full: full.to_owned(),
        country: "JPN".to_owned(),
        ..Address::default()
    })
}

fn telecom() -> impl Strategy<Value = Telecom> {
    const NUMBERS: &[&str] =
        &["03-1234-5678", "tel:+81-3-1234-5678", "0312345678", "090-1111-2222", "03-0000-0000"];
    prop::sample::select(NUMBERS)
        .prop_map(|number| Telecom { number: number.to_owned(), usage: TelecomUsage::Home })
}

pub(crate) fn demographics() -> impl Strategy<Value = Demographics> {
    let names = prop::collection::vec(name(), 0..4);
    let mothers = prop::collection::vec(name(), 0..2);
    let addresses = prop::collection::vec(address(), 0..2);
    let telecoms = prop::collection::vec(telecom(), 0..2);
    let birth_date = prop::option::weighted(0.9, time());
    let sex = prop::option::weighted(0.9, sex());
    (names, mothers, addresses, telecoms, birth_date, sex).prop_map(
        |(names, mothers_maiden_names, addresses, telecoms, birth_date, sex)| Demographics {
            names,
            birth_date,
            sex,
            mothers_maiden_names,
            addresses,
            telecoms,
            account_number: None,
        },
    )
}

pub(crate) fn strong_ids() -> impl Strategy<Value = Vec<PatientId>> {
    let ids = prop::sample::select(&["1", "2", "01"][..]);
    let id = ids.prop_filter_map("an id", |id| {
        let authority = Oid::parse("1.2.3").ok()?;
        PatientId::new(id, authority).ok()
    });
    prop::collection::vec(id, 0..2)
}

pub(crate) fn local_id() -> impl Strategy<Value = LocalId> {
    let ids = prop::sample::select(&["1", "01", "A1", "a1"][..]);
    let authorities = prop::sample::select(&[("A", "1.2.1"), ("B", "1.2.2")][..]);
    (ids, authorities).prop_map(|(id, (namespace, oid))| LocalId {
        id: id.to_owned(),
        namespace: Some(namespace.to_owned()),
        universal_id: Oid::parse(oid).ok(),
    })
}

/// A part of a name, a beginning of one, or one with a wildcard anywhere.
fn pattern() -> impl Strategy<Value = String> {
    (part(), 0usize..4, any::<bool>()).prop_map(|(part, n, is_exact)| {
        if is_exact {
            return part;
        }
        let (beginning, end): (Vec<_>, Vec<_>) =
            part.chars().enumerate().partition(|(at, _)| *at < n);
        let text =
            |side: Vec<(usize, char)>| -> String { side.into_iter().map(|(_, c)| c).collect() };
        let end = if n == 2 { String::new() } else { text(end) };
        format!("{}*{end}", text(beginning))
    })
}

fn name_criterion(make: fn(NameCriterion) -> Criterion) -> impl Strategy<Value = Criterion> {
    let family = prop::option::weighted(0.8, pattern());
    let given = prop::option::weighted(0.6, pattern());
    (family, given, representation(), any::<bool>()).prop_map(
        move |(family, given, representation, is_fuzzy)| {
            make(NameCriterion { family, given, representation, is_fuzzy })
        },
    )
}

pub(crate) fn criterion() -> impl Strategy<Value = Criterion> {
    let period = (prop::option::weighted(0.9, time()), prop::option::weighted(0.9, time()));
    prop_oneof![
        4 => name_criterion(Criterion::Name),
        1 => name_criterion(Criterion::MotherName),
        1 => period.prop_map(|(from, to)| Criterion::BirthDate { from, to }),
        3 => time().prop_map(|day| Criterion::BirthDate { from: Some(day.clone()), to: Some(day) }),
        1 => sex().prop_map(Criterion::Sex),
        1 => address().prop_map(Criterion::Address),
        1 => local_id().prop_map(|local| Criterion::Id {
            id: local.id,
            authority: AuthorityName { namespace: local.namespace, universal_id: None },
        }),
    ]
}
