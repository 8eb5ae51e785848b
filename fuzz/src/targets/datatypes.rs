//! The identifiers, names, codes and times of `datatypes`: what is parsed is rendered and parsed to the same.

use datatypes::{
    Dtm, EntryUuid, HomeCommunityId, LanguageCode, MimeType, ObjectId, Oid, PatientId, ReferenceId,
    RepositoryUniqueId, Sha1Hash, UniqueId, Xcn, Xon, Xtn, normalized,
};

use super::reason;
use crate::{Target, Verdict};

pub(super) const TARGET: Target = Target {
    name: "datatypes",
    run,
    seeds,
    samples: &[],
    tokens: &[&[
        "^",
        "^^^",
        "&",
        "~",
        "|",
        "\\",
        "&ISO",
        "&1.2.3&ISO",
        "urn:uuid:",
        "urn:oid:",
        ".0",
        ".01",
        "1.2.3",
        "2.25.",
        "0229",
        "60",
        "ja-JP",
        "text/plain",
        "; charset=utf-8",
        " ",
        "\0",
        "\u{3000}",
        "\u{130}\u{212A}",
        "か\u{3099}",
    ]],
};

fn run(bytes: &[u8]) -> Verdict {
    let text = std::str::from_utf8(bytes).map_err(reason)?;
    check_normalized(text);
    let accepted: Vec<&str> = [names(text), identifiers(text), values(text)].concat();
    if accepted.is_empty() { Err("nothing".to_owned()) } else { Ok(accepted.join(" ")) }
}

/// Normal form C is its own normal form.
fn check_normalized(text: &str) {
    let once = normalized(text);
    assert_eq!(normalized(&once), once, "normalized twice");
}

/// The type's name, if the text is one and comes back as `shown`.
fn verbatim<T: PartialEq>(
    name: &'static str,
    text: &str,
    parse: fn(&str) -> Option<T>,
    show: fn(&T) -> String,
) -> Option<&'static str> {
    let value = parse(text)?;
    let shown = show(&value);
    assert!(parse(&shown) == Some(value), "{name} does not come back");
    assert!(shown.len() <= text.len().saturating_add(64), "{name} of nothing");
    Some(name)
}

fn names(text: &str) -> Vec<&'static str> {
    let checked = [
        verbatim("xcn", text, |t| Xcn::parse(t).ok(), |v| v.as_str().to_owned()),
        verbatim("xon", text, |t| Xon::parse(t).ok(), |v| v.as_str().to_owned()),
        verbatim("xtn", text, |t| Xtn::parse(t).ok(), |v| v.as_str().to_owned()),
    ];
    checked.into_iter().flatten().collect()
}

fn identifiers(text: &str) -> Vec<&'static str> {
    let checked = [
        verbatim("cx", text, |t| PatientId::parse(t).ok(), PatientId::to_cx),
        verbatim("oid", text, |t| Oid::parse(t).ok(), |v| v.as_str().to_owned()),
        verbatim("uuid", text, |t| EntryUuid::parse(t).ok(), ToString::to_string),
        verbatim("object", text, |t| ObjectId::parse(t).ok(), ToString::to_string),
        verbatim("unique", text, |t| UniqueId::parse(t).ok(), |v| v.as_str().to_owned()),
        verbatim("reference", text, |t| ReferenceId::parse(t).ok(), |v| v.as_str().to_owned()),
        verbatim("home", text, |t| HomeCommunityId::parse(t).ok(), HomeCommunityId::as_urn),
        verbatim(
            "repository",
            text,
            |t| RepositoryUniqueId::parse(t).ok(),
            |v| v.as_str().to_owned(),
        ),
    ];
    if let Ok(patient) = PatientId::parse(text) {
        let made = PatientId::new(patient.id(), patient.authority().clone());
        assert_eq!(made.as_ref(), Ok(&patient), "made of its parts");
        assert!(
            !format!("{patient:?}").contains(&format!("\"{}\"", patient.id())),
            "Debug shows it"
        );
    }
    checked.into_iter().flatten().collect()
}

fn values(text: &str) -> Vec<&'static str> {
    let checked = [
        verbatim("dtm", text, |t| Dtm::parse(t).ok(), |v| v.as_str().to_owned()),
        verbatim("hash", text, |t| Sha1Hash::parse(t).ok(), ToString::to_string),
        verbatim("mime", text, |t| MimeType::parse(t).ok(), |v| v.as_str().to_owned()),
        verbatim("language", text, |t| LanguageCode::parse(t).ok(), |v| v.as_str().to_owned()),
    ];
    if let Ok(time) = Dtm::parse(text) {
        let key = time.sort_key().to_string();
        assert!(key.len() <= 14, "a sort key of 14 digits");
        let full = format!("{:0>14}", key);
        assert!(full.starts_with(time.as_str()), "the key begins with what was written");
        assert!(Dtm::parse(&full).is_ok(), "and is a time itself");
    }
    checked.into_iter().flatten().collect()
}

fn seeds() -> Vec<Vec<u8>> {
    [
        "1234^^^&1.2.392.99.1&ISO",
        "1.2.392.200270.1",
        "urn:oid:1.2.3",
        "urn:uuid:00000000-0000-4000-8000-000000000001",
        "2.25.12345^4711",
        "1^^^&1.2.3&ISO^urn:ihe:iti:xds:2013:order",
        "11375^山田^太郎^^^Dr.^^^&1.2.3&ISO^L",
        "連携病院^^^^^&1.2.3&ISO^^^^45",
        "^^Internet^a@b.example",
        "20240229235959",
        "2024",
        "ja-JP",
        "text/xml",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "symbolic-id",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}
