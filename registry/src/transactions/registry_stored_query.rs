//! ITI-18 Registry Stored Query.
//!
//! Each query reads one snapshot of the database, filters compact records here and not in SQL, and hands
//! the objects on as they are stored. The multi-patient queries belong to ITI-51, which is not offered yet.

mod find;
mod get;
mod search;

use std::collections::BTreeMap;

use xds::ObjectKind;
use xds::query::{AdhocQueryRequest, ReturnType, StoredQuery};

use super::Origin;
use crate::Registry;
use crate::error::QueryError;
use crate::leaf_class::StoredObject;
use crate::record;
use crate::store::patient::SEQUENCE_BITS;
use search::Search;

/// The objects that a query found, and whose they are.
#[derive(Debug)]
pub struct Found {
    pub return_type: ReturnType,
    pub objects: Vec<StoredObject>,
    /// Patient ids by patient number, as CX.
    pub patients: BTreeMap<i64, String>,
}

/// Answers a stored query. Blocking: it reads the database.
///
/// # Errors
/// [`QueryError`]; an answer is complete or not given.
pub fn registry_stored_query(
    registry: &Registry,
    origin: &Origin,
    request: &AdhocQueryRequest,
) -> Result<Found, QueryError> {
    let query = StoredQuery::parse(request)?;
    let return_type = ReturnType::parse(&request.return_type)?;
    let permit =
        registry.policy.permit_query(&origin.requester, &query).map_err(QueryError::Denied)?;
    let (objects, patients) = registry.database.read(|connection| {
        let mut search = Search::new(registry, &permit, connection);
        let objects = select(&mut search, &query)?;
        search.finish(objects)
    })?;
    let found = Found { return_type, objects, patients };
    if query.id().answers_single_patient() {
        demand_single_patient(&found)?;
    }
    limit(registry, found)
}

fn select(search: &mut Search<'_>, query: &StoredQuery) -> Result<Vec<StoredObject>, QueryError> {
    match query {
        StoredQuery::FindDocuments(query) | StoredQuery::FindDocumentsByReferenceId(query) => {
            find::find_documents(search, query)
        }
        StoredQuery::FindSubmissionSets(query) => find::find_submission_sets(search, query),
        StoredQuery::FindFolders(query) => find::find_folders(search, query),
        StoredQuery::GetAll(query) => find::get_all(search, query),
        StoredQuery::GetDocuments(query) => get::get_documents(search, query),
        StoredQuery::GetFolders(query) => get::get_folders(search, query),
        StoredQuery::GetAssociations(query) => get::get_associations(search, query),
        StoredQuery::GetDocumentsAndAssociations(query) => {
            get::get_documents_and_associations(search, query)
        }
        StoredQuery::GetSubmissionSets(query) => get::get_submission_sets(search, query),
        StoredQuery::GetSubmissionSetAndContents(query) => {
            get::get_submission_set_and_contents(search, query)
        }
        StoredQuery::GetFolderAndContents(query) => get::get_folder_and_contents(search, query),
        StoredQuery::GetFoldersForDocument(query) => get::get_folders_for_document(search, query),
        StoredQuery::GetRelatedDocuments(query) => get::get_related_documents(search, query),
        StoredQuery::FindDocumentsForMultiplePatients(_)
        | StoredQuery::FindFoldersForMultiplePatients(_) => Err(QueryError::NotOffered),
    }
}

/// LeafClass answers of most Get… queries hold one patient's objects only, ITI TF-2: 3.18.4.1.2.3.8.2.
/// Merged patients are one. Associations have no patient.
fn demand_single_patient(found: &Found) -> Result<(), QueryError> {
    if found.return_type != ReturnType::LeafClass {
        return Ok(());
    }
    let mut first = None;
    for object in &found.objects {
        if record::kind(&object.record)? == ObjectKind::Association {
            continue;
        }
        let patient = found.patients.get(&(object.key >> SEQUENCE_BITS));
        if *first.get_or_insert(patient) != patient {
            return Err(QueryError::ResultNotSinglePatient);
        }
    }
    Ok(())
}

/// ObjectRef answers are small and have no limit: they are what a client is told to ask for instead.
fn limit(registry: &Registry, found: Found) -> Result<Found, QueryError> {
    let limit = registry.max_leaf_class_results;
    if found.return_type == ReturnType::LeafClass && found.objects.len() > limit {
        return Err(QueryError::TooManyResults { found: found.objects.len(), limit });
    }
    Ok(found)
}
