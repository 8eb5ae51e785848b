//! The readers, one file each.

mod adhoc_query_response;
mod adt_feed;
mod audit_message;
mod canonical_form;
mod content_type;
mod datatypes;
mod document_requests;
mod hl7v2_message;
mod hl7v2_query;
mod hl7v2_response;
mod hl7v3_acknowledgement;
mod hl7v3_feed;
mod hl7v3_query;
mod identity_management;
mod inline_content;
mod journal;
mod link_change;
mod mllp_frames;
mod multipart;
mod payload;
mod provided_documents;
mod registry_response;
mod signed_envelope;
mod soap_envelope;
mod stored_query_parameters;
mod stored_query_request;
mod stored_record;
mod submission;
mod syslog_frames;
mod syslog_message;
mod time_answer;
mod xml_events;

use std::fmt::Display;

// `datatypes` without the colons is a target.
use ::datatypes::Dtm;
use hl7v2::OutgoingHeader;

use crate::Target;

/// All of them, from the outside in.
pub const TARGETS: &[Target] = &[
    mllp_frames::TARGET,
    hl7v2_message::TARGET,
    adt_feed::TARGET,
    link_change::TARGET,
    identity_management::TARGET,
    hl7v2_query::TARGET,
    hl7v2_response::TARGET,
    content_type::TARGET,
    multipart::TARGET,
    inline_content::TARGET,
    xml_events::TARGET,
    soap_envelope::TARGET,
    canonical_form::TARGET,
    signed_envelope::TARGET,
    submission::TARGET,
    provided_documents::TARGET,
    stored_query_request::TARGET,
    stored_query_parameters::TARGET,
    adhoc_query_response::TARGET,
    registry_response::TARGET,
    document_requests::TARGET,
    hl7v3_feed::TARGET,
    hl7v3_query::TARGET,
    hl7v3_acknowledgement::TARGET,
    syslog_frames::TARGET,
    syslog_message::TARGET,
    audit_message::TARGET,
    time_answer::TARGET,
    datatypes::TARGET,
    stored_record::TARGET,
    journal::TARGET,
];

/// The target of that name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// An error without its numbers: places and counts make no new way to refuse.
fn reason(error: impl Display) -> String {
    let text = error.to_string();
    text.chars().filter(|character| !character.is_ascii_digit()).collect()
}

/// A message of HL7 v2 that this project begins.
fn outgoing(write: impl FnOnce(&OutgoingHeader<'_>) -> String) -> String {
    let Ok(time) = Dtm::parse("20260401093000") else { unreachable!("a legal time") };
    write(&OutgoingHeader {
        sending_application: "A",
        sending_facility: "B",
        receiving_application: "C",
        receiving_facility: "D",
        control_id: "1",
        time: &time,
    })
}

/// Tokens of every XML message.
const XML_TOKENS: &[&str] = &[
    "<!DOCTYPE a [<!ENTITY b \"c\">]>",
    "&b;",
    "&lt;",
    "&#0;",
    "&#xD800;",
    "&#x10FFFF;",
    "&#10;",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?pi?>",
    "<?xml version=\"1.0\" encoding=\"UTF-16\"?>",
    "\u{FEFF}",
    "\u{FFFE}",
    "\0",
    "</",
    "/>",
    " xmlns=\"\"",
    " xmlns:a=\"urn:a\"",
    " xml:lang=\"ja\"",
    "<a>",
    "</a>",
    "　山田 太郎か\u{3099}\u{202E}",
];
