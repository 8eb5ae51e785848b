//! `atna::AuditMessage` (ITI-20): what was read is written, and read again to the same values.

use atna::{AuditMessage, ReadError};
use xml::Limits;

use super::{XML_TOKENS, reason};
use crate::{Target, Verdict};

pub(super) const TARGET: Target =
    Target { name: "audit_message", run, seeds, samples: &["atna"], tokens: &[TOKENS, XML_TOKENS] };

const TOKENS: &[&str] = &[
    "<EventTypeCode csd-code=\"ITI-18\" codeSystemName=\"IHE Transactions\" originalText=\"Query\"/>",
    "<AuditSourceTypeCode>4</AuditSourceTypeCode>",
    "<AuditSourceTypeCode code=\"4\"/>",
    "<RoleIDCode code=\"110153\" displayName=\"Source\"/>",
    "<PurposeOfUse/>",
    "<EventOutcomeDescription>",
    "<ParticipantObjectName>A</ParticipantObjectName>",
    "<ParticipantObjectQuery>YQ==</ParticipantObjectQuery>",
    "<ParticipantObjectDetail type=\"a\" value=\"Y Q\"/>",
    "<ParticipantObjectDescription><MPPS/></ParticipantObjectDescription>",
    " NetworkAccessPointTypeCode=\"2\"",
    " UserName=\"A\"",
    " EventOutcomeIndicator=\"12\"",
    "2026-04-01T09:30:00.123456789123+09:00",
    "-000001-01-01T00:00:00",
    "<ActiveParticipant/>",
    "<ParticipantObjectIdentification/>",
];

/// What a receiver allows; smaller, so that floods reach it.
const LIMITS: Limits = Limits {
    bytes: 1024 * 1024,
    depth: 16,
    elements: 5_000,
    attributes_per_element: 32,
    text_bytes: 64 * 1024,
};

/// Base64 is longer than what it stands for, a code has more attributes than it may have come with.
const MAX_GROWTH: usize = 16;

fn run(bytes: &[u8]) -> Verdict {
    let message = AuditMessage::read(bytes, LIMITS).map_err(|error| match error {
        // Which fault of the XML it is makes the way new.
        ReadError::Xml(error) => reason(error),
        ReadError::OtherDocument | ReadError::NoEventIdentification | ReadError::EventDateTime => {
            reason(error)
        }
    })?;
    let text = message.to_xml();
    assert!(text.len() <= bytes.len().saturating_mul(MAX_GROWTH).saturating_add(1000), "growth");
    let limits = Limits {
        bytes: LIMITS.bytes.saturating_mul(MAX_GROWTH),
        text_bytes: LIMITS.text_bytes.saturating_mul(MAX_GROWTH),
        ..LIMITS
    };
    match AuditMessage::read(text.as_bytes(), limits) {
        Ok(again) => assert!(again == message, "another message than was written"),
        Err(error) => unreachable!("what we wrote cannot be read: {error}"),
    }
    Ok(format!(
        "{:?} {:?} {} {}",
        message.event.action,
        message.event.outcome,
        message.participants.len().min(3),
        message.objects.len().min(2)
    ))
}

fn seeds() -> Vec<Vec<u8>> {
    [SEED, OLD_SEED].map(|seed| seed.as_bytes().to_vec()).to_vec()
}

const SEED: &str = "<AuditMessage><EventIdentification EventActionCode=\"E\" \
    EventDateTime=\"2026-04-01T00:30:00.123Z\" EventOutcomeIndicator=\"0\">\
    <EventID csd-code=\"110112\" codeSystemName=\"DCM\" originalText=\"Query\"/>\
    <EventOutcomeDescription>fine</EventOutcomeDescription></EventIdentification>\
    <ActiveParticipant UserID=\"&lt;連携&gt;\" AlternativeUserID=\"4711\" UserIsRequestor=\"true\" \
    NetworkAccessPointID=\"192.0.2.10\" NetworkAccessPointTypeCode=\"2\">\
    <RoleIDCode csd-code=\"110153\" codeSystemName=\"DCM\" originalText=\"Source Role ID\"/>\
    </ActiveParticipant><AuditSourceIdentification AuditSourceID=\"registry\"/>\
    <ParticipantObjectIdentification ParticipantObjectID=\"4711^^^&amp;1.2.3&amp;ISO\" \
    ParticipantObjectTypeCode=\"1\" ParticipantObjectTypeCodeRole=\"1\">\
    <ParticipantObjectIDTypeCode csd-code=\"2\" codeSystemName=\"RFC-3881\" originalText=\"Patient Number\"/>\
    <ParticipantObjectQuery>PHF1ZXJ5</ParticipantObjectQuery>\
    <ParticipantObjectDetail type=\"QueryEncoding\" value=\"VVRGLTg=\"/>\
    </ParticipantObjectIdentification></AuditMessage>";

const OLD_SEED: &str = "<?xml version=\"1.0\"?><AuditMessage>\
    <EventIdentification EventDateTime=\"2001-12-17T09:30:47\" EventOutcomeIndicator=\"4\">\
    <EventID code=\"110104\" codeSystemName=\"DCM\" displayName=\"Transferred\"/></EventIdentification>\
    <ActiveParticipant UserID=\"123\" UserIsRequestor=\"false\"/>\
    <AuditSourceIdentification AuditSourceID=\"Room\"><AuditSourceTypeCode>1</AuditSourceTypeCode>\
    </AuditSourceIdentification></AuditMessage>";
