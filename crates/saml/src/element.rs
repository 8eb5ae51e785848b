//! Small questions to an element, with limits.

use jiff::Timestamp;
use xmldsig::Node;

use crate::cause::Cause;
use crate::{SAML, time};

/// Names, identifiers and URIs: the longest in circulation are below 300 bytes.
const MAX_TEXT_BYTES: usize = 4 * 1024;

pub(crate) const fn malformed(part: &'static str) -> Cause {
    Cause::Malformed { part }
}

/// Removes XML white space.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}

/// Runs of XML white space are one space (XML Schema part 2, `collapse`); an ideographic space is text.
pub(crate) fn collapse(text: &str) -> String {
    let words = text.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty());
    words.collect::<Vec<&str>>().join(" ")
}

/// The text of an element that holds nothing else, without white space around it; it may be empty.
pub(crate) fn any_text(node: Node<'_>, part: &'static str) -> Result<String, Cause> {
    let text = node.text();
    let text = trim(&text);
    if node.children().next().is_some() || text.len() > MAX_TEXT_BYTES {
        return Err(malformed(part));
    }
    Ok(text.to_owned())
}

/// The same, and not empty.
pub(crate) fn text(node: Node<'_>, part: &'static str) -> Result<String, Cause> {
    any_text(node, part)
        .and_then(|text| if text.is_empty() { Err(malformed(part)) } else { Ok(text) })
}

/// An attribute; its white space is kept away, and an empty one is malformed.
pub(crate) fn attribute(
    node: Node<'_>,
    local: &str,
    part: &'static str,
) -> Result<Option<String>, Cause> {
    let Some(value) = node.attribute(local) else { return Ok(None) };
    let value = trim(&value);
    if value.is_empty() || value.len() > MAX_TEXT_BYTES {
        return Err(malformed(part));
    }
    Ok(Some(value.to_owned()))
}

pub(crate) fn required(node: Node<'_>, local: &str, part: &'static str) -> Result<String, Cause> {
    attribute(node, local, part)?.ok_or(malformed(part))
}

/// An attribute that is a time.
pub(crate) fn instant(
    node: Node<'_>,
    local: &str,
    part: &'static str,
) -> Result<Option<Timestamp>, Cause> {
    let value = attribute(node, local, part)?;
    value.map(|value| time::read(&value).ok_or(malformed(part))).transpose()
}

/// The children of this name.
pub(crate) fn all<'d>(
    children: impl Iterator<Item = Node<'d>>,
    local: &'static str,
) -> impl Iterator<Item = Node<'d>> {
    children.filter(move |child| child.is(SAML, local))
}

/// The child of this name, if there is one, and not more.
pub(crate) fn optional<'d>(
    children: impl Iterator<Item = Node<'d>>,
    local: &'static str,
) -> Result<Option<Node<'d>>, Cause> {
    let mut found = all(children, local);
    match (found.next(), found.next()) {
        (first, None) => Ok(first),
        (_, Some(_)) => Err(malformed(local)),
    }
}

/// The one child of this name.
pub(crate) fn one<'d>(
    children: impl Iterator<Item = Node<'d>>,
    local: &'static str,
) -> Result<Node<'d>, Cause> {
    optional(children, local)?.ok_or(malformed(local))
}
