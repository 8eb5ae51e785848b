//! Published requests, where the collection beside the repository is at hand.

use std::path::PathBuf;

use crate::query::tests::parse;
use crate::query::{Parameter, QueryFault, QueryId, StoredQuery};

/// The slots of a sample with one `Value` each, read well enough for these files.
fn slots(path: &str) -> Option<Vec<(String, String)>> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/samples/xds"));
    let Ok(xml) = std::fs::read_to_string(folder.join(path)) else {
        eprintln!("skipped: no ../shared");
        return None;
    };
    let slots = xml.split("Slot name=\"").skip(1).map(|slot| {
        let (name, rest) = slot.split_once('"').unwrap();
        let (_, value) = rest.split_once("Value>").unwrap();
        let (value, _) = value.split_once("</").unwrap();
        (name.to_owned(), value.replace("&amp;", "&"))
    });
    Some(slots.collect())
}

#[track_caller]
fn check(path: &str, query: QueryId, expected: Result<(), QueryFault>) {
    let Some(slots) = slots(path) else { return };
    let slots: Vec<(&str, &str)> =
        slots.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert!(!slots.is_empty());
    assert_eq!(parse(query, &slots).map(|_query: StoredQuery| ()), expected, "{path}");
}

#[test]
fn the_quoting_edge_is_refused() {
    check(
        "iti18/find-documents-quoting-edge-body.xml",
        QueryId::FindDocuments,
        Err(QueryFault::InvalidValue {
            parameter: Parameter::DocumentEntryPatientId,
            what: "has a string without its closing quote",
        }),
    );
}

/// The same shape as the sample above, for runs without it.
#[test]
fn an_injection_is_refused() {
    let what = "has a string without its closing quote";
    let parameter = Parameter::DocumentEntryPatientId;
    let read = parse(
        QueryId::FindDocuments,
        &[
            ("$XDSDocumentEntryPatientId", "'1^^^&1.2.3&ISO''%20and%201%3d1--%20"),
            ("$XDSDocumentEntryStatus", super::APPROVED),
        ],
    );
    assert_eq!(read, Err(QueryFault::InvalidValue { parameter, what }));
}

#[test]
fn published_queries_are_read() {
    check("iti18/find-documents-body.xml", QueryId::FindDocuments, Ok(()));
    check("iti18/find-folders-body.xml", QueryId::FindFolders, Ok(()));
    check("iti18/find-submission-sets-body.xml", QueryId::FindSubmissionSets, Ok(()));
    check("iti18/get-all-body.xml", QueryId::GetAll, Ok(()));
    check("iti18/get-associations-body.xml", QueryId::GetAssociations, Ok(()));
    check("iti18/get-documents-body.xml", QueryId::GetDocuments, Ok(()));
    check("iti18/get-folder-and-contents-body.xml", QueryId::GetFolderAndContents, Ok(()));
    check(
        "iti18/get-submissionset-and-contents-body.xml",
        QueryId::GetSubmissionSetAndContents,
        Ok(()),
    );
    check(
        "iti51/find-documents-multipatient-body.xml",
        QueryId::FindDocumentsForMultiplePatients,
        Ok(()),
    );
}

#[test]
fn published_faulty_queries_are_refused() {
    let parameters = &[Parameter::DocumentEntryEntryUuid, Parameter::DocumentEntryUniqueId];
    check(
        "iti18/neg-get-documents-and-associations-wrong-params-body.xml",
        QueryId::GetDocumentsAndAssociations,
        Err(QueryFault::MissingOneOf { parameters }),
    );
    check(
        "iti18/neg-get-related-documents-missing-id-body.xml",
        QueryId::GetRelatedDocuments,
        Err(QueryFault::MissingOneOf { parameters }),
    );
}
