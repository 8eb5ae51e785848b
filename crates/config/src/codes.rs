//! The code tables of the affinity domain: `codes.toml`, named by the agreement.
//!
//! One list per attribute of the metadata. An attribute without a list is not checked
//! against one. Only code and scheme decide whether a code is in a list, never the display
//! name (ITI TF-3: 4.2.3.1.2). The check itself is the registry's, by rule `codes`.

mod attribute;
mod file;
mod list;
mod merge;

use std::collections::BTreeMap;

use datatypes::Code;

pub use attribute::CodeAttribute;
pub(crate) use file::is_code_text;
pub use list::CodeList;
pub use merge::{ImportMode, ListChange};

/// What the tables say about one code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    Listed,
    NotListed,
    /// The agreement has no list for the attribute.
    Unchecked,
}

/// The lists of codes that the members agreed on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeTables {
    lists: BTreeMap<CodeAttribute, CodeList>,
}

impl CodeTables {
    /// The list of an attribute; `None` means that the attribute is not checked.
    #[must_use]
    pub fn list(&self, attribute: CodeAttribute) -> Option<&CodeList> {
        self.lists.get(&attribute)
    }

    /// Whether a code of a Classification may stand in this attribute.
    #[must_use]
    pub fn membership(&self, attribute: CodeAttribute, code: &str, scheme: &str) -> Membership {
        match self.lists.get(&attribute) {
            Some(list) if list.contains(code, scheme) => Membership::Listed,
            Some(_) => Membership::NotListed,
            None => Membership::Unchecked,
        }
    }

    /// Whether a document may have this MIME type; RFC 2045: 5.1 makes case irrelevant.
    #[must_use]
    pub fn mime_type_membership(&self, mime_type: &str) -> Membership {
        self.membership(CodeAttribute::MimeType, &mime_type.to_ascii_lowercase(), "")
    }

    /// All lists in the order of [`CodeAttribute::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (CodeAttribute, &CodeList)> {
        self.lists.iter().map(|(attribute, list)| (*attribute, list))
    }

    /// Adds a code to the list of an attribute, unless it is in already; a first code makes
    /// the attribute a checked one. Says whether the code was added.
    pub fn add(&mut self, attribute: CodeAttribute, code: Code) -> bool {
        self.lists.entry(attribute).or_default().add(code)
    }

    /// Sets the list of an attribute; an empty list would forbid every code and is left out.
    pub(crate) fn set(&mut self, attribute: CodeAttribute, list: CodeList) {
        if !list.is_empty() {
            self.lists.insert(attribute, list);
        }
    }

    #[must_use]
    pub fn count(&self) -> usize {
        self.lists.values().map(CodeList::len).sum()
    }
}
