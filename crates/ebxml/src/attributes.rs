//! The attributes of one object, taken one by one; what is wrong with them is noted.
//!
//! Readers of the objects take every attribute they know and end with [`Attributes::finish`],
//! which sees to the rest. A required attribute that is missing is noted where it is taken, so
//! that one bad attribute does not hide the next.

use datatypes::{Code, EntryUuid, HomeCommunityId, ObjectId};
use xds::{Author, Identified, LocalizedText, Problem, Slot};

use crate::findings::{Findings, Notes};
use crate::limits::{self, is_longer_than};
use crate::rim::{Localized, Part, RimObject, attribute, is_same_id};
use crate::scheme;
use crate::{author, code};

/// What is left of an object while its attributes are taken.
#[derive(Debug)]
pub(crate) struct Attributes<'f, 'a> {
    rim: RimObject<'a>,
    notes: Notes<'f>,
}

impl<'f, 'a> Attributes<'f, 'a> {
    /// `kind` is the name of the object in XDS.
    pub(crate) fn new(
        rim: RimObject<'a>,
        kind: &'static str,
        findings: &'f mut Findings,
    ) -> Attributes<'f, 'a> {
        let mut notes = Notes::new(findings, rim.id.as_deref(), kind);
        // A sub-object that says it belongs to another object may belong to another patient.
        let parts = rim.classifications.iter().chain(&rim.identifiers);
        let is_stray = |part: &Part<'_>| {
            let owner = part.owner.as_deref();
            owner.zip(rim.id.as_deref()).is_some_and(|(owner, id)| !is_same_id(owner, id))
        };
        if parts.into_iter().any(is_stray) {
            notes.fault("classifiedObject or registryObject", Problem::Contradiction);
        }
        Attributes { rim, notes }
    }

    /// entryUUID, or the symbol in its place.
    pub(crate) fn id(&mut self) -> Option<ObjectId> {
        let Some(id) = self.rim.id.as_deref() else {
            self.notes.fault("entryUUID", Problem::Missing);
            return None;
        };
        let Ok(id) = ObjectId::parse(id) else {
            self.notes.fault("entryUUID", Problem::Invalid);
            return None;
        };
        self.notes.claim(&id);
        Some(id)
    }

    /// logicalID. A symbol stands for the object's own id only, which is what no logicalID means.
    pub(crate) fn logical_id(&mut self) -> Option<EntryUuid> {
        let lid = attribute(&self.rim.element, "lid")?;
        if self.rim.id.as_deref() == Some(&*lid) && EntryUuid::parse(&lid).is_err() {
            return None;
        }
        self.parsed("logicalID", &lid, EntryUuid::parse)
    }

    /// homeCommunityId.
    pub(crate) fn home(&mut self) -> Option<HomeCommunityId> {
        let home = attribute(&self.rim.element, "home")?;
        self.parsed("homeCommunityId", &home, HomeCommunityId::parse)
    }

    /// A required XML attribute of the object.
    pub(crate) fn required<T, E>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        match attribute(&self.rim.element, name) {
            Some(value) => self.parsed(name, &value, parse),
            None => {
                self.notes.fault(name, Problem::Missing);
                None
            }
        }
    }

    /// A slot of at most one value.
    pub(crate) fn slot<T, E>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let values = self.rim.slots.take(name, &mut self.notes);
        if values.len() > 1 {
            self.notes.fault(name, Problem::Repeated);
        }
        let value = values.into_iter().next()?;
        self.parsed(name, &value, parse)
    }

    /// A slot of exactly one value.
    pub(crate) fn required_slot<T, E>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        if !self.rim.slots.has_value(name) {
            self.notes.fault(name, Problem::Missing);
        }
        self.slot(name, parse)
    }

    /// A slot of any number of values.
    pub(crate) fn slot_values(&mut self, name: &'static str) -> Vec<String> {
        self.rim.slots.take(name, &mut self.notes)
    }

    /// A slot of any number of typed values.
    pub(crate) fn parsed_slot_values<T, E>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<T> {
        self.rim.slots.take_parsed(name, parse, &mut self.notes)
    }

    /// title.
    pub(crate) fn title(&mut self) -> Option<LocalizedText> {
        let name = std::mem::take(&mut self.rim.name);
        self.localized("title", name)
    }

    /// A title that must be there.
    pub(crate) fn required_title(&mut self) -> Option<LocalizedText> {
        let title = self.title();
        if title.is_none() {
            self.notes.fault("title", Problem::Missing);
        }
        title
    }

    /// comments.
    pub(crate) fn comments(&mut self) -> Option<LocalizedText> {
        let description = std::mem::take(&mut self.rim.description);
        self.localized("comments", description)
    }

    /// All authors.
    pub(crate) fn authors(&mut self, scheme: &str) -> Vec<Author> {
        let parts = self.take_classifications(scheme);
        parts.into_iter().map(|part| author::read(part, &mut self.notes)).collect()
    }

    /// Exactly one code.
    pub(crate) fn code(&mut self, name: &'static str, scheme: &str) -> Option<Identified<Code>> {
        let parts = self.take_classifications(scheme);
        if parts.is_empty() {
            self.notes.fault(name, Problem::Missing);
        }
        self.single_code(name, parts)
    }

    /// At most one code.
    pub(crate) fn optional_code(
        &mut self,
        name: &'static str,
        scheme: &str,
    ) -> Option<Identified<Code>> {
        let parts = self.take_classifications(scheme);
        self.single_code(name, parts)
    }

    /// Any number of codes.
    pub(crate) fn codes(&mut self, name: &'static str, scheme: &str) -> Vec<Identified<Code>> {
        let parts = self.take_classifications(scheme);
        parts.into_iter().filter_map(|part| code::read(part, name, &mut self.notes)).collect()
    }

    /// At least one code.
    pub(crate) fn required_codes(
        &mut self,
        name: &'static str,
        scheme: &str,
    ) -> Vec<Identified<Code>> {
        if !self.rim.classifications.iter().any(|part| part.has_scheme(scheme)) {
            self.notes.fault(name, Problem::Missing);
        }
        self.codes(name, scheme)
    }

    /// Exactly one identifier.
    pub(crate) fn identifier<T, E>(
        &mut self,
        name: &'static str,
        scheme: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<Identified<T>> {
        let mut parts = self.rim.identifiers.extract_if(.., |part| part.has_scheme(scheme));
        let first = parts.next();
        if parts.count() > 0 {
            self.notes.fault(name, Problem::Repeated);
        }
        let value = first.as_ref().and_then(|part| attribute(&part.element, "value"));
        let (Some(part), Some(value)) = (first, value) else {
            self.notes.fault(name, Problem::Missing);
            return None;
        };
        let id = part_id(&part, &mut self.notes);
        note_leftovers(&part, &mut self.notes);
        Some(Identified { id, value: self.parsed(name, &value, parse)? })
    }

    /// Sees to what nobody took: extra metadata is returned, what cannot be kept is noted.
    ///
    /// `None` if any fault of the object was noted; otherwise every required attribute was there.
    pub(crate) fn finish(mut self) -> Option<Vec<Slot>> {
        let extra = std::mem::take(&mut self.rim.slots).into_extra(&mut self.notes);
        let is_limited = |node: &str| scheme::LIMITED_METADATA.contains(&node);
        for part in &self.rim.classifications {
            match (part.scheme.as_deref(), part.node()) {
                (Some(scheme), _) => self.notes.not_saved(scheme),
                (None, Some(node)) if is_limited(&node.to_ascii_lowercase()) => {
                    self.notes.fault("limitedMetadata", Problem::NotAllowed);
                }
                (None, Some(node)) => self.notes.not_saved(&node),
                (None, None) => self.notes.not_saved("Classification"),
            }
        }
        for part in &self.rim.identifiers {
            self.notes.not_saved(part.scheme.as_deref().unwrap_or("ExternalIdentifier"));
        }
        let untaken = [("Name", &self.rim.name), ("Description", &self.rim.description)];
        for (name, _) in untaken.into_iter().filter(|(_, text)| text.text.is_some()) {
            self.notes.not_saved(name);
        }
        for name in &self.rim.unknown {
            self.notes.not_saved(name);
        }
        if self.notes.has_faults() { None } else { Some(extra) }
    }

    /// Takes the marker that made this package what it is.
    pub(crate) fn take_marker(&mut self, node: &str) {
        self.rim.classifications.retain(|part| !part.has_node(node));
    }

    fn take_classifications(&mut self, scheme: &str) -> Vec<Part<'a>> {
        self.rim.classifications.extract_if(.., |part| part.has_scheme(scheme)).collect()
    }

    fn single_code(
        &mut self,
        name: &'static str,
        parts: Vec<Part<'a>>,
    ) -> Option<Identified<Code>> {
        if parts.len() > 1 {
            self.notes.fault(name, Problem::Repeated);
        }
        code::read(parts.into_iter().next()?, name, &mut self.notes)
    }

    fn localized(&mut self, name: &'static str, localized: Localized) -> Option<LocalizedText> {
        if localized.has_more {
            self.notes.not_saved(name);
        }
        let text = localized.text?;
        if is_longer_than(&text.value, limits::VALUE_CHARACTERS) {
            self.notes.fault(name, Problem::TooLong);
        }
        Some(text)
    }

    fn parsed<T, E>(
        &mut self,
        name: &'static str,
        value: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let parsed = parse(value).ok();
        if parsed.is_none() {
            self.notes.fault(name, Problem::Invalid);
        }
        parsed
    }
}

/// The id of a sub-object if it is a UUID; symbols are forgotten.
pub(crate) fn part_id(part: &Part<'_>, notes: &mut Notes<'_>) -> Option<EntryUuid> {
    let id = attribute(&part.element, "id")?;
    let id = EntryUuid::parse(&id).ok()?;
    notes.claim_part(id);
    Some(id)
}

/// Notes what a sub-object holds beyond what was taken from it.
pub(crate) fn note_leftovers(part: &Part<'_>, notes: &mut Notes<'_>) {
    for name in part.slots.names().chain(part.unknown.iter().copied()) {
        notes.not_saved(name);
    }
    if part.name.has_more {
        notes.not_saved("Name");
    }
}
