//! Documents that must be refused, and how fast.

use std::time::{Duration, Instant};

use proptest::prelude::{ProptestConfig, Strategy, any, prop_assert, prop_oneof, proptest};
use xml::{Limits, Reader, XmlErrorKind};

use crate::{events, refuse, refuse_within};

/// The demand of the attack catalogue for floods.
const DEADLINE: Duration = Duration::from_millis(100);

/// Refused with this kind, within the deadline, even if all other limits are wide.
#[track_caller]
fn refuse_in_time(text: &str, limits: Limits, kind: XmlErrorKind) {
    let timed = || {
        let start = Instant::now();
        refuse_within(text, limits, kind);
        start.elapsed()
    };
    // The fastest of several: what else a busy machine does is no fault of the reader.
    let elapsed = (0..5).map(|_| timed()).min().unwrap();
    // The deadline is meant for optimised builds; others are allowed four times as much.
    let allowed = if cfg!(debug_assertions) { DEADLINE * 4 } else { DEADLINE };
    assert!(elapsed < allowed, "took {elapsed:?}");
}

fn wide() -> Limits {
    Limits { attributes_per_element: 1_000_000, elements: 10_000_000, ..Limits::default() }
}

#[test]
fn document_types_are_refused_wherever_they_stand() {
    refuse("<!DOCTYPE r><r/>", XmlErrorKind::DocType);
    refuse(
        "<?xml version='1.0'?>\n<!DOCTYPE r SYSTEM 'file:///etc/passwd'><r/>",
        XmlErrorKind::DocType,
    );
    refuse(
        "<!DOCTYPE r [<!ENTITY x SYSTEM 'http://127.0.0.1/'>]><r>&x;</r>",
        XmlErrorKind::DocType,
    );
    refuse("<!DOCTYPE r [<!ENTITY a 'a'><!ENTITY b '&a;&a;'>]><r>&b;</r>", XmlErrorKind::DocType);
    refuse("<!DOCTYPE r [", XmlErrorKind::DocType);
    refuse("<r><!DOCTYPE r></r>", XmlErrorKind::DocType);
    refuse("<r>a<!DOCTYPE r></r>", XmlErrorKind::DocType);
    refuse("<!doctype r><r/>", XmlErrorKind::DocType);
}

#[test]
fn only_the_five_entities_exist() {
    refuse("<r>&nbsp;</r>", XmlErrorKind::Entity);
    refuse("<r k='&nbsp;'/>", XmlErrorKind::Entity);
    refuse("<r xmlns='&nbsp;'/>", XmlErrorKind::Entity);
    refuse("<r>&LT;</r>", XmlErrorKind::Entity);
    refuse("<r>&;</r>", XmlErrorKind::Entity);
    // The patient id of a hand-written script, with its ampersands as they are.
    refuse("<r>1^^^&1.2.3&ISO</r>", XmlErrorKind::Malformed);
    refuse("<r k='1^^^&1.2.3&ISO'/>", XmlErrorKind::Malformed);
}

#[test]
fn character_references_must_name_characters() {
    for number in ["0", "x0", "8", "xB", "xFFFE", "xD800", "xDFFF", "x110000", "x7FFFFFFFFFFF"] {
        refuse(&format!("<r>&#{number};</r>"), XmlErrorKind::Character);
        refuse(&format!("<r k='&#{number};'/>"), XmlErrorKind::Character);
    }
    for number in ["", "x", "+5", "-5", "X41", "4a", " 65", "x4 1"] {
        refuse(&format!("<r>&#{number};</r>"), XmlErrorKind::Malformed);
    }
}

#[test]
fn characters_outside_xml_are_refused() {
    for character in ['\0', '\u{1}', '\u{8}', '\u{B}', '\u{1B}', '\u{FFFE}', '\u{FFFF}'] {
        refuse(&format!("<r>{character}</r>"), XmlErrorKind::Character);
        refuse(&format!("<r k='\u{3042}{character}'/>"), XmlErrorKind::Character);
        refuse(&format!("<r/><!-- {character} -->"), XmlErrorKind::Character);
    }
}

#[test]
fn processing_instructions_are_refused() {
    refuse("<?xml-stylesheet href='x'?><r/>", XmlErrorKind::ProcessingInstruction);
    refuse("<r><?php x?></r>", XmlErrorKind::ProcessingInstruction);
    refuse("<r>a<?x?></r>", XmlErrorKind::ProcessingInstruction);
    refuse("<r/><?x?>", XmlErrorKind::ProcessingInstruction);
}

#[test]
fn the_xml_declaration_stands_first_and_is_well_formed() {
    for text in [
        " <?xml version='1.0'?><r/>",
        "<r><?xml version='1.0'?></r>",
        "<r/><?xml version='1.0'?>",
        "<?xml version='1.0'?><?xml version='1.0'?><r/>",
        "<?xml?><r/>",
        "<?xml encoding='UTF-8'?><r/>",
        "<?xml version='2.0'?><r/>",
        "<?xml version=1.0?><r/>",
        "<?xml version='1.0' k='v'?><r/>",
        "<?xml version='1.0' encoding?><r/>",
    ] {
        refuse(text, XmlErrorKind::Malformed);
    }
}

#[test]
fn tags_must_match_and_be_closed() {
    refuse("<r><a></r></a>", XmlErrorKind::Malformed);
    refuse("<p:r xmlns:p='u' xmlns:q='u'></q:r>", XmlErrorKind::Malformed);
    refuse("<r></r k='1'>", XmlErrorKind::Malformed);
    refuse("</r>", XmlErrorKind::Malformed);
    refuse("<r", XmlErrorKind::Malformed);
    refuse("<r k='", XmlErrorKind::Malformed);
    refuse("<r><![CDATA[", XmlErrorKind::Malformed);
    refuse("<r><!--", XmlErrorKind::Malformed);
    refuse("<r><!x></r>", XmlErrorKind::Malformed);
    refuse("<r>&amp", XmlErrorKind::Malformed);
    refuse("<r>", XmlErrorKind::UnexpectedEnd);
    refuse("<r>text", XmlErrorKind::UnexpectedEnd);
    refuse("", XmlErrorKind::UnexpectedEnd);
    refuse("<!-- -->", XmlErrorKind::UnexpectedEnd);
    refuse("<r><!-- a -- b --></r>", XmlErrorKind::Malformed);
    refuse("<r>]]></r>", XmlErrorKind::Malformed);
}

#[test]
fn one_root_element_and_no_text_around_it() {
    refuse("<r/><r/>", XmlErrorKind::UnexpectedElement);
    refuse("x<r/>", XmlErrorKind::UnexpectedText);
    refuse("<r/>x", XmlErrorKind::UnexpectedText);
    refuse("<r/>&#32;", XmlErrorKind::UnexpectedText);
    refuse("<r/><![CDATA[ ]]>", XmlErrorKind::UnexpectedText);
    refuse("\u{FEFF}\u{FEFF}<r/>", XmlErrorKind::UnexpectedText);
}

#[test]
fn names_must_be_names() {
    for name in
        ["1a", "-a", ".a", ":a", "a:", "a:b:c", "a:1", "a/b", "a\"b", "\u{D7}", "", "=", "!"]
    {
        let text = format!("<r xmlns:a='u'><{name}/></r>");
        assert!(events(&text, Limits::default()).is_err(), "{text}");
        let text = format!("<r xmlns:a='u' {name}='1'/>");
        assert!(events(&text, Limits::default()).is_err(), "{text}");
    }
    refuse("< r/>", XmlErrorKind::Malformed);
}

#[test]
fn attributes_must_follow_the_grammar() {
    for attributes in
        ["k", "k=", "k=v", "k='v", "k='1'j='2'", "k='<'", "k 'v'", "='v'", "k='1' /", "a b='1'"]
    {
        let text = format!("<r {attributes}></r>");
        assert!(events(&text, Limits::default()).is_err(), "{text}");
    }
}

#[test]
fn attributes_are_distinct_by_expanded_name() {
    refuse("<r k='1' k='2'/>", XmlErrorKind::DuplicateAttribute);
    refuse("<r xmlns:p='u' xmlns:q='u' p:k='1' q:k='2'/>", XmlErrorKind::DuplicateAttribute);
    refuse("<r xmlns:p='u' xmlns:q='&#117;' p:k='1' q:k='2'/>", XmlErrorKind::DuplicateAttribute);
    refuse("<r xmlns:p='u' xmlns:p='v'/>", XmlErrorKind::DuplicateAttribute);
    refuse("<r xmlns='u' xmlns='v'/>", XmlErrorKind::DuplicateAttribute);
    // An attribute without prefix is not in the default namespace.
    crate::check("<r xmlns='u' xmlns:p='u' k='1' p:k='2'/>", "<{u}r|@{}k=1|@{u}k=2|>");
}

#[test]
fn prefixes_must_be_bound() {
    refuse("<p:r/>", XmlErrorKind::UnboundPrefix);
    refuse("<r p:k='1'/>", XmlErrorKind::UnboundPrefix);
    refuse("<r><p:a xmlns:p='u'/><p:b/></r>", XmlErrorKind::UnboundPrefix);
    refuse("<r><a xmlns:p='u'><b/></a><p:b/></r>", XmlErrorKind::UnboundPrefix);
    refuse("<r><a><p:b/></a><c xmlns:p='u'/></r>", XmlErrorKind::UnboundPrefix);
}

#[test]
fn reserved_namespaces_stay_reserved() {
    refuse("<r xmlns:xml='u'/>", XmlErrorKind::ReservedNamespace);
    refuse("<r xmlns:xmlns='u'/>", XmlErrorKind::ReservedNamespace);
    refuse("<r xmlns:p=''/>", XmlErrorKind::ReservedNamespace);
    refuse("<r xmlns='http://www.w3.org/XML/1998/namespace'/>", XmlErrorKind::ReservedNamespace);
    refuse("<r xmlns:p='http://www.w3.org/2000/xmlns/'/>", XmlErrorKind::ReservedNamespace);
    refuse("<xmlns:r/>", XmlErrorKind::ReservedNamespace);
    crate::check("<r xmlns:xml='http://www.w3.org/XML/1998/namespace'/>", "<{}r|>");
}

#[test]
fn a_flood_of_attributes_is_refused_in_time() {
    let attributes: String = (0..100_000).map(|n| format!(" a{n}='{n}'")).collect();
    let text = format!("<r{attributes}/>");
    refuse_in_time(&text, Limits::default(), XmlErrorKind::TooManyAttributes);
}

#[test]
fn a_flood_of_namespaces_is_refused_in_time() {
    let declarations: String = (0..100_000).map(|n| format!(" xmlns:a{n}='u{n}'")).collect();
    let text = format!("<r{declarations}/>");
    refuse_in_time(&text, Limits::default(), XmlErrorKind::TooManyAttributes);
    refuse_in_time(&text, wide(), XmlErrorKind::TooManyNamespaces);
}

#[test]
fn namespaces_spread_over_the_depth_are_counted_together() {
    let declarations: String = (0..60).map(|n| format!(" xmlns:a{n}='u'")).collect();
    let text = format!("<r{declarations}>").repeat(10);
    refuse(&text, XmlErrorKind::TooManyNamespaces);
    // Side by side they are not in scope together.
    let text = format!("<r>{}</r>", format!("<a{declarations}/>").repeat(100));
    assert!(events(&text, Limits::default()).is_ok());
}

#[test]
fn a_depth_bomb_is_refused_in_time() {
    let text = "<r>".repeat(1_000_000);
    refuse_in_time(&text, wide(), XmlErrorKind::TooDeep);
    // The limit itself is allowed.
    let depth = Limits::default().depth;
    let text = format!("{}{}", "<r>".repeat(depth), "</r>".repeat(depth));
    assert!(events(&text, Limits::default()).is_ok());
    refuse(&format!("<r>{text}</r>"), XmlErrorKind::TooDeep);
}

#[test]
fn elements_and_bytes_are_counted() {
    let limits = Limits { elements: 3, ..Limits::default() };
    assert!(events("<r><a/><a/></r>", limits).is_ok());
    refuse_within("<r><a/><a/><a/></r>", limits, XmlErrorKind::TooManyElements);
    let limits = Limits { bytes: 4, ..Limits::default() };
    assert!(events("<r/>", limits).is_ok());
    refuse_within("<rr/>", limits, XmlErrorKind::TooLarge);
}

#[test]
fn long_texts_and_values_are_refused() {
    let limits = Limits { text_bytes: 4, ..Limits::default() };
    assert!(events("<r k='1234'>1234</r>", limits).is_ok());
    for text in [
        "<r>12345</r>",
        "<r>123&#52;5</r>",
        "<r>12<!-- -->345</r>",
        "<r>1<![CDATA[2345]]></r>",
        "<r k='12345'/>",
        "<r xmlns='12345'/>",
    ] {
        refuse_within(text, limits, XmlErrorKind::TextTooLong);
    }
}

#[test]
fn a_flood_of_references_and_comments_takes_linear_time() {
    let limits = Limits::default();
    let start = Instant::now();
    for piece in ["&amp;", "<!---->", "<![CDATA[]]>", "&#65;<!-- -->", "]]"] {
        let text = format!("<r>{}</r>", piece.repeat(1_000_000 / piece.len()));
        assert!(events(&text, limits).is_ok());
        let text = format!("<r>{}", piece.repeat(1_000_000 / piece.len()));
        assert!(events(&text, limits).is_err());
    }
    assert!(start.elapsed() < Duration::from_secs(10));
}

/// Pieces of documents in any order: most combinations are wrong in some way.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        proptest::sample::select(vec![
            "<r>",
            "</r>",
            "<a/>",
            "<p:a xmlns:p='u'>",
            "</p:a>",
            "<",
            ">",
            "&",
            "&amp;",
            "&#65;",
            "&#x;",
            ";",
            "'",
            "\"",
            "=",
            " k='v'",
            " xmlns='u'",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "<?xml version='1.0'?>",
            "<?x?>",
            "<!DOCTYPE r>",
            "\r\n",
            "\u{3042}",
            "]]",
            "<r k='",
        ])
        .prop_map(str::to_owned),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases * 8))]

    /// No input makes the reader panic or run on; all positions lie in the text, in order.
    #[test]
    fn any_input_ends(text in soup()) {
        if let Ok(mut reader) = Reader::new(&text, Limits::default()) {
            let mut last = 0;
            for _ in 0..=text.len() * 2 {
                match reader.next() {
                    Ok(xml::Event::Eof) => return Ok(()),
                    Ok(_) => {
                        let position = reader.position();
                        prop_assert!(position >= last && text.is_char_boundary(position));
                        last = position;
                    }
                    Err(error) => {
                        prop_assert!(error.offset <= text.len());
                        return Ok(());
                    }
                }
            }
            prop_assert!(false, "the reader did not end");
        }
    }

    /// Whatever is cut off a document, the rest is refused.
    #[test]
    fn truncated_documents_are_refused(cut in 0..96_usize) {
        let text = "<p:r xmlns:p='u' k='1'><a>x&amp;y</a><!-- c --><b><![CDATA[z]]></b><c d='e'/></p:r>";
        if let Some(truncated) = text.get(..cut).filter(|truncated| truncated.len() < text.len()) {
            prop_assert!(events(truncated, Limits::default()).is_err());
        }
    }
}
