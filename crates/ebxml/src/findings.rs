//! What the reader of metadata notes besides the values.

use std::collections::HashSet;

use datatypes::{EntryUuid, ObjectId};
use xds::{MetadataFault, Problem};

use crate::limits;

/// Everything noted about one message.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) faults: Vec<MetadataFault>,
    pub(crate) not_saved: Vec<String>,
    /// The ids met so far; `None` where they need not be unique.
    ids: Option<HashSet<ObjectId>>,
}

impl Findings {
    /// For a submission, in which no id may stand for two things.
    pub(crate) fn of_submission() -> Findings {
        Findings { ids: Some(HashSet::new()), ..Findings::default() }
    }

    /// Notes a fault of the object that `label` names.
    pub(crate) fn fault(&mut self, label: &str, attribute: &'static str, problem: Problem) {
        if self.faults.len() < limits::FAULTS {
            self.faults.push(MetadataFault { object: shortened(label), attribute, problem });
        }
    }

    /// Notes the name of something that no attribute of XDS stands for, once.
    pub(crate) fn not_saved(&mut self, name: &str) {
        let is_new = || !self.not_saved.iter().any(|known| known == name);
        if self.not_saved.len() < limits::NAMES_NOT_SAVED && is_new() {
            self.not_saved.push(shortened(name));
        }
    }

    /// Enters an id; false if it stands for something else already.
    fn claim(&mut self, id: ObjectId) -> bool {
        self.ids.as_mut().is_none_or(|ids| ids.insert(id))
    }
}

/// Everything noted about one object.
#[derive(Debug)]
pub(crate) struct Notes<'f> {
    findings: &'f mut Findings,
    /// The id that the sender gave the object.
    label: String,
    has_faults: bool,
}

impl<'f> Notes<'f> {
    /// `kind` names an object without an id.
    pub(crate) fn new(findings: &'f mut Findings, id: Option<&str>, kind: &str) -> Notes<'f> {
        let label = id.map_or_else(|| format!("{kind} without id"), str::to_owned);
        Notes { findings, label, has_faults: false }
    }

    pub(crate) fn fault(&mut self, attribute: &'static str, problem: Problem) {
        self.has_faults = true;
        self.findings.fault(&self.label, attribute, problem);
    }

    pub(crate) fn not_saved(&mut self, name: &str) {
        self.findings.not_saved(name);
    }

    /// Enters the id of the object itself.
    pub(crate) fn claim(&mut self, id: &ObjectId) {
        if !self.findings.claim(id.clone()) {
            self.fault("id", Problem::Repeated);
        }
    }

    /// Enters the id of a sub-object. Symbols are not compared: published messages repeat them,
    /// and they are replaced on registration anyway.
    pub(crate) fn claim_part(&mut self, id: EntryUuid) {
        self.claim(&ObjectId::Uuid(id));
    }

    /// Whether the object cannot be built.
    pub(crate) fn has_faults(&self) -> bool {
        self.has_faults
    }
}

/// Foreign text cut to what an answer may repeat.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(limits::IDENTIFIER_CHARACTERS).collect()
}
