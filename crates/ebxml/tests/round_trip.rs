//! `read(write(x)) == x` for every message and every type in it.

use datatypes::ObjectId;
use ebxml::adhoc_query_response::{self, AdhocQueryResponse, Stored};
use ebxml::content::{Content, ContentToSend};
use ebxml::retrieve_document_set::{self, DocumentRequest, DocumentResponse};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use xds::query::{AdhocQueryRequest, RawParameter};
use xds::{RegistryResponse, ResponseStatus};

use crate::generate;
use crate::support::{payload, read_provided, read_submission};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 4))]

    #[test]
    fn submissions(submission in generate::submission()) {
        let text = ebxml::write_submit_objects_request(&submission);
        let draft = read_submission(&text).unwrap();
        prop_assert_eq!(&draft.faults, &[]);
        prop_assert!(draft.not_saved.is_empty());
        prop_assert_eq!(&draft.associations, &submission.associations);
        let n_objects = 1 + submission.entries.len() + submission.folders.len();
        prop_assert_eq!(draft.outline.len(), n_objects);
        prop_assert_eq!(draft.submission.unwrap(), submission);
    }

    #[test]
    fn answers_with_objects(
        response in generate::registry_response(),
        statuses in (generate::status(), generate::status(), generate::status()),
        submission in generate::submission(),
    ) {
        let stored = |status| move |object| Stored { object, status };
        let answer = AdhocQueryResponse {
            entries: submission.entries.into_iter().map(stored(statuses.0)).collect(),
            submission_sets: vec![Stored { object: submission.submission_set, status: statuses.1 }],
            folders: submission.folders.into_iter()
                .map(|object| Stored { object, status: statuses.2 }).collect(),
            associations: submission.associations.into_iter()
                .map(|object| Stored { object, status: statuses.0 }).collect(),
            ..AdhocQueryResponse::empty(response)
        };
        let text = adhoc_query_response::write_leaf_class(&answer);
        prop_assert_eq!(read_answer(&text), answer);
    }

    #[test]
    fn answers_with_references(ids in generate::entry_uuids(), has_home in any::<bool>()) {
        let home = datatypes::HomeCommunityId::parse("urn:oid:1.2.3").unwrap();
        let text = adhoc_query_response::write_object_refs(&ids, has_home.then_some(&home));
        let answer = read_answer(&text);
        prop_assert_eq!(answer.object_refs, ids);
        prop_assert_eq!(answer.response, RegistryResponse::success());
        prop_assert_eq!(text.contains("home="), has_home && text.contains("ObjectRef"));
    }

    #[test]
    fn failures(response in generate::registry_response()) {
        let text = adhoc_query_response::write_failure(&response.errors);
        let errors = response.errors;
        let expected = RegistryResponse { status: ResponseStatus::Failure, errors };
        prop_assert_eq!(read_answer(&text), AdhocQueryResponse::empty(expected));
    }

    #[test]
    fn registry_responses(response in generate::registry_response()) {
        let text = ebxml::write_registry_response(&response);
        let (mut reader, element) = payload(&text);
        prop_assert_eq!(ebxml::read_registry_response(&mut reader, &element).unwrap(), response);
        reader.expect_end().unwrap();
    }

    #[test]
    fn queries(
        query_id in generate::text(),
        home in option::of(generate::text()),
        return_type in generate::text(),
        parameters in vec((generate::text(), vec("[ -~山田\t\n\r'()]{0,20}", 0..4)), 0..4),
    ) {
        let parameters =
            parameters.into_iter().map(|(name, values)| RawParameter { name, values }).collect();
        let request = AdhocQueryRequest { query_id, home, return_type, parameters };
        let text = ebxml::write_adhoc_query_request(&request);
        let (mut reader, _) = payload(&text);
        prop_assert_eq!(ebxml::read_adhoc_query_request(&mut reader).unwrap(), request);
        reader.expect_end().unwrap();
    }

    #[test]
    fn retrieve_requests(requests in vec(document_request(), 1..4)) {
        let text = retrieve_document_set::write_request(&requests);
        let (mut reader, _) = payload(&text);
        prop_assert_eq!(retrieve_document_set::read_request(&mut reader).unwrap(), requests);
        reader.expect_end().unwrap();
    }

    #[test]
    fn retrieve_responses(
        response in generate::registry_response(),
        documents in vec((document_request(), option::of(generate::text()), content()), 0..3),
    ) {
        let documents: Vec<_> = documents.into_iter().map(|(request, new, content)| {
            DocumentResponse {
                request,
                new_repository_unique_id: new.clone(),
                new_document_unique_id: new,
                mime_type: "text/plain".to_owned(),
                content,
            }
        }).collect();
        let to_send: Vec<_> = documents.iter().map(|document| DocumentResponse {
            request: document.request.clone(),
            new_repository_unique_id: document.new_repository_unique_id.clone(),
            new_document_unique_id: document.new_document_unique_id.clone(),
            mime_type: document.mime_type.clone(),
            content: to_send(&document.content),
        }).collect();
        let text = retrieve_document_set::write_response(&response, &to_send);
        let (mut reader, _) = payload(&text);
        let answer = retrieve_document_set::read_response(&mut reader).unwrap();
        prop_assert_eq!(answer.response, response);
        prop_assert_eq!(answer.documents, documents);
        reader.expect_end().unwrap();
    }

    #[test]
    fn provided_documents(submission in generate::submission(), contents in vec(content(), 0..4)) {
        let numbered = contents.iter().enumerate();
        let documents: Vec<(ObjectId, ContentToSend<'_>)> = numbered
            .map(|(n, content)| (ObjectId::parse(&format!("d{n}")).unwrap(), to_send(content)))
            .collect();
        let text = ebxml::write_provide_and_register(&submission, &documents);
        let request = read_provided(&text).unwrap();
        prop_assert_eq!(request.draft.submission.unwrap(), submission);
        let read: Vec<Content> = request.documents.iter().map(|d| d.content.clone()).collect();
        prop_assert_eq!(read, contents);
        for (n, document) in request.documents.iter().enumerate() {
            prop_assert_eq!(document.id.to_string(), format!("d{n}"));
        }
    }
}

fn read_answer(text: &str) -> AdhocQueryResponse {
    let (mut reader, element) = payload(text);
    adhoc_query_response::read_adhoc_query_response(&mut reader, &element).unwrap()
}

fn document_request() -> impl Strategy<Value = DocumentRequest> {
    let ids = (option::of(generate::text()), generate::text(), generate::text());
    ids.prop_map(|(home, repository_unique_id, document_unique_id)| DocumentRequest {
        home,
        repository_unique_id,
        document_unique_id,
    })
}

fn content() -> impl Strategy<Value = Content> {
    prop_oneof![
        "cid:[a-z0-9]{1,10}@renkei\\.example".prop_map(Content::Xop),
        vec(any::<u8>(), 0..100).prop_map(Content::Bytes),
    ]
}

fn to_send(content: &Content) -> ContentToSend<'_> {
    match content {
        Content::Xop(href) => ContentToSend::Xop(href.strip_prefix("cid:").unwrap()),
        Content::Bytes(bytes) => ContentToSend::Base64(bytes),
    }
}
