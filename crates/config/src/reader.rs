//! Walks a TOML document and collects everything that is wrong with it.
//!
//! serde stops at the first fault and cannot say where a missing key belongs; this walker
//! asks for keys one by one, notes each fault with its line, and goes on. What it was never
//! asked for is an unknown key. Nobody can forget that check: it runs when the closure that
//! reads a table returns.

mod form;
mod section;
mod syntax;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use crate::fault::Fault;

use syntax::Legible;

pub(crate) use form::{Form, LISTENER, NAME, OID, PORT_ADDRESS, SWITCH, TEXT};
pub(crate) use section::{Item, Section};

/// A file's text with its name.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) file: PathBuf,
    pub(crate) text: String,
}

impl Source {
    /// Reads the file; an absent or unreadable one is a fault.
    pub(crate) fn open(file: &Path) -> Result<Source, Fault> {
        match fs::read_to_string(file) {
            Ok(text) => Ok(Source { file: file.to_owned(), text }),
            Err(error) => {
                let problem = format!("cannot be read: {error}");
                Err(Fault::of_file(file, &problem, "a readable file in UTF-8 must stand here"))
            }
        }
    }

    /// The folder of the file, to which its paths are relative.
    pub(crate) fn folder(&self) -> PathBuf {
        self.file.parent().map(Path::to_owned).unwrap_or_default()
    }

    /// The line, counted from 1, that holds the byte at `offset`.
    fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().iter().take(offset);
        1 + before.filter(|byte| **byte == b'\n').count()
    }
}

/// What a fault is about; decides whether it is believable in a file with broken syntax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nature {
    /// A key is missing or unknown: the broken line may be the reason.
    Structure,
    /// A value is wrong: true whatever stands elsewhere.
    Value,
}

/// The outcome of reading one file.
pub(crate) struct Reading<T> {
    /// Absent if a required key was missing or wrong.
    pub(crate) value: Option<T>,
    pub(crate) faults: Vec<Fault>,
    /// Every key that was asked for (`members.code`) and whether it stood in the file.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test compares it with the written files"))]
    pub(crate) keys: BTreeMap<String, bool>,
}

/// Reads a document: `read` gets its root table.
pub(crate) fn read<T>(source: &Source, read: impl FnOnce(&Section<'_>) -> Option<T>) -> Reading<T> {
    let Legible { text, faults } = syntax::legible(source);
    let (root, _reported) = DeTable::parse_recoverable(&text);
    let notes = Notes::new(source);
    let value = Section::root(&notes, root.get_ref()).complete(read);
    let keys = notes.keys.take();
    let faults = notes.into_faults(faults);
    Reading { value, faults, keys }
}

/// What was noted while a document was walked.
struct Notes<'s> {
    source: &'s Source,
    found: RefCell<Vec<(Nature, Fault)>>,
    keys: RefCell<BTreeMap<String, bool>>,
}

impl<'s> Notes<'s> {
    fn new(source: &'s Source) -> Notes<'s> {
        Notes { source, found: RefCell::default(), keys: RefCell::default() }
    }

    fn note(&self, nature: Nature, span: &Range<usize>, fault: NewFault) {
        let fault = Fault {
            file: self.source.file.clone(),
            line: Some(self.source.line(span.start)),
            key: fault.key,
            problem: fault.problem,
            remedy: fault.remedy,
        };
        self.found.borrow_mut().push((nature, fault));
    }

    /// An illegible line hides keys: missing and unknown ones are not reported beside it.
    fn into_faults(self, mut illegible: Vec<Fault>) -> Vec<Fault> {
        let found = self.found.into_inner();
        let believable = |nature: Nature| illegible.is_empty() || nature == Nature::Value;
        let kept = found.into_iter().filter(|(nature, _)| believable(*nature));
        let mut faults: Vec<Fault> = kept.map(|(_, fault)| fault).collect();
        faults.append(&mut illegible);
        faults
    }
}

/// A fault before its place in the file is known.
struct NewFault {
    key: String,
    problem: String,
    remedy: String,
}
