//! Floods, depth, wrong namespaces and broken messages: specific errors, in little time, no panic.

use std::time::{Duration, Instant};

use hl7v3::{FeedError, FeedInteraction, HL7_V3, Interaction, MAX_REPETITIONS, ReadError};
use proptest::prelude::*;
use xml::{Limits, Reader, XmlErrorKind};

use crate::support::{
    PATIENT_ID, PRIOR_ID, Pieces, QueryPieces, good, read, read_demographics, read_feed,
    replacement,
};

#[track_caller]
fn check_xml(text: &str, expected: XmlErrorKind) {
    let read = read(text);
    let is_expected = matches!(read, Err(ReadError::Xml(error)) if error.kind == expected);
    assert!(is_expected, "{read:?}");
}

fn add(ids: &str, person: &str) -> String {
    let (ids, person) = (ids.to_owned(), person.to_owned());
    Pieces { ids, person, ..Pieces::of(FeedInteraction::Add) }.write()
}

#[test]
fn floods_end_at_the_limit() {
    let started = Instant::now();
    let ids = |n: usize| add(&PATIENT_ID.repeat(n), "<name>A</name>");
    assert_eq!(read_feed(&ids(MAX_REPETITIONS)).unwrap().identifiers.len(), MAX_REPETITIONS);
    let is_too_many = |fault: FeedError, element: &str| {
        matches!(fault, FeedError::TooMany { limit: MAX_REPETITIONS, .. })
            && fault.location().to_string().ends_with(element)
    };
    assert!(is_too_many(read_feed(&ids(MAX_REPETITIONS + 1)).unwrap_err(), "patient/id"));
    assert!(is_too_many(read_feed(&ids(100_000)).unwrap_err(), "patient/id"));
    let names = |name: &str, n: usize| add(PATIENT_ID, &name.repeat(n));
    let name = "<name>A</name>";
    let read = read_feed(&names(name, MAX_REPETITIONS)).unwrap();
    assert_eq!(read.demographics.names.len(), MAX_REPETITIONS);
    let one_too_many = read_feed(&names(name, MAX_REPETITIONS + 1)).unwrap_err();
    assert!(is_too_many(one_too_many, "patientPerson/name"));
    for name in [name, "<name/>", "<name nullFlavor='NA'>A<family>B</family></name>"] {
        assert!(is_too_many(read_feed(&names(name, 50_000)).unwrap_err(), "patientPerson/name"));
    }
    let null = "<id nullFlavor='NA'/>".repeat(50_000) + PATIENT_ID;
    assert!(is_too_many(read_feed(&add(&null, name)).unwrap_err(), "patient/id"));
    let parts = "<family>A</family><given>A</given>".repeat(50_000);
    let fault = read_feed(&add(PATIENT_ID, &format!("<name>{parts}</name>"))).unwrap_err();
    assert!(matches!(fault, FeedError::Invalid { .. }), "{fault}");
    let subject = "<subject><registrationEvent/></subject>".repeat(50_000);
    let text = good(FeedInteraction::Add)
        .replace("</controlActProcess>", &format!("{subject}</controlActProcess>"));
    assert!(matches!(read_feed(&text).unwrap_err(), FeedError::Repeated { .. }));
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn depth_ends_at_the_limit_of_the_reader() {
    for element in ["name", "addr", "subject1", "patient", "replacementOf", "unknown"] {
        let nested = format!("<{element}>").repeat(100) + &format!("</{element}>").repeat(100);
        check_xml(&add(&nested, ""), XmlErrorKind::TooDeep);
        check_xml(&add(PATIENT_ID, &nested), XmlErrorKind::TooDeep);
    }
}

/// Elements that hold others only where the model has them: elsewhere they are passed over.
#[test]
fn a_patient_in_the_wrong_place_is_no_patient() {
    let text = good(FeedInteraction::Add)
        .replace("<subject1 ", "<subject2 ")
        .replace("</subject1>", "</subject2>");
    let FeedError::Missing { location } = read_feed(&text).unwrap_err() else { panic!("found") };
    assert!(location.to_string().ends_with("registrationEvent/subject1"));
    let hidden = format!("<asMember><patient>{PATIENT_ID}</patient></asMember>");
    let text = add("", &hidden);
    assert!(matches!(read_feed(&text).unwrap_err(), FeedError::Missing { .. }));
    // A second merge inside the first one's subject is none.
    let inner = format!("{PRIOR_ID}{}", replacement("<id root=\"1.2.3\" extension=\"9\"/>"));
    let pieces = Pieces::of(FeedInteraction::ResolveDuplicates);
    let merge = Pieces { replacement: replacement(&inner), ..pieces }.write();
    assert_eq!(read_feed(&merge).unwrap().prior_identifiers.len(), 1);
}

#[test]
fn another_namespace_says_nothing() {
    let text = good(FeedInteraction::Add).replace(HL7_V3, "urn:hl7-org:v2");
    assert_eq!(read(&text).unwrap_err(), ReadError::MessageId);
    let text = good(FeedInteraction::Add).replace("<patient ", "<patient xmlns=\"\" ");
    let FeedError::Missing { location } = read_feed(&text).unwrap_err() else { panic!("found") };
    assert!(location.to_string().ends_with("subject1/patient"));
    // The prefix does not matter, and neither does an attribute in another namespace.
    let prefixed = good(FeedInteraction::Add)
        .replace("xmlns=", "xmlns:h=")
        .replace('<', "<h:")
        .replace("<h:/", "</h:");
    assert!(read(&prefixed).unwrap().feed.is_ok());
    let foreign = "<id xmlns:x=\"urn:x\" x:root=\"1.2.3\" x:extension=\"4711\"/>";
    assert!(matches!(read_feed(&add(foreign, "")).unwrap_err(), FeedError::Missing { .. }));
}

#[test]
fn broken_messages_are_refused() {
    let text = good(FeedInteraction::Add);
    check_xml(&text.replace("<receiver ", "text<receiver "), XmlErrorKind::UnexpectedText);
    check_xml(&text.replace("<receiver ", "<?pi?><receiver "), XmlErrorKind::ProcessingInstruction);
    check_xml(&text.replace("4711", "&amp;&ent;"), XmlErrorKind::Entity);
    check_xml(&text.replace("</patient>", ""), XmlErrorKind::Malformed);
    check_xml(
        &add(PATIENT_ID, "<name><family><b>A</b></family></name>"),
        XmlErrorKind::UnexpectedElement,
    );
    for end in 0..text.len() {
        let Some(cut) = text.get(..end) else { continue };
        let mut reader = Reader::new(cut, Limits::default()).unwrap();
        if let Ok(Some(_)) = reader.next_child() {
            let read = hl7v3::read_patient_identity_feed(&mut reader, FeedInteraction::Add);
            assert!(read.is_err(), "{cut}");
        }
    }
}

#[test]
fn errors_repeat_nothing_of_the_message() {
    let secrets = ["SECRET", "秘密"];
    for secret in secrets {
        let texts = [
            add(&format!("<id root='{secret}' extension='1 '/>"), ""),
            add(&format!("<id root='1.2' extension='{secret} '/>"), ""),
            add(PATIENT_ID, &format!("<birthTime value='{secret}'/>")),
            add(PATIENT_ID, &format!("<administrativeGenderCode code='{secret}'/>")),
            add(PATIENT_ID, &format!("<name><family>{}</family></name>", secret.repeat(200))),
            good(FeedInteraction::Add).replace("active", secret),
            good(FeedInteraction::Add).replace("code=\"P\"", &format!("code=\"{secret}\"")),
        ];
        for text in texts {
            let fault = read_feed(&text).unwrap_err();
            let said = format!("{fault} {fault:?} {}", fault.location());
            assert!(!said.contains(secret), "{said}");
        }
    }
}

proptest! {
    #[test]
    fn a_message_changed_anywhere_is_no_reason_to_panic(
        interaction in proptest::sample::select(FeedInteraction::ALL.to_vec()),
        at in 0..2_000_usize,
        replacement in "[<>/a-z=\"':&; 山]{0,6}",
    ) {
        let mut text = good(interaction);
        let at = at.min(text.len());
        let start = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        text.insert_str(start, &replacement);
        let mut reader = Reader::new(&text, Limits::default()).unwrap();
        if let Ok(Some(_)) = reader.next_child()
            && let Ok(message) = hl7v3::read_patient_identity_feed(&mut reader, interaction)
            && let Ok(feed) = message.feed
        {
            prop_assert!(!feed.identifiers.is_empty());
        }
    }
}

#[test]
fn floods_of_a_query_end_at_the_limit() {
    let started = Instant::now();
    let parameters = |parameters: String| {
        let pieces = QueryPieces { parameters, ..QueryPieces::demographics() };
        read_demographics(&pieces.write()).query.unwrap_err()
    };
    let many = |piece: &str| piece.repeat(50_000);
    let name = "<livingSubjectName><value>A</value></livingSubjectName>";
    assert!(matches!(parameters(many(name)), FeedError::TooMany { .. }));
    let null = "<livingSubjectId nullFlavor='NI'/>";
    assert!(matches!(parameters(many(null)), FeedError::TooMany { .. }));
    let values = |parameter: &str, value: &str| {
        parameters(format!("<{parameter}>{}</{parameter}>", many(value)))
    };
    let fault = values("livingSubjectName", "<value use='IDE'>A</value>");
    assert!(matches!(fault, FeedError::Repeated { .. }), "{fault}");
    let fault = values("patientAddress", "<value><city>A</city></value>");
    assert!(matches!(fault, FeedError::Repeated { .. }), "{fault}");
    let scope = "<otherIDsScopingOrganization><value root='1.2'/></otherIDsScopingOrganization>";
    assert!(matches!(parameters(many(scope)), FeedError::TooMany { .. }));
    let nested = "<x:a xmlns:x='urn:x'>".repeat(10) + &"</x:a>".repeat(10);
    let pieces = QueryPieces { header: many(&nested), ..QueryPieces::cross_reference() };
    let text = pieces.write();
    let mut reader =
        Reader::new(&text, Limits { elements: 1_000_000, ..Limits::default() }).unwrap();
    reader.next_child().unwrap().unwrap();
    let message = hl7v3::read_cross_reference_query(&mut reader).unwrap();
    assert!(message.query.is_err());
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn faults_of_a_query_repeat_nothing_of_it() {
    let secret = "秘密";
    for parameters in [
        format!("<{secret}/>"),
        format!(
            "<livingSubjectAdministrativeGender><value code='{secret}'/></livingSubjectAdministrativeGender>"
        ),
        format!("<livingSubjectBirthTime><value value='{secret}'/></livingSubjectBirthTime>"),
        format!("<livingSubjectId><value root='{secret}' extension='{secret}'/></livingSubjectId>"),
        format!("<livingSubjectName><value>{}</value></livingSubjectName>", secret.repeat(200)),
        format!("<patientTelecom><value value='{}'/></patientTelecom>", secret.repeat(200)),
    ] {
        let pieces = QueryPieces { parameters, ..QueryPieces::demographics() };
        let message = read_demographics(&pieces.write());
        let fault = message.query.clone().unwrap_err();
        let said = format!("{fault} {fault:?} {} {message:?}", fault.location());
        assert!(!said.contains(secret), "{said}");
    }
}

proptest! {
    #[test]
    fn a_query_changed_anywhere_is_no_reason_to_panic(
        at in 0..2_000_usize,
        replacement in "[<>/a-z=\"':&; 山]{0,6}",
    ) {
        for pieces in [
            QueryPieces::cross_reference(),
            QueryPieces::demographics(),
            QueryPieces::continuation(Interaction::ContinueQuery, "QUQI_IN000003UV01"),
        ] {
            let mut text = pieces.write();
            let at = at.min(text.len());
            let start = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap();
            text.insert_str(start, &replacement);
            let mut reader = Reader::new(&text, Limits::default()).unwrap();
            if !matches!(reader.next_child(), Ok(Some(_))) {
                continue;
            }
            match pieces.interaction {
                Interaction::CrossReferenceQuery => {
                    let _ = hl7v3::read_cross_reference_query(&mut reader);
                }
                Interaction::DemographicsQuery => {
                    if let Ok(message) = hl7v3::read_demographics_query(&mut reader)
                        && let Ok(request) = message.query
                    {
                        prop_assert!(!request.query.criteria.is_empty());
                    }
                }
                Interaction::Feed(_) | Interaction::ContinueQuery | Interaction::CancelQuery => {
                    let _ = hl7v3::read_query_continuation(&mut reader, pieces.element);
                }
            }
        }
    }
}
