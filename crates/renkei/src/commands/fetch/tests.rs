//! Which entry counts, and when bytes are believed.

use client::soap::Content;
use datatypes::Sha1Hash;
use xds::EntryType;

use super::*;
use crate::submission::tests::{common, document};

fn entry() -> DocumentEntry {
    let mut entry = crate::submission::submission(&common(), &[document(None)]).entries.remove(0);
    entry.size = Some(4);
    entry.hash = Some(Sha1Hash::from_bytes(openssl::sha::sha1(b"abcd")));
    entry
}

fn stored(status: Option<AvailabilityStatus>, title: &str) -> Stored<DocumentEntry> {
    let title = xds::LocalizedText { value: title.to_owned(), lang: None };
    Stored { object: DocumentEntry { title: Some(title), ..entry() }, status }
}

#[test]
fn an_approved_entry_counts_before_others() {
    let title = |entries: Vec<Stored<DocumentEntry>>| {
        best(entries.into_iter()).and_then(|entry| Some(entry.title?.value))
    };
    let (approved, deprecated) = (AvailabilityStatus::Approved, AvailabilityStatus::Deprecated);
    let both = vec![
        stored(Some(deprecated), "old"),
        stored(Some(approved), "first"),
        stored(Some(approved), "second"),
    ];
    assert_eq!(title(both).as_deref(), Some("first"));
    assert_eq!(title(vec![stored(Some(deprecated), "old")]).as_deref(), Some("old"));
    assert_eq!(title(Vec::new()), None);
}

#[test]
fn only_the_registered_bytes_are_believed() {
    let expected = Expected::of(&entry()).unwrap();
    let compare = |text: &str| expected.compare(&Content::Memory(text.as_bytes().to_vec()));
    assert_eq!(compare("abcd"), Ok(()));
    assert_eq!(compare("abc"), Err(Mismatch::Size { received: 3, registered: 4 }));
    let error = compare("abce").unwrap_err();
    assert!(matches!(error, Mismatch::Hash { .. }));
    assert!(error.to_string().contains("81fe8bfe87576c3ecb22426f8e57847382917acf"), "{error}");
}

#[test]
fn what_cannot_be_compared_is_not_believed() {
    let on_demand = DocumentEntry { entry_type: EntryType::OnDemand, ..entry() };
    assert_eq!(Expected::of(&on_demand), Err(Mismatch::OnDemand));
    for (size, hash) in [(None, entry().hash), (Some(4), None)] {
        let entry = DocumentEntry { size, hash, ..entry() };
        assert_eq!(Expected::of(&entry), Err(Mismatch::NothingRegistered));
    }
}
