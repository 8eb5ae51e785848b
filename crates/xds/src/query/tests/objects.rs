//! Queries by object id: what each parameter becomes.

use datatypes::{EntryUuid, UniqueId};

use crate::query::tests::parse;
use crate::query::{
    CodeFilter, ContentFilter, EntryTypes, GetAssociations, GetDocuments,
    GetDocumentsAndAssociations, GetFolderAndContents, GetFolders, GetFoldersForDocument,
    GetRelatedDocuments, GetSubmissionSetAndContents, GetSubmissionSets, QueryId, Selection,
    StoredQuery,
};
use crate::{AssociationType, EntryType};

const UUID: &str = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d";
const ONE: &str = "'urn:uuid:14D4DEBF-8F97-4251-9A74-A90016B0AF0D'";
/// One id that can exist among several that cannot.
const MIXED: &str = "('Some Value', 'urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d', 'Document01')";

fn uuids() -> Vec<EntryUuid> {
    vec![EntryUuid::parse(UUID).unwrap()]
}

fn unique_ids(texts: &[&str]) -> Selection {
    Selection::UniqueIds(texts.iter().map(|text| UniqueId::parse(text).unwrap()).collect())
}

#[track_caller]
fn check(query: QueryId, slots: &[(&str, &str)], expected: &StoredQuery) {
    let read = parse(query, slots).unwrap();
    assert_eq!(&read, expected);
    assert_eq!(read.id(), query);
    assert_eq!(read.patient_ids(), []);
}

#[test]
fn get_documents_by_either_id() {
    let expected = GetDocuments { documents: Selection::EntryUuids(uuids()) };
    let slots = [("$XDSDocumentEntryEntryUUID", MIXED)];
    check(QueryId::GetDocuments, &slots, &StoredQuery::GetDocuments(expected));

    let expected = GetDocuments { documents: unique_ids(&["1.2^A", "it's"]) };
    let slots = [("$XDSDocumentEntryUniqueId", "('1.2^A', 'it''s', '')")];
    check(QueryId::GetDocuments, &slots, &StoredQuery::GetDocuments(expected));
}

#[test]
fn ids_that_cannot_exist_ask_for_nothing() {
    let expected = GetDocuments { documents: Selection::EntryUuids(Vec::new()) };
    let slots = [("$XDSDocumentEntryEntryUUID", "'Some Value'")];
    check(QueryId::GetDocuments, &slots, &StoredQuery::GetDocuments(expected));
}

#[test]
fn get_folders_by_either_id() {
    let expected = GetFolders { folders: Selection::EntryUuids(uuids()) };
    let slots = [("$XDSFolderEntryUUID", MIXED)];
    check(QueryId::GetFolders, &slots, &StoredQuery::GetFolders(expected));

    let expected = GetFolders { folders: unique_ids(&["1.2", "1.3"]) };
    let slots = [("$XDSFolderUniqueId", "('1.2','1.3')")];
    check(QueryId::GetFolders, &slots, &StoredQuery::GetFolders(expected));
}

#[test]
fn get_associations_and_submission_sets_by_uuid() {
    let slots = [("$uuid", MIXED)];
    let expected = GetAssociations { objects: uuids() };
    check(QueryId::GetAssociations, &slots, &StoredQuery::GetAssociations(expected));
    let expected = GetSubmissionSets { members: uuids() };
    check(QueryId::GetSubmissionSets, &slots, &StoredQuery::GetSubmissionSets(expected));
}

#[test]
fn get_documents_and_associations_by_either_id() {
    let expected = GetDocumentsAndAssociations { documents: Selection::EntryUuids(uuids()) };
    check(
        QueryId::GetDocumentsAndAssociations,
        &[("$XDSDocumentEntryEntryUUID", MIXED)],
        &StoredQuery::GetDocumentsAndAssociations(expected),
    );
    let expected = GetDocumentsAndAssociations { documents: unique_ids(&["1.2"]) };
    check(
        QueryId::GetDocumentsAndAssociations,
        &[("$XDSDocumentEntryUniqueId", "'1.2'")],
        &StoredQuery::GetDocumentsAndAssociations(expected),
    );
}

#[test]
fn get_submission_set_and_contents_with_and_without_filter() {
    let everything = ContentFilter {
        format_codes: Vec::new(),
        confidentiality_codes: Vec::new(),
        entry_types: EntryTypes::STABLE,
    };
    let submission_set = Selection::EntryUuids(uuids());
    let expected = GetSubmissionSetAndContents { submission_set, contents: everything };
    check(
        QueryId::GetSubmissionSetAndContents,
        &[("$XDSSubmissionSetEntryUUID", ONE)],
        &StoredQuery::GetSubmissionSetAndContents(expected),
    );
    let submission_set = unique_ids(&["1.2"]);
    let expected = GetSubmissionSetAndContents { submission_set, contents: some_contents() };
    check(
        QueryId::GetSubmissionSetAndContents,
        &[&[("$XDSSubmissionSetUniqueId", "'1.2'")][..], &CONTENT_SLOTS].concat(),
        &StoredQuery::GetSubmissionSetAndContents(expected),
    );
}

const CONTENT_SLOTS: [(&str, &str); 4] = [
    ("$XDSDocumentEntryFormatCode", "('f^^s','g^^s')"),
    ("$XDSDocumentEntryConfidentialityCode", "('N^^s')"),
    ("$XDSDocumentEntryConfidentialityCode", "('R^^s')"),
    ("$XDSDocumentEntryType", "('urn:uuid:34268e47-fdf5-41a6-ba33-82133c465248')"),
];

fn some_contents() -> ContentFilter {
    let code = |code: &str| CodeFilter { code: code.to_owned(), scheme: "s".to_owned() };
    ContentFilter {
        format_codes: vec![code("f"), code("g")],
        confidentiality_codes: vec![vec![code("N")], vec![code("R")]],
        entry_types: EntryTypes::of([EntryType::OnDemand]),
    }
}

#[test]
fn get_folder_and_contents_by_either_id() {
    let folder = Selection::EntryUuids(uuids());
    let expected = GetFolderAndContents { folder, contents: some_contents() };
    check(
        QueryId::GetFolderAndContents,
        &[&[("$XDSFolderEntryUUID", ONE)][..], &CONTENT_SLOTS].concat(),
        &StoredQuery::GetFolderAndContents(expected),
    );
    let expected = GetFolderAndContents { folder: unique_ids(&["1.2"]), contents: some_contents() };
    check(
        QueryId::GetFolderAndContents,
        &[&[("$XDSFolderUniqueId", "'1.2'")][..], &CONTENT_SLOTS].concat(),
        &StoredQuery::GetFolderAndContents(expected),
    );
}

#[test]
fn get_folders_for_document_by_either_id() {
    // One value of a single-valued parameter may stand without quotes.
    let expected = GetFoldersForDocument { document: Selection::EntryUuids(uuids()) };
    let slots = [("$XDSDocumentEntryEntryUUID", UUID)];
    check(QueryId::GetFoldersForDocument, &slots, &StoredQuery::GetFoldersForDocument(expected));

    let expected = GetFoldersForDocument { document: unique_ids(&["1.2"]) };
    let slots = [("$XDSDocumentEntryUniqueId", "1.2")];
    check(QueryId::GetFoldersForDocument, &slots, &StoredQuery::GetFoldersForDocument(expected));
}

#[test]
fn get_related_documents_keeps_relationships_of_documents() {
    let types = "('urn:ihe:iti:2007:AssociationType:RPLC', 'XFRM_RPLC', 'signs',
        'urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember', 'HasMember', 'rplc', '')";
    let expected = GetRelatedDocuments {
        document: Selection::EntryUuids(uuids()),
        association_types: vec![
            AssociationType::Replace,
            AssociationType::TransformAndReplace,
            AssociationType::Signs,
        ],
        entry_types: EntryTypes::STABLE,
    };
    check(
        QueryId::GetRelatedDocuments,
        &[("$XDSDocumentEntryEntryUUID", ONE), ("$AssociationTypes", types)],
        &StoredQuery::GetRelatedDocuments(expected),
    );
    let expected = GetRelatedDocuments {
        document: unique_ids(&["1.2"]),
        association_types: Vec::new(),
        entry_types: EntryTypes::of([EntryType::OnDemand]),
    };
    check(
        QueryId::GetRelatedDocuments,
        &[
            ("$XDSDocumentEntryUniqueId", "'1.2'"),
            ("$AssociationTypes", "'Some Value'"),
            ("$XDSDocumentEntryType", "'urn:uuid:34268e47-fdf5-41a6-ba33-82133c465248'"),
        ],
        &StoredQuery::GetRelatedDocuments(expected),
    );
}
