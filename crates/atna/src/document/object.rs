//! ParticipantObjectIdentification: what the event was about.

use xml::{Element, Reader, XmlError};

use super::code;
use super::content::{base64, next_child, number, optional, required, text};
use super::output::Output;
use crate::{Code, ParticipantObject};

pub(super) fn write(output: &mut Output, object: &ParticipantObject) {
    output
        .open("ParticipantObjectIdentification")
        .attribute("ParticipantObjectID", &object.id)
        .number("ParticipantObjectTypeCode", object.type_code)
        .number("ParticipantObjectTypeCodeRole", object.role)
        .number("ParticipantObjectDataLifeCycle", object.life_cycle)
        .optional("ParticipantObjectSensitivity", object.sensitivity.as_deref())
        .content();
    code::write(output, "ParticipantObjectIDTypeCode", &object.id_type);
    if let Some(name) = &object.name {
        output.open("ParticipantObjectName").content().text(name);
        output.close("ParticipantObjectName");
    }
    if let Some(query) = &object.query {
        output.open("ParticipantObjectQuery").content().base64_text(query);
        output.close("ParticipantObjectQuery");
    }
    for (detail_type, value) in &object.details {
        output
            .open("ParticipantObjectDetail")
            .attribute("type", detail_type)
            .base64_attribute("value", value)
            .empty();
    }
    output.close("ParticipantObjectIdentification");
}

pub(super) fn read(
    reader: &mut Reader<'_>,
    element: &Element<'_>,
) -> Result<ParticipantObject, XmlError> {
    let mut object = ParticipantObject {
        id: required(element, "ParticipantObjectID"),
        type_code: number(element, "ParticipantObjectTypeCode"),
        role: number(element, "ParticipantObjectTypeCodeRole"),
        life_cycle: number(element, "ParticipantObjectDataLifeCycle"),
        sensitivity: optional(element, "ParticipantObjectSensitivity"),
        id_type: Code::new("", "", ""),
        name: None,
        query: None,
        details: Vec::new(),
    };
    while let Some(child) = next_child(reader)? {
        match child.local() {
            "ParticipantObjectIDTypeCode" => object.id_type = code::read(reader, &child)?,
            "ParticipantObjectName" => object.name = Some(text(reader)?),
            "ParticipantObjectQuery" => object.query = Some(base64(&text(reader)?)),
            "ParticipantObjectDetail" => {
                let value = child.attribute("value").unwrap_or_default();
                object.details.push((required(&child, "type"), base64(&value)));
                reader.skip()?;
            }
            _ => reader.skip()?,
        }
    }
    Ok(object)
}
