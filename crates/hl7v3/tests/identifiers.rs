//! Which ids of a patient become identifiers of the feed.

use hl7v3::{FeedError, FeedInteraction, Location};

use crate::support::{Pieces, read_feed, shown};

fn read(ids: &str) -> Result<Vec<String>, FeedError> {
    let pieces = Pieces { ids: ids.to_owned(), ..Pieces::of(FeedInteraction::Add) };
    read_feed(&pieces.write()).map(|feed| shown(&feed.identifiers))
}

#[track_caller]
fn check(ids: &str, expected: &[&str]) {
    assert_eq!(read(ids).unwrap(), expected);
}

/// The XPath of the fault, and its kind.
#[track_caller]
fn check_refused(ids: &str, expected: fn(Location) -> FeedError, path: &str) {
    let fault = read(ids).unwrap_err();
    assert_eq!(fault, expected(fault.location()));
    let base = "/PRPA_IN201301UV02/controlActProcess/subject/registrationEvent/subject1/patient/id";
    assert_eq!(fault.location().xpath("PRPA_IN201301UV02"), format!("{base}{path}"));
    assert!(!fault.to_string().contains("4711"), "{fault}");
}

fn missing(location: Location) -> FeedError {
    FeedError::Missing { location }
}

fn invalid(location: Location) -> FeedError {
    FeedError::Invalid { location }
}

#[test]
fn an_authority_is_named_by_root_or_name_or_both() {
    check("<id root='1.2.3' extension='4711'/>", &["4711@@1.2.3"]);
    check("<id root='1.2.3' extension='4711' assigningAuthorityName='A'/>", &["4711@A@1.2.3"]);
    check("<id extension='4711' assigningAuthorityName='A'/>", &["4711@A@"]);
    check("<id extension='4711' displayable='true'/>", &["4711@@"]);
    check("<id root='' extension='4711' assigningAuthorityName=''/>", &["4711@@"]);
}

#[test]
fn a_root_that_is_no_oid_is_the_name_of_an_authority() {
    let uuid = "21acf7be-007c-41e6-b176-d0969794983b";
    check(&format!("<id root='{uuid}' extension='1'/>"), &[&format!("1@{uuid}@")]);
    check("<id root='HL7-reserved' extension='1'/>", &["1@HL7-reserved@"]);
    check("<id root='HL7' extension='1' assigningAuthorityName='A'/>", &["1@A@"]);
    for root in ["urn:oid:1.2.3", "1.2.03", "1..2", "1.2.3 ", " 1.2.3", "123", "長い", "1.2/3"] {
        check_refused(
            &format!("<id root='{root}' extension='4711'/>"),
            invalid,
            "[not(@nullFlavor)][1]/@root",
        );
    }
}

#[test]
fn null_ids_are_none() {
    let null = "<id nullFlavor='NA'/><id nullFlavor='UNK' root='1.2.3' extension='4711'/>";
    check(&format!("{null}<id root='1.2.3' extension='5'/>{null}"), &["5@@1.2.3"]);
    check_refused(null, missing, "");
    check_refused("", missing, "");
    // The places of the others are counted without them.
    let third = format!("{null}<id root='1.2.3' extension='5'/>{null}<id root='1.2.3'/>");
    check_refused(&third, missing, "[not(@nullFlavor)][2]/@extension");
}

#[test]
fn an_id_without_extension_names_no_patient() {
    check_refused("<id root='1.2.3'/>", missing, "[not(@nullFlavor)][1]/@extension");
    check_refused("<id root='1.2.3' extension=''/>", missing, "[not(@nullFlavor)][1]/@extension");
    check_refused("<id/>", missing, "[not(@nullFlavor)][1]/@extension");
}

#[test]
fn an_id_that_people_cannot_tell_from_another_is_refused() {
    for extension in [" 4711", "4711 ", "47\u{85}11", "47&#10;11", "\u{3000}4711"] {
        check_refused(
            &format!("<id root='1.2.3' extension='{extension}'/>"),
            invalid,
            "[not(@nullFlavor)][1]/@extension",
        );
    }
    let name = "<id root='1.2.3' extension='4711' assigningAuthorityName=' A'/>";
    check_refused(name, invalid, "[not(@nullFlavor)][1]/@assigningAuthorityName");
    let longest = "字".repeat(255);
    check(&format!("<id root='1.2' extension='{longest}'/>"), &[&format!("{longest}@@1.2")]);
    let too_long = format!("<id root='1.2.3' extension='{longest}字'/>");
    check_refused(&too_long, invalid, "[not(@nullFlavor)][1]/@extension");
}

#[test]
fn other_ids_of_the_person_are_none_of_the_feed() {
    let other = "<name>A</name><asOtherIDs classCode='PAT'><id root='1.2.3' extension='9'/>\
        <scopingOrganization classCode='ORG' determinerCode='INSTANCE'><id root='1.2.3'/>\
        </scopingOrganization></asOtherIDs>";
    let pieces = Pieces { person: other.to_owned(), ..Pieces::of(FeedInteraction::Add) };
    let feed = read_feed(&pieces.write()).unwrap();
    assert_eq!(shown(&feed.identifiers), ["4711@@1.2.3"]);
}
