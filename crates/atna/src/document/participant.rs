//! ActiveParticipant: a person or a process that took part.

use xml::{Element, Reader, XmlError};

use super::code;
use super::content::{next_child, number, optional, required};
use super::output::Output;
use crate::{ActiveParticipant, NetworkAccessPoint};

pub(super) fn write(output: &mut Output, participant: &ActiveParticipant) {
    let access_point = participant.network_access_point.as_ref();
    output
        .open("ActiveParticipant")
        .attribute("UserID", &participant.user_id)
        .optional("AlternativeUserID", participant.alternative_user_id.as_deref())
        .optional("UserName", participant.user_name.as_deref())
        .attribute("UserIsRequestor", if participant.is_requestor { "true" } else { "false" })
        .optional("NetworkAccessPointID", access_point.map(|point| point.id.as_str()))
        .number("NetworkAccessPointTypeCode", access_point.and_then(type_code));
    if participant.roles.is_empty() {
        output.empty();
        return;
    }
    output.content();
    for role in &participant.roles {
        code::write(output, "RoleIDCode", role);
    }
    output.close("ActiveParticipant");
}

pub(super) fn read(
    reader: &mut Reader<'_>,
    element: &Element<'_>,
) -> Result<ActiveParticipant, XmlError> {
    let is_requestor = optional(element, "UserIsRequestor");
    let mut participant = ActiveParticipant {
        user_id: required(element, "UserID"),
        alternative_user_id: optional(element, "AlternativeUserID"),
        user_name: optional(element, "UserName"),
        is_requestor: is_requestor.is_some_and(|text| is_true(text.trim())),
        network_access_point: access_point(element),
        roles: Vec::new(),
    };
    while let Some(child) = next_child(reader)? {
        match child.local() {
            "RoleIDCode" => participant.roles.push(code::read(reader, &child)?),
            _ => reader.skip()?,
        }
    }
    Ok(participant)
}

/// XML Schema has `true` and `1`; other spellings of capitals come from languages that print booleans so.
fn is_true(text: &str) -> bool {
    text == "1" || text.eq_ignore_ascii_case("true")
}

/// Both attributes belong together, but either comes alone.
fn access_point(element: &Element<'_>) -> Option<NetworkAccessPoint> {
    let id = optional(element, "NetworkAccessPointID");
    let type_code = number(element, "NetworkAccessPointTypeCode").filter(|number| *number > 0);
    if id.is_none() && type_code.is_none() {
        return None;
    }
    Some(NetworkAccessPoint {
        id: id.unwrap_or_default(),
        type_code: type_code.unwrap_or(NetworkAccessPoint::UNKNOWN),
    })
}

fn type_code(access_point: &NetworkAccessPoint) -> Option<u8> {
    Some(access_point.type_code).filter(|number| *number != NetworkAccessPoint::UNKNOWN)
}
