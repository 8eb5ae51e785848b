//! Any value that can be said, for the properties.

use datatypes::{Dtm, Oid};
use identity::{
    Address, Demographics, LocalId, NameKind, NameRepresentation, PersonName, Sex, Telecom,
    TelecomUsage,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// Text that no reader may change: no white space at the ends, no runs of it, nothing invisible.
pub(crate) fn text() -> impl Strategy<Value = String> {
    "[!-~ぁ-ゖ連携花子髙𠮷]{1,12}( [!-~ァ-ヶ]{1,8}){0,2}"
}

pub(crate) fn local_id() -> impl Strategy<Value = LocalId> {
    let oid = r"[0-2](\.(0|[1-9][0-9]{0,8})){1,6}";
    (text(), option::of(text()), option::of(oid)).prop_map(|(id, namespace, oid)| LocalId {
        id,
        namespace,
        universal_id: oid.map(|oid| Oid::parse(&oid).unwrap()),
    })
}

pub(crate) fn name() -> impl Strategy<Value = PersonName> {
    let scripts = [
        NameRepresentation::Ideographic,
        NameRepresentation::Phonetic,
        NameRepresentation::Alphabetic,
    ];
    let kinds = [NameKind::Legal, NameKind::Birth, NameKind::Other].to_vec();
    (text(), text(), option::of(select(scripts.to_vec())), select(kinds)).prop_map(
        |(family, given, representation, kind)| PersonName { family, given, representation, kind },
    )
}

pub(crate) fn names_and_dates() -> impl Strategy<Value = Demographics> {
    let sexes =
        [Sex::Female, Sex::Male, Sex::Ambiguous, Sex::Unknown, Sex::Other, Sex::NotApplicable];
    let date = (1900..2030_i32, 1..13_i32, 1..29_i32, 0..24_i32, 0..3_usize);
    let date = date.prop_map(|(year, month, day, hour, precision)| {
        let [year, month, day] = [format!("{year}"), format!("{month:02}"), format!("{day:02}")];
        let text =
            [year.clone(), format!("{year}{month}{day}"), format!("{year}{month}{day}{hour:02}")];
        Dtm::parse(text.get(precision).unwrap()).unwrap()
    });
    (vec(name(), 0..4), option::of(date), option::of(select(sexes.to_vec()))).prop_map(
        |(names, birth_date, sex)| Demographics {
            names,
            birth_date,
            sex,
            ..Demographics::default()
        },
    )
}

/// A part that may be missing.
fn part() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), text()]
}

pub(crate) fn address() -> impl Strategy<Value = Address> {
    let full = "[ぁ-ゖ静岡県]{1,12}( [0-9-]{1,8})?";
    (part(), part(), part(), part(), part(), full).prop_map(
        |(street, city, state, postal_code, country, full)| Address {
            street,
            city,
            state,
            postal_code,
            country,
            full,
        },
    )
}

pub(crate) fn telecom() -> impl Strategy<Value = Telecom> {
    let usage = select(vec![TelecomUsage::Home, TelecomUsage::Business]);
    ("(tel:[+]?[0-9-]{1,12}|mailto:[a-z]{1,8}@example[.]org)", usage)
        .prop_map(|(number, usage)| Telecom { number, usage })
}

pub(crate) fn demographics() -> impl Strategy<Value = Demographics> {
    (names_and_dates(), vec(name(), 0..3), vec(address(), 0..3), vec(telecom(), 0..3)).prop_map(
        |(person, mothers_maiden_names, addresses, telecoms)| Demographics {
            mothers_maiden_names,
            addresses,
            telecoms,
            ..person
        },
    )
}
