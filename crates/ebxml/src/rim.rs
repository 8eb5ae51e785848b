//! What one ebRIM object holds, before its kind is known.
//!
//! A RegistryPackage is a SubmissionSet or a Folder only by a Classification that may stand
//! anywhere in it, or beside it in the list (ITI TF-3: 4.2.1); therefore an object is
//! collected whole before the domain value is built from it. What is collected borrows from
//! the message and lives only until then: it is no second representation.

use std::borrow::Cow;

use datatypes::EntryUuid;
use xds::LocalizedText;
use xml::{Element, Reader};

use crate::ReadError;
use crate::limits::{self, room_for_one_more};
use crate::namespace::{RIM, XML};
use crate::slots::{Slots, trimmed};

/// The ebRIM elements that carry XDS objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    ExtrinsicObject,
    RegistryPackage,
    Association,
}

impl Carrier {
    /// The carrier that an element is, if it is one.
    pub(crate) fn of(element: &Element<'_>) -> Option<Carrier> {
        if element.namespace() != RIM {
            return None;
        }
        match element.local() {
            "ExtrinsicObject" => Some(Carrier::ExtrinsicObject),
            "RegistryPackage" => Some(Carrier::RegistryPackage),
            "Association" => Some(Carrier::Association),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Carrier::ExtrinsicObject => "ExtrinsicObject",
            Carrier::RegistryPackage => "RegistryPackage",
            Carrier::Association => "Association",
        }
    }
}

/// One registry object as collected.
#[derive(Clone, Debug)]
pub(crate) struct RimObject<'a> {
    pub(crate) carrier: Carrier,
    /// `@id`, trimmed; `None` when missing or blank.
    pub(crate) id: Option<Cow<'a, str>>,
    /// For the attributes that only one kind of object looks at.
    pub(crate) element: Element<'a>,
    pub(crate) slots: Slots<'a>,
    pub(crate) name: Localized,
    pub(crate) description: Localized,
    pub(crate) classifications: Vec<Part<'a>>,
    pub(crate) identifiers: Vec<Part<'a>>,
    /// Names of children that ebRIM does not have here.
    pub(crate) unknown: Vec<&'a str>,
}

/// A Classification or an ExternalIdentifier.
#[derive(Clone, Debug)]
pub(crate) struct Part<'a> {
    pub(crate) element: Element<'a>,
    /// `@classificationScheme` or `@identificationScheme`: which attribute this is.
    pub(crate) scheme: Option<Cow<'a, str>>,
    /// `@classifiedObject` or `@registryObject`: whose attribute this is.
    pub(crate) owner: Option<Cow<'a, str>>,
    pub(crate) slots: Slots<'a>,
    pub(crate) name: Localized,
    /// Names of children that XDS gives no meaning to.
    pub(crate) unknown: Vec<&'a str>,
}

/// The content of a Name or a Description.
#[derive(Clone, Debug, Default)]
pub(crate) struct Localized {
    /// The first text that is not blank.
    pub(crate) text: Option<LocalizedText>,
    /// Whether there were further ones, for which XDS has no place.
    pub(crate) has_more: bool,
}

impl<'a> RimObject<'a> {
    /// Reads an object after its start.
    pub(crate) fn read(
        reader: &mut Reader<'a>,
        carrier: Carrier,
        element: Element<'a>,
    ) -> Result<RimObject<'a>, ReadError> {
        let mut object = RimObject {
            carrier,
            id: attribute(&element, "id"),
            element,
            slots: Slots::default(),
            name: Localized::default(),
            description: Localized::default(),
            classifications: Vec::new(),
            identifiers: Vec::new(),
            unknown: Vec::new(),
        };
        while let Some(child) = reader.next_child()? {
            object.read_child(reader, child)?;
        }
        Ok(object)
    }

    fn read_child(&mut self, reader: &mut Reader<'a>, child: Element<'a>) -> Result<(), ReadError> {
        let local = if child.namespace() == RIM { child.local() } else { "" };
        match local {
            "Slot" => self.slots.read(reader, &child)?,
            "Name" => self.name.read(reader)?,
            "Description" => self.description.read(reader)?,
            "Classification" => {
                let limit = limits::CLASSIFICATIONS_PER_OBJECT;
                room_for_one_more(self.classifications.len(), limit, "classifications")?;
                self.classifications.push(Part::read_classification(reader, child)?);
            }
            "ExternalIdentifier" => {
                let limit = limits::IDENTIFIERS_PER_OBJECT;
                room_for_one_more(self.identifiers.len(), limit, "external identifiers")?;
                self.identifiers.push(Part::read_identifier(reader, child)?);
            }
            // The registry counts versions itself, ITI TF-3: 4.2.3.2.
            "VersionInfo" | "ContentVersionInfo" => reader.skip()?,
            // Whole objects must not disappear with a warning.
            "RegistryObjectList" => {
                return Err(ReadError::Unexpected { inside: self.carrier.name() });
            }
            _ => skip_unknown(reader, &child, &mut self.unknown)?,
        }
        Ok(())
    }

    /// The value of the first ExternalIdentifier of a scheme.
    pub(crate) fn identifier_value(&self, scheme: &str) -> Option<Cow<'a, str>> {
        let part = self.identifiers.iter().find(|part| part.has_scheme(scheme))?;
        attribute(&part.element, "value")
    }

    /// Whether one of the Classifications names `node`.
    pub(crate) fn is_classified_as(&self, node: &str) -> bool {
        self.classifications.iter().any(|part| part.has_node(node))
    }
}

impl<'a> Part<'a> {
    /// Reads a Classification after its start.
    pub(crate) fn read_classification(
        reader: &mut Reader<'a>,
        element: Element<'a>,
    ) -> Result<Part<'a>, ReadError> {
        let scheme = attribute(&element, "classificationScheme");
        let owner = attribute(&element, "classifiedObject");
        Part { scheme, owner, ..Part::empty(element) }.read_children(reader)
    }

    fn read_identifier(
        reader: &mut Reader<'a>,
        element: Element<'a>,
    ) -> Result<Part<'a>, ReadError> {
        let scheme = attribute(&element, "identificationScheme");
        let owner = attribute(&element, "registryObject");
        Part { scheme, owner, ..Part::empty(element) }.read_children(reader)
    }

    fn empty(element: Element<'a>) -> Part<'a> {
        Part {
            element,
            scheme: None,
            owner: None,
            slots: Slots::default(),
            name: Localized::default(),
            unknown: Vec::new(),
        }
    }

    fn read_children(mut self, reader: &mut Reader<'a>) -> Result<Part<'a>, ReadError> {
        while let Some(child) = reader.next_child()? {
            let local = if child.namespace() == RIM { child.local() } else { "" };
            match local {
                "Slot" => self.slots.read(reader, &child)?,
                "Name" => self.name.read(reader)?,
                // Old registries send both with every sub-object, without meaning.
                "Description" | "VersionInfo" => reader.skip()?,
                _ => skip_unknown(reader, &child, &mut self.unknown)?,
            }
        }
        Ok(self)
    }

    pub(crate) fn has_scheme(&self, scheme: &str) -> bool {
        self.scheme.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(scheme))
    }

    pub(crate) fn has_node(&self, node: &str) -> bool {
        self.node().is_some_and(|own| own.eq_ignore_ascii_case(node))
    }

    /// `@classificationNode`; a Classification by a scheme is no marker.
    pub(crate) fn node(&self) -> Option<Cow<'a, str>> {
        if self.scheme.is_some() { None } else { attribute(&self.element, "classificationNode") }
    }
}

impl Localized {
    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), ReadError> {
        while let Some(child) = reader.next_child()? {
            let value = child.attribute("value").filter(|value| !trimmed(value).is_empty());
            if let Some(value) = value {
                if self.text.is_some() {
                    self.has_more = true;
                } else {
                    let lang = child.attribute_ns(XML, "lang").filter(|lang| !lang.is_empty());
                    self.text = Some(LocalizedText {
                        value: value.into_owned(),
                        lang: lang.map(Cow::into_owned),
                    });
                }
            }
            reader.skip()?;
        }
        Ok(())
    }
}

/// The value of an attribute without the white space around it; `None` when missing or blank.
///
/// Clients send `home=""` and the like for what they do not have.
pub(crate) fn attribute<'a>(element: &Element<'a>, name: &str) -> Option<Cow<'a, str>> {
    let value = match element.attribute(name)? {
        Cow::Borrowed(value) => Cow::Borrowed(trimmed(value)),
        Cow::Owned(value) => Cow::Owned(trimmed(&value).to_owned()),
    };
    if value.is_empty() { None } else { Some(value) }
}

/// Whether two ids as sent name the same object: the case of a UUID's digits means nothing.
pub(crate) fn is_same_id(left: &str, right: &str) -> bool {
    left == right || EntryUuid::parse(left).is_ok_and(|left| EntryUuid::parse(right) == Ok(left))
}

fn skip_unknown<'a>(
    reader: &mut Reader<'a>,
    child: &Element<'a>,
    unknown: &mut Vec<&'a str>,
) -> Result<(), ReadError> {
    if unknown.len() < limits::NAMES_NOT_SAVED {
        unknown.push(child.local());
    }
    reader.skip()?;
    Ok(())
}
