//! ITI-18 Registry Stored Query.
//!
//! Each query sees one state of the registry: a patient's set of records in memory, or one snapshot of the
//! database. It filters compact records here and not in SQL, and hands the objects on as they are stored. The
//! multi-patient queries belong to ITI-51.

mod find;
mod get;
mod search;

use std::collections::BTreeMap;

use datatypes::PatientId;
use policy::Permit;
use xds::ObjectKind;
use xds::query::{AdhocQueryRequest, ReturnType, StoredQuery};

use super::{Origin, QueryTransaction};
use crate::Registry;
use crate::error::QueryError;
use crate::leaf_class::StoredObject;
use crate::record;
use find::Sight;
use search::Search;

pub(super) use search::admits;

/// The objects that a query found, and whose they are.
#[derive(Debug)]
pub struct Found {
    pub transaction: QueryTransaction,
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
    let transaction = QueryTransaction::RegistryStoredQuery;
    let query = transaction.read(request)?;
    let return_type = ReturnType::parse(&request.return_type)?;
    let permit =
        registry.policy.permit_query(&origin.requester, &query).map_err(QueryError::Denied)?;
    let (objects, patients) = select((registry, &permit), &query)?;
    let found = Found { transaction, return_type, objects, patients };
    if query.id().answers_single_patient() {
        demand_single_patient(&found)?;
    }
    limit(registry, found)
}

/// Objects, and the ids of the patients they belong to.
type Selected = (Vec<StoredObject>, BTreeMap<i64, String>);

fn select(asker: Asker<'_>, query: &StoredQuery) -> Result<Selected, QueryError> {
    match query {
        StoredQuery::FindDocuments(query) | StoredQuery::FindDocumentsByReferenceId(query) => {
            in_patient(asker, &query.patient_id, |sight| find::find_documents(sight, query))
        }
        StoredQuery::FindDocumentsExclude(query) => {
            in_patient(asker, &query.patient_id, |sight| find::find_documents_exclude(sight, query))
        }
        StoredQuery::FindSubmissionSets(query) => {
            in_patient(asker, &query.patient_id, |sight| find::find_submission_sets(sight, query))
        }
        StoredQuery::FindFolders(query) => {
            in_patient(asker, &query.patient_id, |sight| find::find_folders(sight, query))
        }
        StoredQuery::GetAll(query) => in_snapshot(asker, |search| find::get_all(search, query)),
        StoredQuery::GetDocuments(query) => {
            in_snapshot(asker, |search| get::get_documents(search, query))
        }
        StoredQuery::GetFolders(query) => {
            in_snapshot(asker, |search| get::get_folders(search, query))
        }
        StoredQuery::GetAssociations(query) => {
            in_snapshot(asker, |search| get::get_associations(search, query))
        }
        StoredQuery::GetDocumentsAndAssociations(query) => {
            in_snapshot(asker, |search| get::get_documents_and_associations(search, query))
        }
        StoredQuery::GetSubmissionSets(query) => {
            in_snapshot(asker, |search| get::get_submission_sets(search, query))
        }
        StoredQuery::GetSubmissionSetAndContents(query) => {
            in_snapshot(asker, |search| get::get_submission_set_and_contents(search, query))
        }
        StoredQuery::GetFolderAndContents(query) => {
            in_snapshot(asker, |search| get::get_folder_and_contents(search, query))
        }
        StoredQuery::GetFoldersForDocument(query) => {
            in_snapshot(asker, |search| get::get_folders_for_document(search, query))
        }
        StoredQuery::GetRelatedDocuments(query) => {
            in_snapshot(asker, |search| get::get_related_documents(search, query))
        }
        StoredQuery::FindDocumentsForMultiplePatients(_)
        | StoredQuery::FindFoldersForMultiplePatients(_)
        | StoredQuery::FindDocumentsByReferenceIdForMultiplePatients(_) => {
            Err(QueryError::NotOffered)
        }
    }
}

/// Who asks the registry what: every way to its objects needs both.
type Asker<'a> = (&'a Registry, &'a Permit);

/// A query about one patient is answered from what is kept in memory of the patient.
fn in_patient(
    (registry, permit): Asker<'_>,
    id: &PatientId,
    find: impl FnOnce(&Sight<'_>) -> Result<Vec<StoredObject>, QueryError>,
) -> Result<Selected, QueryError> {
    let set = registry.patient_set(permit, id)?;
    let dictionary = registry.dictionary.load();
    let objects = find(&Sight { set: &set, permit, dictionary: &dictionary })?;
    let patients = set.owners(&objects).map(|owner_no| (owner_no, id.to_cx())).collect();
    Ok((objects, patients))
}

/// Any other query reads one snapshot of the database.
fn in_snapshot(
    (registry, permit): Asker<'_>,
    get: impl FnOnce(&mut Search<'_>) -> Result<Vec<StoredObject>, QueryError>,
) -> Result<Selected, QueryError> {
    let generation = registry.database.generation();
    registry.database.read(|connection| {
        let mut search = Search::new((registry, permit), connection, generation);
        let objects = get(&mut search)?;
        search.finish(objects)
    })
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
        let patient = found.patients.get(&object.owner_no);
        if *first.get_or_insert(patient) != patient {
            return Err(QueryError::ResultNotSinglePatient);
        }
    }
    Ok(())
}

/// ObjectRef answers are small and have no limit: they are what a client is told to ask for instead.
pub(super) fn limit(registry: &Registry, found: Found) -> Result<Found, QueryError> {
    let limit = registry.max_leaf_class_results;
    if found.return_type == ReturnType::LeafClass && found.objects.len() > limit {
        return Err(QueryError::TooManyResults { found: found.objects.len(), limit });
    }
    Ok(found)
}
