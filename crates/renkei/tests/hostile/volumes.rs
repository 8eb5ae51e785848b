//! Large documents and long answers, which are legal and must cost no memory.

use super::Target;
use crate::harness::community::{Community, Setup};
use crate::harness::database::Database;
use crate::harness::http::{chunked, post};
use crate::harness::package::{Package, Part};
use crate::harness::reply::Reply;
use crate::harness::schemas::Schemas;
use crate::harness::soap::{PROVIDE, REPOSITORY, envelope, new_message_id};
use crate::harness::submission::{ENTRY_UNIQUE_ID, Submission};
use crate::harness::transactions::{add_patient, find_documents, retrieve, submit};

const LARGE_BYTES: usize = 64 << 20;

/// What a large document may add to the memory in use, at its peak.
const PEAK_KIB: u64 = 16 << 10;

/// Bytes without a pattern of the buffers' sizes.
fn large() -> Vec<u8> {
    (0..LARGE_BYTES / 4).flat_map(|n| u32::try_from(n).unwrap().to_le_bytes()).collect()
}

#[test]
fn a_large_document_is_never_held_in_memory() {
    let community = Community::plain();
    let patient = add_patient(&community, "large");
    let small = Submission::of(&patient, &[&vec![b'x'; 1 << 20]]);
    submit(&mut community.repository(), &small).unwrap().assert_success();
    let before = community.peak_kib();
    let bytes = large();
    let submission = Submission::of(&patient, &[&bytes]);
    let mut connection = community.repository();
    submit(&mut connection, &submission).unwrap().assert_success();
    let ids = [submission.documents.first().unwrap().unique_id.clone()];
    let reply = retrieve(&mut connection, community.repository_unique_id(), &ids).unwrap();
    assert!(reply.documents() == [(ids.concat(), bytes)]);
    let grown = community.peak_kib() - before;
    assert!(grown < PEAK_KIB, "{grown} KiB more at the peak");
}

/// The same bytes in base64 and in quoted-printable, in small chunks.
#[test]
fn transfer_encodings_are_undone_while_the_document_arrives() {
    let target = Target::start(Database::Sqlite);
    let patient = add_patient(&target.community, "encoded");
    let bytes: Vec<u8> = (0_u32..60_000).flat_map(u32::to_le_bytes).collect();
    let base64 = {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::STANDARD.encode(&bytes);
        let lines = text.as_bytes().chunks(76).map(|line| [line, b"\r\n"].concat());
        lines.collect::<Vec<_>>().concat()
    };
    let printable: String = bytes
        .chunks(20)
        .map(|line| line.iter().map(|b| format!("={b:02X}")).collect::<String>() + "=\r\n")
        .collect();
    for (encoding, content) in [("base64", base64), ("Quoted-Printable", printable.into_bytes())] {
        let submission = Submission::of(&patient, &[&bytes]);
        let envelope = envelope(PROVIDE, &new_message_id(), &submission.provide_by_reference());
        let mut package = Package::new(&envelope, &[]);
        package.parts.push(Part {
            headers: vec![
                format!("content-transfer-encoding: {encoding}"),
                "content-id: <0@test>".to_owned(),
            ],
            content,
        });
        let content_type = package.content_type();
        let headers = [("Content-Type", content_type.as_str()), ("Transfer-Encoding", "chunked")];
        let mut request = post(REPOSITORY, &headers, b"");
        request.truncate(request.len() - b"0\r\n\r\n".len());
        request.extend(chunked(&package.to_bytes(), 13));
        let mut connection = target.community.repository();
        Reply::read(connection.exchange(&request).unwrap()).assert_success();
        let ids = [submission.documents.first().unwrap().unique_id.clone()];
        let repository_id = target.community.repository_unique_id();
        let reply = retrieve(&mut connection, repository_id, &ids).unwrap();
        assert!(reply.documents() == [(ids.concat(), bytes.clone())], "{encoding}");
    }
}

/// Short answers are sent in one piece and long ones in several; both are whole.
#[test]
fn answers_of_any_length_are_whole() {
    for database in Database::all() {
        let community = Community::start(Setup { database, ..Setup::default() });
        let mut schemas = Schemas::new();
        let patient = add_patient(&community, "many");
        let mut registry = community.registry();
        let mut expected = Vec::new();
        // One piece holds 32 objects.
        for n_documents in [0, 1, 31, 1, 31, 36] {
            let contents: Vec<Vec<u8>> =
                (0..n_documents).map(|n| format!("{n}").into_bytes()).collect();
            let contents: Vec<&[u8]> = contents.iter().map(Vec::as_slice).collect();
            let submission = Submission::of(&patient, &contents);
            submit(&mut community.repository(), &submission).unwrap().assert_success();
            expected.extend(submission.documents.into_iter().map(|d| d.unique_id));
            let found = find_documents(&mut registry, &patient).unwrap();
            schemas.note(&found);
            let entries = found.payload().all("ExtrinsicObject").into_iter();
            let mut seen: Vec<_> = entries
                .map(|entry| entry.identifier(ENTRY_UNIQUE_ID).unwrap().to_owned())
                .collect();
            seen.sort_unstable();
            expected.sort_unstable();
            assert_eq!(seen, expected);
        }
        schemas.check();
    }
}
