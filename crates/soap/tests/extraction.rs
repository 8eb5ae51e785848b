//! Base64 inside an envelope becomes content beside it, however the bytes are cut.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use soap::mtom::{ContentExtractor, ExtractionEvent, MtomError};

/// The envelope that is left, and what was extracted from it.
type Extracted = (String, Vec<(String, Vec<u8>)>);

fn extract(envelope: &[u8], chunk_bytes: usize) -> Result<Extracted, MtomError> {
    let mut extractor = ContentExtractor::new("p".to_owned());
    let (mut left, mut contents, mut is_open) = (Vec::new(), Vec::new(), false);
    let mut sink = |event: ExtractionEvent<'_>| {
        match event {
            ExtractionEvent::Envelope(bytes) => {
                assert!(!is_open, "the envelope goes on inside content");
                left.extend_from_slice(bytes);
            }
            ExtractionEvent::Begin(id) => {
                assert!(!std::mem::replace(&mut is_open, true));
                contents.push((id, Vec::new()));
            }
            ExtractionEvent::Data(bytes) => {
                assert!(is_open && !bytes.is_empty());
                contents.last_mut().unwrap().1.extend_from_slice(bytes);
            }
            ExtractionEvent::End => assert!(std::mem::replace(&mut is_open, false)),
        }
        Ok::<(), MtomError>(())
    };
    for chunk in envelope.chunks(chunk_bytes) {
        extractor.push(chunk, &mut sink)?;
    }
    extractor.finish(&mut sink)?;
    Ok((String::from_utf8(left).unwrap(), contents))
}

fn include(n: usize) -> String {
    format!(r#"<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:p-{n}"/>"#)
}

#[track_caller]
fn check(envelope: &str, left: &str, contents: &[&[u8]]) {
    for chunk_bytes in [1, 2, 3, 7, 100, 4_096, usize::MAX] {
        let (found, extracted) = extract(envelope.as_bytes(), chunk_bytes).unwrap();
        assert_eq!(found, left, "in chunks of {chunk_bytes}");
        let bytes: Vec<&[u8]> = extracted.iter().map(|(_, bytes)| bytes.as_slice()).collect();
        assert!(bytes == contents, "in chunks of {chunk_bytes}");
        for (n, (id, _)) in extracted.iter().enumerate() {
            assert_eq!(*id, format!("p-{n}"));
        }
    }
}

#[track_caller]
fn unchanged(envelope: &str) {
    check(envelope, envelope, &[]);
}

#[track_caller]
fn refuse(envelope: &str) {
    for chunk_bytes in [1, 2, 3, 7, 4_096, usize::MAX] {
        let error = extract(envelope.as_bytes(), chunk_bytes).unwrap_err();
        assert_eq!(error, MtomError::InlineContent, "in chunks of {chunk_bytes}");
    }
}

fn bytes(n_bytes: u32) -> Vec<u8> {
    (0..n_bytes).map(|n| u8::try_from((n * 7 + n / 251) % 256).unwrap()).collect()
}

fn long() -> (Vec<u8>, String) {
    let bytes = bytes(10_000);
    let text = STANDARD.encode(&bytes);
    (bytes, text)
}

#[test]
fn long_content_is_extracted() {
    let (content, text) = long();
    for (open, close) in [
        ("<Document>", "</Document>"),
        ("<xds:Document id=\"d\">", "</xds:Document>"),
        ("<x:Document\r\n id='d' a='>' b=\"/\">", "</x:Document >"),
        ("<a b='<Document>'><Document id=\"/\">", "</Document></a>"),
    ] {
        let envelope = format!("<?xml version='1.0'?>\n<e>{open}{text}{close}</e>");
        let left = format!("<?xml version='1.0'?>\n<e>{open}{}{close}</e>", include(0));
        check(&envelope, &left, &[&content]);
    }
    let two = format!("<Document>{text}</Document><!-- - --><Document> {text}\n</Document>");
    let left =
        format!("<Document>{}</Document><!-- - --><Document>{}</Document>", include(0), include(1));
    check(&two, &left, &[&content, &content]);
}

#[test]
fn line_ends_are_taken_in_every_notation() {
    let (content, text) = long();
    for line_end in ["\n", "\r\n", "&#13;\n", "&#xD;\n", "&#xd;&#x0000A;", " \t"] {
        let lines: Vec<&str> =
            text.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let envelope = format!("<Document>{}{line_end}</Document>", lines.join(line_end));
        check(&envelope, &format!("<Document>{}</Document>", include(0)), &[&content]);
    }
}

#[test]
fn what_is_short_or_elsewhere_stays() {
    let (_, text) = long();
    unchanged("");
    unchanged("<Document/>");
    unchanged("<Document></Document>");
    unchanged("<Document id=\"d\">QUJD</Document>");
    unchanged(&format!("<Document>{}</Document>", text.get(..4_096).unwrap()));
    unchanged(&format!("<Document/>{text}"));
    unchanged(&format!("<Document id='d' />{text}"));
    for other in ["Value", "Documents", "ClinicalDocument", "document", "Document:x"] {
        unchanged(&format!("<{other}>{text}</{other}>"));
    }
    for (open, close) in [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?p ", "?>")] {
        let others = "-->]]>?>".replace(close, "");
        unchanged(&format!("{open}<Document>{text}{close}"));
        unchanged(&format!("{open}{others}<Document>{text}{close}"));
        unchanged(&format!("{open}--]]<Document>{text}{close}"));
    }
    // Not base64 from its beginning on: the reader of the envelope says what is wrong with it.
    unchanged(&format!("<Document>-{text}</Document>"));
    unchanged(&format!("<Document>QUJD<a/>{text}</Document>"));
    unchanged(&format!("<Document><![CDATA[{text}]]></Document>"));
    unchanged(&format!("<Document>{}", text.get(..100).unwrap()));
    unchanged("<a><Docu");
}

#[test]
fn what_is_no_base64_is_refused() {
    let (_, text) = long();
    let (head, tail) = text.split_at(8_001);
    for wrong in [
        "-",
        "=",
        "é",
        "\0",
        "&amp;",
        "&#45;",
        "&#65;",
        "&#x+d;",
        "<!-- -->",
        "<a/>",
        "<![CDATA[]]>",
    ] {
        refuse(&format!("<Document>{head}{wrong}{tail}</Document>"));
    }
    refuse(&format!("<Document>{head}&#{}13;{tail}</Document>", "0".repeat(20)));
    refuse(&format!("<Document>{head}</Document>"));
    refuse(&format!("<Document>{text}QUJD</Document>"));
}

/// What is cut off in the midst of content has no end.
#[test]
fn an_envelope_may_be_cut_anywhere() {
    let (_, text) = long();
    let envelope = format!("<e><Document id='d'>{text}&#13;</Document></e>");
    for end in 0..envelope.len() {
        let cut = extract(&envelope.as_bytes()[..end], 1_000).unwrap();
        assert!(cut.1.len() <= 1);
    }
}

#[test]
fn wide_characters_are_left_alone() {
    let (_, text) = long();
    for (mark, is_little) in [(true, true), (true, false), (false, true), (false, false)] {
        let text = format!("{}<Document>{text}</Document>", if mark { "\u{feff}" } else { "" });
        let wide = |unit: u16| if is_little { unit.to_le_bytes() } else { unit.to_be_bytes() };
        let bytes: Vec<u8> = text.encode_utf16().flat_map(wide).collect();
        for chunk_bytes in [1, 2, 1_000] {
            let mut extractor = ContentExtractor::new("p".to_owned());
            let mut left = Vec::new();
            let mut sink = |event: ExtractionEvent<'_>| {
                let ExtractionEvent::Envelope(bytes) = event else { panic!("{event:?}") };
                left.extend_from_slice(bytes);
                Ok::<(), MtomError>(())
            };
            for chunk in bytes.chunks(chunk_bytes) {
                extractor.push(chunk, &mut sink).unwrap();
            }
            extractor.finish(&mut sink).unwrap();
            assert!(left == bytes);
        }
    }
    let (content, text) = long();
    let marked = format!("\u{feff}<Document>{text}</Document>");
    check(&marked, &format!("\u{feff}<Document>{}</Document>", include(0)), &[&content]);
}

/// Pieces of markup that make sense together, and those that make none.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "<Document>",
            "</Document>",
            "<x:Document a='",
            "'>",
            "\"",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "<?p",
            "?>",
            "<Value>",
            "</",
            "/>",
            ">",
            "<",
            "&#13;",
            "&",
            ";",
            "=",
            "é",
            " ",
        ])
        .prop_map(str::to_owned),
        (0_u32..9_000).prop_map(|n_bytes| STANDARD.encode(bytes(n_bytes))),
        "[ -~]{0,20}",
    ]
}

proptest! {
    #[test]
    fn any_text_is_taken_the_same_in_any_chunks(
        pieces in prop::collection::vec(piece(), 0..12),
        chunk_bytes in 1_usize..5_000,
    ) {
        let text = pieces.concat();
        let whole = extract(text.as_bytes(), usize::MAX);
        prop_assert_eq!(&extract(text.as_bytes(), chunk_bytes), &whole);
        // Nothing is lost: what is put back is what there was, white space and line ends aside.
        let Ok((mut left, contents)) = whole else { return Ok(()) };
        let n_contents = contents.len();
        for (n, (_, content)) in contents.into_iter().enumerate() {
            let is_last = n.saturating_add(1) == n_contents;
            // The last may have had no end.
            prop_assume!(!is_last || left.rsplit("<xop:Include").next().is_some_and(|rest| rest.contains("</")));
            left = left.replacen(&include(n), &STANDARD.encode(content), 1);
        }
        let squeezed = |text: &str| {
            text.replace("&#13;", "").chars().filter(|c| !c.is_whitespace()).collect::<String>()
        };
        prop_assert_eq!(squeezed(&left), squeezed(&text));
    }
}
