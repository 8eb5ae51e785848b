//! Checks on what an answer holds: values at paths, and document bytes.

use super::{Exchange, Finding, differs};
use crate::scope::sha1;
use crate::template::Template;
use crate::xml_path::Path;

pub(super) fn count(exchange: &Exchange<'_>, of: &str, is: usize) -> Result<(), Finding> {
    let of = exchange.fill(of)?;
    let found = Path::parse(&of)?.count(&exchange.soap()?.envelope);
    if found == is { Ok(()) } else { differs(&of, &is.to_string(), &found.to_string()) }
}

pub(super) fn value(exchange: &Exchange<'_>, of: &str, is: &str) -> Result<(), Finding> {
    let (of, is) = (exchange.fill(of)?, exchange.fill(is)?);
    let found = values_at(exchange, &of)?;
    if found == [is.as_str()] { Ok(()) } else { differs(&of, &is, &found.join("`, `")) }
}

pub(super) fn values(exchange: &Exchange<'_>, of: &str, are: &[String]) -> Result<(), Finding> {
    let of = exchange.fill(of)?;
    let demanded: Result<Vec<String>, Finding> =
        are.iter().map(|text| exchange.fill(text)).collect();
    let (mut demanded, mut found) = (demanded?, values_at(exchange, &of)?);
    demanded.sort();
    found.sort();
    if found == demanded {
        return Ok(());
    }
    differs(&of, &demanded.join("`, `"), &found.join("`, `"))
}

pub(super) fn includes(exchange: &Exchange<'_>, of: &str, all: &[String]) -> Result<(), Finding> {
    let of = exchange.fill(of)?;
    let found = values_at(exchange, &of)?;
    for value in all {
        let value = exchange.fill(value)?;
        if !found.contains(&value) {
            return differs(&of, &value, &found.join("`, `"));
        }
    }
    Ok(())
}

pub(super) fn lacks(exchange: &Exchange<'_>, of: &str, value: &str) -> Result<(), Finding> {
    let (of, value) = (exchange.fill(of)?, exchange.fill(value)?);
    match values_at(exchange, &of)?.contains(&value) {
        false => Ok(()),
        true => Err(Finding(format!("{of} is `{value}`"))),
    }
}

pub(super) fn contains(exchange: &Exchange<'_>, of: &str, text: &str) -> Result<(), Finding> {
    let (of, text) = (exchange.fill(of)?, exchange.fill(text)?);
    let found = values_at(exchange, &of)?;
    if found.iter().any(|value| value.contains(&text)) {
        return Ok(());
    }
    differs(&of, &text, &found.join("`, `"))
}

fn values_at(exchange: &Exchange<'_>, path: &str) -> Result<Vec<String>, Finding> {
    Ok(Path::parse(path)?.values(&exchange.soap()?.envelope))
}

/// One document, or copies of it.
pub(super) fn documents(
    exchange: &Exchange<'_>,
    unique_id: &str,
    equals: &str,
    copies: Option<usize>,
) -> Result<(), Finding> {
    let Some(n_copies) = copies else { return document(exchange, unique_id, equals) };
    (1..=n_copies).try_for_each(|copy| {
        let variables = exchange.template.of_copy(copy);
        let template = Template { variables: &variables, ..exchange.template };
        let exchange = Exchange { template, ..*exchange };
        document(&exchange, unique_id, equals)
    })
}

/// Compares the bytes themselves; the finding shows digests, because documents may be large.
fn document(exchange: &Exchange<'_>, unique_id: &str, equals: &str) -> Result<(), Finding> {
    let unique_id = exchange.fill(unique_id)?;
    let found = exchange.soap()?.document(&unique_id).map_err(Finding)?;
    let equals = exchange.fill(equals)?;
    let demanded = exchange.scope.document(&equals).map_err(|e| Finding(e.to_string()))?;
    if found == demanded {
        return Ok(());
    }
    let digest = |bytes: &[u8]| match sha1(bytes) {
        Ok(hash) => format!("{} bytes, SHA-1 {hash}", bytes.len()),
        Err(_) => format!("{} bytes", bytes.len()),
    };
    differs("document", &digest(demanded), &digest(&found))
}
