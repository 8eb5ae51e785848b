//! The conformance runner's own reader of XML: bytes into a small tree, strictly.
//!
//! Nothing is forgiven here, since the text comes from the server under test: UTF-8 only, no
//! document type declaration, no processing instruction, no unbound prefix, one root.

use crate::namespaces;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use std::sync::Arc;

/// Elements inside each other; an answer needs about ten.
const DEPTH: usize = 128;

/// An element with its name resolved.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    pub(crate) namespace: String,
    pub(crate) local: String,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) children: Vec<Child>,
    /// Prefixes in scope, innermost last: values such as fault codes are names as well.
    prefixes: Arc<Vec<(String, String)>>,
}

/// An attribute with its name resolved; without a prefix it is in no namespace.
#[derive(Debug, Clone)]
pub(crate) struct Attribute {
    pub(crate) namespace: String,
    pub(crate) local: String,
    pub(crate) value: String,
}

/// What stands inside an element.
#[derive(Debug, Clone)]
pub(crate) enum Child {
    Element(Element),
    Text(String),
}

/// Why a text is not XML that this runner accepts.
#[derive(Debug, thiserror::Error)]
pub(crate) enum XmlFault {
    #[error("the text is not UTF-8")]
    NotUtf8,
    #[error("the text is not well-formed: {0}")]
    Syntax(String),
    #[error("the text has a document type declaration")]
    DocumentType,
    #[error("the text has a processing instruction")]
    ProcessingInstruction,
    #[error("the entity `{0}` is not one of the five of XML")]
    Entity(String),
    #[error("the prefix `{0}` is not bound")]
    UnboundPrefix(String),
    #[error("two attributes of `{0}` have the same name")]
    RepeatedAttribute(String),
    #[error("elements are nested more than {DEPTH} deep")]
    TooDeep,
    #[error("there is text or a second element beside the root")]
    BesideRoot,
    #[error("the text ends inside an element")]
    Unfinished,
    #[error("there is no element")]
    NoRoot,
}

/// Reads a whole document.
pub(crate) fn parse(bytes: &[u8]) -> Result<Element, XmlFault> {
    let text = std::str::from_utf8(bytes).map_err(|_not_utf8| XmlFault::NotUtf8)?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut tree = Tree::default();
    loop {
        match reader.read_event().map_err(|fault| XmlFault::Syntax(fault.to_string()))? {
            Event::Start(start) => tree.open(&start)?,
            Event::Empty(start) => {
                tree.open(&start)?;
                tree.close()?;
            }
            Event::End(_) => tree.close()?,
            Event::Text(text) => tree.text(&text.xml10_content())?,
            Event::CData(text) => tree.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => {
                let character = reference
                    .resolve_char_ref()
                    .map_err(|fault| XmlFault::Syntax(fault.to_string()))?;
                let name = reference.into_inner();
                tree.text(&character.map_or_else(|| predefined(&name), |c| Ok(c.to_string()))?)?;
            }
            Event::Comment(_) | Event::Decl(_) => {}
            Event::PI(_) => return Err(XmlFault::ProcessingInstruction),
            Event::DocType(_) => return Err(XmlFault::DocumentType),
            Event::Eof => return tree.finish(),
        }
    }
}

fn predefined(name: &str) -> Result<String, XmlFault> {
    let text = match name {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        other => return Err(XmlFault::Entity(other.to_owned())),
    };
    Ok(text.to_owned())
}

/// The tree as far as it was read: the open elements, and the root when it is complete.
#[derive(Default)]
struct Tree {
    open: Vec<Element>,
    root: Option<Element>,
}

impl Tree {
    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), XmlFault> {
        if self.root.is_some() {
            return Err(XmlFault::BesideRoot);
        }
        if self.open.len() >= DEPTH {
            return Err(XmlFault::TooDeep);
        }
        let outer = self.open.last().map(|parent| Arc::clone(&parent.prefixes));
        self.open.push(element(start, outer.unwrap_or_default())?);
        Ok(())
    }

    fn close(&mut self) -> Result<(), XmlFault> {
        let closed = self.open.pop().ok_or(XmlFault::BesideRoot)?;
        match self.open.last_mut() {
            Some(parent) => parent.children.push(Child::Element(closed)),
            None => self.root = Some(closed),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), XmlFault> {
        match self.open.last_mut() {
            Some(parent) => parent.children.push(Child::Text(text.to_owned())),
            None if text.trim().is_empty() => {}
            None => return Err(XmlFault::BesideRoot),
        }
        Ok(())
    }

    fn finish(self) -> Result<Element, XmlFault> {
        if !self.open.is_empty() {
            return Err(XmlFault::Unfinished);
        }
        self.root.ok_or(XmlFault::NoRoot)
    }
}

fn element(start: &BytesStart<'_>, outer: Arc<Vec<(String, String)>>) -> Result<Element, XmlFault> {
    let mut declared = Vec::new();
    let mut plain = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|fault| XmlFault::Syntax(fault.to_string()))?;
        let value = attribute
            .normalized_value(XmlVersion::Explicit1_0)
            .map_err(|fault| XmlFault::Syntax(fault.to_string()))?
            .into_owned();
        let name: &str = attribute.key.0;
        match name.strip_prefix("xmlns") {
            Some("") => declared.push((String::new(), value)),
            Some(rest) if rest.starts_with(':') => {
                declared.push((rest.trim_start_matches(':').to_owned(), value));
            }
            Some(_) | None => plain.push((name.to_owned(), value)),
        }
    }
    let prefixes = if declared.is_empty() {
        outer
    } else {
        Arc::new(outer.iter().cloned().chain(declared).collect())
    };
    let (prefix, local) = split_name(start.name().0);
    let namespace = resolve(&prefixes, prefix)?;
    let attributes = resolve_attributes(&prefixes, plain, local)?;
    Ok(Element { namespace, local: local.to_owned(), attributes, children: Vec::new(), prefixes })
}

fn resolve_attributes(
    prefixes: &[(String, String)],
    plain: Vec<(String, String)>,
    owner: &str,
) -> Result<Vec<Attribute>, XmlFault> {
    let mut attributes: Vec<Attribute> = Vec::with_capacity(plain.len());
    for (name, value) in plain {
        let (prefix, local) = split_name(&name);
        let namespace = if prefix.is_empty() { String::new() } else { resolve(prefixes, prefix)? };
        let repeated = |other: &Attribute| other.local == local && other.namespace == namespace;
        if attributes.iter().any(repeated) {
            return Err(XmlFault::RepeatedAttribute(owner.to_owned()));
        }
        attributes.push(Attribute { namespace, local: local.to_owned(), value });
    }
    Ok(attributes)
}

fn split_name(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or(("", name))
}

fn resolve(prefixes: &[(String, String)], prefix: &str) -> Result<String, XmlFault> {
    if prefix == "xml" {
        return Ok(namespaces::XML.to_owned());
    }
    let bound = prefixes.iter().rev().find(|(known, _)| known == prefix);
    match bound {
        Some((_, namespace)) => Ok(namespace.clone()),
        None if prefix.is_empty() => Ok(String::new()),
        None => Err(XmlFault::UnboundPrefix(prefix.to_owned())),
    }
}

impl Element {
    /// True when the element has this name.
    pub(crate) fn is(&self, namespace: &str, local: &str) -> bool {
        self.namespace == namespace && self.local == local
    }

    /// Child elements in document order.
    pub(crate) fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|child| match child {
            Child::Element(element) => Some(element),
            Child::Text(_) => None,
        })
    }

    /// The first child element of this name.
    pub(crate) fn child(&self, namespace: &str, local: &str) -> Option<&Element> {
        self.elements().find(|element| element.is(namespace, local))
    }

    /// An attribute in no namespace.
    pub(crate) fn attribute(&self, local: &str) -> Option<&str> {
        self.attribute_in("", local)
    }

    /// An attribute in a namespace.
    pub(crate) fn attribute_in(&self, namespace: &str, local: &str) -> Option<&str> {
        let same =
            |attribute: &&Attribute| attribute.local == local && attribute.namespace == namespace;
        self.attributes.iter().find(same).map(|attribute| attribute.value.as_str())
    }

    /// The element at these positions among the children, from the outside in.
    pub(crate) fn descendant(&mut self, place: &[usize]) -> Option<&mut Element> {
        let Some((first, rest)) = place.split_first() else { return Some(self) };
        match self.children.get_mut(*first) {
            Some(Child::Element(element)) => element.descendant(rest),
            Some(Child::Text(_)) | None => None,
        }
    }

    /// Gives an attribute in no namespace this value.
    pub(crate) fn set_attribute(&mut self, local: &str, value: String) {
        let same =
            |attribute: &&mut Attribute| attribute.local == local && attribute.namespace.is_empty();
        match self.attributes.iter_mut().find(same) {
            Some(attribute) => attribute.value = value,
            None => {
                let (namespace, local) = (String::new(), local.to_owned());
                self.attributes.push(Attribute { namespace, local, value });
            }
        }
    }

    /// The text of the element and of everything in it.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        self.collect_text(&mut text);
        text
    }

    fn collect_text(&self, text: &mut String) {
        for child in &self.children {
            match child {
                Child::Element(element) => element.collect_text(text),
                Child::Text(part) => text.push_str(part),
            }
        }
    }

    /// Namespace and local part of a value that is a qualified name, such as a fault code.
    pub(crate) fn qualified_value(&self) -> Option<(String, String)> {
        let text = self.text();
        let (prefix, local) = split_name(text.trim());
        Some((resolve(&self.prefixes, prefix).ok()?, local.to_owned()))
    }
}
