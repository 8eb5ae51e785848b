//! What is wrong in the files of a community, said so that an operator can put it right.

use std::fmt;
use std::path::{Path, PathBuf};

/// One thing that is wrong in one file.
///
/// The text names keys and rules, never the value that was found: a database URL may
/// hold a password.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    pub file: PathBuf,
    /// Line of the file, counted from 1; absent if the fault is the file as a whole.
    pub line: Option<usize>,
    /// The key with the tables it stands in (`members.code`); empty outside of any key.
    pub key: String,
    pub problem: String,
    /// What would be right.
    pub remedy: String,
}

impl Fault {
    /// A fault of the file as a whole: absent, unreadable, or not fitting another file.
    pub(crate) fn of_file(file: &Path, problem: &str, remedy: &str) -> Fault {
        Fault {
            file: file.to_owned(),
            line: None,
            key: String::new(),
            problem: problem.to_owned(),
            remedy: remedy.to_owned(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        if !self.key.is_empty() {
            write!(f, " {}:", self.key)?;
        }
        write!(f, " {}", self.problem)?;
        if self.remedy.is_empty() { Ok(()) } else { write!(f, "; {}", self.remedy) }
    }
}

/// All faults that were found, in the order of files and lines; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// `Ok` with the value if nothing was found.
    ///
    /// A reader that gives no value has said why, so an absent value comes with a fault.
    pub(crate) fn unless_empty<T>(value: Option<T>, mut found: Vec<Fault>) -> Result<T, Faults> {
        found.sort();
        found.dedup();
        match value {
            Some(value) if found.is_empty() => Ok(value),
            Some(_) | None => Err(Faults(found)),
        }
    }

    /// One that is known alone.
    pub(crate) fn of(fault: Fault) -> Faults {
        Faults(vec![fault])
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.0.iter()
    }

    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

impl<'a> IntoIterator for &'a Faults {
    type Item = &'a Fault;
    type IntoIter = std::slice::Iter<'a, Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
