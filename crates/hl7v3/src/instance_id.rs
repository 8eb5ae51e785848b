//! Identifiers, HL7 v3 type II: `root`, `extension`, `assigningAuthorityName`.

use std::borrow::Cow;
use std::fmt;

use datatypes::Oid;
use identity::{AuthorityName, LocalId};
use xml::{Element, Writer};

use crate::error::ContentError;
use crate::location::Location;

/// Longest extension and authority name, in characters: what an XDS patient id can hold at most.
const MAX_CHARACTERS: usize = 255;

/// Longest root of any form, in characters.
const MAX_ROOT_CHARACTERS: usize = 64;

/// The id of a message or of a device: no personal data.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InstanceId {
    root: String,
    extension: Option<String>,
}

/// The value is no II that could be written again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidInstanceId {
    #[error("root of an id is no OID, UUID or reserved identifier")]
    Root,
    #[error("extension of an id is empty or too long")]
    Extension,
}

/// `extension@root`, as audit trails write it; the root alone without an extension.
impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.extension {
            Some(extension) => write!(f, "{extension}@{}", self.root),
            None => f.write_str(&self.root),
        }
    }
}

impl InstanceId {
    /// An OID, a UUID or a name that HL7 reserves, alone or with an extension.
    ///
    /// # Errors
    /// [`InvalidInstanceId`] names the part at fault.
    pub fn new(root: &str, extension: Option<&str>) -> Result<InstanceId, InvalidInstanceId> {
        if !is_root(root) {
            return Err(InvalidInstanceId::Root);
        }
        let is_legal = |text: &str| !text.is_empty() && text.chars().count() <= MAX_CHARACTERS;
        if !extension.is_none_or(is_legal) {
            return Err(InvalidInstanceId::Extension);
        }
        Ok(InstanceId { root: root.to_owned(), extension: extension.map(str::to_owned) })
    }

    #[must_use]
    pub fn root(&self) -> &str {
        &self.root
    }

    #[must_use]
    pub fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }
}

/// An identifier as an element writes it; an empty attribute is an absent one.
pub(crate) struct WrittenId<'a> {
    pub(crate) root: Option<Cow<'a, str>>,
    pub(crate) extension: Option<Cow<'a, str>>,
    authority_name: Option<Cow<'a, str>>,
    /// It has a `nullFlavor`: whatever else it says, it identifies nothing.
    is_null: bool,
}

impl<'a> WrittenId<'a> {
    pub(crate) fn of(element: &Element<'a>) -> WrittenId<'a> {
        let attribute = |name| element.attribute(name).filter(|value| !value.is_empty());
        WrittenId {
            root: attribute("root"),
            extension: attribute("extension"),
            authority_name: attribute("assigningAuthorityName"),
            is_null: element.attribute("nullFlavor").is_some(),
        }
    }

    /// The id of a message or device; `None` if it is none.
    pub(crate) fn instance_id(&self) -> Option<InstanceId> {
        let root = self.root.as_deref().filter(|_| !self.is_null)?;
        InstanceId::new(root, self.extension.as_deref()).ok()
    }

    /// The id of a patient; `None` if it says that there is none.
    ///
    /// A root alone identifies something, but no patient: XDS knows patients by an id within a
    /// domain.
    pub(crate) fn local_id(&self, location: &Location) -> Result<Option<LocalId>, ContentError> {
        if self.is_null {
            return Ok(None);
        }
        let Some(extension) = self.extension.as_deref() else {
            return Err(ContentError::Missing { location: location.clone().part("@extension") });
        };
        let id = legal_text(extension, || location.clone().part("@extension"))?;
        let AuthorityName { namespace, universal_id } = self.authority(location)?;
        Ok(Some(LocalId { id, namespace, universal_id }))
    }

    /// A domain, which is a root without extension, or a name alone.
    pub(crate) fn domain(&self, location: &Location) -> Result<AuthorityName, ContentError> {
        if self.extension.is_some() {
            return Err(ContentError::Unexpected { location: location.clone().part("@extension") });
        }
        let authority = self.authority(location)?;
        if self.is_null || authority == AuthorityName::default() {
            return Err(ContentError::Missing { location: location.clone().part("@root") });
        }
        Ok(authority)
    }

    /// A root that is no OID stands for the namespace, as [`LocalId`] wants it.
    fn authority(&self, location: &Location) -> Result<AuthorityName, ContentError> {
        let at = |attribute: &str| location.clone().part(attribute);
        let name = self.authority_name.as_deref();
        let namespace =
            name.map(|name| legal_text(name, || at("@assigningAuthorityName"))).transpose()?;
        let Some(root) = self.root.as_deref() else {
            return Ok(AuthorityName { namespace, universal_id: None });
        };
        match Oid::parse(root) {
            Ok(oid) => Ok(AuthorityName { namespace, universal_id: Some(oid) }),
            Err(_invalid) if is_root(root) => {
                let namespace = namespace.or_else(|| Some(root.to_owned()));
                Ok(AuthorityName { namespace, universal_id: None })
            }
            Err(_invalid) => Err(ContentError::Invalid { location: at("@root") }),
        }
    }
}

/// Type `uid`: OID, UUID, or a name reserved by HL7.
fn is_root(text: &str) -> bool {
    text.len() <= MAX_ROOT_CHARACTERS
        && (Oid::parse(text).is_ok() || is_uuid(text) || is_ruid(text))
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let is_group = |group: &str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]) && groups.into_iter().all(is_group)
}

fn is_ruid(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// White space around it would make two of what people read as one.
fn legal_text(text: &str, location: impl Fn() -> Location) -> Result<String, ContentError> {
    let is_legal = text.trim() == text
        && !text.contains(char::is_control)
        && text.chars().count() <= MAX_CHARACTERS;
    if is_legal { Ok(text.to_owned()) } else { Err(ContentError::Invalid { location: location() }) }
}

/// Writes the id of a message, a device or a query as an element of that name.
pub(crate) fn write(element: &'static str, id: &InstanceId, writer: &mut Writer) {
    match id.extension() {
        Some(extension) => writer.empty(element, &[("root", id.root()), ("extension", extension)]),
        None => writer.empty(element, &[("root", id.root())]),
    };
}

/// Writes the identifier of a patient, with all names of its authority that are known.
pub(crate) fn write_local_id(id: &LocalId, writer: &mut Writer) {
    let mut attributes = Vec::new();
    if let Some(oid) = &id.universal_id {
        attributes.push(("root", oid.as_str()));
    }
    attributes.push(("extension", id.id.as_str()));
    if let Some(namespace) = &id.namespace {
        attributes.push(("assigningAuthorityName", namespace.as_str()));
    }
    writer.empty("id", &attributes);
}
