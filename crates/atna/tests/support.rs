//! What the tests share: reading, and the published material.

use std::path::PathBuf;

use atna::{AuditMessage, ReadError};
use xml::Limits;

pub(crate) fn read(text: &str) -> Result<AuditMessage, ReadError> {
    AuditMessage::read(text.as_bytes(), Limits::default())
}

/// A message of nothing but what makes one, with `children` behind the event.
pub(crate) fn minimal(children: &str) -> String {
    format!(
        "<AuditMessage><EventIdentification EventDateTime=\"2026-04-01T00:30:00Z\"/>{children}\
         </AuditMessage>"
    )
}

/// A folder or file of the shared material; `None`, and a word about it, when it is not there.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let shared = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    if !shared.is_dir() {
        println!("skipped: no ../shared");
        return None;
    }
    Some(shared.join(path))
}
