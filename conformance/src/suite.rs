//! The set of case files and message templates: the built-in one, or a folder of one's own.

use crate::case::file::StepLibrary;
use crate::case::{Case, CaseError};
use crate::table::{Tables, queries, rules, submissions};
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
    #[error("{} file(s) are wrong:\n{}", .0.len(), listed(.0))]
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

    /// The suite in a folder that holds `cases/` and `messages/`, and perhaps `steps/`, `queries/`,
    /// `rules/` and `submissions/`.
    ///
    /// # Errors
    /// [`SuiteError::Unreadable`] for a file or folder that cannot be read as text.
    pub fn in_folder(folder: &Path) -> Result<Suite, SuiteError> {
        let mut suite = Suite { files: BTreeMap::new() };
        for part in ["cases", "messages", "steps", "queries", "rules", "submissions"] {
            let place = folder.join(part);
            if place.exists() || matches!(part, "cases" | "messages") {
                suite.collect(&place, part)?;
            }
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

    /// All cases in the order of their ids: those of the case files, and one for each row of a table.
    ///
    /// # Errors
    /// [`SuiteError::Cases`] with every file that breaks the format.
    pub fn cases(&self) -> Result<Vec<Case>, SuiteError> {
        let (mut cases, mut faults) = (Vec::new(), Vec::new());
        let mut steps = StepLibrary::default();
        for (place, text) in self.files_below("steps/") {
            if let Err(fault) = steps.insert(place, text) {
                faults.push((format!("steps/{place}"), fault));
            }
        }
        for (place, text) in self.files_below("cases/") {
            match Case::parse(place, text, &steps) {
                Ok(case) => cases.push(case),
                Err(fault) => faults.push((format!("cases/{place}"), fault)),
            }
        }
        let tables = Tables { texts: self.files_below("queries/").collect(), steps: &steps };
        for (place, text) in self.files_below("queries/") {
            match queries::cases(place, text, &tables) {
                Ok(rows) => cases.extend(rows),
                Err(fault) => faults.push((format!("queries/{place}"), fault)),
            }
        }
        for (place, text) in self.files_below("submissions/") {
            match submissions::cases(place, text, &tables) {
                Ok(rows) => cases.extend(rows),
                Err(fault) => faults.push((format!("submissions/{place}"), fault)),
            }
        }
        for (place, text) in self.files_below("rules/") {
            match rules::cases(place, text, &steps) {
                Ok(rows) => cases.extend(rows),
                Err(fault) => faults.push((format!("rules/{place}"), fault)),
            }
        }
        cases.sort_by(|one, other| one.id.cmp(&other.id));
        if faults.is_empty() { Ok(cases) } else { Err(SuiteError::Cases(faults)) }
    }

    pub(crate) fn files_below<'a>(
        &'a self,
        folder: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let files = self.files.iter();
        files.filter_map(move |(path, text)| Some((path.strip_prefix(folder)?, text.as_str())))
    }

    /// The text of the file that a case comes from, by the id of the case; for a row of a table
    /// it is the table.
    #[must_use]
    pub fn case_text(&self, id: &str) -> Option<&str> {
        let table = id.rsplit_once('/').map_or(id, |(table, _row)| table);
        let places = [
            format!("cases/{id}.toml"),
            format!("queries/{table}.toml"),
            format!("rules/{table}.toml"),
            format!("submissions/{table}.toml"),
        ];
        places.iter().find_map(|place| self.files.get(place)).map(String::as_str)
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
