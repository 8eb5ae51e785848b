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
use xds::query::{ReturnType, StoredQuery};

use super::{Asked, Found};
use crate::Registry;
use crate::error::QueryError;
use crate::leaf_class::{StoredObject, owners};
use crate::record;
use find::Sight;
use search::Search;

pub(super) use search::admits;

/// Answers a stored query. Blocking: it may read the database.
///
/// # Errors
/// [`QueryError`]; an answer is complete or not given.
pub(super) fn answer(registry: &Registry, asked: &Asked) -> Result<Found, QueryError> {
    let asker = Asker { registry, permit: &asked.permit, may_wait: true };
    found(asker, asked)?.ok_or(QueryError::Interrupted)
}

/// Answers a stored query from memory; `None` if the database must be read.
///
/// # Errors
/// As [`answer`].
pub(super) fn at_once(registry: &Registry, asked: &Asked) -> Result<Option<Found>, QueryError> {
    found(Asker { registry, permit: &asked.permit, may_wait: false }, asked)
}

fn found(asker: Asker<'_>, asked: &Asked) -> Result<Option<Found>, QueryError> {
    let Some((objects, patients)) = select(asker, &asked.query)? else { return Ok(None) };
    let (transaction, return_type) = (asked.transaction, asked.return_type);
    let found = Found { transaction, return_type, objects, patients }.within(asker.permit);
    if asked.query.id().answers_single_patient() {
        demand_single_patient(&found)?;
    }
    limit(asker.registry, found).map(Some)
}

/// Objects, and the ids of the patients they belong to.
type Selected = (Vec<StoredObject>, BTreeMap<i64, String>);

fn select(asker: Asker<'_>, query: &StoredQuery) -> Result<Option<Selected>, QueryError> {
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

/// Who asks the registry: every way to its objects needs the permit.
#[derive(Clone, Copy)]
struct Asker<'a> {
    registry: &'a Registry,
    permit: &'a Permit,
    /// Whether the thread may wait for the database.
    may_wait: bool,
}

/// A query about one patient is answered from what is kept in memory of the patient.
fn in_patient(
    Asker { registry, permit, may_wait }: Asker<'_>,
    id: &PatientId,
    find: impl FnOnce(&Sight<'_>) -> Result<Vec<StoredObject>, QueryError>,
) -> Result<Option<Selected>, QueryError> {
    let set = match registry.current_patient_set(permit, id) {
        Some(set) => set,
        None if may_wait => registry.patient_set(permit, id)?,
        None => return Ok(None),
    };
    let dictionary = registry.dictionary.load();
    let objects = find(&Sight { set: &set, permit, dictionary: &dictionary })?;
    let patients = owners(&objects).into_iter().map(|owner_no| (owner_no, id.to_cx())).collect();
    Ok(Some((objects, patients)))
}

/// Any other query reads one snapshot of the database.
fn in_snapshot(
    Asker { registry, permit, may_wait }: Asker<'_>,
    get: impl FnOnce(&mut Search<'_>) -> Result<Vec<StoredObject>, QueryError>,
) -> Result<Option<Selected>, QueryError> {
    if !may_wait {
        return Ok(None);
    }
    let generation = registry.database.generation();
    registry.database.read(|connection| {
        let mut search = Search::new((registry, permit), connection, generation);
        let objects = get(&mut search)?;
        search.finish(objects).map(Some)
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
