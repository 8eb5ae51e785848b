//! `soap::content_type::ContentType`: what is read is written and read again to the same.

use soap::content_type::ContentType;
use soap::mtom::{MultipartRequest, resolve_cid};

use super::reason;
use crate::{Target, Verdict};

pub(super) const TARGET: Target = Target {
    name: "content_type",
    run,
    seeds,
    samples: &[],
    tokens: &[&[
        "multipart/related",
        "application/soap+xml",
        "application/xop+xml",
        "; boundary=",
        "; start=\"<a>\"",
        "; action=\"urn:\\\"x\\\"\"",
        "; charset=utf-16",
        "type=",
        "\"",
        "\\\"",
        "\\",
        ";",
        ";;",
        "=",
        "\r\n ",
        "\t",
        "*0=",
        "%41",
        "cid:",
        "山",
    ]],
};

fn run(bytes: &[u8]) -> Verdict {
    let text = std::str::from_utf8(bytes).map_err(reason)?;
    check_reference(text);
    let read = ContentType::parse(text).map_err(reason)?;
    assert_eq!(read.essence, read.essence.to_ascii_lowercase(), "lower case");
    let length: usize = read.params.iter().map(|(name, value)| name.len() + value.len()).sum();
    assert!(read.essence.len() + length <= text.len(), "parameters of nothing");
    for (place, (name, value)) in read.params.iter().enumerate() {
        let first = read.params.iter().position(|(other, _)| other == name);
        assert_eq!(first, Some(place), "{name} twice");
        assert_eq!(read.param(name), Some(value.as_str()));
    }
    assert_eq!(ContentType::parse(&write(&read)), Ok(read.clone()), "written and read again");
    let package = MultipartRequest::from_content_type(&read);
    Ok(package
        .map_or_else(reason, |package| format!("package, start {}", package.root.start.is_some())))
}

fn write(content_type: &ContentType) -> String {
    let mut text = content_type.essence.clone();
    for (name, value) in &content_type.params {
        let escaped: String = value.chars().flat_map(|character| ['\\', character]).collect();
        text.push_str(&format!("; {name}=\"{escaped}\""));
    }
    text
}

/// A reference leads nowhere but into the message.
fn check_reference(text: &str) {
    if let Ok(candidates) = resolve_cid(text) {
        assert!(text.trim().get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("cid:")));
        assert!((1..=2).contains(&candidates.len()), "{} candidates", candidates.len());
        assert!(candidates.iter().all(|candidate| candidate.len() <= text.len()));
    }
}

fn seeds() -> Vec<Vec<u8>> {
    [
        "application/soap+xml; charset=UTF-8; action=\"urn:ihe:iti:2007:RegistryStoredQuery\"",
        "Multipart/Related;boundary=MIMEBoundary_1;type=\"application/xop+xml\";start=\"<0.1@a>\"",
        "multipart/related; type=\"application/xop+xml\"; start=<id@host>; boundary=\"a b\"; \
         start-info=\"application/soap+xml; action=\\\"urn:a\\\"\"",
        "text/xml",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}
