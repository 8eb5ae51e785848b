//! `hl7v3::read_patient_identity_feed` (ITI-44): feeds, faults, and the acknowledgement of either.

use datatypes::{Dtm, Oid};
use hl7v2::ErrorCode;
use hl7v3::{
    AckDetail, Acknowledgement, FeedInteraction, FeedMessage, HL7_V3, read_patient_identity_feed,
    write_acknowledgement,
};

use super::{XML_TOKENS, adt_feed, payload, reason};
use crate::{Target, Verdict};

pub(super) const TARGET: Target =
    Target { name: "hl7v3_feed", run, seeds, samples: &["hl7v3"], tokens: &[TOKENS, XML_TOKENS] };

const TOKENS: &[&str] = &[
    "<id root=\"1.2.3\" extension=\"4711\"/>",
    "<id nullFlavor=\"NA\"/>",
    "<id root=\"1.2.3\"/>",
    "<name><family>A</family></name>",
    "<name use=\"IDE\">A</name>",
    "<statusCode code=\"active\"/>",
    "<statusCode code=\"obsolete\"/>",
    "<replacementOf>",
    "<priorRegistration>",
    "<patient>",
    "<subject1>",
    " nullFlavor=\"UNK\"",
    " code=\"P\"",
    " extension=\"\"",
    " assigningAuthorityName=\"N\"",
    "<birthTime value=\"19600203\"/>",
    "<administrativeGenderCode code=\"F\"/>",
    "<patientNonPersonLivingSubject/>",
    "PRPA_IN201304UV02",
];

fn run(bytes: &[u8]) -> Verdict {
    let text = payload::decode(bytes)?;
    let (mut reader, element) = payload::open(&text)?;
    let mut interactions = FeedInteraction::ALL.into_iter();
    let interaction =
        interactions.find(|one| element.is(HL7_V3, one.name())).ok_or("another payload")?;
    let message = read_patient_identity_feed(&mut reader, interaction).map_err(reason)?;
    check_acknowledgement(&message);
    let feed = message.feed.map_err(reason)?;
    adt_feed::check(&feed);
    Ok(format!("{:?} names {}", feed.event, feed.demographics.names.len().min(2)))
}

/// The answer is XML and says which message it answers, letter by letter.
fn check_acknowledgement(message: &FeedMessage) {
    let (Ok(id), Ok(time)) = (Oid::parse("1.2.3"), Dtm::parse("20260401093000")) else {
        unreachable!("legal values");
    };
    let acknowledgement = match &message.feed {
        Ok(_) => Acknowledgement::accept(),
        Err(fault) => Acknowledgement::error(AckDetail {
            location: Some(fault.location()),
            code: ErrorCode::DataTypeError,
            text: fault.to_string(),
        }),
    };
    let text = write_acknowledgement(&message.wrapper, &acknowledgement, &id, &time);
    let (mut reader, _) = payload::reopen(&text);
    let mut is_target = false;
    let mut named = None;
    loop {
        match reader.next() {
            Ok(xml::Event::Start(element)) => {
                if is_target && named.is_none() {
                    let root = element.attribute("root").map(std::borrow::Cow::into_owned);
                    let extension =
                        element.attribute("extension").map(std::borrow::Cow::into_owned);
                    named = Some((root, extension));
                }
                is_target = element.is(HL7_V3, "targetMessage");
            }
            Ok(xml::Event::Text(_) | xml::Event::End) => {}
            Ok(xml::Event::Eof) => break,
            Err(error) => unreachable!("an acknowledgement that cannot be read: {error}"),
        }
    }
    let id = &message.wrapper.id;
    let expected = (Some(id.root().to_owned()), id.extension().map(str::to_owned));
    assert_eq!(named, Some(expected), "the message that is answered");
}

fn seeds() -> Vec<Vec<u8>> {
    FeedInteraction::ALL.map(|interaction| seed(interaction).into_bytes()).to_vec()
}

fn seed(interaction: FeedInteraction) -> String {
    let name = interaction.name();
    let replacement = match interaction {
        FeedInteraction::Add | FeedInteraction::Revise => "",
        FeedInteraction::ResolveDuplicates => {
            "<replacementOf typeCode=\"RPLC\"><priorRegistration classCode=\"REG\" moodCode=\"EVN\">\
             <statusCode code=\"obsolete\"/><subject1 typeCode=\"SBJ\"><priorRegisteredRole classCode=\"PAT\">\
             <id root=\"1.2.3\" extension=\"4712\"/></priorRegisteredRole></subject1></priorRegistration>\
             </replacementOf>"
        }
    };
    let device =
        "<device classCode=\"DEV\" determinerCode=\"INSTANCE\"><id root=\"1.2.9.1\"/></device>";
    format!(
        "<{name} xmlns=\"{HL7_V3}\" ITSVersion=\"XML_1.0\">\
         <id root=\"21acf7be-007c-41e6-b176-d0969794983b\" extension=\"3 &lt;45\"/>\
         <creationTime value=\"20260401093000\"/>\
         <interactionId root=\"2.16.840.1.113883.1.6\" extension=\"{name}\"/>\
         <processingCode code=\"P\"/><processingModeCode code=\"T\"/><acceptAckCode code=\"AL\"/>\
         <receiver typeCode=\"RCV\">{device}</receiver><sender typeCode=\"SND\">{device}</sender>\
         <controlActProcess classCode=\"CACT\" moodCode=\"EVN\"><subject typeCode=\"SUBJ\">\
         <registrationEvent classCode=\"REG\" moodCode=\"EVN\"><id nullFlavor=\"NA\"/><statusCode code=\"active\"/>\
         <subject1 typeCode=\"SBJ\"><patient classCode=\"PAT\"><id root=\"1.2.3\" extension=\"4711\"/>\
         <id root=\"1.2.4\" extension=\"a&amp;b\" assigningAuthorityName=\"N\"/><statusCode code=\"active\"/>\
         <patientPerson classCode=\"PSN\" determinerCode=\"INSTANCE\">\
         <name use=\"IDE\"><family>連携</family><given>花子</given></name>\
         <administrativeGenderCode code=\"F\"/><birthTime value=\"19600203\"/></patientPerson>\
         <providerOrganization classCode=\"ORG\" determinerCode=\"INSTANCE\"><id root=\"1.2.9\"/>\
         <contactParty classCode=\"CON\"/></providerOrganization></patient></subject1>\
         <custodian typeCode=\"CST\"><assignedEntity classCode=\"ASSIGNED\"><id root=\"1.2.9\"/></assignedEntity>\
         </custodian>{replacement}</registrationEvent></subject></controlActProcess></{name}>"
    )
}
