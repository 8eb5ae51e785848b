//! What is written is read back.

use std::borrow::Cow;

use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};
use xml::{Limits, Reader, Writer, escape_attribute, escape_text};

#[test]
fn escaping_borrows_when_there_is_nothing_to_do() {
    for text in ["", "plain", "\u{5C71}\u{7530}", "\u{FF21}\u{FF0E}", "a\tb\nc 'd' \"e\""] {
        assert!(matches!(escape_text(text), Cow::Borrowed(same) if same == text));
    }
    assert!(matches!(escape_attribute("it's \u{FF21}"), Cow::Borrowed(_)));
}

#[test]
fn escaping_keeps_what_reading_would_change() {
    assert_eq!(escape_text("a<b>&\r\n\"'\t]]>"), "a&lt;b&gt;&amp;&#13;\n\"'\t]]&gt;");
    assert_eq!(escape_attribute("a<b>&\r\n\"'\t"), "a&lt;b&gt;&amp;&#13;&#10;&quot;'&#9;");
    assert_eq!(escape_text("&"), "&amp;");
    assert_eq!(escape_text("\u{FF21}&"), "\u{FF21}&amp;");
}

#[test]
fn characters_xml_cannot_hold_are_replaced() {
    assert_eq!(
        escape_text("\0\u{1B}\u{FFFE}\u{FFFF}\u{FF0E}"),
        "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FF0E}"
    );
}

#[test]
fn the_writer_nests_and_closes() {
    let mut writer = Writer::with_capacity(64);
    writer.start("p:r", &[("xmlns:p", "u&v"), ("k", "\"")]).empty("a", &[]);
    writer.start("b", &[]).text("1 < 2").end().raw("<c/>");
    writer.start("d", &[("l", "m")]);
    assert_eq!(
        writer.finish(),
        "<p:r xmlns:p=\"u&amp;v\" k=\"&quot;\"><a/><b>1 &lt; 2</b><c/><d l=\"m\"></d></p:r>"
    );
    let mut writer = Writer::new();
    writer.end();
    assert_eq!(writer.finish(), "");
}

/// A random element: attribute value, texts and children in turn.
#[derive(Debug, Clone)]
struct Tree {
    value: String,
    children: Vec<(String, Tree)>,
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = any::<String>().prop_map(|value| Tree { value, children: Vec::new() });
    leaf.prop_recursive(4, 24, 4, |inner| {
        let child = (any::<String>(), inner);
        (any::<String>(), proptest::collection::vec(child, 0..4))
            .prop_map(|(value, children)| Tree { value, children })
    })
}

fn write(writer: &mut Writer, tree: &Tree) {
    writer.start("t", &[("v", &tree.value)]);
    for (text, child) in &tree.children {
        writer.text(text);
        write(writer, child);
    }
    writer.end();
}

/// The notation of [`crate::events`] that the tree must have.
fn expect(events: &mut Vec<String>, tree: &Tree) {
    events.push("<{}t".to_owned());
    events.push(format!("@{{}}v={}", representable(&tree.value)));
    for (text, child) in &tree.children {
        events.push(representable(text));
        expect(events, child);
    }
    events.push(">".to_owned());
}

fn representable(text: &str) -> String {
    let is_control = |character: char| character < ' ' && !matches!(character, '\t' | '\n' | '\r');
    let is_allowed =
        |character: char| !is_control(character) && !matches!(character, '\u{FFFE}' | '\u{FFFF}');
    text.chars().map(|c| if is_allowed(c) { c } else { '\u{FFFD}' }).collect()
}

proptest! {
    #[test]
    fn reading_inverts_writing(tree in tree()) {
        let mut writer = Writer::new();
        write(&mut writer, &tree);
        let document = writer.finish();
        let mut expected = Vec::new();
        expect(&mut expected, &tree);
        expected.retain(|event| !event.is_empty());
        prop_assert_eq!(crate::events(&document, Limits::default()).unwrap(), expected);
    }

    #[test]
    fn any_string_survives_as_text_and_value(
        text in proptest::string::string_regex("[\\x00-\u{10FFFF}<>&'\"\\]\\r\\n\\t ]{0,40}").unwrap(),
    ) {
        let document = format!("<r k=\"{}\">{}</r>", escape_attribute(&text), escape_text(&text));
        let mut reader = Reader::new(&document, Limits::default()).unwrap();
        let root = reader.next_child().unwrap().unwrap();
        prop_assert_eq!(root.attribute("k").unwrap(), representable(&text));
        prop_assert_eq!(reader.text().unwrap(), representable(&text));
        prop_assert!(reader.expect_end().is_ok());
    }
}
