//! `codes.toml`: reading and writing, the same attributes in the same order.

use std::path::Path;

use datatypes::{Code, MimeType};

use super::{CodeAttribute, CodeList, CodeTables};
use crate::durable;
use crate::error::ConfigError;
use crate::fault::{Fault, Faults};
use crate::reader::{self, Form, Section, Source};
use crate::toml_text::quoted;

/// Stands at the head of the file; the comments of the operator do not survive an import.
const HEAD: &str = include_str!("../init/codes-head.toml");

/// Longest code, scheme or display name, in characters: what an ebRIM slot or name holds.
const MAX_CHARACTERS: usize = 1024;

const CODE_TEXT: Form<String> = Form {
    read: |value| value.as_str().filter(|text| is_code_text(text)).map(str::to_owned),
    wanted: "a text of 1 to 1024 characters, no control characters, no spaces around it",
};

const MIME_TYPE: Form<String> = Form {
    read: |value| Some(MimeType::parse(value.as_str()?).ok()?.as_str().to_ascii_lowercase()),
    wanted: "a MIME type without parameters, for example \"application/pdf\"",
};

impl CodeTables {
    /// Reads `codes.toml`.
    ///
    /// # Errors
    /// [`Faults`] lists everything that is wrong with the file.
    pub fn read(file: &Path) -> Result<CodeTables, Faults> {
        let (tables, faults) = CodeTables::collect(file);
        Faults::unless_empty(tables, faults)
    }

    /// Writes `codes.toml` so that a crash leaves the old or the new file.
    ///
    /// # Errors
    /// [`ConfigError::Write`] if the folder does not take the file.
    pub fn write(&self, file: &Path) -> Result<(), ConfigError> {
        durable::replace(file, self.to_toml().as_bytes())
    }

    /// As [`CodeTables::read`], for a caller that collects the faults of several files.
    pub(crate) fn collect(file: &Path) -> (Option<CodeTables>, Vec<Fault>) {
        match Source::open(file) {
            Ok(source) => CodeTables::from_source(&source),
            Err(fault) => (None, vec![fault]),
        }
    }

    fn from_source(source: &Source) -> (Option<CodeTables>, Vec<Fault>) {
        let reading = reader::read(source, |root| {
            let mut tables = CodeTables::default();
            for attribute in CodeAttribute::ALL {
                tables.set(attribute, read_list(root, attribute));
            }
            Some(tables)
        });
        (reading.value, reading.faults)
    }

    /// The text of `codes.toml`; what [`CodeTables::read`] gives back is equal.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = HEAD.to_owned();
        for (attribute, list) in self.iter() {
            text.push_str(&format!("\n{attribute} = [\n"));
            for code in list {
                text.push_str(&code_line(attribute, code));
            }
            text.push_str("]\n");
        }
        text
    }
}

fn read_list(root: &Section<'_>, attribute: CodeAttribute) -> CodeList {
    let key = attribute.as_str();
    let mut list = CodeList::default();
    root.tables(key, |entry| {
        let code = read_code(entry, attribute)?;
        if !list.add(code) {
            entry.refuse("code", "stands twice with this scheme", "remove one of the two");
        }
        Some(())
    });
    if list.is_empty() && root.is_empty_list(key) {
        root.refuse(key, "the list is empty", "list codes, or remove the key: no list, no check");
    }
    list
}

fn read_code(entry: &Section<'_>, attribute: CodeAttribute) -> Option<Code> {
    if attribute == CodeAttribute::MimeType {
        let code = entry.required("code", &MIME_TYPE)?;
        return Some(Code { code, scheme: String::new(), display: String::new() });
    }
    let code = entry.required("code", &CODE_TEXT);
    let scheme = entry.required("scheme", &CODE_TEXT);
    let display = entry.required("display", &CODE_TEXT);
    Some(Code { code: code?, scheme: scheme?, display: display? })
}

fn code_line(attribute: CodeAttribute, code: &Code) -> String {
    let value = quoted(&code.code);
    if attribute == CodeAttribute::MimeType {
        return format!("  {{ code = {value} }},\n");
    }
    let scheme = quoted(&code.scheme);
    let display = quoted(&code.display);
    format!("  {{ code = {value}, scheme = {scheme}, display = {display} }},\n")
}

/// What may stand in a Classification: `codes.xml` files are held to it as well.
pub(crate) fn is_code_text(text: &str) -> bool {
    let fits = (1..=MAX_CHARACTERS).contains(&text.chars().count());
    fits && text.trim() == text && !text.contains(char::is_control)
}
