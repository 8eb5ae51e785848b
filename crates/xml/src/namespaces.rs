//! The namespace declarations in scope (Namespaces in XML 1.0).

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::character::{is_ncname, normalise_attribute_value};
use crate::error::XmlErrorKind;

/// Declarations in scope at one time.
///
/// Each name is looked up by a backward search, so the number bounds the cost of one element.
/// Envelopes of real stacks declare at most 40.
const MAX_DECLARATIONS: usize = 256;

const XML: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// The stack of declarations.
///
/// Names are slices of the document, so that an element can carry its namespace beyond the
/// next event without a copy; only a name written with references is owned.
#[derive(Debug, Default)]
pub(crate) struct Namespaces<'a> {
    declarations: Vec<Declaration<'a>>,
}

#[derive(Debug)]
struct Declaration<'a> {
    /// Empty for the default namespace.
    prefix: &'a str,
    name: Cow<'a, str>,
    /// Depth of the element that carries the declaration.
    depth: usize,
}

/// What an attribute name declares: the prefix, empty for `xmlns`; `None` for any other name.
pub(crate) fn declared_prefix(attribute_name: &str) -> Option<&str> {
    match attribute_name.strip_prefix("xmlns")? {
        "" => Some(""),
        rest => rest.strip_prefix(':'),
    }
}

impl<'a> Namespaces<'a> {
    /// Adds the declaration of `prefix` on the element of `depth`.
    pub(crate) fn declare(
        &mut self,
        prefix: &'a str,
        raw_name: &'a str,
        depth: usize,
    ) -> Result<(), XmlErrorKind> {
        let name = normalise_attribute_value(raw_name);
        // Namespaces in XML 1.0 section 3: the two reserved prefixes and names.
        if prefix == "xml" {
            return if name == XML { Ok(()) } else { Err(XmlErrorKind::ReservedNamespace) };
        }
        if prefix == "xmlns" || name == XML || name == XMLNS {
            return Err(XmlErrorKind::ReservedNamespace);
        }
        if !prefix.is_empty() && name.is_empty() {
            return Err(XmlErrorKind::ReservedNamespace);
        }
        if !prefix.is_empty() && !is_ncname(prefix) {
            return Err(XmlErrorKind::Malformed);
        }
        let already =
            self.declarations.iter().rev().take_while(|declaration| declaration.depth == depth);
        if already.into_iter().any(|declaration| declaration.prefix == prefix) {
            return Err(XmlErrorKind::DuplicateAttribute);
        }
        if self.declarations.len() >= MAX_DECLARATIONS {
            return Err(XmlErrorKind::TooManyNamespaces);
        }
        self.declarations.push(Declaration { prefix, name, depth });
        Ok(())
    }

    /// Forgets the declarations of elements deeper than `depth`.
    pub(crate) fn leave(&mut self, depth: usize) {
        while self.declarations.last().is_some_and(|declaration| declaration.depth > depth) {
            self.declarations.pop();
        }
    }

    /// The namespace of an element without prefix; empty when there is none.
    pub(crate) fn default_namespace(&self) -> Cow<'a, str> {
        self.find("").unwrap_or(Cow::Borrowed(""))
    }

    /// The namespace of a prefix.
    pub(crate) fn namespace(&self, prefix: &str) -> Result<Cow<'a, str>, XmlErrorKind> {
        match prefix {
            "xml" => Ok(Cow::Borrowed(XML)),
            "xmlns" => Err(XmlErrorKind::ReservedNamespace),
            _ => self.find(prefix).ok_or(XmlErrorKind::UnboundPrefix),
        }
    }

    /// The declarations in scope, one of each prefix, the default namespace included.
    pub(crate) fn in_scope(&self) -> BTreeMap<&'a str, &str> {
        let outermost_first = self.declarations.iter();
        outermost_first.map(|declaration| (declaration.prefix, declaration.name.as_ref())).collect()
    }

    fn find(&self, prefix: &str) -> Option<Cow<'a, str>> {
        let mut innermost_first = self.declarations.iter().rev();
        let declaration = innermost_first.find(|declaration| declaration.prefix == prefix)?;
        Some(declaration.name.clone())
    }
}
