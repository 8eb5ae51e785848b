//! Only the bytes of the document that was asked for are handed on.

use ebxml::retrieve_document_set::DocumentResponse;
use xds::{ErrorCode, RegistryResponse};

use super::*;

fn request(unique_id: &str) -> DocumentRequest {
    DocumentRequest {
        home: None,
        repository_unique_id: "1.2.6".to_owned(),
        document_unique_id: unique_id.to_owned(),
    }
}

fn answer(documents: &[(&str, ebxml::Content)]) -> RetrieveDocumentSetResponse {
    let documents = documents.iter().map(|(unique_id, content)| DocumentResponse {
        request: request(unique_id),
        new_repository_unique_id: None,
        new_document_unique_id: None,
        mime_type: "text/plain".to_owned(),
        content: content.clone(),
    });
    RetrieveDocumentSetResponse {
        response: RegistryResponse::success(),
        documents: documents.collect(),
    }
}

fn bytes(text: &str) -> ebxml::Content {
    ebxml::Content::Bytes(text.as_bytes().to_vec())
}

fn parts() -> Vec<InAttachment> {
    let part = |id: &str, text: &str| InAttachment {
        content_id: Some(id.to_owned()),
        content: Content::Memory(text.as_bytes().to_vec()),
    };
    vec![part("a@x", "A"), part("b:1@x", "B")]
}

#[track_caller]
fn check(answer: RetrieveDocumentSetResponse, expected: &str) {
    let Ok(Retrieved::Document(Content::Memory(found))) =
        document(answer, &request("1.2.7"), parts())
    else {
        panic!("no document in memory");
    };
    assert_eq!(found, expected.as_bytes());
}

#[test]
fn content_may_stand_in_the_envelope_or_in_a_part() {
    check(answer(&[("1.2.7", bytes("inline"))]), "inline");
    check(answer(&[("1.2.7", ebxml::Content::Xop("cid:a@x".to_owned()))]), "A");
    check(answer(&[("1.2.7", ebxml::Content::Xop("cid:b%3A1@x".to_owned()))]), "B");
}

#[test]
fn other_documents_are_not_taken() {
    let refused = |answer| document(answer, &request("1.2.7"), parts()).unwrap_err();
    let other = refused(answer(&[("1.2.8", bytes("other"))]));
    assert!(matches!(other, AnswerError::OtherDocument));
    let two = refused(answer(&[("1.2.7", bytes("a")), ("1.2.7", bytes("b"))]));
    assert!(matches!(two, AnswerError::OtherDocument));
    assert!(matches!(refused(answer(&[])), AnswerError::OtherDocument));
    let mut elsewhere = answer(&[("1.2.7", bytes("a"))]);
    elsewhere.documents[0].request.repository_unique_id = "1.2.5".to_owned();
    assert!(matches!(refused(elsewhere), AnswerError::OtherDocument));
}

#[test]
fn a_reference_must_lead_to_a_part_of_the_answer() {
    for href in ["cid:c@x", "http://127.0.0.1/", "cid:"] {
        let answer = answer(&[("1.2.7", ebxml::Content::Xop(href.to_owned()))]);
        let error = document(answer, &request("1.2.7"), parts()).unwrap_err();
        assert!(matches!(error, AnswerError::MissingPart), "{href}");
    }
}

#[test]
fn a_refusal_keeps_its_reasons() {
    let error = RegistryError::error(ErrorCode::DocumentUniqueIdError, "").at("1.2.7");
    let response = RegistryResponse::of(vec![error.clone()]);
    let answer = RetrieveDocumentSetResponse { response, documents: Vec::new() };
    let refused = document(answer, &request("1.2.7"), Vec::new()).unwrap();
    assert!(matches!(refused, Retrieved::Refused(errors) if errors == [error]));
}
