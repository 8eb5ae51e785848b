//! Checks on HL7 v2 acknowledgements (HL7 v2.5 chapter 2; ITI TF-2: Appendix C).

use super::{Exchange, Finding, differs};
use crate::hl7::Hl7Message;

pub(super) fn code(exchange: &Exchange<'_>, demanded: &str) -> Result<(), Finding> {
    let message = message(exchange)?;
    let found = message.value("MSA-1").unwrap_or_else(|| "none".to_owned());
    if found == exchange.fill(demanded)? {
        return Ok(());
    }
    differs("MSA-1", demanded, &format!("{found} {}", message.errors().join(" ")))
}

pub(super) fn answers_control_id(exchange: &Exchange<'_>) -> Result<(), Finding> {
    let sent = exchange.scope.control_id().map_err(|fault| Finding(fault.to_string()))?;
    value(exchange, "MSA-2", &sent)
}

pub(super) fn error(exchange: &Exchange<'_>, code: &str) -> Result<(), Finding> {
    let code = exchange.fill(code)?;
    let message = message(exchange)?;
    if message.has_error(&code) {
        return Ok(());
    }
    differs("code of table 0357", &code, &message.errors().join(" "))
}

pub(super) fn value(exchange: &Exchange<'_>, of: &str, is: &str) -> Result<(), Finding> {
    let (of, is) = (exchange.fill(of)?, exchange.fill(is)?);
    match message(exchange)?.value(&of) {
        Some(found) if found == is => Ok(()),
        Some(found) => differs(&of, &is, &found),
        None => differs(&of, &is, "none"),
    }
}

fn message<'a>(exchange: &'a Exchange<'_>) -> Result<&'a Hl7Message, Finding> {
    exchange.hl7()?.message.as_ref().map_err(|fault| Finding(fault.to_string()))
}
