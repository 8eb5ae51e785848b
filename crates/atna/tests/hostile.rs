//! Foreign bytes: no panic, an error in time, and nothing of the content in it.

use std::time::{Duration, Instant};

use atna::syslog::{FrameReader, frame, parse};
use atna::{AuditMessage, ReadError};
use proptest::collection::vec;
use proptest::prelude::*;
use xml::{Limits, XmlErrorKind};

use crate::generate::{any_text, audit_message};
use crate::support::{minimal, read};

/// A hundredfold of what a linear pass needs, a hundredth of what a quadratic one would.
const DEADLINE: Duration = Duration::from_secs(10);

/// The size of a flood, and the limit of a frame.
const MANY: usize = 256 * 1024;

/// As a port would set them.
const LIMITS: Limits = Limits {
    bytes: 4 * MANY,
    depth: 16,
    elements: 10_000,
    attributes_per_element: 32,
    text_bytes: MANY,
};

#[track_caller]
fn check(text: &[u8], expected: XmlErrorKind) {
    let started = Instant::now();
    let error = AuditMessage::read(text, LIMITS).unwrap_err();
    assert!(matches!(error, ReadError::Xml(error) if error.kind == expected), "{error:?}");
    assert!(started.elapsed() < DEADLINE);
}

#[test]
fn document_types_and_entities_are_refused() {
    let text = format!("<!DOCTYPE a [<!ENTITY b \"c\">]>{}", minimal("&b;"));
    check(text.as_bytes(), XmlErrorKind::DocType);
    check(minimal("&b;").as_bytes(), XmlErrorKind::Entity);
}

#[test]
fn deep_and_wide_documents_are_refused() {
    check(minimal(&"<a>".repeat(100_000)).as_bytes(), XmlErrorKind::TooDeep);
    check(
        minimal(&"<ActiveParticipant/>".repeat(10_000)).as_bytes(),
        XmlErrorKind::TooManyElements,
    );
    let long = "x".repeat(MANY + 1);
    let object = format!(
        "<ParticipantObjectIdentification><ParticipantObjectName>{long}</ParticipantObjectName>\
         </ParticipantObjectIdentification>"
    );
    check(minimal(&object).as_bytes(), XmlErrorKind::TextTooLong);
    check("<".repeat(5 * MANY).as_bytes(), XmlErrorKind::TooLarge);
}

/// A datagram may be cut anywhere, inside of a character as well.
#[test]
fn what_was_cut_off_is_refused() {
    let text = minimal("<ActiveParticipant UserID=\"佐藤\"/>");
    for length in 0..text.len() {
        let cut = text.as_bytes().get(..length).unwrap();
        assert!(AuditMessage::read(cut, Limits::default()).is_err(), "{length}");
    }
    check(b"<AuditMessage>\xE4\xBD</AuditMessage>", XmlErrorKind::Encoding);
}

#[test]
fn errors_tell_no_content() {
    for text in [
        "<Secret/>".to_owned(),
        minimal("<Secret"),
        minimal("&Secret;"),
        minimal("").replace("2026-04-01T00:30:00Z", "Secret"),
    ] {
        let error = read(&text).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("Secret"), "{error:?}");
    }
}

#[test]
fn floods_take_linear_time() {
    let started = Instant::now();
    let quoted = format!("<85>1 - - - - - [a b=\"{}", "\\".repeat(4 * MANY));
    assert!(parse(quoted.as_bytes()).is_err());
    let elements = format!("<85>1 - - - - - {}", "[a]".repeat(MANY));
    assert_eq!(parse(elements.as_bytes()).unwrap().structured_data.len(), 3 * MANY);
    // One message byte by byte, and many messages in one read.
    let mut reader = FrameReader::new(MANY);
    for byte in frame(&vec![b'x'; MANY]) {
        assert_eq!(reader.next_frame(), Ok(None));
        reader.push(&[byte]);
    }
    assert_eq!(reader.next_frame().unwrap().map(|frame| frame.len()), Some(MANY));
    reader.push("1 a".repeat(MANY).as_bytes());
    let mut n_frames = 0;
    while reader.next_frame().unwrap().is_some() {
        n_frames += 1;
    }
    assert_eq!(n_frames, MANY);
    for byte in [b"<".as_slice(), &vec![b'x'; MANY - 1]].concat() {
        reader.push(&[byte]);
        assert_eq!(reader.next_frame(), Ok(None));
    }
    assert!(started.elapsed() < DEADLINE, "took {:?}", started.elapsed());
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200), text in any_text()) {
        let _ = AuditMessage::read(&bytes, Limits::default());
        let _ = read(&text);
        let _ = parse(&bytes);
        let _ = parse(&[b"<85>1 - - - - - ".as_slice(), &bytes].concat());
        let _ = parse(text.as_bytes());
    }

    #[test]
    fn a_damaged_message_is_read_or_refused(
        message in audit_message(),
        place in any::<proptest::sample::Index>(),
        damage in vec(any::<u8>(), 0..4),
    ) {
        let mut bytes = message.to_xml().into_bytes();
        let place = place.index(bytes.len());
        bytes.splice(place..bytes.len().min(place + 2), damage);
        if let Ok(message) = AuditMessage::read(&bytes, Limits::default()) {
            prop_assert!(read(&message.to_xml()) == Ok(message));
        }
    }
}
