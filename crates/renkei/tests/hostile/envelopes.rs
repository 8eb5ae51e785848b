//! XML: encodings, entities, floods and nesting bombs, around and inside the payload.

use super::headers::{actions, addresses, blocks, good as good_headers};
use super::requests::Door;
use super::{Case, Expected, Target, addressing, sender};
use crate::harness::database::Database;
use crate::harness::package::{Package, Part};
use crate::harness::soap::with_headers;

/// A broken text with the reason of its fault.
pub(super) type Broken = (&'static str, Vec<u8>, Expected);

pub(super) fn text(name: &'static str, text: String, expected: Expected) -> Broken {
    (name, text.into_bytes(), expected)
}

fn utf_16(text: &str, mark: u16) -> Vec<u8> {
    let units = std::iter::once(mark).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

/// What is no text, or none in its encoding.
fn encodings(door: &Door) -> Vec<Broken> {
    let good = door.envelope();
    let declared = |label: &str| format!("<?xml version=\"1.0\" encoding=\"{label}\"?>{good}");
    // Instead of the first letter of the MessageID, which every envelope has.
    let with = |bytes: &[u8]| {
        let (before, after) = good.split_once("urn:uuid:").unwrap();
        [before.as_bytes(), bytes, after.as_bytes()].concat()
    };
    let encoding = sender("encoding");
    vec![
        text("nothing but white space", " \r\n\t".to_owned(), sender("unexpected end")),
        text("no XML", "{\"a\": 1}".to_owned(), sender("")),
        text("a byte order mark", format!("\u{FEFF}{good}"), Expected::Success),
        text("UTF-8 declared", declared("utf-8"), Expected::Success),
        text("ISO-8859-1 declared", declared("ISO-8859-1"), encoding),
        text("Shift_JIS declared", declared("Shift_JIS"), encoding),
        text("ISO-2022-JP declared", declared("ISO-2022-JP"), encoding),
        text("UTF-16 declared in UTF-8", declared("UTF-16"), encoding),
        text("UTF-7 declared", declared("UTF-7"), encoding),
        ("a lone continuation byte", with(b"\x80"), encoding),
        ("overlong UTF-8", with(b"\xC0\xAF"), encoding),
        ("an unpaired surrogate", with(b"\xED\xA0\x80"), encoding),
        ("beyond Unicode", with(b"\xF5\x80\x80\x80"), encoding),
        ("Shift_JIS bytes", with(b"\x8E\x52\x93\x63"), encoding),
        ("ISO-2022-JP bytes", with(b"\x1B$B;3ED\x1B(B"), sender("character not allowed")),
        ("NUL", with(b"\0"), sender("character not allowed")),
        ("a control character", with(b"\x08"), sender("character not allowed")),
        ("U+FFFF", with("\u{FFFF}".as_bytes()), sender("character not allowed")),
        (
            "UTF-32",
            good.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(),
            sender("character not allowed"),
        ),
    ]
}

/// The same through the media type of UTF-16.
fn wide(door: &Door) -> Vec<Case> {
    let good = door.envelope();
    let utf_16_type = "application/soap+xml; charset=utf-16";
    let odd = {
        let mut bytes = utf_16(&good, 0xFEFF);
        bytes.pop();
        bytes
    };
    let cases = [
        ("UTF-16 with its mark", utf_16(&good, 0xFEFF), Expected::Success),
        ("half a unit of UTF-16", odd, sender("encoding")),
        ("UTF-16 without end", utf_16(good.get(..100).unwrap(), 0xFEFF), sender("")),
    ];
    let case = |(name, bytes, expected): (&str, Vec<u8>, Expected)| {
        Case::new(name, door.post(utf_16_type, &bytes), expected)
    };
    cases.into_iter().map(case).collect()
}

/// Document types, entities and other things that SOAP forbids.
fn entities(door: &Door) -> Vec<Broken> {
    let good = door.envelope();
    let doctype = |inside: &str| format!("<!DOCTYPE s:Envelope {inside}>{good}");
    let laughs: String = (1..10)
        .map(|n| {
            let before = n - 1;
            format!("<!ENTITY lol{n} \"{}\">", format!("&lol{before};").repeat(10))
        })
        .collect();
    let with = |inside: &str| good.replacen("urn:uuid:", inside, 1);
    let dtd = sender("document type declaration");
    vec![
        text("a document type", doctype(""), dtd),
        text("an external one", doctype("SYSTEM \"http://127.0.0.1:1/a.dtd\""), dtd),
        text("an external entity", doctype("[<!ENTITY x SYSTEM \"file:///etc/passwd\">]"), dtd),
        text("a billion laughs", doctype(&format!("[<!ENTITY lol0 \"lol\">{laughs}]")), dtd),
        text("a parameter entity", doctype("[<!ENTITY % x SYSTEM \"http://x/\"> %x;]"), dtd),
        text(
            "one after the root began",
            good.replacen("<s:Body>", "<!DOCTYPE x><s:Body>", 1),
            sender(""),
        ),
        text("an unknown entity", with("&x;"), sender("entity")),
        text("an entity of HTML", with("&nbsp;"), sender("entity")),
        text("a reference to NUL", with("&#0;"), sender("")),
        text("a reference to a surrogate", with("&#xD800;"), sender("")),
        text("a reference beyond all", with("&#99999999999;"), sender("")),
        text("a bare ampersand", with("a & b"), sender("")),
        text("the five entities", with("&lt;&gt;&amp;&quot;&apos;&#65;"), Expected::Success),
        text("a comment inside", with("urn:<!-- -->uuid:"), Expected::Success),
        text("CDATA inside", with("<![CDATA[<!DOCTYPE x>]]>"), Expected::Success),
        text(
            "a processing instruction",
            good.replacen("<s:Body>", "<?php x ?><s:Body>", 1),
            sender("processing instruction"),
        ),
        text(
            "a style sheet",
            format!("<?xml-stylesheet href=\"http://x/\"?>{good}"),
            sender("processing instruction"),
        ),
    ]
}

/// What is not well-formed, or well-formed and no message.
fn shapes(door: &Door) -> Vec<Broken> {
    let good = door.envelope();
    let replace = |from: &str, to: &str| good.replacen(from, to, 1);
    vec![
        text("cut in the middle", good.get(..good.len() / 2).unwrap().to_owned(), sender("")),
        text("without its last tag", replace("</s:Envelope>", ""), sender("unexpected end")),
        text(
            "crossed tags",
            replace("</s:Body></s:Envelope>", "</s:Envelope></s:Body>"),
            sender(""),
        ),
        text("a second root", format!("{good}<x/>"), sender("")),
        text("text after the root", format!("{good}x"), sender("")),
        text("a comment after the root", format!("{good}<!-- x -->"), Expected::Success),
        text("an unbound prefix", replace("<s:Body>", "<s:Body><z:x/>"), sender("unbound prefix")),
        text(
            "an attribute twice",
            replace("<s:Body>", "<s:Body a=\"\" a=\"\">"),
            sender("duplicate"),
        ),
        text(
            "an attribute twice by its namespace",
            replace("<s:Body>", "<s:Body xmlns:p=\"u\" xmlns:q=\"u\" p:a=\"\" q:a=\"\">"),
            sender("duplicate"),
        ),
        text("an unquoted attribute", replace("<s:Body>", "<s:Body a=1>"), sender("")),
        text("< in an attribute", replace("<s:Body>", "<s:Body a=\"<\">"), sender("")),
        text("another xml prefix", replace("<s:Body>", "<s:Body xmlns:xml=\"u\">"), sender("")),
        text(
            "two declarations",
            format!("<?xml version=\"1.0\"?><?xml version=\"1.0\"?>{good}"),
            sender(""),
        ),
        text(
            "text between blocks",
            replace("<s:Header>", "<s:Header>x"),
            sender("unexpected text"),
        ),
        text("text in the Body", replace("<s:Body>", "<s:Body>x"), sender("unexpected text")),
        text("an empty Body", with_headers(&good_headers(door, ""), ""), sender("")),
        text(
            "two payloads",
            with_headers(&good_headers(door, ""), &door.body.repeat(2)),
            sender(""),
        ),
        text("two Bodies", replace("</s:Body>", "</s:Body><s:Body/>"), sender("")),
        text(
            "Body before Header",
            replace("<s:Header>", "<s:Body/><s:Header>"),
            addressing(&["MessageAddressingHeaderRequired"]),
        ),
        text("two Headers", replace("<s:Header>", "<s:Header/><s:Header>"), sender("")),
    ]
}

/// Floods: what is cheap to write and would be expensive to read.
fn floods(door: &Door) -> Vec<Broken> {
    const N: usize = 100_000;
    let good = door.envelope();
    let attributes: String = (0..N).map(|n| format!(" a{n}=\"\"")).collect();
    let same: String = " a=\"\"".repeat(N);
    let namespaces: String = (0..N).map(|n| format!(" xmlns:n{n}=\"u:{n}\"")).collect();
    let scopes: String = (0..60).map(|n| format!("<x{n}{}>", bindings(n))).collect();
    let replace = |from: &str, to: &str| good.replacen(from, to, 1);
    let body = |flood: &str| replace("<s:Body>", &format!("<s:Body{flood}>"));
    // Inside the payload, where the transaction's own reader meets it.
    let inside = |flood: &str| {
        let (start, rest) = door.body.split_once('>').unwrap();
        with_headers(&good_headers(door, ""), &format!("{start}>{flood}{rest}"))
    };
    let header = |flood: &str| replace("<s:Header>", &format!("<s:Header>{flood}"));
    let both = format!("{attributes}{namespaces}");
    let (many, deep) = (sender("too many"), sender("nested too deeply"));
    let levels = "<x>".repeat(1_000_000);
    let references = "&amp;".repeat(300_000);
    let spaces = "x".repeat(10_000_000);
    vec![
        text("100,000 attributes", body(&attributes), many),
        text("100,000 equal attributes", body(&same), sender("duplicate attribute")),
        text("100,000 namespaces", body(&namespaces), many),
        text("both on the root", replace("<s:Envelope", &format!("<s:Envelope{both}")), many),
        text("both on a header block", header(&format!("<x{both}/>")), many),
        text("both in the payload", inside(&format!("<x{both}/>")), sender("")),
        text("namespaces on every level", header(&scopes), sender("too many namespace")),
        text("100 levels", header(&"<x>".repeat(100)), deep),
        text("1,000,000 levels of header", header(&levels), deep),
        text("1,000,000 levels of payload", inside(&levels), sender("")),
        text(
            "1,000,000 levels around the payload",
            body(&format!(">{levels}<x")),
            addressing(&["InvalidAddressingHeader", "ActionMismatch"]),
        ),
        text("600,000 header blocks", header(&"<x/>".repeat(600_000)), sender("too many elements")),
        text("10,000 header blocks", header(&"<x/>".repeat(10_000)), Expected::Success),
        text("a name of 2 MB", header(&format!("<{}/>", "x".repeat(2_000_000))), Expected::Success),
        text("a comment of 10 MB", header(&format!("<!--{spaces}-->")), Expected::Success),
        text("300,000 references", header(&format!("<x>{references}</x>")), Expected::Success),
    ]
}

fn bindings(level: usize) -> String {
    (0..100).map(|n| format!(" xmlns:p{level}x{n}=\"u:{level}:{n}\"")).collect()
}

fn simple(door: &Door, broken: Vec<Broken>) -> Vec<Case> {
    let case = |(name, bytes, expected): Broken| Case::new(name, door.simple(&bytes), expected);
    broken.into_iter().map(case).collect()
}

/// The same texts as the root of a package.
fn packaged(door: &Door, broken: Vec<Broken>) -> Vec<Case> {
    let case = |(name, bytes, expected): Broken| {
        let mut package = Package::new("", &[]);
        let root = package.parts.pop().unwrap();
        package.parts = vec![Part { content: bytes, ..root }];
        Case::new(name, door.post(&package.content_type(), &package.to_bytes()), expected)
    };
    broken.into_iter().map(case).collect()
}

const KINDS: &[fn(&Door) -> Vec<Broken>] =
    &[encodings, entities, shapes, floods, actions, addresses, blocks];

pub(super) fn all(door: &Door) -> Vec<Case> {
    let mut cases = wide(door);
    for kind in KINDS {
        cases.extend(simple(door, kind(door)));
    }
    cases
}

#[test]
fn envelopes_of_the_registry() {
    let target = Target::start(Database::Sqlite);
    let door = Door::registry(&target);
    for kind in KINDS {
        target.check_all(|| door.connect(&target), simple(&door, kind(&door)));
    }
    target.check_all(|| door.connect(&target), wide(&door));
}

#[test]
fn envelopes_of_the_repository() {
    let target = Target::start(Database::Sqlite);
    let door = Door::repository(&target);
    for kind in KINDS {
        target.check_all(|| door.connect(&target), simple(&door, kind(&door)));
        target.check_all(|| door.connect(&target), packaged(&door, kind(&door)));
    }
    target.check_all(|| door.connect(&target), wide(&door));
}
