//! AuditSourceIdentification: the system that wrote the record.

use xml::{Element, Reader, XmlError};

use super::code;
use super::content::{next_child, optional, required};
use super::output::Output;
use crate::AuditSource;

pub(super) fn write(output: &mut Output, source: &AuditSource) {
    output
        .open("AuditSourceIdentification")
        .optional("AuditEnterpriseSiteID", source.enterprise_site_id.as_deref())
        .attribute("AuditSourceID", &source.id);
    if source.types.is_empty() {
        output.empty();
        return;
    }
    output.content();
    for source_type in &source.types {
        code::write(output, "AuditSourceTypeCode", source_type);
    }
    output.close("AuditSourceIdentification");
}

pub(super) fn read(
    reader: &mut Reader<'_>,
    element: &Element<'_>,
) -> Result<AuditSource, XmlError> {
    let mut source = AuditSource {
        id: required(element, "AuditSourceID"),
        enterprise_site_id: optional(element, "AuditEnterpriseSiteID"),
        types: Vec::new(),
    };
    while let Some(child) = next_child(reader)? {
        match child.local() {
            "AuditSourceTypeCode" => source.types.push(code::read(reader, &child)?),
            _ => reader.skip()?,
        }
    }
    Ok(source)
}
