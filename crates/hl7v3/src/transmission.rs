//! The transmission wrapper of what we write (MCCI_MT000100UV01, MCCI_MT000200UV01, MCCI_MT000300UV01).

use datatypes::{Dtm, Oid};
use xml::Writer;

use crate::instance_id::{self, InstanceId};
use crate::wrapper::{AcceptAckCode, ProcessingCode, Wrapper};
use crate::{HL7_V3, INTERACTIONS_OID};

/// What every message of ours begins with.
pub(crate) struct Transmission<'a> {
    pub(crate) id: &'a Oid,
    /// UTC.
    pub(crate) time: &'a Dtm,
    pub(crate) processing_code: ProcessingCode,
    pub(crate) accept_ack_code: AcceptAckCode,
    pub(crate) receiver: Option<&'a InstanceId>,
    pub(crate) sender: Option<&'a InstanceId>,
}

impl<'a> Transmission<'a> {
    /// Sender and receiver change places, the processing code is the sender's.
    pub(crate) fn answering(
        wrapper: &'a Wrapper,
        id: &'a Oid,
        time: &'a Dtm,
        accept_ack_code: AcceptAckCode,
    ) -> Transmission<'a> {
        Transmission {
            id,
            time,
            processing_code: wrapper.processing_code.unwrap_or(ProcessingCode::Production),
            accept_ack_code,
            receiver: wrapper.sender.as_ref(),
            sender: wrapper.receiver.as_ref(),
        }
    }

    /// A writer behind the sender, inside the element of that name.
    pub(crate) fn start(&self, name: &'static str) -> Writer {
        let time = format!("{}+0000", self.time);
        let mut writer = Writer::new();
        writer
            .start(name, &[("xmlns", HL7_V3), ("ITSVersion", "XML_1.0")])
            .empty("id", &[("root", self.id.as_str())])
            .empty("creationTime", &[("value", &time)])
            .empty("interactionId", &[("root", INTERACTIONS_OID), ("extension", name)])
            .empty("processingCode", &[("code", self.processing_code.as_str())])
            .empty("processingModeCode", &[("code", "T")])
            .empty("acceptAckCode", &[("code", self.accept_ack_code.as_str())]);
        writer.start("receiver", &[("typeCode", "RCV")]);
        write_device(self.receiver, &mut writer);
        writer.end().start("sender", &[("typeCode", "SND")]);
        write_device(self.sender, &mut writer);
        writer.end();
        writer
    }
}

/// Opens the control act of a message.
pub(crate) fn start_control_act(trigger_event: &str, writer: &mut Writer) {
    writer
        .start("controlActProcess", &[("classCode", "CACT"), ("moodCode", "EVN")])
        .empty("code", &[("code", trigger_event), ("codeSystem", INTERACTIONS_OID)]);
}

fn write_device(id: Option<&InstanceId>, writer: &mut Writer) {
    writer.start("device", &[("classCode", "DEV"), ("determinerCode", "INSTANCE")]);
    write_optional_id(id, writer);
    writer.end();
}

pub(crate) fn write_optional_id(id: Option<&InstanceId>, writer: &mut Writer) {
    match id {
        Some(id) => instance_id::write("id", id, writer),
        None => {
            writer.empty("id", &[("nullFlavor", "NI")]);
        }
    }
}
