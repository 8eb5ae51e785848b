//! What is written is what the profile wants, and valid by the published schema.

use datatypes::{Dtm, Oid};
use hl7v3::{
    AckDetail, AckTypeCode, Acknowledgement, ErrorCode, FeedInteraction, InstanceId,
    InvalidInstanceId, Location, ProcessingCode, Wrapper, write_acknowledgement,
};
use proptest::prelude::*;

use crate::support::{check_schema, good, read};

fn write(wrapper: &Wrapper, acknowledgement: &Acknowledgement) -> String {
    let id = Oid::parse("2.25.329800735698586629295641978511506172918").unwrap();
    let time = Dtm::parse("20260401093001").unwrap();
    write_acknowledgement(wrapper, acknowledgement, &id, &time)
}

fn wrapper() -> Wrapper {
    read(&good(FeedInteraction::Revise)).unwrap().wrapper
}

fn detail(text: &str) -> AckDetail {
    AckDetail {
        location: Some(Location::patient_id(2)),
        code: ErrorCode::UnknownKeyIdentifier,
        text: text.to_owned(),
    }
}

#[test]
fn an_acceptance() {
    let device = |root: &str| {
        format!(
            "<device classCode=\"DEV\" determinerCode=\"INSTANCE\"><id root=\"{root}\"/></device>"
        )
    };
    let expected = format!(
        "<MCCI_IN000002UV01 xmlns=\"urn:hl7-org:v3\" ITSVersion=\"XML_1.0\">\
         <id root=\"2.25.329800735698586629295641978511506172918\"/>\
         <creationTime value=\"20260401093001+0000\"/>\
         <interactionId root=\"2.16.840.1.113883.1.6\" extension=\"MCCI_IN000002UV01\"/>\
         <processingCode code=\"P\"/><processingModeCode code=\"T\"/><acceptAckCode code=\"NE\"/>\
         <receiver typeCode=\"RCV\">{}</receiver><sender typeCode=\"SND\">{}</sender>\
         <acknowledgement><typeCode code=\"CA\"/><targetMessage>\
         <id root=\"21acf7be-007c-41e6-b176-d0969794983b\" extension=\"345\"/></targetMessage>\
         </acknowledgement></MCCI_IN000002UV01>",
        device("1.2.9.2"),
        device("1.2.9.1"),
    );
    assert_eq!(write(&wrapper(), &Acknowledgement::accept()), expected);
}

#[test]
fn an_error_with_its_place() {
    let text = write(&wrapper(), &Acknowledgement::error(detail("a < b")));
    let expected = "<typeCode code=\"CE\"/><targetMessage>\
        <id root=\"21acf7be-007c-41e6-b176-d0969794983b\" extension=\"345\"/></targetMessage>\
        <acknowledgementDetail typeCode=\"E\"><code code=\"204\" \
        codeSystem=\"2.16.840.1.113883.12.357\" displayName=\"Unknown key identifier\"/>\
        <text>a &lt; b</text><location>/PRPA_IN201302UV02/controlActProcess/subject/\
        registrationEvent/subject1/patient/id[not(@nullFlavor)][2]</location>\
        </acknowledgementDetail></acknowledgement>";
    assert!(text.contains(expected), "{text}");
    let text = write(&wrapper(), &Acknowledgement::reject(detail("")));
    assert!(text.contains("<typeCode code=\"CR\"/>"), "{text}");
}

#[test]
fn the_schema_takes_every_form() {
    let of = |code| AckDetail { location: None, ..AckDetail { code, ..detail("try again") } };
    let mut messages = vec![
        write(&wrapper(), &Acknowledgement::accept()),
        write(&wrapper(), &Acknowledgement::error(detail("a & b"))),
        write(&wrapper(), &Acknowledgement::reject(of(ErrorCode::UnsupportedMessageType))),
        write(&wrapper(), &Acknowledgement::error(of(ErrorCode::ApplicationInternalError))),
        write(&wrapper(), &Acknowledgement { type_code: AckTypeCode::CE, error: None }),
    ];
    let nameless = Wrapper { sender: None, receiver: None, processing_code: None, ..wrapper() };
    messages.push(write(&nameless, &Acknowledgement::accept()));
    for code in [ProcessingCode::Training, ProcessingCode::Debugging] {
        let wrapper = Wrapper { processing_code: Some(code), ..wrapper() };
        messages.push(write(&wrapper, &Acknowledgement::accept()));
    }
    for (root, extension) in [("HL7-x", Some(" \"<&>\n\t")), ("0.0", None), ("2.999", Some("長い"))]
    {
        let id = InstanceId::new(root, extension).unwrap();
        let wrapper = Wrapper { id: id.clone(), sender: Some(id), ..wrapper() };
        messages.push(write(&wrapper, &Acknowledgement::accept()));
    }
    check_schema("MCCI_IN000002UV01", &messages);
}

#[test]
fn an_id_that_could_not_be_written_is_refused() {
    let long = "1.".repeat(32) + "1";
    for root in ["", " ", "1", "1.2.", "1.02", "a b", "-a", "<", long.as_str()] {
        assert_eq!(InstanceId::new(root, None), Err(InvalidInstanceId::Root), "{root}");
    }
    assert_eq!(InstanceId::new("1.2", Some("")), Err(InvalidInstanceId::Extension));
    let long = "字".repeat(256);
    assert_eq!(InstanceId::new("1.2", Some(&long)), Err(InvalidInstanceId::Extension));
}

proptest! {
    /// The target is the message that was sent, letter by letter.
    #[test]
    fn the_id_of_the_message_comes_back(
        root in r"[0-2](\.(0|[1-9][0-9]{0,8})){1,5}|[A-Za-z][A-Za-z0-9-]{0,40}",
        extension in proptest::option::of("\\PC{1,40}"),
    ) {
        let id = InstanceId::new(&root, extension.as_deref()).unwrap();
        let text = write(&Wrapper { id: id.clone(), ..wrapper() }, &Acknowledgement::accept());
        let mut reader = xml::Reader::new(&text, xml::Limits::default()).unwrap();
        let mut last = None;
        while let xml::Event::Start(_) | xml::Event::End = {
            let event = reader.next().unwrap();
            if let xml::Event::Start(element) = &event && element.is(hl7v3::HL7_V3, "id") {
                last = Some((element.attribute("root"), element.attribute("extension")));
            }
            event
        } {}
        let (root, extension) = last.unwrap();
        prop_assert_eq!(InstanceId::new(&root.unwrap(), extension.as_deref()), Ok(id));
    }
}
