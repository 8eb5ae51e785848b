//! Well-formed documents and the calls that read them.

use std::borrow::Cow;

use xml::{Limits, Reader, XmlErrorKind};

use crate::{check, refuse};

/// A reader after the start of the root element.
fn inside_root(text: &str) -> Reader<'_> {
    let mut reader = Reader::new(text, Limits::default()).unwrap();
    reader.next_child().unwrap().unwrap();
    reader
}

#[test]
fn prefixes_are_not_significant() {
    check("<a:r xmlns:a='u'><a:c/></a:r>", "<{u}r|<{u}c|>|>");
    check("<r xmlns='u'><c/></r>", "<{u}r|<{u}c|>|>");
    check("<r xmlns='u'><c xmlns=''/></r>", "<{u}r|<{}c|>|>");
    check("<p:r xmlns:p='u'><p:c xmlns:p='v'/><p:d/></p:r>", "<{u}r|<{v}c|>|<{u}d|>|>");
}

#[test]
fn declarations_may_follow_their_use_in_the_tag() {
    check("<a:r a:k='1' xmlns:a='u'/>", "<{u}r|@{u}k=1|>");
}

#[test]
fn attributes_without_prefix_are_in_no_namespace() {
    check(
        "<r xmlns='u' k='1' xml:lang='ja'/>",
        "<{u}r|@{}k=1|@{http://www.w3.org/XML/1998/namespace}lang=ja|>",
    );
}

#[test]
fn a_namespace_name_is_unescaped_before_it_is_compared() {
    check("<r xmlns='a&#x62;&amp;'/>", "<{ab&}r|>");
}

#[test]
fn attributes_are_found_by_expanded_name() {
    let text = "<r xmlns:p='u' p:k='1' k = \"2\"\n j='3'/>";
    let mut reader = Reader::new(text, Limits::default()).unwrap();
    let root = reader.next_child().unwrap().unwrap();
    assert_eq!(root.attribute("k").unwrap(), "2");
    assert_eq!(root.attribute("j").unwrap(), "3");
    assert_eq!(root.attribute_ns("u", "k").unwrap(), "1");
    assert_eq!(root.attribute_ns("", "k").unwrap(), "2");
    assert_eq!(root.attribute("p:k"), None);
    assert_eq!(root.attribute("xmlns"), None);
    assert_eq!(root.attribute_ns("v", "k"), None);
    assert_eq!(root.attributes().count(), 3);
}

#[test]
fn what_a_canonical_form_needs_is_kept_as_written() {
    let text =
        "<p:r xmlns:p='u' k='1' q:k='2' xmlns='a&amp;b' xmlns:q='v' xml:lang='ja'><c/></p:r>";
    let mut reader = Reader::new(text, Limits::default()).unwrap();
    let root = reader.next_child().unwrap().unwrap();
    assert_eq!(root.prefix(), "p");
    let declarations: Vec<_> = root.declarations().collect();
    let expected = [("p", "u"), ("", "a&b"), ("q", "v")];
    assert_eq!(declarations, expected.map(|(prefix, name)| (prefix, Cow::Borrowed(name))));
    let prefixes: Vec<&str> = root.attributes().map(|attribute| attribute.prefix).collect();
    assert_eq!(prefixes, ["", "q", "xml"]);
    let child = reader.next_child().unwrap().unwrap();
    assert_eq!((child.prefix(), child.declarations().count()), ("", 0));
}

#[test]
fn attribute_values_are_normalised() {
    check(
        "<r k='a\tb\r\nc\rd&#10;&#x9;e &lt;&gt;&amp;&quot;&apos;&#x1F600;'/>",
        "<{}r|@{}k=a b c d\n\te <>&\"'\u{1F600}|>",
    );
}

#[test]
fn text_is_one_event_whatever_it_is_written_with() {
    check(
        "<r>a&amp;b<![CDATA[<c>&]]>d<!-- x -->e&#x3042;\r\nf\rg</r>",
        "<{}r|a&b<c>&de\u{3042}\nf\ng|>",
    );
    check("<r><!-- x -->a</r>", "<{}r|a|>");
    check("<r><![CDATA[a\r\nb]]></r>", "<{}r|a\nb|>");
    check("<r>a]]&gt;b] ]> ></r>", "<{}r|a]]>b] ]> >|>");
}

#[test]
fn text_is_borrowed_when_nothing_had_to_be_changed() {
    let mut reader = inside_root("<r>c4d77e21^^^\u{3042}</r>");
    assert!(matches!(reader.text().unwrap(), Cow::Borrowed("c4d77e21^^^\u{3042}")));
    let mut reader = inside_root("<r><!-- only -->plain<!-- comments --></r>");
    assert!(matches!(reader.text().unwrap(), Cow::Borrowed("plain")));
    let mut reader = inside_root("<r><![CDATA[a & b]]></r>");
    assert!(matches!(reader.text().unwrap(), Cow::Borrowed("a & b")));
    let mut reader = Reader::new("<r k='v'/>", Limits::default()).unwrap();
    let root = reader.next_child().unwrap().unwrap();
    assert!(matches!(root.attribute("k"), Some(Cow::Borrowed("v"))));
}

#[test]
fn a_document_type_inside_cdata_is_text() {
    check("<r><![CDATA[<!DOCTYPE r>]]></r>", "<{}r|<!DOCTYPE r>|>");
    check("<r><!-- <!DOCTYPE r> --></r>", "<{}r|>");
}

#[test]
fn prolog_and_epilog_may_hold_comments_and_white_space() {
    check(
        "<?xml version='1.0' encoding='UTF-8' standalone=\"yes\" ?>\r\n<!-- a -->\n<r/>\n<!-- b -->\n",
        "<{}r|>",
    );
    check("\u{FEFF}<?xml version='1.0'?><r/>", "<{}r|>");
}

#[test]
fn names_may_be_japanese() {
    check(
        "<\u{60A3}\u{8005} \u{6C0F}\u{540D}='\u{5C71}'/>",
        "<{}\u{60A3}\u{8005}|@{}\u{6C0F}\u{540D}=\u{5C71}|>",
    );
}

#[test]
fn next_child_skips_white_space_and_refuses_text() {
    let mut reader = inside_root("<r> <a/> <!-- --> <b/>\n</r>");
    for expected in ["a", "b"] {
        assert_eq!(reader.next_child().unwrap().unwrap().local(), expected);
        assert!(reader.next_child().unwrap().is_none());
    }
    assert!(reader.next_child().unwrap().is_none());
    reader.expect_end().unwrap();

    let error = inside_root("<r> x <a/></r>").next_child().unwrap_err();
    assert_eq!((error.kind, error.offset), (XmlErrorKind::UnexpectedText, 3));
    // A no-break space is text.
    let error = inside_root("<r>\u{A0}</r>").next_child().unwrap_err();
    assert_eq!(error.kind, XmlErrorKind::UnexpectedText);
}

#[test]
fn text_takes_the_whole_element() {
    assert_eq!(inside_root("<r/>").text().unwrap(), "");
    assert_eq!(inside_root("<r></r>").text().unwrap(), "");
    assert_eq!(inside_root("<r> a </r>").text().unwrap(), " a ");
    assert_eq!(
        inside_root("<r>a<b/></r>").text().unwrap_err().kind,
        XmlErrorKind::UnexpectedElement
    );
}

#[test]
fn skip_takes_the_whole_element_and_nothing_more() {
    let text = "<r><a k='>'>x<b><c/></b><a/></a><d/><e>y</e></r>";
    let mut reader = inside_root(text);
    let element = reader.next_child().unwrap().unwrap();
    reader.skip().unwrap();
    assert_eq!(
        text.get(element.span_start()..reader.position()),
        Some("<a k='>'>x<b><c/></b><a/></a>")
    );
    let element = reader.next_child().unwrap().unwrap();
    reader.skip().unwrap();
    assert_eq!(text.get(element.span_start()..reader.position()), Some("<d/>"));
    assert_eq!(reader.next_child().unwrap().unwrap().local(), "e");
    assert_eq!(reader.text().unwrap(), "y");
    assert!(reader.next_child().unwrap().is_none());
}

#[test]
fn positions_count_the_byte_order_mark() {
    let text = "\u{FEFF}<r><a/></r>";
    let mut reader = inside_root(text);
    let element = reader.next_child().unwrap().unwrap();
    reader.skip().unwrap();
    assert_eq!(text.get(element.span_start()..reader.position()), Some("<a/>"));
}

#[test]
fn what_is_skipped_is_checked() {
    for text in ["<r><a>&x;</a></r>", "<r><a><b></a></b></r>", "<r><a p:k=''/></r>"] {
        assert!(inside_root(text).skip().is_err());
    }
}

#[test]
fn expect_end_refuses_anything_left() {
    let mut reader = inside_root("<r/><s/>");
    assert!(reader.next_child().unwrap().is_none());
    assert_eq!(reader.expect_end().unwrap_err().kind, XmlErrorKind::UnexpectedElement);
    refuse("<r/>x", XmlErrorKind::UnexpectedText);
}

#[test]
fn errors_tell_no_content() {
    let mut reader = inside_root("<r><Yamada>&Taro;</Yamada></r>");
    let error = reader.skip().unwrap_err();
    assert_eq!(error.to_string(), "unknown entity at byte 11");
}

fn excerpt(text: &str) -> String {
    let mut reader = Reader::new(text, Limits::default()).unwrap();
    let _root = reader.next_child().unwrap().unwrap();
    let _outer = reader.next_child().unwrap().unwrap();
    let element = reader.next_child().unwrap().unwrap();
    reader.skip().unwrap();
    reader.excerpt(&element)
}

#[test]
fn an_excerpt_is_what_was_written_with_the_declarations_around_it() {
    let outer = "<a xmlns='urn:a' xmlns:x='urn:x'><b xmlns:x='urn:&lt;y'>";
    assert_eq!(
        excerpt(&format!("{outer}<c d='&amp;'>t<!-- c --><e/></c></b></a>")),
        "<c xmlns=\"urn:a\" xmlns:x=\"urn:&lt;y\" d='&amp;'>t<!-- c --><e/></c>"
    );
    assert_eq!(
        excerpt(&format!("{outer}<x:c xmlns:x='urn:z' xmlns=''/></b></a>")),
        "<x:c xmlns:x='urn:z' xmlns=''/>"
    );
    // Where it will stand, another default namespace may be declared.
    assert_eq!(excerpt("<a><b><c/></b></a>"), "<c xmlns=\"\"/>");
    assert_eq!(excerpt("<a xmlns='urn:a'><b xmlns=''><c\n></c></b></a>"), "<c xmlns=\"\"\n></c>");
}
