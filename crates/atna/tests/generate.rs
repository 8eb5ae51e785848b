//! Any audit message that is valid by the schema, with texts that hurt.

use std::borrow::Cow;

use atna::{
    ActiveParticipant, AuditMessage, AuditSource, Code, EventAction, EventIdentification,
    NetworkAccessPoint, Outcome, ParticipantObject,
};
use jiff::Timestamp;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// The seconds of the years 1 to 9999, which a schema's `dateTime` can say in four digits.
const SECONDS: std::ops::Range<i64> = -62_135_596_800..253_402_207_200;

/// Any text at all: markup, controls, characters that XML has no way to write.
pub(crate) fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[<>&\"'\\]]{1,3}",
        Just("]]>".to_owned()),
        Just("&lt;".to_owned()),
        Just("--><!DOCTYPE a>".to_owned()),
        "[連携花子髙𠮷ｶﾞ　]{1,3}",
        "[a-zA-Z0-9 ^~|]{1,8}",
        "[\\x00-\\x20\\x7F]{1,2}",
        select(vec!["\u{FFFE}", "\u{FFFF}", "\u{FEFF}", "\u{85}", "\u{2028}"])
            .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// What can be read again: everything but what XML 1.0 section 2.2 does not allow.
pub(crate) fn text() -> impl Strategy<Value = String> {
    any_text().prop_map(|text| {
        let is_char = |character: char| match character {
            '\t' | '\n' | '\r' => true,
            '\0'..'\u{20}' | '\u{FFFE}' | '\u{FFFF}' => false,
            _ => true,
        };
        text.chars().map(|one| if is_char(one) { one } else { '\u{FFFD}' }).collect()
    })
}

fn code() -> impl Strategy<Value = Code> {
    (text(), text(), text()).prop_map(|(code, system, text)| Code {
        code: Cow::Owned(code.trim_ascii().to_owned()),
        system: Cow::Owned(system.trim_ascii().to_owned()),
        text: Cow::Owned(text),
    })
}

fn event() -> impl Strategy<Value = EventIdentification> {
    let actions = ["C", "R", "U", "D", "E"].map(|letter| EventAction::of_code(letter).unwrap());
    let outcomes = [0, 4, 8, 12].map(|number| Outcome::of_indicator(number).unwrap());
    let time = (SECONDS, prop_oneof![Just(0), 0..1_000_000_000])
        .prop_map(|(second, nanosecond)| Timestamp::new(second, nanosecond).unwrap());
    let happened = (option::of(select(actions.to_vec())), time, select(outcomes.to_vec()));
    let codes = (code(), vec(code(), 0..3), vec(code(), 0..3));
    (happened, codes, option::of(text())).prop_map(
        |((action, time, outcome), (id, types, purposes_of_use), outcome_description)| {
            EventIdentification {
                id,
                action,
                time,
                outcome,
                types,
                outcome_description,
                purposes_of_use,
            }
        },
    )
}

fn participant() -> impl Strategy<Value = ActiveParticipant> {
    let access_point = (text(), NetworkAccessPoint::UNKNOWN..6)
        .prop_map(|(id, type_code)| NetworkAccessPoint { id, type_code });
    let names = (text(), option::of(text()), option::of(text()));
    (names, any::<bool>(), option::of(access_point), vec(code(), 0..3)).prop_map(
        |(names, is_requestor, network_access_point, roles)| ActiveParticipant {
            user_id: names.0,
            alternative_user_id: names.1,
            user_name: names.2,
            is_requestor,
            network_access_point,
            roles,
        },
    )
}

fn object() -> impl Strategy<Value = ParticipantObject> {
    let bytes = || vec(any::<u8>(), 0..12);
    let numbers = (option::of(1..5_u8), option::of(1..27_u8), option::of(1..16_u8));
    // A name, a query, or neither.
    let name_or_query =
        prop_oneof![text().prop_map(Ok), option::of(bytes()).prop_map(Err::<String, _>)];
    let details = vec((text(), bytes()), 0..3);
    (text(), numbers, option::of(text()), code(), name_or_query, details).prop_map(
        |(id, numbers, sensitivity, id_type, name_or_query, details)| {
            let (name, query) = match name_or_query {
                Ok(name) => (Some(name), None),
                Err(query) => (None, query),
            };
            ParticipantObject {
                id,
                type_code: numbers.0,
                role: numbers.1,
                life_cycle: numbers.2,
                sensitivity,
                id_type,
                name,
                query,
                details,
            }
        },
    )
}

pub(crate) fn audit_message() -> impl Strategy<Value = AuditMessage> {
    let source = (text(), option::of(text()), vec(code(), 0..3));
    let source = source.prop_map(|(id, enterprise_site_id, types)| AuditSource {
        id,
        enterprise_site_id,
        types,
    });
    (event(), vec(participant(), 1..4), source, vec(object(), 0..4)).prop_map(
        |(event, participants, source, objects)| AuditMessage {
            event,
            participants,
            source,
            objects,
        },
    )
}
