//! Small carriers shared by the five objects: slots, localized text, and values with a sub-object id.

use datatypes::EntryUuid;

/// A named list of text values, ITI TF-3: 4.2.3.1.
///
/// In the domain objects only slots without an attribute of their own appear: *extra metadata*
/// (ITI TF-3: 4.2.3.1.6), which is kept as sent and returned in queries.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slot {
    pub name: String,
    pub values: Vec<String>,
}

/// Text with the language that the sender named, if it named one (`xml:lang`).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LocalizedText {
    pub value: String,
    pub lang: Option<String>,
}

/// Titles and comments may name the patient; logs see only that there is one.
impl std::fmt::Debug for LocalizedText {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("LocalizedText(…)")
    }
}

/// A value carried by a Classification or an ExternalIdentifier, with the id of that carrier.
///
/// The id is `None` when the submission named the carrier symbolically or not at all; the registry
/// then gives it a UUID. Ids that were submitted as UUIDs stay for ever (ITI TF-3: 4.2.3.1.5).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identified<T> {
    pub id: Option<EntryUuid>,
    pub value: T,
}

impl<T> Identified<T> {
    /// A value whose carrier has no UUID yet.
    pub fn new(value: T) -> Identified<T> {
        Identified { id: None, value }
    }
}
