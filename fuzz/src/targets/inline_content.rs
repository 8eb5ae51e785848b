//! `soap::mtom::ContentExtractor`: the same contents whatever pieces the envelope arrives in, and nothing
//! lost between them and what is left of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use soap::mtom::{ContentExtractor, ExtractionEvent, MtomError};

use super::reason;
use crate::{Target, Verdict};

pub(super) const TARGET: Target = Target {
    name: "inline_content",
    run,
    seeds,
    samples: &[],
    tokens: &[&[
        "<Document>",
        "<x:Document id=\"",
        "</Document>",
        "</x:Document>",
        "<Document/>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?p ",
        "?>",
        "<",
        ">",
        "</",
        "/>",
        "\"",
        "'",
        "&#13;",
        "&#xD;",
        "&amp;",
        "&",
        ";",
        "=",
        "QUJD",
        "QQ==",
        "\r\n",
        "\0",
        "\u{feff}",
    ]],
};

/// Stands for a reference where content was.
const PREFIX: &str = "9c1d";

#[derive(Debug, Default, PartialEq, Eq)]
struct Extracted {
    left: Vec<u8>,
    contents: Vec<(String, Vec<u8>)>,
    is_open: bool,
}

fn run(bytes: &[u8]) -> Verdict {
    let whole = extract([bytes]);
    assert_eq!(extract(bytes.chunks(1)), whole, "byte by byte");
    assert_eq!(extract(bytes.chunks(1_021)), whole, "in pieces");
    let extracted = whole.map_err(reason)?;
    let length: usize = extracted.contents.iter().map(|(_, content)| content.len()).sum();
    assert!(length <= bytes.len(), "content of nothing");
    if !extracted.is_open {
        assert_eq!(squeezed(&restored(&extracted)), squeezed(bytes), "something was lost");
    }
    Ok(format!("{} contents, open {}", extracted.contents.len().min(3), extracted.is_open))
}

fn extract<'b>(chunks: impl IntoIterator<Item = &'b [u8]>) -> Result<Extracted, MtomError> {
    let mut extractor = ContentExtractor::new(PREFIX.to_owned());
    let mut extracted = Extracted::default();
    let mut sink = |event: ExtractionEvent<'_>| {
        match event {
            ExtractionEvent::Envelope(bytes) => {
                assert!(!extracted.is_open, "the envelope goes on inside content");
                extracted.left.extend_from_slice(bytes);
            }
            ExtractionEvent::Begin(id) => {
                assert!(!extracted.is_open, "content inside content");
                extracted.is_open = true;
                extracted.contents.push((id, Vec::new()));
            }
            ExtractionEvent::Data(data) => {
                assert!(extracted.is_open && !data.is_empty(), "data without content");
                if let Some((_, content)) = extracted.contents.last_mut() {
                    content.extend_from_slice(data);
                }
            }
            ExtractionEvent::End => {
                assert!(extracted.is_open, "an end without a beginning");
                extracted.is_open = false;
            }
        }
        Ok::<(), MtomError>(())
    };
    for chunk in chunks {
        extractor.push(chunk, &mut sink)?;
    }
    extractor.finish(&mut sink)?;
    Ok(extracted)
}

/// The envelope with its contents put back.
fn restored(extracted: &Extracted) -> Vec<u8> {
    let mut whole = Vec::new();
    let mut rest = extracted.left.as_slice();
    for (id, content) in &extracted.contents {
        let reference = format!(
            r#"<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:{id}"/>"#
        );
        let place = rest.windows(reference.len()).position(|part| part == reference.as_bytes());
        let place = place.unwrap_or_else(|| unreachable!("no reference to a content"));
        let (before, after) = rest.split_at_checked(place).unwrap_or_default();
        whole.extend_from_slice(before);
        whole.extend(STANDARD.encode(content).into_bytes());
        rest = after.get(reference.len()..).unwrap_or_default();
    }
    whole.extend_from_slice(rest);
    whole
}

/// Without white space, in whatever notation: base64 may have it anywhere.
fn squeezed(bytes: &[u8]) -> Vec<u8> {
    let mut squeezed = Vec::new();
    for byte in bytes.iter().filter(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
        squeezed.push(*byte);
        if *byte == b';' {
            let start = squeezed.iter().rposition(|byte| *byte == b'&').unwrap_or(squeezed.len());
            let reference = squeezed.get(start..).and_then(|text| std::str::from_utf8(text).ok());
            if reference.is_some_and(is_white_space) {
                squeezed.truncate(start);
            }
        }
    }
    squeezed
}

fn is_white_space(reference: &str) -> bool {
    let digits = reference.strip_prefix("&#").and_then(|rest| rest.strip_suffix(';'));
    let number = digits.and_then(|digits| match digits.strip_prefix('x') {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => digits.parse().ok(),
    });
    matches!(number, Some(9 | 10 | 13 | 32))
}

fn seeds() -> Vec<Vec<u8>> {
    let text = STANDARD.encode([0xA5; 4_000]);
    let lines = text.as_bytes().chunks(76).map(String::from_utf8_lossy).collect::<Vec<_>>();
    let lines = lines.join("&#13;\n");
    vec![
        format!("<e><Document id='a'>{text}</Document><x:Document>{lines}</x:Document></e>")
            .into_bytes(),
        format!("<?p?><e><!--<Document>{text}--><Document>QUJD</Document><Document/></e>")
            .into_bytes(),
    ]
}
