//! Invented patients with everything that can be said of them.

use datatypes::{Dtm, Oid};
use identity::{
    Address, AuthorityName, Clinician, Demographics, FeedEvent, LocalId, NameKind,
    NameRepresentation, PatientIdentityFeed, PersonName, Sex, Telecom, TelecomUsage, Visit,
    VisitLocation,
};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use crate::texts::trimmed_text;

pub(crate) fn filled_text() -> impl Strategy<Value = String> {
    trimmed_text().prop_filter("empty", |text| !text.is_empty())
}

pub(crate) fn any_oid() -> impl Strategy<Value = Oid> {
    let oid = select(vec!["1.2.3", "2.16.840.1.113883.3", "2.25.1"]);
    oid.prop_map(|oid| Oid::parse(oid).unwrap())
}

pub(crate) fn any_authority() -> impl Strategy<Value = AuthorityName> {
    (of(filled_text()), of(any_oid()))
        .prop_filter("no name", |(namespace, oid)| namespace.is_some() || oid.is_some())
        .prop_map(|(namespace, universal_id)| AuthorityName { namespace, universal_id })
}

pub(crate) fn any_id() -> impl Strategy<Value = LocalId> {
    (filled_text(), of(filled_text()), of(any_oid()))
        .prop_map(|(id, namespace, universal_id)| LocalId { id, namespace, universal_id })
}

pub(crate) fn any_representation() -> impl Strategy<Value = NameRepresentation> {
    select(vec![
        NameRepresentation::Ideographic,
        NameRepresentation::Phonetic,
        NameRepresentation::Alphabetic,
    ])
}

fn any_name() -> impl Strategy<Value = PersonName> {
    let kind = select(vec![NameKind::Legal, NameKind::Birth, NameKind::Other]);
    (trimmed_text(), trimmed_text(), of(any_representation()), kind)
        .prop_filter("empty", |(family, given, ..)| !family.is_empty() || !given.is_empty())
        .prop_map(|(family, given, representation, kind)| PersonName {
            family,
            given,
            representation,
            kind,
        })
}

pub(crate) fn any_address() -> impl Strategy<Value = Address> {
    let parts = [(); 6].map(|()| trimmed_text());
    let address = parts.prop_map(|[street, city, state, postal_code, country, full]| Address {
        street,
        city,
        state,
        postal_code,
        country,
        full,
    });
    address.prop_filter("empty", |address| !address.is_empty())
}

/// Home numbers stand before business numbers, as PID-13 before PID-14.
fn any_telecoms() -> impl Strategy<Value = Vec<Telecom>> {
    let number = || prop_oneof!["[0-9-]{1,12}", "[a-z]{1,5}@[a-z]{1,5}", filled_text()];
    let of_usage = |usage| {
        vec(number(), 0..3).prop_map(move |numbers| {
            numbers.into_iter().map(|number| Telecom { number, usage }).collect::<Vec<_>>()
        })
    };
    (of_usage(TelecomUsage::Home), of_usage(TelecomUsage::Business))
        .prop_map(|(home, business)| [home, business].concat())
}

pub(crate) fn any_sex() -> impl Strategy<Value = Sex> {
    let sexes =
        [Sex::Female, Sex::Male, Sex::Other, Sex::Unknown, Sex::Ambiguous, Sex::NotApplicable];
    select(sexes.to_vec())
}

pub(crate) fn any_date() -> impl Strategy<Value = Dtm> {
    let date = select(vec!["1960", "196002", "19600203", "196002031259"]);
    date.prop_map(|date| Dtm::parse(date).unwrap())
}

pub(crate) fn any_demographics() -> impl Strategy<Value = Demographics> {
    (
        (vec(any_name(), 0..4), of(any_date()), of(any_sex())),
        (vec(any_name(), 0..2), vec(any_address(), 0..3), any_telecoms(), of(any_id())),
    )
        .prop_map(
            |(
                (names, birth_date, sex),
                (mothers_maiden_names, addresses, telecoms, account_number),
            )| Demographics {
                names,
                birth_date,
                sex,
                mothers_maiden_names,
                addresses,
                telecoms,
                account_number,
            },
        )
}

fn any_clinicians() -> impl Strategy<Value = Vec<Clinician>> {
    let clinician = [(); 3].map(|()| trimmed_text()).prop_map(|[id, family, given]| Clinician {
        id,
        family,
        given,
    });
    vec(clinician.prop_filter("empty", |clinician| *clinician != Clinician::default()), 0..3)
}

pub(crate) fn any_visit() -> impl Strategy<Value = Visit> {
    let location =
        [(); 4].map(|()| trimmed_text()).prop_map(|[point_of_care, room, bed, facility]| {
            VisitLocation { point_of_care, room, bed, facility }
        });
    let clinicians = [(); 4].map(|()| any_clinicians());
    let class = prop_oneof!["[IOEN]?", trimmed_text()];
    (of(any_id()), class, location, clinicians, trimmed_text())
        .prop_map(
            |(number, class, location, [attending, referring, consulting, admitting], service)| {
                Visit {
                    number,
                    class,
                    location,
                    attending,
                    referring,
                    consulting,
                    service,
                    admitting,
                }
            },
        )
        .prop_filter("no visit", Visit::is_about_a_visit)
}

pub(crate) fn any_feed() -> impl Strategy<Value = PatientIdentityFeed> {
    let event =
        select(vec![FeedEvent::Admit, FeedEvent::Register, FeedEvent::PreAdmit, FeedEvent::Update]);
    let ids = || vec(any_id(), 1..4);
    let update = (event, ids(), any_demographics(), of(any_visit())).prop_map(
        |(event, identifiers, demographics, visit)| PatientIdentityFeed {
            event,
            identifiers,
            prior_identifiers: Vec::new(),
            demographics,
            visit,
        },
    );
    let merge = (ids(), ids()).prop_map(|(identifiers, prior_identifiers)| PatientIdentityFeed {
        event: FeedEvent::Merge,
        identifiers,
        prior_identifiers,
        demographics: Demographics::default(),
        visit: None,
    });
    prop_oneof![update, merge]
}
