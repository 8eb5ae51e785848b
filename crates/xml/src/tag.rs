//! From the bytes of a start tag to a checked [`Element`].

use std::borrow::Cow;

use crate::character::{check_attribute_value, is_blank, is_ncname, split_around, split_at_space};
use crate::element::{Element, next_raw};
use crate::error::XmlErrorKind;
use crate::escape::escape_attribute;
use crate::limits::Limits;
use crate::namespaces::{Namespaces, declared_prefix};

/// A prefix with its namespace.
type Bound<'a> = (&'a str, Cow<'a, str>);

/// Checks start tags and keeps the namespace declarations in scope.
#[derive(Debug)]
pub(crate) struct TagReader<'a> {
    attributes_per_element: usize,
    text_bytes: usize,
    namespaces: Namespaces<'a>,
    /// The attribute names of the tag at hand; kept to reuse its memory.
    names: Vec<&'a str>,
}

impl<'a> TagReader<'a> {
    pub(crate) fn new(limits: &Limits) -> TagReader<'a> {
        TagReader {
            attributes_per_element: limits.attributes_per_element,
            text_bytes: limits.text_bytes,
            namespaces: Namespaces::default(),
            names: Vec::new(),
        }
    }

    /// Checks a start tag and enters its namespace declarations.
    ///
    /// `raw` is what stands between `<` and `>` or `/>`; `start` is the offset of `<`.
    pub(crate) fn open(
        &mut self,
        raw: &'a str,
        start: usize,
        depth: usize,
    ) -> Result<Element<'a>, XmlErrorKind> {
        let (name, raw_attributes) = split_at_space(raw);
        let prefixes = if raw_attributes.is_empty() {
            Vec::new()
        } else {
            self.read_attributes(raw_attributes, depth)?
        };
        let (prefix, local) = split_name(name)?;
        let namespace = match prefix {
            "" => self.namespaces.default_namespace(),
            _ => self.namespaces.namespace(prefix)?,
        };
        Ok(Element { namespace, prefix, local, raw_attributes, prefixes, start })
    }

    /// Forgets the declarations of elements deeper than `depth`.
    pub(crate) fn close(&mut self, depth: usize) {
        self.namespaces.leave(depth);
    }

    /// The declarations that the elements around declared for `element`, as attributes of its own.
    ///
    /// Without a default namespace there is `xmlns=""`: the place where the element will stand may have one.
    pub(crate) fn declarations_around(&self, element: &Element<'_>) -> String {
        let mut in_scope = self.namespaces.in_scope();
        in_scope.entry("").or_default();
        let mut declarations = String::new();
        for (prefix, name) in in_scope {
            if element.declares(prefix) {
                continue;
            }
            let separator = if prefix.is_empty() { "" } else { ":" };
            let name = escape_attribute(name);
            let pieces = [" xmlns", separator, prefix, "=\"", &name, "\""];
            declarations.extend(pieces);
        }
        declarations
    }

    /// Checks all attributes, enters the declarations and returns the prefixes in use.
    fn read_attributes(
        &mut self,
        raw_attributes: &'a str,
        depth: usize,
    ) -> Result<Vec<Bound<'a>>, XmlErrorKind> {
        self.names.clear();
        let mut n_attributes: usize = 0;
        let mut any_prefix = false;
        let mut rest = raw_attributes;
        while let Some(raw) = next_raw(&mut rest) {
            n_attributes = n_attributes.saturating_add(1);
            if n_attributes > self.attributes_per_element {
                return Err(XmlErrorKind::TooManyAttributes);
            }
            if raw.value.len() > self.text_bytes {
                return Err(XmlErrorKind::TextTooLong);
            }
            check_attribute_value(raw.value)?;
            if let Some(prefix) = declared_prefix(raw.name) {
                self.namespaces.declare(prefix, raw.value, depth)?;
                continue;
            }
            // XML 1.0 section 3.1. The search is quadratic only up to the limit above.
            if self.names.contains(&raw.name) {
                return Err(XmlErrorKind::DuplicateAttribute);
            }
            any_prefix |= !split_name(raw.name)?.0.is_empty();
            self.names.push(raw.name);
        }
        if !is_blank(rest) {
            return Err(XmlErrorKind::Malformed);
        }
        if any_prefix { self.resolve_prefixes() } else { Ok(Vec::new()) }
    }

    /// Looks up the prefixes of attributes, after all declarations of the tag are known.
    ///
    /// Namespaces in XML 1.0 section 6.3: two attributes with different prefixes for one
    /// namespace and the same local name are the same attribute twice.
    fn resolve_prefixes(&self) -> Result<Vec<Bound<'a>>, XmlErrorKind> {
        let mut prefixes: Vec<Bound<'a>> = Vec::new();
        let mut expanded: Vec<(Cow<'a, str>, &'a str)> = Vec::new();
        for name in &self.names {
            let Some((prefix, local)) = split_around(name, b':') else { continue };
            let namespace = self.namespaces.namespace(prefix)?;
            if !prefixes.iter().any(|(known, _)| *known == prefix) {
                prefixes.push((prefix, namespace.clone()));
            }
            let expanded_name = (namespace, local);
            if expanded.contains(&expanded_name) {
                return Err(XmlErrorKind::DuplicateAttribute);
            }
            expanded.push(expanded_name);
        }
        Ok(prefixes)
    }
}

/// Prefix, empty when there is none, and local part of a qualified name.
fn split_name(name: &str) -> Result<(&str, &str), XmlErrorKind> {
    let (prefix, local) = match split_around(name, b':') {
        Some((prefix, local)) if is_ncname(prefix) => (prefix, local),
        Some(_) => return Err(XmlErrorKind::Malformed),
        None => ("", name),
    };
    if is_ncname(local) { Ok((prefix, local)) } else { Err(XmlErrorKind::Malformed) }
}
