//! Addresses, telecommunication and the mother's maiden name of a feed.

use hl7v3::{ContentError, FeedInteraction, MAX_REPETITIONS};
use identity::{Address, Demographics, PersonName, Telecom, TelecomUsage};

use crate::support::{Pieces, read_feed};

fn read(person: &str) -> Result<Demographics, ContentError> {
    let person = format!("<name>A</name>{person}");
    let pieces = Pieces { person, ..Pieces::of(FeedInteraction::Revise) };
    read_feed(&pieces.write()).map(|feed| feed.demographics)
}

#[track_caller]
fn check_address(content: &str, expected: Option<Address>) {
    let addresses = read(&format!("<addr>{content}</addr>")).unwrap().addresses;
    assert!(addresses == Vec::from_iter(expected), "{content}");
}

#[track_caller]
fn check_telecom(attributes: &str, expected: Option<(&str, TelecomUsage)>) {
    let telecoms = read(&format!("<telecom {attributes}/>")).unwrap().telecoms;
    let expected = expected.map(|(number, usage)| Telecom { number: number.to_owned(), usage });
    assert!(telecoms == Vec::from_iter(expected), "{attributes}");
}

#[track_caller]
fn check_refused(person: &str, path: &str) {
    let fault = read(person).unwrap_err();
    assert!(matches!(fault, ContentError::Invalid { .. }), "{fault}");
    let location = fault.location().to_string();
    assert_eq!(location.split_once("patientPerson/").unwrap().1, path);
}

#[test]
fn an_address_in_parts() {
    let expected = Address {
        street: "3443 North Arctic Avenue Suite 5".to_owned(),
        city: "Some City".to_owned(),
        state: "IL".to_owned(),
        postal_code: "60601".to_owned(),
        country: "US".to_owned(),
        full: String::new(),
    };
    check_address(
        "<streetAddressLine>3443 North\n Arctic Avenue</streetAddressLine>, \
         <streetAddressLine> Suite 5 </streetAddressLine><county>Cook</county>\
         <city>Some City</city>, <state>IL</state> <postalCode>60601</postalCode>\
         <country>US</country><useablePeriod><low value='2020'/></useablePeriod>",
        Some(expected),
    );
}

/// How Japanese senders write it: the postal code, and all the rest in one text.
#[test]
fn an_address_in_one_text() {
    let address = |full: &str| Address { full: full.to_owned(), ..Address::default() };
    check_address("静岡県静岡市駿河区小鹿1-2-3", Some(address("静岡県静岡市駿河区小鹿1-2-3")));
    let expected = Address {
        postal_code: "422-8033".to_owned(),
        country: "JPN".to_owned(),
        ..address("静岡県　小鹿1-2-3")
    };
    check_address(
        "\n<country>JPN</country>\n<postalCode>422-8033</postalCode>\n静岡県　小鹿1-2-3\n",
        Some(expected),
    );
}

#[test]
fn an_address_that_says_nothing_is_none() {
    for content in ["", " \n", ", -", "<city/>", "<county>Cook</county>"] {
        check_address(content, None);
    }
    assert!(read("<addr nullFlavor='NI'><city>A</city></addr>").unwrap().addresses.is_empty());
}

#[test]
fn numbers_are_kept_as_written() {
    use TelecomUsage::{Business, Home};
    check_telecom("value='tel:+81-3-1234-5678'", Some(("tel:+81-3-1234-5678", Home)));
    check_telecom("value='03-1234-5678' use='HP'", Some(("03-1234-5678", Home)));
    check_telecom("value='tel:1' use='MC WP'", Some(("tel:1", Business)));
    check_telecom(
        "value='mailto:a@example.org' use='DIR'",
        Some(("mailto:a@example.org", Business)),
    );
    for nothing in ["", "value=''", "value=' '", "value='tel:1' nullFlavor='NA'", "use='WP'"] {
        check_telecom(nothing, None);
    }
}

#[test]
fn the_mother_is_told_from_other_relatives() {
    let relation = |code: &str, name: &str| {
        format!(
            "<personalRelationship classCode='PRS'><code code='{code}'/>\
             <relationshipHolder1 classCode='PSN' determinerCode='INSTANCE'>{name}\
             </relationshipHolder1></personalRelationship>"
        )
    };
    let name = "<name><family>連携</family><given>梅</given></name>";
    let person = relation("FTH", name) + &relation("MTH", name) + &relation("MTH", "<name/>");
    let expected = [PersonName::legal("連携", "梅", None)];
    assert_eq!(read(&person).unwrap().mothers_maiden_names, expected);
    // Whatever is wrong with a relative whom nobody keeps is no reason to refuse the patient.
    let long = format!("<name><family>{}</family></name>", "字".repeat(251));
    assert!(read(&relation("FTH", &long)).unwrap().mothers_maiden_names.is_empty());
    check_refused(&relation("MTH", &long), "personalRelationship[1]/family");
    assert!(read("<personalRelationship/>").unwrap().mothers_maiden_names.is_empty());
}

const MOTHER: &str = "<personalRelationship><code code='MTH'/><relationshipHolder1><name>A</name>\
    </relationshipHolder1></personalRelationship>";

#[test]
fn relatives_whom_nobody_keeps_may_be_many() {
    let relatives = MOTHER.replace("MTH", "CHILD").repeat(MAX_REPETITIONS + 1);
    assert!(read(&(relatives + MOTHER)).unwrap().mothers_maiden_names.len() == 1);
}

#[test]
fn what_is_too_long_or_invisible_is_refused_with_its_place() {
    let long = "字".repeat(251);
    check_refused(&format!("<addr/><addr><city>{long}</city></addr>"), "addr[2]/city");
    check_refused(&format!("<addr>{long}</addr>"), "addr[1]/text()");
    check_refused("<addr><country>J\u{85}P</country></addr>", "addr[1]/country");
    check_refused(&format!("<telecom value='{long}'/>"), "telecom[1]/@value");
    check_refused("<telecom/><telecom value='1\u{85}2'/>", "telecom[2]/@value");
    for element in ["<addr>A</addr>", "<telecom value='1'/>", MOTHER] {
        assert!(read(&element.repeat(MAX_REPETITIONS)).is_ok());
        let fault = read(&element.repeat(MAX_REPETITIONS + 1)).unwrap_err();
        assert!(matches!(fault, ContentError::TooMany { .. }), "{fault}");
    }
}
