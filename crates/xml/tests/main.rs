//! The tests of the crate, as its users see it.
#![expect(clippy::unwrap_used, reason = "helper functions of tests may fail loudly")]

mod decoding;
mod hostile;
mod reading;
mod writing;

use xml::{Event, Limits, Reader, XmlError, XmlErrorKind};

/// Reads a whole document and returns its events in a short notation.
fn events(text: &str, limits: Limits) -> Result<Vec<String>, XmlError> {
    let mut reader = Reader::new(text, limits)?;
    let mut events = Vec::new();
    loop {
        match reader.next()? {
            Event::Start(element) => {
                events.push(format!("<{{{}}}{}", element.namespace(), element.local()));
                events.extend(element.attributes().map(|attribute| {
                    format!("@{{{}}}{}={}", attribute.namespace, attribute.local, attribute.value)
                }));
            }
            Event::Text(text) => events.push(text.into_owned()),
            Event::End => events.push(">".to_owned()),
            Event::Eof => return Ok(events),
        }
    }
}

/// Events in the notation of [`events`], separated by `|`.
#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(events(text, Limits::default()).unwrap().join("|"), expected);
}

#[track_caller]
fn refuse(text: &str, kind: XmlErrorKind) {
    refuse_within(text, Limits::default(), kind);
}

/// Reading fails with this kind, and at a place inside the document.
#[track_caller]
fn refuse_within(text: &str, limits: Limits, kind: XmlErrorKind) {
    let error = events(text, limits).unwrap_err();
    assert_eq!(error.kind, kind);
    assert!(error.offset <= text.len());
}
