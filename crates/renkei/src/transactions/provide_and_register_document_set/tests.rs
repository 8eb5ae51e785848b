//! The package: every entry has its bytes, in a part or in the envelope.

use std::io::Write;

use ebxml::Content;
use xml::{Limits, Reader};

use super::*;
use crate::submission::tests::{common, document};

const BYTES: &[u8] = b"%PDF-1.7 --not a boundary--\r\n";

fn file() -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(BYTES).unwrap();
    file
}

#[test]
fn parts_and_references_belong_together() {
    let documents = [document(None), document(None), document(None)];
    let submission = crate::submission::submission(&common(), &documents);
    let to_send = submission.entries.iter().enumerate().map(|(place, entry)| DocumentToSend {
        entry: entry.id.clone(),
        mime_type: entry.mime_type.clone(),
        content: match place {
            1 => ContentSource::Inline(BYTES.to_vec()),
            _ => ContentSource::Part { file: file(), size: 29 },
        },
    });
    let (payload, parts) = package(&submission, to_send.collect(), "seed");
    let mut reader = Reader::new(&payload, Limits::default()).unwrap();
    reader.next_child().unwrap().unwrap();
    let read = ebxml::read_provide_and_register(&mut reader).unwrap();
    assert_eq!(read.draft.submission.as_ref(), Some(&submission));
    let entries: Vec<_> = submission.entries.iter().map(|entry| entry.id.clone()).collect();
    let ids: Vec<_> = read.documents.iter().map(|document| document.id.clone()).collect();
    assert_eq!(ids, entries);
    let contents: Vec<_> = read.documents.into_iter().map(|document| document.content).collect();
    let expected = [
        Content::Xop("cid:1.seed@renkei".to_owned()),
        Content::Bytes(BYTES.to_vec()),
        Content::Xop("cid:3.seed@renkei".to_owned()),
    ];
    assert_eq!(contents, expected);
    let content_ids: Vec<_> = parts.iter().map(|part| part.content_id.as_str()).collect();
    assert_eq!(content_ids, ["1.seed@renkei", "3.seed@renkei"]);
    assert!(parts.iter().all(|part| part.size == 29 && part.content_type == "application/pdf"));
}
