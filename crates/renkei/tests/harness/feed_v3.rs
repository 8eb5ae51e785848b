//! ITI-44 messages, written by hand.

use super::node::escape;

pub(crate) const FEED_V3: &str = "/pix/v3";

/// An interaction of the feed, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interaction {
    Add,
    Revise,
    ResolveDuplicates,
}

impl Interaction {
    /// The name of the payload.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Interaction::Add => "PRPA_IN201301UV02",
            Interaction::Revise => "PRPA_IN201302UV02",
            Interaction::ResolveDuplicates => "PRPA_IN201304UV02",
        }
    }

    /// `wsa:Action`.
    pub(crate) fn action(self) -> &'static str {
        match self {
            Interaction::Add => "urn:hl7-org:v3:PRPA_IN201301UV02",
            Interaction::Revise => "urn:hl7-org:v3:PRPA_IN201302UV02",
            Interaction::ResolveDuplicates => "urn:hl7-org:v3:PRPA_IN201304UV02",
        }
    }
}

/// An id with its OID.
pub(crate) fn id(root: &str, extension: &str) -> String {
    format!("<id root=\"{}\" extension=\"{}\"/>", escape(root), escape(extension))
}

/// What a merge subsumes.
pub(crate) fn replacement(ids: &str) -> String {
    format!(
        "<replacementOf typeCode=\"RPLC\"><priorRegistration classCode=\"REG\" moodCode=\"EVN\">\
         <statusCode code=\"obsolete\"/><subject1 typeCode=\"SBJ\">\
         <priorRegisteredRole classCode=\"PAT\">{ids}</priorRegisteredRole></subject1>\
         </priorRegistration></replacementOf>"
    )
}

/// The payload with these ids of the patient, and with what is replaced.
pub(crate) fn message(interaction: Interaction, ids: &str, replacement: &str) -> String {
    let name = interaction.name();
    let device = "<device classCode=\"DEV\" determinerCode=\"INSTANCE\"><id root=\"1.2.392.99.9\"/></device>";
    format!(
        "<{name} xmlns=\"urn:hl7-org:v3\" ITSVersion=\"XML_1.0\">\
         <id root=\"1.2.392.99.9\" extension=\"message\"/><creationTime value=\"20260101120000\"/>\
         <interactionId root=\"2.16.840.1.113883.1.6\" extension=\"{name}\"/><processingCode code=\"P\"/>\
         <processingModeCode code=\"T\"/><acceptAckCode code=\"AL\"/>\
         <receiver typeCode=\"RCV\">{device}</receiver><sender typeCode=\"SND\">{device}</sender>\
         <controlActProcess classCode=\"CACT\" moodCode=\"EVN\"><subject typeCode=\"SUBJ\">\
         <registrationEvent classCode=\"REG\" moodCode=\"EVN\"><id nullFlavor=\"NA\"/>\
         <statusCode code=\"active\"/><subject1 typeCode=\"SBJ\"><patient classCode=\"PAT\">{ids}\
         <statusCode code=\"active\"/><patientPerson classCode=\"PSN\" determinerCode=\"INSTANCE\">\
         <name use=\"IDE\"><family>山田</family><given>太郎</given></name>\
         <administrativeGenderCode code=\"M\"/><birthTime value=\"19700401\"/></patientPerson>\
         <providerOrganization classCode=\"ORG\" determinerCode=\"INSTANCE\"><id root=\"1.2.392.99.9\"/>\
         <contactParty classCode=\"CON\"/></providerOrganization></patient></subject1>\
         <custodian typeCode=\"CST\"><assignedEntity classCode=\"ASSIGNED\"><id root=\"1.2.392.99.9\"/>\
         </assignedEntity></custodian>{replacement}</registrationEvent></subject></controlActProcess></{name}>"
    )
}
