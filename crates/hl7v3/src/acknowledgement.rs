//! The accept acknowledgement MCCI_IN000002UV01 (ITI TF-2: 3.44.4.1.3; model MCCI_MT000200UV01).

mod received;

use datatypes::{Dtm, Oid};
use hl7v2::ErrorCode;
use xml::Writer;

use crate::instance_id;
use crate::location::Location;
use crate::transmission::Transmission;
use crate::wrapper::{AcceptAckCode, Wrapper};

pub use received::{NotAnAcknowledgement, ReceivedAcknowledgement, read_acknowledgement};

pub(crate) const NAME: &str = "MCCI_IN000002UV01";

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

/// The acknowledgement of the message that had this wrapper: a feed, or a query that was cancelled.
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
    // An acknowledgement of an acknowledgement would never end.
    let transmission = Transmission::answering(wrapper, id, time, AcceptAckCode::Never);
    let mut writer = transmission.start(NAME);
    let details = acknowledgement.error.as_slice();
    write_element(wrapper, acknowledgement.type_code.as_str(), details, &mut writer);
    writer.finish()
}

/// The element `acknowledgement` of any answer.
pub(crate) fn write_element(
    wrapper: &Wrapper,
    type_code: &str,
    details: &[AckDetail],
    writer: &mut Writer,
) {
    writer.start("acknowledgement", &[]).empty("typeCode", &[("code", type_code)]);
    writer.start("targetMessage", &[]);
    instance_id::write("id", &wrapper.id, writer);
    writer.end();
    for detail in details {
        write_detail(detail, wrapper, writer);
    }
    writer.end();
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
        writer.start("location", &[]).text(&location.xpath(wrapper.element)).end();
    }
    writer.end();
}
