//! Encodings: what is accepted, and which labels contradict.

use std::borrow::Cow;

use xml::{XmlErrorKind, decode};

const TEXT: &str = "<r>\u{5C71}\u{7530} \u{1F600}</r>";

fn utf_16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(to_bytes).collect()
}

#[track_caller]
fn refuse(bytes: &[u8], label: Option<&str>) {
    assert_eq!(decode(bytes, label).unwrap_err().kind, XmlErrorKind::Encoding);
}

#[test]
fn utf_8_is_borrowed() {
    for label in [None, Some("utf-8"), Some("UTF-8"), Some(" Utf8 ")] {
        assert!(matches!(decode(TEXT.as_bytes(), label), Ok(Cow::Borrowed(TEXT))));
        let marked = format!("\u{FEFF}{TEXT}");
        assert_eq!(decode(marked.as_bytes(), label).unwrap(), TEXT);
    }
}

#[test]
fn utf_16_needs_a_mark_or_a_label() {
    let marked = format!("\u{FEFF}{TEXT}");
    let (little, big) = (utf_16(TEXT, u16::to_le_bytes), utf_16(TEXT, u16::to_be_bytes));
    let (marked_little, marked_big) =
        (utf_16(&marked, u16::to_le_bytes), utf_16(&marked, u16::to_be_bytes));
    for (bytes, label) in [
        (&marked_little, None),
        (&marked_big, None),
        (&marked_little, Some("utf-16")),
        (&marked_big, Some("UTF-16")),
        (&marked_little, Some("utf-16le")),
        (&little, Some("utf-16")),
        (&big, Some("utf-16")),
        (&little, Some("utf-16LE")),
        (&big, Some("utf-16be")),
    ] {
        assert_eq!(decode(bytes, label).unwrap(), TEXT);
    }
    refuse(&marked_little, Some("utf-16be"));
    refuse(&marked_little, Some("utf-8"));
    refuse(TEXT.as_bytes(), Some("utf-16"));
    // Without mark and label the zero bytes are read as UTF-8 and refused as characters.
    let ascii = utf_16("<r/>", u16::to_le_bytes);
    let text = decode(&ascii, None).unwrap();
    let error = xml::Reader::new(&text, xml::Limits::default()).unwrap_err();
    assert_eq!(error.kind, XmlErrorKind::Character);
}

#[test]
fn invalid_utf_8_is_refused_with_its_place() {
    for bytes in [
        b"<r>\xFF</r>".as_slice(),
        b"<r>\xC0\xAF</r>",         // overlong solidus
        b"<r>\xE0\x80\xAF</r>",     // overlong, three bytes
        b"<r>\xF0\x80\x80\xAF</r>", // overlong, four bytes
        b"<r>\xC0\x80</r>",         // overlong NUL
        b"<r>\xED\xA0\x80</r>",     // a surrogate
        b"<r>\xF4\x90\x80\x80</r>", // beyond U+10FFFF
        b"<r>\xE3\x81",             // cut inside a character
        b"<r>\x8E\x52\x93\x63</r>", // Shift_JIS
    ] {
        let error = decode(bytes, None).unwrap_err();
        assert_eq!((error.kind, error.offset), (XmlErrorKind::Encoding, 3));
    }
    let error = decode(b"\xEF\xBB\xBF<r>\xFF</r>", None).unwrap_err();
    assert_eq!(error.offset, 6);
}

#[test]
fn invalid_utf_16_is_refused() {
    refuse(b"\xFF\xFE<\0r\0/\0>", None);
    refuse(b"\xFF\xFE\x00\xD8<\0", None);
    refuse(b"\xFE\xFF\xDC\x00\0<", None);
}

#[test]
fn other_labels_are_refused_even_for_ascii() {
    for label in
        ["ISO-2022-JP", "Shift_JIS", "EUC-JP", "ISO-8859-1", "us-ascii", "utf-7", "utf-32", ""]
    {
        refuse(b"<r/>", Some(label));
        let text = format!("<?xml version=\"1.0\" encoding='{label}'?><r/>");
        refuse(text.as_bytes(), None);
        refuse(text.as_bytes(), Some("utf-8"));
    }
}

#[test]
fn the_declaration_must_agree_with_the_bytes() {
    let labelled = |label: &str| format!("<?xml version='1.0'\n encoding = \"{label}\" ?><r/>");
    assert!(decode(labelled("utf-8").as_bytes(), None).is_ok());
    assert!(decode(labelled("UTF-8").as_bytes(), Some("UTF-8")).is_ok());
    refuse(labelled("UTF-16").as_bytes(), None);
    let marked = |label: &str| utf_16(&format!("\u{FEFF}{}", labelled(label)), u16::to_be_bytes);
    assert!(decode(&marked("UTF-16"), None).is_ok());
    assert!(decode(&marked("UTF-16BE"), None).is_ok());
    refuse(&marked("UTF-16LE"), None);
    refuse(&marked("UTF-8"), None);
    // Text that merely looks like a declaration says nothing.
    assert!(decode(b"<r k='encoding=\"x\"?>'/>", None).is_ok());
}

#[test]
fn the_empty_document_is_decoded() {
    assert_eq!(decode(b"", None).unwrap(), "");
    assert_eq!(decode(b"\xEF\xBB\xBF", None).unwrap(), "");
}
