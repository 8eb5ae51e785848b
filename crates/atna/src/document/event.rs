//! EventIdentification: what happened, when, and how it ended.

use xml::{Element, Reader};

use super::content::{next_child, optional, text};
use super::output::Output;
use super::{ReadError, code};
use crate::{Code, EventAction, EventIdentification, Outcome, time};

pub(super) fn write(output: &mut Output, event: &EventIdentification) {
    output
        .open("EventIdentification")
        .optional("EventActionCode", event.action.map(EventAction::code))
        .attribute("EventDateTime", &event.time.to_string())
        .number("EventOutcomeIndicator", Some(event.outcome.indicator()))
        .content();
    code::write(output, "EventID", &event.id);
    for event_type in &event.types {
        code::write(output, "EventTypeCode", event_type);
    }
    if let Some(description) = &event.outcome_description {
        output.open("EventOutcomeDescription").content().text(description);
        output.close("EventOutcomeDescription");
    }
    for purpose in &event.purposes_of_use {
        code::write(output, "PurposeOfUse", purpose);
    }
    output.close("EventIdentification");
}

pub(super) fn read(
    reader: &mut Reader<'_>,
    element: &Element<'_>,
) -> Result<EventIdentification, ReadError> {
    let action = optional(element, "EventActionCode");
    let time = optional(element, "EventDateTime").as_deref().and_then(time::read);
    let mut event = EventIdentification {
        id: Code::new("", "", ""),
        action: action.and_then(|action| EventAction::of_code(action.trim())),
        time: time.ok_or(ReadError::EventDateTime)?,
        outcome: outcome(optional(element, "EventOutcomeIndicator").as_deref()),
        types: Vec::new(),
        outcome_description: None,
        purposes_of_use: Vec::new(),
    };
    while let Some(child) = next_child(reader)? {
        match child.local() {
            "EventID" => event.id = code::read(reader, &child)?,
            "EventTypeCode" => event.types.push(code::read(reader, &child)?),
            "EventOutcomeDescription" => event.outcome_description = Some(text(reader)?),
            "PurposeOfUse" => event.purposes_of_use.push(code::read(reader, &child)?),
            _ => reader.skip()?,
        }
    }
    Ok(event)
}

/// Missing is success: "use if status otherwise unknown", as the schema says of 0. Who wrote something that
/// is none of the four numbers did not mean success; the mildest failure is the least that is claimed.
fn outcome(indicator: Option<&str>) -> Outcome {
    match indicator.map(str::trim) {
        None | Some("") => Outcome::Success,
        Some(indicator) => {
            let known = indicator.parse().ok().and_then(Outcome::of_indicator);
            known.unwrap_or(Outcome::MinorFailure)
        }
    }
}
