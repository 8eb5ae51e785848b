//! `xml::Reader` with `xml::decode`: every event within the limits, and the same document when written again.

use xml::{Event, Limits, Reader, escape_attribute, escape_text};

use super::{XML_TOKENS, payload, reason};
use crate::{Target, Verdict};

pub(super) const TARGET: Target =
    Target { name: "xml_events", run, seeds, samples: &["hl7v3", "saml"], tokens: &[XML_TOKENS] };

const LIMITS: Limits = Limits {
    bytes: 300_000,
    depth: 16,
    elements: 2_000,
    attributes_per_element: 24,
    text_bytes: 10_000,
};

/// What was read: an element with the attributes that are in no namespace, text, an end.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Start { namespace: String, local: String, attributes: Vec<(String, String)> },
    Text(String),
    End,
}

fn run(bytes: &[u8]) -> Verdict {
    for charset in ["utf-8", "UTF-16", "utf-16le", "us-ascii", "iso-2022-jp", "\"", ""] {
        if let Ok(text) = xml::decode(bytes, Some(charset)) {
            assert!(text.len() <= bytes.len().saturating_mul(2), "text of nothing");
        }
    }
    let text = payload::decode(bytes)?;
    let pieces = read(&text, LIMITS)?;
    let written = write(&pieces);
    // Each name stands there twice and each namespace where it is used.
    let limits = Limits { bytes: written.len(), ..LIMITS };
    assert_eq!(read(&written, limits).as_ref(), Ok(&pieces), "written and read again");
    let deepest = depth(&pieces);
    Ok(format!("depth {deepest}"))
}

fn read(text: &str, limits: Limits) -> Result<Vec<Piece>, String> {
    let mut reader = Reader::new(text, limits).map_err(reason)?;
    let mut pieces = Vec::new();
    let mut n_elements = 0_usize;
    let mut position = 0;
    loop {
        let event = reader.next().map_err(reason)?;
        assert!(reader.position() >= position && reader.position() <= text.len(), "goes forward");
        position = reader.position();
        match event {
            Event::Start(element) => {
                n_elements = n_elements.saturating_add(1);
                assert!(element.span_start() < position, "begins before it ends");
                let own = element.attributes().filter(|attribute| attribute.namespace.is_empty());
                let own: Vec<_> = own
                    .map(|attribute| (attribute.local.to_owned(), attribute.value.into_owned()))
                    .collect();
                for (name, value) in &own {
                    assert!(value.len() <= LIMITS.text_bytes, "over the limit");
                    assert_eq!(element.attribute(name).as_deref(), Some(value.as_str()), "by name");
                }
                pieces.push(Piece::Start {
                    namespace: element.namespace().to_owned(),
                    local: element.local().to_owned(),
                    attributes: own,
                });
            }
            Event::Text(text) => {
                assert!(!text.is_empty() && text.len() <= LIMITS.text_bytes, "over the limit");
                match pieces.last_mut() {
                    Some(Piece::Text(before)) => before.push_str(&text),
                    Some(Piece::Start { .. } | Piece::End) | None => {
                        pieces.push(Piece::Text(text.into_owned()));
                    }
                }
            }
            Event::End => pieces.push(Piece::End),
            Event::Eof => break,
        }
    }
    assert!(n_elements <= LIMITS.elements && depth(&pieces) <= LIMITS.depth, "over the limit");
    Ok(pieces)
}

/// The deepest nesting; every start has its end.
fn depth(pieces: &[Piece]) -> usize {
    let mut open = 0_usize;
    let mut deepest = 0_usize;
    for piece in pieces {
        match piece {
            Piece::Start { .. } => open = open.saturating_add(1),
            Piece::Text(_) => assert!(open > 0, "text outside of the root"),
            Piece::End => {
                assert!(open > 0, "an end too many");
                open = open.saturating_sub(1);
            }
        }
        deepest = deepest.max(open);
    }
    assert_eq!(open, 0, "an end too few");
    deepest
}

/// Every element declares its namespace as the default one.
fn write(pieces: &[Piece]) -> String {
    let mut text = String::new();
    let mut open: Vec<&str> = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Start { namespace, local, attributes } => {
                text.push_str(&format!("<{local} xmlns=\"{}\"", escape_attribute(namespace)));
                for (name, value) in attributes {
                    text.push_str(&format!(" {name}=\"{}\"", escape_attribute(value)));
                }
                text.push('>');
                open.push(local);
            }
            Piece::Text(piece) => text.push_str(&escape_text(piece)),
            Piece::End => text.push_str(&format!("</{}>", open.pop().unwrap_or_default())),
        }
    }
    text
}

fn seeds() -> Vec<Vec<u8>> {
    let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- a --><a:b xmlns:a=\"urn:a\" c=\"1\" \
                a:c='&quot;&#10;2'>text <![CDATA[<&]]> &amp; <c/><d xmlns=\"urn:d\">山田<e f=\"\"/></d></a:b>\n";
    let little = text.replace("UTF-8", "UTF-16");
    let little: Vec<u8> =
        std::iter::once(0xFEFF).chain(little.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    vec![text.as_bytes().to_vec(), little]
}
