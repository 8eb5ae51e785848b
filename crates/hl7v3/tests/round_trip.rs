//! What a message says is what is read, for any feed that can be said.

use std::fmt::Write as _;

use datatypes::Oid;
use hl7v3::FeedInteraction;
use identity::{
    Demographics, FeedEvent, LocalId, NameKind, NameRepresentation, PatientIdentityFeed,
    PersonName, Sex,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::strategies::{local_id, names_and_dates};
use crate::support::{Pieces, check_schema, read, replacement};

fn feed() -> impl Strategy<Value = (FeedInteraction, PatientIdentityFeed)> {
    let interaction = select(FeedInteraction::ALL.to_vec());
    (interaction, vec(local_id(), 1..5), local_id(), names_and_dates()).prop_map(
        |(interaction, identifiers, prior, demographics)| {
            let (event, prior_identifiers, demographics) = match interaction {
                FeedInteraction::Add => (FeedEvent::Register, vec![], demographics),
                FeedInteraction::Revise => (FeedEvent::Update, vec![], demographics),
                FeedInteraction::ResolveDuplicates => {
                    (FeedEvent::Merge, vec![prior], Demographics::default())
                }
            };
            let feed = PatientIdentityFeed {
                event,
                identifiers,
                prior_identifiers,
                demographics,
                visit: None,
            };
            (interaction, feed)
        },
    )
}

fn write(interaction: FeedInteraction, feed: &PatientIdentityFeed) -> String {
    let ids = |ids: &[LocalId]| ids.iter().map(write_id).collect::<String>();
    let prior = ids(&feed.prior_identifiers);
    Pieces {
        interaction,
        ids: ids(&feed.identifiers),
        person: write_person(&feed.demographics),
        replacement: if prior.is_empty() { String::new() } else { replacement(&prior) },
    }
    .write()
}

fn write_id(id: &LocalId) -> String {
    let mut text = String::from("<id");
    for (name, value) in [
        ("root", id.universal_id.as_ref().map(Oid::as_str)),
        ("extension", Some(id.id.as_str())),
        ("assigningAuthorityName", id.namespace.as_deref()),
    ] {
        let Some(value) = value else { continue };
        write!(text, " {name}=\"{}\"", xml::escape_attribute(value)).unwrap();
    }
    text + "/>"
}

/// `UN`, not `A`, is how v3 writes what v2 calls ambiguous.
fn write_person(demographics: &Demographics) -> String {
    let mut text: String = demographics.names.iter().map(write_name).collect();
    if text.is_empty() {
        text.push_str("<name nullFlavor=\"NA\"/>");
    }
    let sex = match demographics.sex {
        None => "",
        Some(Sex::Female) => "<administrativeGenderCode code=\"F\"/>",
        Some(Sex::Male) => "<administrativeGenderCode code=\"M\"/>",
        Some(Sex::Ambiguous) => "<administrativeGenderCode code=\"UN\"/>",
        Some(Sex::Unknown) => "<administrativeGenderCode nullFlavor=\"UNK\"/>",
        Some(Sex::Other) => "<administrativeGenderCode nullFlavor=\"OTH\"/>",
        Some(Sex::NotApplicable) => "<administrativeGenderCode nullFlavor=\"NA\"/>",
    };
    text.push_str(sex);
    if let Some(date) = &demographics.birth_date {
        write!(text, "<birthTime value=\"{date}\"/>").unwrap();
    }
    text
}

fn write_name(name: &PersonName) -> String {
    let representation = match name.representation {
        None => "",
        Some(NameRepresentation::Ideographic) => "IDE",
        Some(NameRepresentation::Phonetic) => "SYL",
        Some(NameRepresentation::Alphabetic) => "ABC",
    };
    let kind = if name.kind == NameKind::Other { "P" } else { "L" };
    let qualifier = if name.kind == NameKind::Birth { " qualifier=\"BR\"" } else { "" };
    format!(
        "<name use=\"{}\"><family{qualifier}>{}</family><given>{}</given></name>",
        format!("{kind} {representation}").trim_end(),
        xml::escape_text(&name.family),
        xml::escape_text(&name.given)
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read((interaction, feed) in feed()) {
        let message = read(&write(interaction, &feed)).unwrap();
        prop_assert_eq!(message.wrapper.interaction, interaction.into());
        prop_assert_eq!(message.feed, Ok(feed));
    }
}

/// Otherwise the property above would speak of messages that nobody sends.
#[test]
fn what_is_written_is_valid() {
    let mut runner = TestRunner::deterministic();
    let feeds: Vec<_> = (0..60).map(|_| feed().new_tree(&mut runner).unwrap().current()).collect();
    for interaction in FeedInteraction::ALL {
        let messages: Vec<String> = feeds
            .iter()
            .filter(|(of, _)| *of == interaction)
            .map(|(_, feed)| write(interaction, feed))
            .collect();
        check_schema(interaction.name(), &messages);
    }
}
