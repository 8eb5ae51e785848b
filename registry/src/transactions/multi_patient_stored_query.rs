//! ITI-51 Multi-Patient Stored Query.
//!
//! The queries are those of ITI-18 over several patients (ITI TF-2: 3.51.4.1.2.1). Patients who are named are
//! looked at one after the other; without names, an index tells which objects hold one of the codes that are
//! asked for. One query sees one snapshot, looks at a bounded number of objects and keeps only what it found.
//! XDSResultNotSinglePatient does not apply: each object shows the id of its own patient.

mod index;
mod walk;

use policy::Permit;
use xds::query::{
    FindDocumentsForMultiplePatients, FindFoldersForMultiplePatients, Patients, StoredQuery,
};

use super::registry_stored_query::{admits, limit};
use super::{Asked, Found};
use crate::Registry;
use crate::error::QueryError;
use crate::leaf_class::StoredObject;
use crate::record::entry::EntryHead;
use crate::select::{EntrySelection, FolderSelection};
use walk::Walk;

/// Answers a query over several patients. Blocking: it reads the database.
///
/// # Errors
/// [`QueryError`]; an answer is complete or not given.
pub(super) fn answer(registry: &Registry, asked: &Asked) -> Result<Found, QueryError> {
    let Asked { transaction, query, return_type, permit } = asked;
    let generation = registry.database.generation();
    let (objects, patients) = registry.database.read(|connection| {
        let mut walk = Walk::new((registry, permit), (connection, generation), *return_type)?;
        select(&mut walk, permit, query)?;
        walk.finish()
    })?;
    let (transaction, return_type) = (*transaction, *return_type);
    limit(registry, Found { transaction, return_type, objects, patients }.within(&asked.permit))
}

fn select(walk: &mut Walk<'_>, permit: &Permit, query: &StoredQuery) -> Result<(), QueryError> {
    match query {
        StoredQuery::FindDocumentsForMultiplePatients(query)
        | StoredQuery::FindDocumentsByReferenceIdForMultiplePatients(query) => {
            find_documents(walk, permit, query)
        }
        StoredQuery::FindFoldersForMultiplePatients(query) => find_folders(walk, query),
        StoredQuery::FindDocuments(_)
        | StoredQuery::FindDocumentsByReferenceId(_)
        | StoredQuery::FindDocumentsExclude(_)
        | StoredQuery::FindSubmissionSets(_)
        | StoredQuery::FindFolders(_)
        | StoredQuery::GetAll(_)
        | StoredQuery::GetDocuments(_)
        | StoredQuery::GetFolders(_)
        | StoredQuery::GetAssociations(_)
        | StoredQuery::GetDocumentsAndAssociations(_)
        | StoredQuery::GetSubmissionSets(_)
        | StoredQuery::GetSubmissionSetAndContents(_)
        | StoredQuery::GetFolderAndContents(_)
        | StoredQuery::GetFoldersForDocument(_)
        | StoredQuery::GetRelatedDocuments(_) => Err(QueryError::NotOffered),
    }
}

/// ITI TF-2: 3.51.4.1.2.1.1; the same by reference id.
fn find_documents(
    walk: &mut Walk<'_>,
    permit: &Permit,
    query: &FindDocumentsForMultiplePatients,
) -> Result<(), QueryError> {
    let dictionary = walk.dictionary();
    let selection = EntrySelection::compile(&query.filter, &dictionary);
    let is_wanted = |entry: &StoredObject| {
        let head = EntryHead::read(&entry.record)?;
        Ok(selection.admits(entry, &head)? && admits(permit, &head))
    };
    match &query.patients {
        Patients::Named(ids) => walk.patients(ids, |set| &set.entries, is_wanted),
        Patients::All => {
            walk.candidates(&index::of_documents(&query.filter, &dictionary), is_wanted)
        }
    }
}

/// ITI TF-2: 3.51.4.1.2.1.2.
fn find_folders(
    walk: &mut Walk<'_>,
    query: &FindFoldersForMultiplePatients,
) -> Result<(), QueryError> {
    let dictionary = walk.dictionary();
    let selection = FolderSelection::compile(&query.filter, &dictionary);
    let is_wanted = |folder: &StoredObject| Ok(selection.admits(folder)?);
    match &query.patients {
        Patients::Named(ids) => walk.patients(ids, |set| &set.folders, is_wanted),
        Patients::All => walk.candidates(&index::of_folders(&query.filter, &dictionary), is_wanted),
    }
}
