//! `xmldsig::Document`: a canonical form is a document, and its own canonical form.

use xml::Limits;
use xmldsig::{Document, Node};

use super::{XML_TOKENS, payload, reason};
use crate::{Target, Verdict};

pub(super) const TARGET: Target = Target {
    name: "canonical_form",
    run,
    seeds,
    samples: &["saml"],
    tokens: &[TOKENS, XML_TOKENS],
};

const TOKENS: &[&str] = &[
    " xmlns:xs=\"urn:xs\"",
    " xmlns:b=\"urn:a\"",
    " b:c=\"\"",
    " a:c=\"\"",
    " xs:c='\"'",
    "<b:c>",
    "</b:c>",
    "<xs:c/>",
    "&#13;",
    "&#9;",
];

const LIMITS: Limits = Limits {
    bytes: 300_000,
    depth: 32,
    elements: 2_000,
    attributes_per_element: 64,
    text_bytes: 10_000,
};
/// Parts are looked at as well, as far as that stays linear.
const MAX_PARTS: usize = 8;
const LISTS: [&[&str]; 3] = [&[], &["xs"], &["", "a", "b", "xs", "xml"]];

fn run(bytes: &[u8]) -> Verdict {
    let text = payload::decode(bytes)?;
    let document = Document::read(&text, LIMITS).map_err(reason)?;
    let Some(root) = document.root() else { unreachable!("a document without root") };
    let mut at = Some(root);
    let mut n_parts = 0_usize;
    while let Some(node) = at.filter(|_| n_parts < MAX_PARTS) {
        LISTS.iter().for_each(|prefixes| check(node, prefixes));
        n_parts = n_parts.saturating_add(1);
        at = node.children().last();
    }
    Ok(format!("{n_parts} parts"))
}

fn check(node: Node<'_>, prefixes: &[&str]) {
    let once = node.canonical(prefixes);
    // Each character takes six at most, and names are written twice.
    let wide = Limits { bytes: once.len(), text_bytes: once.len(), ..LIMITS };
    let again = match Document::read(&once, wide) {
        Ok(document) => document,
        Err(error) => unreachable!("a canonical form that cannot be read: {error}\n{once}"),
    };
    let Some(root) = again.root() else { unreachable!("a document without root") };
    assert_eq!(root.canonical(prefixes), once, "its own canonical form");
    assert!(root.is(node.namespace(), node.local()), "another element");
    assert_eq!(root.text(), node.text(), "another text");
    assert_eq!(root.children().count(), node.children().count(), "other children");
    let values = |node: Node<'_>| -> Vec<(String, String)> {
        let attributes = node.attributes();
        let mut values: Vec<_> = attributes
            .map(|found| (format!("{}{}", found.namespace, found.local), found.value.into_owned()))
            .collect();
        values.sort();
        values
    };
    assert_eq!(values(root), values(node), "other attributes");
}

fn seeds() -> Vec<Vec<u8>> {
    let text = "<?xml version=\"1.0\"?><!-- a --><a:b xmlns:a=\"urn:a\" xmlns:xs='urn:xs' c=\"1\" a:c='&quot;&#10;2'>text \
                <![CDATA[<&]]> &amp;<!-- b --> <c xmlns:xs='urn:other'/><d xmlns=\"urn:d\">山田<e f=\"xs:g\"/>\
                <a:h xmlns=''><i xml:lang='ja'/></a:h></d></a:b>\n";
    vec![text.as_bytes().to_vec(), b"<a/>".to_vec(), b"<a><b/><c/></a>".to_vec()]
}
