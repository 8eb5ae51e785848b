//! The accept acknowledgement MCCI_IN000002UV01 (ITI TF-2: 3.44.4.1.3; model MCCI_MT000200UV01).

use datatypes::{Dtm, Oid};
use hl7v2::ErrorCode;
use xml::Writer;

use crate::instance_id::InstanceId;
use crate::location::Location;
use crate::wrapper::{ProcessingCode, Wrapper};
use crate::{HL7_V3, INTERACTIONS_OID};

/// `wsa:Action` of the answer.
pub const ACKNOWLEDGEMENT_ACTION: &str = "urn:hl7-org:v3:MCCI_IN000002UV01";

const NAME: &str = "MCCI_IN000002UV01";

/// HL7 v2 table 0357 as v3 refers to it.
const TABLE_0357_OID: &str = "2.16.840.1.113883.12.357";

/// How a message is accepted (HL7 table AcknowledgementType, the accept codes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AckTypeCode {
    /// Accepted, and on stable storage.
    CA,
    /// Error: not accepted for any reason but those of `CR`.
    CE,
    /// Rejected: interaction, version or processing mode are not what the receiver takes.
    CR,
}

/// How a message is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    pub type_code: AckTypeCode,
    pub error: Option<AckDetail>,
}

/// One error: where, which code, and a sentence for the person who reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AckDetail {
    /// Absent if nothing of the message is at fault, for instance when the database is down.
    pub location: Option<Location>,
    pub code: ErrorCode,
    /// No personal data and no internal causes.
    pub text: String,
}

impl Acknowledgement {
    /// `CA`, all was done.
    #[must_use]
    pub fn accept() -> Acknowledgement {
        Acknowledgement { type_code: AckTypeCode::CA, error: None }
    }

    /// `CE`.
    #[must_use]
    pub fn error(detail: AckDetail) -> Acknowledgement {
        Acknowledgement { type_code: AckTypeCode::CE, error: Some(detail) }
    }

    /// `CR`.
    #[must_use]
    pub fn reject(detail: AckDetail) -> Acknowledgement {
        Acknowledgement { type_code: AckTypeCode::CR, error: Some(detail) }
    }
}

impl AckTypeCode {
    const fn as_str(self) -> &'static str {
        match self {
            AckTypeCode::CA => "CA",
            AckTypeCode::CE => "CE",
            AckTypeCode::CR => "CR",
        }
    }
}

/// The acknowledgement of the message that had this wrapper.
///
/// Sender and receiver change places, the processing code is the sender's. `id` is ours and
/// new; `time` is UTC.
#[must_use]
pub fn write_acknowledgement(
    wrapper: &Wrapper,
    acknowledgement: &Acknowledgement,
    id: &Oid,
    time: &Dtm,
) -> String {
    let processing_code = wrapper.processing_code.unwrap_or(ProcessingCode::Production);
    let time = format!("{time}+0000");
    let mut writer = Writer::new();
    writer
        .start(NAME, &[("xmlns", HL7_V3), ("ITSVersion", "XML_1.0")])
        .empty("id", &[("root", id.as_str())])
        .empty("creationTime", &[("value", &time)])
        .empty("interactionId", &[("root", INTERACTIONS_OID), ("extension", NAME)])
        .empty("processingCode", &[("code", processing_code.as_str())])
        .empty("processingModeCode", &[("code", "T")])
        // An acknowledgement of an acknowledgement would never end.
        .empty("acceptAckCode", &[("code", "NE")]);
    writer.start("receiver", &[("typeCode", "RCV")]);
    write_device(wrapper.sender.as_ref(), &mut writer);
    writer.end().start("sender", &[("typeCode", "SND")]);
    write_device(wrapper.receiver.as_ref(), &mut writer);
    writer
        .end()
        .start("acknowledgement", &[])
        .empty("typeCode", &[("code", acknowledgement.type_code.as_str())])
        .start("targetMessage", &[]);
    write_id(&wrapper.id, &mut writer);
    writer.end();
    if let Some(error) = &acknowledgement.error {
        write_detail(error, wrapper, &mut writer);
    }
    writer.finish()
}

fn write_device(id: Option<&InstanceId>, writer: &mut Writer) {
    writer.start("device", &[("classCode", "DEV"), ("determinerCode", "INSTANCE")]);
    match id {
        Some(id) => write_id(id, writer),
        None => {
            writer.empty("id", &[("nullFlavor", "NI")]);
        }
    }
    writer.end();
}

fn write_id(id: &InstanceId, writer: &mut Writer) {
    match id.extension() {
        Some(extension) => writer.empty("id", &[("root", id.root()), ("extension", extension)]),
        None => writer.empty("id", &[("root", id.root())]),
    };
}

fn write_detail(detail: &AckDetail, wrapper: &Wrapper, writer: &mut Writer) {
    let code = [
        ("code", detail.code.as_str()),
        ("codeSystem", TABLE_0357_OID),
        ("displayName", detail.code.text()),
    ];
    writer.start("acknowledgementDetail", &[("typeCode", "E")]).empty("code", &code);
    writer.start("text", &[]).text(&detail.text).end();
    if let Some(location) = &detail.location {
        writer.start("location", &[]).text(&location.xpath(wrapper.interaction)).end();
    }
    writer.end();
}
