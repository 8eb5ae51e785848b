//! A start tag: expanded name, attributes, position.

use std::borrow::Cow;

use crate::character::{
    is_blank, normalise_attribute_value, split_around, split_at_space, trim_start,
};
use crate::namespaces::declared_prefix;

/// A start tag that was checked: its prefixes are bound, its attributes are distinct and their
/// references resolve. Therefore nothing below can fail.
#[derive(Debug, Clone)]
pub struct Element<'a> {
    pub(crate) namespace: Cow<'a, str>,
    pub(crate) prefix: &'a str,
    pub(crate) local: &'a str,
    /// The tag after its name, without `>` or `/>`.
    pub(crate) raw_attributes: &'a str,
    /// The prefixes of attributes with their namespaces; empty, and without allocation, for
    /// most elements.
    pub(crate) prefixes: Vec<(&'a str, Cow<'a, str>)>,
    pub(crate) start: usize,
}

/// One attribute; namespace declarations are not attributes in this sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// Empty for an attribute without prefix.
    pub namespace: Cow<'a, str>,
    /// As written; it means nothing but to who must write the same bytes again.
    pub prefix: &'a str,
    /// The name without prefix.
    pub local: &'a str,
    /// The value after normalisation, XML 1.0 section 3.3.3.
    pub value: Cow<'a, str>,
}

/// The attributes of one element in the order of the document, unescaped one at a time.
#[derive(Debug, Clone)]
pub struct Attributes<'e, 'a> {
    element: &'e Element<'a>,
    rest: &'a str,
}

impl<'a> Element<'a> {
    /// The namespace name; empty when the element is in none.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The prefix as written, empty when there is none. It means nothing but to who must write the same bytes
    /// again, as a canonical form does.
    pub fn prefix(&self) -> &'a str {
        self.prefix
    }

    /// The name without prefix.
    pub fn local(&self) -> &'a str {
        self.local
    }

    /// Whether this is the element `local` of `namespace`.
    pub fn is(&self, namespace: &str, local: &str) -> bool {
        self.local == local && self.namespace == namespace
    }

    /// The value of the attribute `local` that is in no namespace.
    pub fn attribute(&self, local: &str) -> Option<Cow<'a, str>> {
        // A name without colon is in no namespace, and `xmlns` is no attribute.
        if local == "xmlns" || local.contains(':') {
            return None;
        }
        let mut rest = self.raw_attributes;
        while let Some(raw) = next_raw(&mut rest) {
            if raw.name == local {
                return Some(normalise_attribute_value(raw.value));
            }
        }
        None
    }

    /// The value of the attribute `local` of `namespace`.
    pub fn attribute_ns(&self, namespace: &str, local: &str) -> Option<Cow<'a, str>> {
        self.attributes()
            .find(|attribute| attribute.local == local && attribute.namespace == namespace)
            .map(|attribute| attribute.value)
    }

    /// All attributes without the namespace declarations.
    pub fn attributes(&self) -> Attributes<'_, 'a> {
        Attributes { element: self, rest: self.raw_attributes }
    }

    /// The namespaces that the tag itself declares, by prefix, empty for the default one; in the order of the
    /// document.
    pub fn declarations(&self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> + use<'a> {
        let mut rest = self.raw_attributes;
        std::iter::from_fn(move || next_raw(&mut rest)).filter_map(|raw| {
            Some((declared_prefix(raw.name)?, normalise_attribute_value(raw.value)))
        })
    }

    /// Whether the tag itself declares `prefix`, empty for the default namespace.
    pub(crate) fn declares(&self, prefix: &str) -> bool {
        let mut rest = self.raw_attributes;
        std::iter::from_fn(|| next_raw(&mut rest))
            .any(|raw| declared_prefix(raw.name) == Some(prefix))
    }

    /// Offset in bytes of the tag's `<` in the text.
    pub fn span_start(&self) -> usize {
        self.start
    }
}

impl<'a> Iterator for Attributes<'_, 'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        let raw = loop {
            let raw = next_raw(&mut self.rest)?;
            if declared_prefix(raw.name).is_none() {
                break raw;
            }
        };
        let (prefix, local) = split_around(raw.name, b':').unwrap_or(("", raw.name));
        let known = self.element.prefixes.iter().find(|(known, _)| *known == prefix);
        let namespace = known.map_or(Cow::Borrowed(""), |(_, namespace)| namespace.clone());
        Some(Attribute { namespace, prefix, local, value: normalise_attribute_value(raw.value) })
    }
}

/// One attribute as it is written.
pub(crate) struct RawAttribute<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: &'a str,
}

/// Takes the next attribute off `rest`.
///
/// `None` at the end and at a violation of the grammar; `rest` tells them apart: it is blank
/// only at the end.
pub(crate) fn next_raw<'a>(rest: &mut &'a str) -> Option<RawAttribute<'a>> {
    let spaced = trim_start(rest);
    // White space must separate an attribute from what stands before it.
    if spaced.len() == rest.len() {
        return None;
    }
    let (before_equals, after_equals) = split_around(spaced, b'=')?;
    // What may stand between name and `=` is white space; anything else makes no name.
    let (name, gap) = split_at_space(before_equals);
    let name = if is_blank(gap) { name } else { before_equals };
    let after_equals = trim_start(after_equals);
    let (value, after) = match after_equals.strip_prefix('"') {
        Some(quoted) => split_around(quoted, b'"')?,
        None => split_around(after_equals.strip_prefix('\'')?, b'\'')?,
    };
    *rest = after;
    Some(RawAttribute { name, value })
}
