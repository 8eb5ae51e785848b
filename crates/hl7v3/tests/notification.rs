//! ITI-46: what a consumer is told, and how its acknowledgement is read.

use datatypes::{Dtm, Oid};
use hl7v3::{
    AckTypeCode, FeedInteraction, HL7_V3, InstanceId, NotAnAcknowledgement, ProcessingCode,
    ReceivedAcknowledgement, UpdateNotification, read_acknowledgement, write_update_notification,
};
use identity::LocalId;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use xml::{Limits, Reader};

use crate::strategies::local_id;
use crate::support::{check_schema, read, shared};

fn write(identifiers: &[LocalId]) -> String {
    write_update_notification(&UpdateNotification {
        identifiers,
        sender: &InstanceId::new("1.2.9.1", None).unwrap(),
        receiver: &InstanceId::new("1.2.9.2", None).unwrap(),
        processing_code: ProcessingCode::Training,
        id: &Oid::parse("2.25.7").unwrap(),
        time: &Dtm::parse("20260401093001").unwrap(),
    })
}

#[test]
fn a_notification_names_identifiers_and_nothing_else() {
    let id = |id: &str, namespace: &str, oid: &str| LocalId {
        id: id.to_owned(),
        namespace: Some(namespace.to_owned()),
        universal_id: Some(Oid::parse(oid).unwrap()),
    };
    let device = |root: &str| {
        format!(
            "<device classCode=\"DEV\" determinerCode=\"INSTANCE\"><id root=\"{root}\"/></device>"
        )
    };
    let expected = format!(
        "<PRPA_IN201302UV02 xmlns=\"urn:hl7-org:v3\" ITSVersion=\"XML_1.0\"><id root=\"2.25.7\"/>\
         <creationTime value=\"20260401093001+0000\"/>\
         <interactionId root=\"2.16.840.1.113883.1.6\" extension=\"PRPA_IN201302UV02\"/>\
         <processingCode code=\"T\"/><processingModeCode code=\"T\"/><acceptAckCode code=\"AL\"/>\
         <receiver typeCode=\"RCV\">{}</receiver><sender typeCode=\"SND\">{}</sender>\
         <controlActProcess classCode=\"CACT\" moodCode=\"EVN\">\
         <code code=\"PRPA_TE201302UV02\" codeSystem=\"2.16.840.1.113883.1.6\"/>\
         <subject typeCode=\"SUBJ\" contextConductionInd=\"false\">\
         <registrationEvent classCode=\"REG\" moodCode=\"EVN\"><id nullFlavor=\"NA\"/>\
         <statusCode code=\"active\"/><subject1 typeCode=\"SBJ\"><patient classCode=\"PAT\">\
         <id root=\"1.2.4\" extension=\"1\" assigningAuthorityName=\"A\"/>\
         <id root=\"1.2.5\" extension=\"2\" assigningAuthorityName=\"B\"/><statusCode code=\"active\"/>\
         <patientPerson classCode=\"PSN\" determinerCode=\"INSTANCE\"><name nullFlavor=\"NA\"/>\
         </patientPerson><providerOrganization classCode=\"ORG\" determinerCode=\"INSTANCE\">\
         <id root=\"1.2.4\"/><contactParty classCode=\"CON\" nullFlavor=\"NI\"/></providerOrganization>\
         </patient></subject1><custodian typeCode=\"CST\"><assignedEntity classCode=\"ASSIGNED\">\
         <id root=\"1.2.9.1\"/></assignedEntity></custodian></registrationEvent></subject>\
         </controlActProcess></PRPA_IN201302UV02>",
        device("1.2.9.2"),
        device("1.2.9.1"),
    );
    assert_eq!(write(&[id("1", "A", "1.2.4"), id("2", "B", "1.2.5")]), expected);
}

proptest! {
    /// Every consumer reads a feed; so do we.
    #[test]
    fn a_notification_is_read_as_a_revision(identifiers in vec(local_id(), 1..6)) {
        let message = read(&write(&identifiers)).unwrap();
        prop_assert_eq!(message.wrapper.interaction, FeedInteraction::Revise.into());
        let feed = message.feed.unwrap();
        prop_assert_eq!(feed.identifiers, identifiers);
        prop_assert_eq!(feed.demographics, identity::Demographics::default());
    }
}

#[test]
fn the_schema_takes_any_notification() {
    let mut runner = TestRunner::deterministic();
    let ids = || vec(local_id(), 1..6);
    let any: Vec<_> =
        (0..30).map(|_| write(&ids().new_tree(&mut runner).unwrap().current())).collect();
    check_schema("PRPA_IN201302UV02", &any);
}

fn acknowledged(text: &str) -> Result<ReceivedAcknowledgement, NotAnAcknowledgement> {
    let mut reader = Reader::new(text, Limits::default()).unwrap();
    reader.next_child().unwrap().unwrap();
    read_acknowledgement(&mut reader)
}

fn answer(acknowledgement: &str) -> String {
    format!(
        "<MCCI_IN000002UV01 xmlns='{HL7_V3}'><id root='1.2'/>{acknowledgement}</MCCI_IN000002UV01>"
    )
}

#[test]
fn both_families_of_codes_acknowledge() {
    let families = [
        (["CA", "AA"], AckTypeCode::CA),
        (["CE", "AE"], AckTypeCode::CE),
        (["CR", "AR"], AckTypeCode::CR),
    ];
    for (codes, expected) in families {
        for code in codes {
            let text = answer(&format!(
                "<acknowledgement><typeCode code='{code}'/><targetMessage><id root='2.25.7'/>\
                 </targetMessage></acknowledgement>"
            ));
            let read = acknowledged(&text).unwrap();
            assert_eq!(read.type_code, expected);
            assert_eq!(read.target, Some(InstanceId::new("2.25.7", None).unwrap()));
            assert_eq!(read.error_code, None);
        }
    }
}

#[test]
fn the_code_of_the_first_error_is_told() {
    let detail = |code: &str| {
        format!(
            "<acknowledgementDetail typeCode='E'><code code='{code}'/><text>t</text></acknowledgementDetail>"
        )
    };
    let with = |details: &str| {
        let text = answer(&format!(
            "<acknowledgement><typeCode code='CE'/><targetMessage/>{details}</acknowledgement>"
        ));
        acknowledged(&text).unwrap().error_code
    };
    assert_eq!(with(&(detail("204") + &detail("207"))).as_deref(), Some("204"));
    assert_eq!(with(&detail("SYN113")).as_deref(), Some("SYN113"));
    for code in ["", "a b", "山田", "12345678901234567"] {
        assert_eq!(with(&detail(code)), None);
    }
}

#[test]
fn what_acknowledges_nothing_is_refused() {
    let one = "<acknowledgement><typeCode code='CA'/></acknowledgement>";
    assert_eq!(acknowledged(&answer(one)).unwrap().target, None);
    for text in [answer(""), answer(&one.repeat(2)), answer(one).replace(HL7_V3, "urn:x")] {
        assert_eq!(acknowledged(&text), Err(NotAnAcknowledgement::NotOne));
    }
    for code in ["", "ca", "OK"] {
        let text = answer(&one.replace("CA", code));
        assert_eq!(acknowledged(&text), Err(NotAnAcknowledgement::UnknownCode));
    }
    let broken = answer("<acknowledgement><typeCode code='CA'></acknowledgement>");
    assert!(matches!(acknowledged(&broken), Err(NotAnAcknowledgement::Xml(_))));
}

#[test]
fn a_published_acknowledgement() {
    let Some(path) = shared("samples/hl7v3/MCCI_IN000002UV01-accept-ack.xml") else { return };
    let read = acknowledged(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(read.type_code, AckTypeCode::CA);
    assert!(read.target.is_some());
}
