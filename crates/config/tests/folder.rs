//! A community's folder to break, and what its faults are compared with.

use std::fs;
use std::path::{Path, PathBuf};

use config::init::{NewCommunity, init};
use config::{Community, Faults};

/// A freshly initialised folder that is removed at the end.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Folder {
        let folder = tempfile::tempdir().unwrap();
        init(folder.path(), &NewCommunity::generate()).unwrap();
        Folder(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.file(name), text).unwrap();
    }

    /// Replaces a text that must occur.
    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.file(name)).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        self.write(name, &text.replacen(from, to, 1));
    }

    pub(crate) fn load(&self) -> Result<Community, Faults> {
        Community::load(self.path())
    }

    /// The faults as `file:line: key`, in their order.
    #[track_caller]
    pub(crate) fn check(&self, expected: &[&str]) {
        let faults = self.load().map(|_| "no fault").unwrap_err();
        assert_eq!(places(&faults), expected, "{faults}");
    }
}

pub(crate) fn places(faults: &Faults) -> Vec<String> {
    let place = |fault: &config::Fault| {
        let file = fault.file.file_name().unwrap().to_string_lossy().into_owned();
        let line = fault.line.map_or(String::new(), |line| format!(":{line}"));
        let key = &fault.key;
        if key.is_empty() { format!("{file}{line}") } else { format!("{file}{line}: {key}") }
    };
    faults.iter().map(place).collect()
}
