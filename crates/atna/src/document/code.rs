//! Coded values: `csd-code`, `codeSystemName`, `originalText` (DICOM PS3.15 A.5.1).

use std::borrow::Cow;

use xml::{Element, Reader, XmlError};

use super::content::{optional, text};
use super::output::Output;
use crate::Code;

/// All three attributes, because the schema requires them of every coded value but AuditSourceTypeCode.
pub(super) fn write(output: &mut Output, name: &'static str, code: &Code) {
    output
        .open(name)
        .attribute("csd-code", &code.code)
        .attribute("codeSystemName", &code.system)
        .attribute("originalText", &code.text)
        .empty();
}

/// Reads any form of a coded value, and the end of its element.
///
/// Before 2016 the code was in the attribute `code` and the text in `displayName`, in RFC 3881 the system in
/// `codeSystem` where it has no name; AuditSourceTypeCode of 2016a is the text of the element.
pub(super) fn read(reader: &mut Reader<'_>, element: &Element<'_>) -> Result<Code, XmlError> {
    let first = |names: [&str; 2]| names.into_iter().find_map(|name| optional(element, name));
    let code = first(["csd-code", "code"]);
    let system = first(["codeSystemName", "codeSystem"]);
    let original_text = first(["originalText", "displayName"]);
    let content = text(reader)?;
    Ok(Code {
        code: Cow::Owned(trimmed(code.unwrap_or(content))),
        system: Cow::Owned(trimmed(system.unwrap_or_default())),
        text: Cow::Owned(original_text.unwrap_or_default()),
    })
}

/// Codes are tokens: space around them is none of them (XML Schema part 2, 3.3.2).
fn trimmed(token: String) -> String {
    let trimmed = token.trim_ascii();
    if trimmed.len() == token.len() { token } else { trimmed.to_owned() }
}
