//! Checks on HL7 v2 acknowledgements and answers (HL7 v2.5 chapter 2; ITI TF-2: Appendix C).

use super::{Exchange, Finding, differs};
use crate::answer::Answer;
use crate::hl7::Hl7Message;
use std::collections::BTreeSet;

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

/// Of a whole segment delimiters at its end do not count: an echo may leave them out.
pub(super) fn value(exchange: &Exchange<'_>, of: &str, is: &str) -> Result<(), Finding> {
    let (of, is) = (exchange.fill(of)?, exchange.fill(is)?);
    let is_segment = !of.contains('-');
    let end = |text: &str| match is_segment {
        true => text.trim_end_matches('|').to_owned(),
        false => text.to_owned(),
    };
    match message(exchange)?.value(&of) {
        Some(found) if end(&found) == end(&is) => Ok(()),
        Some(found) => differs(&of, &is, &found),
        None => differs(&of, &is, "none"),
    }
}

pub(super) fn values(exchange: &Exchange<'_>, of: &str, are: &[String]) -> Result<(), Finding> {
    let (of, mut demanded) = (exchange.fill(of)?, filled(exchange, are)?);
    let mut found = message(exchange)?.values(&of);
    found.sort();
    demanded.sort();
    if found == demanded {
        return Ok(());
    }
    differs(&of, &demanded.join(", "), &found.join(", "))
}

pub(super) fn includes(exchange: &Exchange<'_>, of: &str, all: &[String]) -> Result<(), Finding> {
    let (of, demanded) = (exchange.fill(of)?, filled(exchange, all)?);
    let found = message(exchange)?.values(&of);
    match demanded.iter().find(|value| !found.contains(value)) {
        None => Ok(()),
        Some(missing) => differs(&of, missing, &found.join(", ")),
    }
}

pub(super) fn lacks(exchange: &Exchange<'_>, of: &str, value: &str) -> Result<(), Finding> {
    let (of, value) = (exchange.fill(of)?, exchange.fill(value)?);
    match message(exchange)?.values(&of).contains(&value) {
        false => Ok(()),
        true => Err(Finding(format!("{of} is `{value}`"))),
    }
}

pub(super) fn count(exchange: &Exchange<'_>, of: &str, is: usize) -> Result<(), Finding> {
    let of = exchange.fill(of)?;
    let n_found = message(exchange)?.values(&of).len();
    if n_found == is {
        return Ok(());
    }
    differs(&format!("number of {of}"), &is.to_string(), &n_found.to_string())
}

pub(super) fn segments(exchange: &Exchange<'_>, names: &[String]) -> Result<(), Finding> {
    let found = message(exchange)?.segment_names();
    if found == names {
        return Ok(());
    }
    differs("segments", &names.join(" "), &found.join(" "))
}

pub(super) fn fields(exchange: &Exchange<'_>, of: &str, are: &[usize]) -> Result<(), Finding> {
    let found = message(exchange)?.valued_fields(of);
    let demanded: BTreeSet<usize> = are.iter().copied().collect();
    if found == demanded {
        return Ok(());
    }
    differs(&format!("fields of {of}"), &format!("{demanded:?}"), &format!("{found:?}"))
}

/// ERR-1 stays empty in HL7 v2.5, and ERR-4 says that it is an error (ITI TF-2: C.2.3).
pub(super) fn errors(
    exchange: &Exchange<'_>,
    locations: &[String],
    code: &str,
) -> Result<(), Finding> {
    let (mut demanded, code) = (filled(exchange, locations)?, exchange.fill(code)?);
    let message = message(exchange)?;
    let n_errors = message.values("ERR").len();
    let at = |number: usize, field: &str| {
        message.value(&format!("ERR[{number}]-{field}")).unwrap_or_default()
    };
    let mut found: Vec<String> = (1..=n_errors).map(|number| at(number, "2")).collect();
    found.sort();
    demanded.sort();
    if found != demanded {
        return differs("ERR-2", &demanded.join(", "), &found.join(", "));
    }
    for number in 1..=n_errors {
        let fields = [("1", ""), ("3.1", &code), ("3.3", "HL70357"), ("4", "E")];
        for (field, demanded) in fields {
            let found = at(number, field);
            if found != demanded {
                return differs(&format!("ERR[{number}]-{field}"), demanded, &found);
            }
        }
    }
    Ok(())
}

/// ITI TF-2: 3.9.4.2.2.4 for PID-3; OIDs have the type ISO.
pub(super) fn full_authorities(exchange: &Exchange<'_>) -> Result<(), Finding> {
    let message = message(exchange)?;
    let n_ids = message.values("PID-3").len();
    let mut seen: Vec<String> = Vec::new();
    for number in 1..=n_ids {
        let part = |component: &str| {
            message.value(&format!("PID-3[{number}].{component}")).unwrap_or_default()
        };
        let (namespace, oid, kind) = (part("4.1"), part("4.2"), part("4.3"));
        if part("1").is_empty() || namespace.is_empty() || oid.is_empty() || kind != "ISO" {
            return Err(Finding(format!("PID-3[{number}] has no full authority: {}", part("4"))));
        }
        if seen.last() != Some(&oid) {
            if seen.contains(&oid) {
                return Err(Finding(format!("identifiers of {oid} do not stand together")));
            }
            seen.push(oid);
        }
    }
    if n_ids == 0 { Err(Finding("there is no identifier in PID-3".to_owned())) } else { Ok(()) }
}

pub(super) fn no_answer(exchange: &Exchange<'_>) -> Result<(), Finding> {
    let n_bytes = match exchange.answer {
        Answer::Refused(_) => 0,
        Answer::Http(http) => {
            return Err(Finding(format!("there is an answer with status {}", http.status)));
        }
        Answer::Hl7(hl7) => hl7.bytes.len(),
    };
    match n_bytes {
        0 => Ok(()),
        _ => Err(Finding(format!("there is an answer of {n_bytes} bytes"))),
    }
}

fn filled(exchange: &Exchange<'_>, texts: &[String]) -> Result<Vec<String>, Finding> {
    texts.iter().map(|text| exchange.fill(text)).collect()
}

fn message<'a>(exchange: &'a Exchange<'_>) -> Result<&'a Hl7Message, Finding> {
    exchange.hl7()?.message.as_ref().map_err(|fault| Finding(fault.to_string()))
}
