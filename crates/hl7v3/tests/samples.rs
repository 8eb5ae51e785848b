//! Published messages of others, read from `../shared` beside the project.

use hl7v3::{AcceptAckCode, FeedInteraction, FeedMessage, InstanceId, ProcessingCode};
use identity::{FeedEvent, NameKind, PersonName, Sex};

use crate::support::{read, read_cross_reference, read_demographics, shared, shown};

fn sample(name: &str) -> Option<FeedMessage> {
    let text = std::fs::read_to_string(shared("samples/hl7v3")?.join(name)).unwrap();
    Some(read(&text).unwrap())
}

#[test]
fn every_sample_of_the_feed_is_read() {
    let Some(folder) = shared("samples/hl7v3") else { return };
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    let is_feed =
        |name: &&String| FeedInteraction::ALL.iter().any(|known| name.starts_with(known.name()));
    let feeds: Vec<&String> = names.iter().filter(is_feed).collect();
    assert!(feeds.len() >= 4, "{feeds:?}");
    for name in feeds {
        sample(name).unwrap().feed.unwrap();
    }
}

#[test]
fn the_wrapper_of_a_sample() {
    let Some(message) = sample("PRPA_IN201301UV02-add-maximal.xml") else { return };
    let wrapper = message.wrapper;
    let id = |root, extension| InstanceId::new(root, extension).unwrap();
    assert_eq!(wrapper.id, id("21acf7be-007c-41e6-b176-d0969794983b", Some("345")));
    assert_eq!(wrapper.interaction, FeedInteraction::Add.into());
    assert_eq!(wrapper.element, "PRPA_IN201301UV02");
    assert_eq!(wrapper.receiver, Some(id("1.2.840.114350.1.13.99999.4567", None)));
    assert_eq!(wrapper.sender, Some(id("1.2.840.114350.1.13.99998.8734", None)));
    assert_eq!(wrapper.processing_code, Some(ProcessingCode::Production));
    assert_eq!(wrapper.accept_ack_code, Some(AcceptAckCode::Always));
}

#[test]
fn a_record_added() {
    let Some(message) = sample("PRPA_IN201301UV02-add-maximal.xml") else { return };
    let feed = message.feed.unwrap();
    assert_eq!(feed.event, FeedEvent::Register);
    assert_eq!(
        shown(&feed.identifiers),
        [
            "PIX10515W3@HIMSS2005@1.3.6.1.4.1.21367.2005.1.1",
            "PIX10515W4@@1.2.3.4.5.1000",
            "PIX10515W5@domain2@",
        ]
    );
    assert!(feed.prior_identifiers.is_empty());
    let maiden = PersonName { kind: NameKind::Birth, ..PersonName::legal("DEAN", "ANNE", None) };
    assert_eq!(feed.demographics.names, [PersonName::legal("WASHINGTON", "MARY", None), maiden]);
    assert_eq!(feed.demographics.birth_date.unwrap().as_str(), "19771208");
    assert_eq!(feed.demographics.sex, Some(Sex::Female));
}

/// Made by a gateway from v2; `asOtherIDs` holds ids of others, one of them null.
#[test]
fn a_record_added_by_a_gateway() {
    let Some(message) = sample("PRPA_IN201301UV02-add-from-a01.xml") else { return };
    let feed = message.feed.unwrap();
    assert_eq!(shown(&feed.identifiers), ["306563@MPI@2.16.840.1.113883.3.37.4.1.1.2.1.1"]);
    assert_eq!(feed.demographics.names, [PersonName::legal("Bob", "Barker", None)]);
    assert_eq!(feed.demographics.sex, Some(Sex::Male));
}

#[test]
fn a_record_revised() {
    let Some(message) = sample("PRPA_IN201302UV02-revise-maximal.xml") else { return };
    let feed = message.feed.unwrap();
    assert_eq!(feed.event, FeedEvent::Update);
    assert_eq!(feed.identifiers.len(), 3);
    assert_eq!(feed.demographics.names.first().unwrap().family, "WASHINGTON-UPDATE");
    assert_eq!(feed.demographics.sex, Some(Sex::Unknown));
}

#[test]
fn records_merged() {
    let Some(message) = sample("PRPA_IN201304UV02-merge-maximal.xml") else { return };
    let feed = message.feed.unwrap();
    assert_eq!(feed.event, FeedEvent::Merge);
    assert_eq!(shown(&feed.identifiers), ["120-01@@1.2.3.4.5.1000"]);
    assert_eq!(shown(&feed.prior_identifiers), ["120-02@domain1@1.2.3.4.666"]);
    assert!(feed.demographics.names.is_empty());
}

/// The texts of all samples of one interaction.
fn texts(interaction: &str) -> Vec<String> {
    let Some(folder) = shared("samples/hl7v3") else { return Vec::new() };
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_wanted = |path: &std::path::PathBuf| {
        path.file_name().unwrap().to_str().unwrap().starts_with(interaction)
    };
    let texts: Vec<String> =
        paths.filter(is_wanted).map(|path| std::fs::read_to_string(path).unwrap()).collect();
    assert!(!texts.is_empty(), "{interaction}");
    texts
}

#[test]
fn every_query_is_read() {
    let identifiers: Vec<String> = texts("PRPA_IN201309UV02")
        .iter()
        .map(|text| shown(&[read_cross_reference(text).query.unwrap().id]).remove(0))
        .collect();
    for id in &identifiers {
        assert!(id.contains("@1.3.6.1.4.1.21367.2005."), "{id}");
    }
    for text in texts("PRPA_IN201305UV02") {
        let request = read_demographics(&text).query.unwrap();
        assert_eq!(request.initial_quantity, Some(2));
        assert!(request.query.criteria.len() >= 4);
    }
}

/// Whatever else they hold, answers say how the message was taken; one has a code of the other family.
#[test]
fn the_acknowledgement_of_every_answer_is_read() {
    for interaction in ["PRPA_IN201306UV02", "PRPA_IN201310UV02", "MCCI_IN000002UV01"] {
        for text in texts(interaction) {
            let mut reader = xml::Reader::new(&text, xml::Limits::default()).unwrap();
            reader.next_child().unwrap().unwrap();
            let read = hl7v3::read_acknowledgement(&mut reader).unwrap();
            assert_eq!(read.type_code, hl7v3::AckTypeCode::CA);
            assert!(read.target.is_some());
        }
    }
}

/// Addresses and numbers of a feed that says all there is.
#[test]
fn contacts_of_a_record_added() {
    let Some(message) = sample("PRPA_IN201301UV02-add-maximal.xml") else { return };
    let demographics = message.feed.unwrap().demographics;
    assert!(!demographics.addresses.is_empty() && !demographics.telecoms.is_empty());
}
