//! The set of case files and message templates: the built-in one, or a folder of one's own.

use crate::case::{Case, CaseError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The suite that was compiled in: path below `conformance/`, and text.
const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/suite.rs"));

/// Case files and message templates by their path, with `/` between folders.
#[derive(Debug)]
pub struct Suite {
    files: BTreeMap<String, String>,
}

/// Why a suite cannot be used; every fault is named at once.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// A file or folder of the suite cannot be read.
    #[error("{path} cannot be read")]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Case files that break the format.
    #[error("{} case file(s) are wrong:\n{}", .0.len(), listed(.0))]
    Cases(Vec<(String, CaseError)>),
}

fn listed(faults: &[(String, CaseError)]) -> String {
    let lines: Vec<String> =
        faults.iter().map(|(file, fault)| format!("{file}: {fault}")).collect();
    lines.join("\n")
}

impl Suite {
    /// The suite that the program carries with it.
    #[must_use]
    pub fn built_in() -> Suite {
        let files = BUILT_IN.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        Suite { files: files.collect() }
    }

    /// The suite in a folder that holds `cases/` and `messages/`.
    ///
    /// # Errors
    /// [`SuiteError::Unreadable`] for a file or folder that cannot be read as text.
    pub fn in_folder(folder: &Path) -> Result<Suite, SuiteError> {
        let mut suite = Suite { files: BTreeMap::new() };
        for part in ["cases", "messages"] {
            suite.collect(&folder.join(part), part)?;
        }
        Ok(suite)
    }

    fn collect(&mut self, folder: &Path, name: &str) -> Result<(), SuiteError> {
        let unreadable = |source| SuiteError::Unreadable { path: folder.to_owned(), source };
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path();
            let name = format!("{name}/{}", entry.file_name().to_string_lossy());
            if path.is_dir() {
                self.collect(&path, &name)?;
                continue;
            }
            let text = std::fs::read_to_string(&path)
                .map_err(|source| SuiteError::Unreadable { path, source })?;
            self.files.insert(name, text);
        }
        Ok(())
    }

    /// All cases in the order of their ids.
    ///
    /// # Errors
    /// [`SuiteError::Cases`] with every case file that breaks the format.
    pub fn cases(&self) -> Result<Vec<Case>, SuiteError> {
        let mut cases = Vec::new();
        let mut faults = Vec::new();
        for (path, text) in &self.files {
            let Some(name) = path.strip_prefix("cases/") else { continue };
            match Case::parse(name, text) {
                Ok(case) => cases.push(case),
                Err(fault) => faults.push((path.clone(), fault)),
            }
        }
        if faults.is_empty() { Ok(cases) } else { Err(SuiteError::Cases(faults)) }
    }

    /// The text of a case file, by the id of the case.
    #[must_use]
    pub fn case_text(&self, id: &str) -> Option<&str> {
        self.files.get(&format!("cases/{id}.toml")).map(String::as_str)
    }

    /// The text of a message template, by its path below `messages/`.
    #[must_use]
    pub fn message(&self, path: &str) -> Option<&str> {
        self.files.get(&format!("messages/{path}")).map(String::as_str)
    }

    /// Paths of all message templates below `messages/`.
    pub fn message_paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().filter_map(|path| path.strip_prefix("messages/"))
    }
}

/// True when a case id fits a pattern in which `*` stands for any run of characters.
#[must_use]
pub fn fits(pattern: &str, id: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = id.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        let Some((_, after)) = rest.split_once(piece) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}
