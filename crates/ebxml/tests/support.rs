//! What the tests share: finding a payload, and the material beside the repository.

use std::path::PathBuf;

use ebxml::{ProvideAndRegister, ReadError};
use xds::SubmissionDraft;
use xml::{Element, Limits, Reader};

/// A folder or file of the shared material; `None`, and a word about it, when it is not there.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let shared = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    if !shared.is_dir() {
        println!("skipped: no ../shared");
        return None;
    }
    Some(shared.join(path))
}

/// A published message as text; of a MIME package its root part.
pub(crate) fn sample(name: &str) -> Option<String> {
    let path = shared("samples/xds")?.join(name);
    let bytes = std::fs::read(path).unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    if !name.ends_with(".bin") {
        return Some(text);
    }
    let (_, rest) = text.split_once("<?xml").unwrap();
    let (root, _) = rest.split_once("</soapenv:Envelope>").unwrap();
    Some(format!("<?xml{root}</soapenv:Envelope>"))
}

/// A reader just after the start of the payload: the root, or the child of a SOAP body.
pub(crate) fn payload(text: &str) -> (Reader<'_>, Element<'_>) {
    let mut reader = Reader::new(text, Limits::default()).unwrap();
    let mut element = reader.next_child().unwrap().unwrap();
    if element.local() == "Envelope" {
        while element.local() != "Body" {
            if element.local() != "Envelope" {
                reader.skip().unwrap();
            }
            element = reader.next_child().unwrap().unwrap();
        }
        element = reader.next_child().unwrap().unwrap();
    }
    (reader, element)
}

pub(crate) fn read_submission(text: &str) -> Result<SubmissionDraft, ReadError> {
    let (mut reader, _) = payload(text);
    ebxml::read_submit_objects_request(&mut reader)
}

pub(crate) fn read_provided(text: &str) -> Result<ProvideAndRegister, ReadError> {
    let (mut reader, _) = payload(text);
    ebxml::read_provide_and_register(&mut reader)
}
