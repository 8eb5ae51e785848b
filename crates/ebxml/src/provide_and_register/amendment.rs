//! What a repository adds to the metadata before it registers them, ITI TF-2: 3.41.4.1.3.
//!
//! The request's own text is edited rather than written anew: comments, unknown elements,
//! extra slots and symbolic ids reach the registry byte for byte.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use datatypes::{ObjectId, RepositoryUniqueId, Sha1Hash};
use xml::{Element, Limits, Reader, Writer};

use crate::ReadError;
use crate::namespace::{LCM, RIM, XDS};
use crate::rim::attribute;
use crate::slots::{read_values, slot_name, trimmed};

const REQUEST: &str = "SubmitObjectsRequest";

/// SOAP 1.2; the envelope itself is the SOAP crate's.
const SOAP: &str = "http://www.w3.org/2003/05/soap-envelope";

/// What the repository knows of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amendment {
    /// The id of the DocumentEntry.
    pub id: ObjectId,
    pub hash: Sha1Hash,
    /// Bytes.
    pub size: u64,
    pub repository_unique_id: RepositoryUniqueId,
}

/// Cuts the `lcm:SubmitObjectsRequest` out of a Provide and Register request and amends it.
///
/// `text` is the envelope, or its payload alone, that was read before. The result stands for
/// itself: it is what was submitted, with the namespace declarations of the elements around it,
/// and with the slot `repositoryUniqueId` set or overwritten and `hash` and `size` added where
/// they are absent in each ExtrinsicObject that has an amendment.
///
/// # Errors
/// [`ReadError`] if there is no such request in `text`, or no ExtrinsicObject for an amendment.
pub fn amend_submit_objects_request(
    text: &str,
    amendments: &[Amendment],
) -> Result<String, ReadError> {
    // The text passed the limits of the door when it was read; they are not known here.
    let limits = Limits {
        bytes: text.len(),
        text_bytes: text.len(),
        elements: text.len(),
        ..Limits::default()
    };
    let mut reader = Reader::new(text, limits)?;
    let mut scope = Scope::new();
    let request = find_request(&mut reader, text, &mut scope)?;
    let mut edits = Edits { text, edits: Vec::new() };
    edits.declare(&request, reader.position(), &scope)?;
    let mut waiting: HashMap<&ObjectId, &Amendment> =
        amendments.iter().map(|amendment| (&amendment.id, amendment)).collect();
    while let Some(child) = reader.next_child()? {
        if child.is(RIM, "RegistryObjectList") {
            edits.amend_objects(&mut reader, &mut waiting)?;
        } else {
            reader.skip()?;
        }
    }
    if !waiting.is_empty() {
        return Err(ReadError::Missing { inside: REQUEST, what: "ExtrinsicObject" });
    }
    edits.apply(request.span_start()..reader.position())
}

/// The namespace declarations in scope: name and text of the attribute, as they are written.
type Scope<'a> = BTreeMap<&'a str, &'a str>;

/// Goes down to the request, and nowhere else: an element of that name in a header or in an
/// extension is not it.
fn find_request<'a>(
    reader: &mut Reader<'a>,
    text: &'a str,
    scope: &mut Scope<'a>,
) -> Result<Element<'a>, ReadError> {
    let missing = ReadError::Missing { inside: "message", what: REQUEST };
    let mut outer = reader.next_child()?.ok_or(missing)?;
    loop {
        scope.extend(declarations(tag_text(text, &outer, reader.position())?));
        let is_wanted: fn(&Element<'_>) -> bool = if is_provide_and_register(&outer) {
            |element| element.is(LCM, REQUEST)
        } else if is_body(&outer) {
            is_provide_and_register
        } else {
            is_body
        };
        let inner = loop {
            let child = reader.next_child()?.ok_or(missing)?;
            if is_wanted(&child) {
                break child;
            }
            reader.skip()?;
        };
        if is_provide_and_register(&outer) {
            return Ok(inner);
        }
        outer = inner;
    }
}

fn is_provide_and_register(element: &Element<'_>) -> bool {
    element.is(XDS, "ProvideAndRegisterDocumentSetRequest")
}

fn is_body(element: &Element<'_>) -> bool {
    element.is(SOAP, "Body")
}

/// Replacements in the text of a message.
struct Edits<'a> {
    text: &'a str,
    edits: Vec<(Range<usize>, String)>,
}

impl<'a> Edits<'a> {
    /// Adds what is in scope and not declared on the request itself to its start tag.
    fn declare(
        &mut self,
        request: &Element<'a>,
        tag_end: usize,
        scope: &Scope<'a>,
    ) -> Result<(), ReadError> {
        let tag = tag_text(self.text, request, tag_end)?;
        let own: Scope<'a> = declarations(tag).collect();
        let mut added = String::new();
        for (_, declaration) in scope.iter().filter(|(name, _)| !own.contains_key(*name)) {
            added.push(' ');
            added.push_str(declaration);
        }
        let name_end = tag.find([' ', '\t', '\r', '\n', '/', '>']).unwrap_or(tag.len());
        let place = request.span_start().saturating_add(name_end);
        self.edits.push((place..place, added));
        Ok(())
    }

    /// Goes through a RegistryObjectList after its start.
    fn amend_objects(
        &mut self,
        reader: &mut Reader<'a>,
        waiting: &mut HashMap<&ObjectId, &Amendment>,
    ) -> Result<(), ReadError> {
        while let Some(object) = reader.next_child()? {
            let id = attribute(&object, "id").and_then(|id| ObjectId::parse(&id).ok());
            let id = id.filter(|_| object.is(RIM, "ExtrinsicObject"));
            let Some(amendment) = id.and_then(|id| waiting.remove(&id)) else {
                reader.skip()?;
                continue;
            };
            if tag_text(self.text, &object, reader.position())?.ends_with("/>") {
                return Err(ReadError::Missing { inside: "ExtrinsicObject", what: "content" });
            }
            self.amend(reader, amendment)?;
        }
        Ok(())
    }

    /// Goes through an ExtrinsicObject after its start.
    fn amend(&mut self, reader: &mut Reader<'a>, amendment: &Amendment) -> Result<(), ReadError> {
        let inside = reader.position();
        let mut owed = vec![
            ("repositoryUniqueId", amendment.repository_unique_id.to_string()),
            ("hash", amendment.hash.to_string()),
            ("size", amendment.size.to_string()),
        ];
        while let Some(child) = reader.next_child()? {
            if !child.is(RIM, "Slot") {
                reader.skip()?;
                continue;
            }
            let name = slot_name(&child)?;
            let has_value = read_values(reader)?.iter().any(|value| !trimmed(value).is_empty());
            let Some(place) = owed.iter().position(|(owed, _)| *owed == name) else { continue };
            let (name, value) = owed.remove(place);
            // A slot without value counts as absent; a second one beside it would be a fault.
            if name == "repositoryUniqueId" || !has_value {
                self.edits.push((child.span_start()..reader.position(), slot(name, &value)));
            }
        }
        let added: String = owed.iter().map(|(name, value)| slot(name, value)).collect();
        self.edits.push((inside..inside, added));
        Ok(())
    }

    /// The part of the text that `range` is, edited.
    fn apply(mut self, range: Range<usize>) -> Result<String, ReadError> {
        // What is added in front of a slot comes before the replacement of that slot.
        self.edits.sort_by_key(|(place, _)| (place.start, place.end));
        let n_added: usize = self.edits.iter().map(|(_, new)| new.len()).sum();
        let mut amended = String::with_capacity(range.len().saturating_add(n_added));
        let lost = ReadError::Missing { inside: "message", what: REQUEST };
        let mut kept_to = range.start;
        for (place, new) in &self.edits {
            amended.push_str(self.text.get(kept_to..place.start).ok_or(lost)?);
            amended.push_str(new);
            kept_to = place.end;
        }
        amended.push_str(self.text.get(kept_to..range.end).ok_or(lost)?);
        Ok(amended)
    }
}

/// A Slot that needs no declaration around it.
fn slot(name: &str, value: &str) -> String {
    let mut writer = Writer::new();
    writer.start("Slot", &[("xmlns", RIM), ("name", name)]);
    writer.start("ValueList", &[]).start("Value", &[]).text(value);
    writer.finish()
}

/// The start tag that was just read, as it is written.
fn tag_text<'a>(text: &'a str, element: &Element<'a>, end: usize) -> Result<&'a str, ReadError> {
    let missing = ReadError::Missing { inside: "message", what: REQUEST };
    text.get(element.span_start()..end).ok_or(missing)
}

/// The namespace declarations of a start tag, each with its name and as it is written.
///
/// The tag was accepted by the reader: every attribute has a quoted value, and no `<` stands
/// in one.
fn declarations(tag: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_space = |character: char| matches!(character, ' ' | '\t' | '\r' | '\n');
    let mut rest = tag.split_once(is_space).map_or("", |(_, attributes)| attributes);
    let attributes = std::iter::from_fn(move || {
        let attribute = rest.trim_start_matches(is_space);
        let (name, after) = attribute.split_once('=')?;
        let after = after.trim_start_matches(is_space);
        let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let (_, after) = after.strip_prefix(quote)?.split_once(quote)?;
        let length = attribute.len().saturating_sub(after.len());
        rest = after;
        Some((name.trim_end_matches(is_space), attribute.get(..length)?))
    });
    attributes.filter(|(name, _)| *name == "xmlns" || name.starts_with("xmlns:"))
}
