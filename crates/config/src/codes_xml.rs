//! Code tables as the XDS Toolkit writes them (`codes.xml`).
//!
//! The file has a `CodeType` per attribute with `Code` elements (`code`, `codingScheme`,
//! `display`; for MIME types `code` alone), and `AssigningAuthority` elements, which this
//! reader counts and leaves: authorities belong to the agreement and are not changed by an
//! import of codes. What else stands in the file is counted as well, nothing is dropped
//! silently.

use std::fs;
use std::path::Path;

use datatypes::{Code, MimeType};
use xml::{Element, Event, Limits, Reader, XmlError};

use crate::codes::{CodeAttribute, CodeTables, is_code_text};
use crate::error::ConfigError;

/// Published tables have less than 0.1 MB; national ones may have many thousand codes.
const MAX_BYTES: usize = 64 << 20;

/// One element per code; a list of all diagnoses fits.
const MAX_ELEMENTS: usize = 1 << 20;

/// The codes of a file and what was not taken over as it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodesXml {
    pub tables: CodeTables,
    /// Repetitions of a code with its scheme, in the order of the file; the first one counts.
    pub duplicates: Vec<Duplicate>,
    /// `AssigningAuthority` elements, which are not codes.
    pub n_assigning_authorities_ignored: usize,
    /// Elements of unknown names, wherever they stood.
    pub n_other_elements_ignored: usize,
    /// Names of `CodeType`s that are no attribute with a list, in the order of the file.
    pub unknown_types: Vec<String>,
}

/// A code that stood in a list before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    pub attribute: CodeAttribute,
    /// As it stands at the later place; the display names may differ.
    pub code: Code,
}

/// Reads a `codes.xml` file.
///
/// # Errors
/// [`ConfigError::Read`] if there is no such file, [`ConfigError::CodesXml`] if it is not XML
/// of this kind; a code without a scheme or a display name is refused with its place.
pub fn read(path: &Path) -> Result<CodesXml, ConfigError> {
    let bytes =
        fs::read(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    parse(&bytes).map_err(|source| ConfigError::CodesXml { path: path.to_owned(), source })
}

/// Why bytes are no `codes.xml`. Lines count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCodesXml {
    #[error(transparent)]
    Xml(#[from] XmlError),
    #[error("the root element is not Codes")]
    Root,
    #[error("line {line}: text between the elements")]
    Text { line: usize },
    #[error("line {line}: a CodeType has no attribute `name`")]
    TypeName { line: usize },
    #[error("line {line}: a Code needs `code`, `codingScheme` and `display`, each with a text")]
    Code { line: usize },
    #[error("line {line}: the `code` of a MIME type has the form type/subtype")]
    MimeType { line: usize },
}

/// Reads the bytes of a `codes.xml`.
///
/// # Errors
/// [`InvalidCodesXml`] says what is wrong and where.
pub fn parse(bytes: &[u8]) -> Result<CodesXml, InvalidCodesXml> {
    let text = xml::decode(bytes, None)?;
    let limits = Limits { bytes: MAX_BYTES, elements: MAX_ELEMENTS, ..Limits::default() };
    let mut reader = Reader::new(&text, limits)?;
    let root = reader.next_child()?.ok_or(InvalidCodesXml::Root)?;
    if !root.is("", "Codes") {
        return Err(InvalidCodesXml::Root);
    }
    let mut codes = CodesXml::default();
    while let Some(child) = next_element(&mut reader, &text)? {
        if !child.is("", "CodeType") {
            codes.note_ignored(&child);
            reader.skip()?;
            continue;
        }
        let name = child.attribute("name").ok_or_else(|| InvalidCodesXml::TypeName {
            line: line_of(&text, child.span_start()),
        })?;
        match CodeAttribute::from_name(&name) {
            Some(attribute) => read_code_type(&mut reader, &text, attribute, &mut codes)?,
            None => {
                codes.unknown_types.push(name.into_owned());
                reader.skip()?;
            }
        }
    }
    reader.expect_end()?;
    Ok(codes)
}

impl CodesXml {
    fn note_ignored(&mut self, element: &Element<'_>) {
        if element.is("", "AssigningAuthority") {
            self.n_assigning_authorities_ignored += 1;
        } else {
            self.n_other_elements_ignored += 1;
        }
    }
}

/// Reads one `CodeType` to its end; several of one name make one list.
fn read_code_type(
    reader: &mut Reader<'_>,
    text: &str,
    attribute: CodeAttribute,
    codes: &mut CodesXml,
) -> Result<(), InvalidCodesXml> {
    let mut list = codes.tables.list(attribute).cloned().unwrap_or_default();
    while let Some(element) = next_element(reader, text)? {
        if !element.is("", "Code") {
            codes.note_ignored(&element);
            reader.skip()?;
            continue;
        }
        let code = code_of(&element, attribute, text)?;
        if list.contains(&code.code, &code.scheme) {
            codes.duplicates.push(Duplicate { attribute, code });
        } else {
            list.add(code);
        }
        reader.skip()?;
    }
    codes.tables.set(attribute, list);
    Ok(())
}

/// The next child element, or `None` at the end of the parent.
///
/// The published file has no-break spaces between its elements, which are white space to
/// people and not to XML; any other text there is an error.
fn next_element<'a>(
    reader: &mut Reader<'a>,
    text: &str,
) -> Result<Option<Element<'a>>, InvalidCodesXml> {
    loop {
        let offset = reader.position();
        match reader.next()? {
            Event::Start(element) => return Ok(Some(element)),
            Event::Text(between) if between.chars().all(char::is_whitespace) => {}
            Event::Text(_) => return Err(InvalidCodesXml::Text { line: line_of(text, offset) }),
            Event::End | Event::Eof => return Ok(None),
        }
    }
}

/// The code of an element; the line is counted only if it is needed.
fn code_of(
    element: &Element<'_>,
    attribute: CodeAttribute,
    text: &str,
) -> Result<Code, InvalidCodesXml> {
    if attribute == CodeAttribute::MimeType {
        return read_mime_type(element).ok_or_else(|| InvalidCodesXml::MimeType {
            line: line_of(text, element.span_start()),
        });
    }
    read_code(element)
        .ok_or_else(|| InvalidCodesXml::Code { line: line_of(text, element.span_start()) })
}

fn read_code(element: &Element<'_>) -> Option<Code> {
    let text = |name: &str| {
        let value = element.attribute(name)?;
        let trimmed = value.trim();
        is_code_text(trimmed).then(|| trimmed.to_owned())
    };
    Some(Code { code: text("code")?, scheme: text("codingScheme")?, display: text("display")? })
}

fn read_mime_type(element: &Element<'_>) -> Option<Code> {
    let value = element.attribute("code")?;
    let code = MimeType::parse(value.trim()).ok()?.as_str().to_ascii_lowercase();
    Some(Code { code, scheme: String::new(), display: String::new() })
}

/// The line, counted from 1, of the byte at `offset`.
fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().iter().take(offset);
    1 + before.filter(|byte| **byte == b'\n').count()
}
