//! Names, birth time and sex.

use hl7v3::{FeedError, FeedInteraction};
use identity::{Demographics, NameKind, NameRepresentation, PersonName, Sex};

use crate::support::{Pieces, read_feed};

fn read(person: &str) -> Result<Demographics, FeedError> {
    let pieces = Pieces { person: person.to_owned(), ..Pieces::of(FeedInteraction::Revise) };
    read_feed(&pieces.write()).map(|feed| feed.demographics)
}

#[track_caller]
fn check_name(name: &str, expected: Option<PersonName>) {
    assert_eq!(read(name).unwrap().names, Vec::from_iter(expected));
}

#[track_caller]
fn check_refused(person: &str, path: &str) {
    let fault = read(person).unwrap_err();
    let location = fault.location().to_string();
    let (_, found) = location.split_once("patientPerson/").unwrap();
    assert_eq!(found, path);
}

#[test]
fn a_japanese_person_has_a_name_in_each_script() {
    use NameRepresentation::{Alphabetic, Ideographic, Phonetic};
    let names = "<name use='IDE'><family>連携</family><given>花子</given></name>\
        <name use='L SYL'><family>レンケイ</family><given>ハナコ</given></name>\
        <name use='ABC L'><family>RENKEI</family><given>HANAKO</given></name>\
        <name use='PHON'><family>れんけい</family></name>";
    let expected = [
        PersonName::legal("連携", "花子", Some(Ideographic)),
        PersonName::legal("レンケイ", "ハナコ", Some(Phonetic)),
        PersonName::legal("RENKEI", "HANAKO", Some(Alphabetic)),
        PersonName::legal("れんけい", "", Some(Phonetic)),
    ];
    assert_eq!(read(names).unwrap().names, expected);
}

/// `I`, `P` and `A` stand for scripts in v2 table 0465 and for quite other things here.
#[test]
fn the_letters_of_v2_are_no_scripts_of_v3() {
    for code in ["I", "P", "A", "R", "ASGN", "L P", "SRCH", "SNDX"] {
        let name = format!("<name use='{code}'><family>連携</family></name>");
        let other = PersonName { kind: NameKind::Other, ..PersonName::legal("連携", "", None) };
        check_name(&name, Some(other));
    }
    for code in ["L", "C", "OR", ""] {
        let name = format!("<name use='{code}'><family>連携</family></name>");
        check_name(&name, Some(PersonName::legal("連携", "", None)));
    }
}

#[test]
fn parts_come_in_any_order_and_any_number() {
    let legal = |family, given| Some(PersonName::legal(family, given, None));
    check_name(
        "<name><prefix>Dr.</prefix><given>Anna</given><given>M.</given>\
         <delimiter>,</delimiter><family>Ito</family><suffix>II</suffix></name>",
        legal("Ito", "Anna"),
    );
    check_name(
        "<name><family qualifier='BR'>Ito</family><family qualifier='SP'>Abe</family></name>",
        legal("Ito Abe", ""),
    );
    let birth = PersonName { kind: NameKind::Birth, ..PersonName::legal("Ito", "Anna", None) };
    check_name(
        "<name use='L'><family qualifier='CL BR'>Ito</family><given>Anna</given></name>",
        Some(birth),
    );
    check_name("<name><given>\n  Anna\n </given></name>", legal("", "Anna"));
    check_name("<name>\n<family>Ito\n  Abe</family>\n</name>", legal("Ito Abe", ""));
}

#[test]
fn a_name_that_cannot_be_split_is_all_family() {
    let legal = |family| Some(PersonName::legal(family, "", None));
    check_name("<name>連携　花子</name>", legal("連携　花子"));
    check_name("<name>\n  Ito<![CDATA[ & ]]>Abe\n</name>", legal("Ito & Abe"));
    check_name("<name>(unknown) <family>Ito</family></name>", legal("Ito"));
}

#[test]
fn a_name_that_says_nothing_is_none() {
    check_name("<name nullFlavor='NA'/>", None);
    check_name("<name nullFlavor='MSK'><family>Ito</family></name>", None);
    check_name("<name/>", None);
    check_name("<name> <family> </family><given/></name>", None);
    check_name("<name xmlns='urn:other'><family>Ito</family></name>", None);
    check_name("<name><family xmlns='urn:other'>Ito</family></name>", None);
    check_name("", None);
}

#[test]
fn a_name_without_end_is_refused_with_its_place() {
    let long = "字".repeat(250);
    let legal = PersonName::legal(&long, &long, None);
    let name = |family: &str, given: &str| {
        format!("<name><family>{family}</family><given>{given}</given></name>")
    };
    check_name(&name(&long, &long), Some(legal));
    check_refused(&name(&format!("{long}字"), "A"), "name[1]/family");
    check_refused(&format!("<name/>{}", name("A", &format!("{long}字"))), "name[2]/given");
    check_refused(&name("A\u{85}B", "A"), "name[1]/family");
    let fault = read(&name("A\u{85}B", "A")).unwrap_err();
    assert!(matches!(fault, FeedError::Invalid { .. }));
}

#[track_caller]
fn check_birth_time(value: &str, expected: Option<&str>) {
    let read = read(&format!("<name/><birthTime value='{value}'/>"));
    match expected {
        Some(expected) => assert_eq!(read.unwrap().birth_date.unwrap().as_str(), expected),
        None => assert!(matches!(read.unwrap_err(), FeedError::Invalid { .. }), "{value}"),
    }
}

#[test]
fn birth_times_of_every_precision() {
    for value in ["1980", "198004", "19800401", "1980040109", "198004010930", "19800401093059"] {
        check_birth_time(value, Some(value));
    }
    check_birth_time("19800401093059.25", Some("19800401093059"));
    check_birth_time("198004010930+0900", Some("198004010930"));
    check_birth_time("19800401093059.123456-09", Some("19800401093059"));
    let illegal = [
        "1980-0401",
        "1980-04-01",
        "19800401+0900",
        "19800230",
        "198004010930.5",
        "19800401093059.",
        "198004010930+",
        "198004010930+09000",
        "昭和55年",
        "0",
        "+0900",
        "1980040109+0900+0900",
    ];
    for value in illegal {
        check_birth_time(value, None);
    }
    for nothing in ["<birthTime nullFlavor='UNK'/>", "<birthTime value=''/>", "<birthTime/>", ""] {
        assert_eq!(read(&format!("<name/>{nothing}")).unwrap().birth_date, None);
    }
}

#[test]
fn sexes_of_the_table() {
    let code = |code: &str| read(&format!("<administrativeGenderCode code='{code}'/>"));
    let null = |code: &str| read(&format!("<administrativeGenderCode nullFlavor='{code}'/>"));
    let known = [("F", Sex::Female), ("M", Sex::Male), ("UN", Sex::Ambiguous)];
    for (text, sex) in known {
        assert_eq!(code(text).unwrap().sex, Some(sex));
    }
    let of_v2 = [("A", Sex::Ambiguous), ("O", Sex::Other), ("U", Sex::Unknown)];
    for (text, sex) in of_v2.into_iter().chain([("N", Sex::NotApplicable)]) {
        assert_eq!(code(text).unwrap().sex, Some(sex));
    }
    let nulls = [("UNK", Some(Sex::Unknown)), ("OTH", Some(Sex::Other)), ("NI", None)];
    for (text, sex) in nulls.into_iter().chain([("NA", Some(Sex::NotApplicable))]) {
        assert_eq!(null(text).unwrap().sex, sex);
    }
    assert_eq!(code("").unwrap().sex, None);
    for text in ["f", "X", "女", " F"] {
        let fault = code(text).unwrap_err();
        assert!(matches!(fault, FeedError::UnknownCode { .. }));
        assert!(fault.location().to_string().ends_with("patientPerson/administrativeGenderCode"));
    }
}

#[test]
fn what_stands_twice_is_not_chosen_from() {
    check_refused("<birthTime value='1980'/><birthTime value='1981'/>", "birthTime");
    let sex = "<administrativeGenderCode code='F'/>";
    check_refused(&sex.repeat(2), "administrativeGenderCode");
}

/// A merge is no update: what it says of the person is neither kept nor a reason to refuse it.
#[test]
fn demographics_of_a_merge_are_not_read() {
    let person = "<name><family>Ito</family></name><birthTime value='?'/>".to_owned();
    let pieces = Pieces { person, ..Pieces::of(FeedInteraction::ResolveDuplicates) };
    assert_eq!(read_feed(&pieces.write()).unwrap().demographics, Demographics::default());
}
