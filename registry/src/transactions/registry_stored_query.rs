//! ITI-18 Registry Stored Query: FindDocuments, by reference id too, and GetDocuments so far.

use std::collections::BTreeMap;

use datatypes::PatientId;
use policy::{EntryCodes, Permit};
use store::AnyConnection;
use xds::query::{
    AdhocQueryRequest, FindDocuments, GetDocuments, ReturnType, Selection, StoredQuery,
};

use super::Origin;
use crate::Registry;
use crate::error::QueryError;
use crate::leaf_class::StoredObject;
use crate::record::entry::EntryHead;
use crate::select::EntrySelection;
use crate::store::patient::SEQUENCE_BITS;
use crate::store::{object, patient};

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
    let mut found = Found { return_type, objects: Vec::new(), patients: BTreeMap::new() };
    match &query {
        StoredQuery::FindDocuments(query) | StoredQuery::FindDocumentsByReferenceId(query) => {
            find_documents(registry, &permit, query, &mut found)?
        }
        StoredQuery::GetDocuments(query) => {
            get_documents(registry, &permit, query, &mut found)?;
            demand_single_patient(&found)?;
        }
        StoredQuery::FindSubmissionSets(_)
        | StoredQuery::FindFolders(_)
        | StoredQuery::GetAll(_)
        | StoredQuery::GetFolders(_)
        | StoredQuery::GetAssociations(_)
        | StoredQuery::GetDocumentsAndAssociations(_)
        | StoredQuery::GetSubmissionSets(_)
        | StoredQuery::GetSubmissionSetAndContents(_)
        | StoredQuery::GetFolderAndContents(_)
        | StoredQuery::GetFoldersForDocument(_)
        | StoredQuery::GetRelatedDocuments(_)
        | StoredQuery::FindDocumentsForMultiplePatients(_)
        | StoredQuery::FindFoldersForMultiplePatients(_) => return Err(QueryError::NotOffered),
    }
    limit(registry, found)
}

/// One range of the patient's records, filtered here and not in SQL.
fn find_documents(
    registry: &Registry,
    permit: &Permit,
    query: &FindDocuments,
    found: &mut Found,
) -> Result<(), QueryError> {
    let read =
        registry.database.read(|connection| entries_of(connection, permit, &query.patient_id))?;
    // An unknown patient has no documents: Success and an empty list (ITI TF-2: 3.18.4.1.2.3.8).
    let Some((patient_no, entries)) = read else { return Ok(()) };
    let dictionary = registry.dictionary_for(&entries)?;
    let selection = EntrySelection::compile(&query.filter, &dictionary);
    for entry in entries {
        let head = EntryHead::read(&entry.record)?;
        if selection.admits(&entry, &head)? && admits(permit, &head) {
            found.objects.push(entry);
        }
    }
    found.patients.insert(patient_no, query.patient_id.to_cx());
    Ok(())
}

/// Whether the permit reaches this document.
fn admits(permit: &Permit, head: &EntryHead<'_>) -> bool {
    let [class, type_code, format, _facility, _practice_setting] = head.singles;
    let confidentiality: Vec<u32> = head.confidentiality.iter().collect();
    permit.admits(&EntryCodes { class, type_code, format, confidentiality: &confidentiality })
}

fn entries_of(
    connection: &mut AnyConnection,
    permit: &Permit,
    id: &PatientId,
) -> Result<Option<(i64, Vec<StoredObject>)>, QueryError> {
    let Some(known) = patient::find(connection, id)? else { return Ok(None) };
    Ok(Some((known.patient_no, object::entries_of_patient(connection, permit, known.patient_no)?)))
}

/// By id, whatever the status; ids that are not known are silently absent (ITI TF-2: 3.18.4.1.2.3.7.5).
fn get_documents(
    registry: &Registry,
    permit: &Permit,
    query: &GetDocuments,
    found: &mut Found,
) -> Result<(), QueryError> {
    let (mut entries, patients) =
        registry.database.read(|connection| by_ids(connection, permit, query))?;
    entries.sort_by_key(|entry| entry.key);
    entries.dedup_by_key(|entry| entry.key);
    registry.dictionary_for(&entries)?;
    for entry in entries {
        if admits(permit, &EntryHead::read(&entry.record)?) {
            found.objects.push(entry);
        }
    }
    found.patients = patients;
    Ok(())
}

type EntriesAndPatients = (Vec<StoredObject>, BTreeMap<i64, String>);

fn by_ids(
    connection: &mut AnyConnection,
    permit: &Permit,
    query: &GetDocuments,
) -> Result<EntriesAndPatients, QueryError> {
    let mut entries = Vec::new();
    match &query.documents {
        Selection::EntryUuids(uuids) => {
            for uuid in uuids {
                entries.extend(object::entry_by_uuid(connection, permit, *uuid)?);
            }
        }
        Selection::UniqueIds(unique_ids) => {
            for unique_id in unique_ids {
                entries.extend(object::entries_by_unique_id(
                    connection,
                    permit,
                    unique_id.as_str(),
                )?);
            }
        }
    }
    let mut patients = BTreeMap::new();
    for entry in &entries {
        let patient_no = entry.key >> SEQUENCE_BITS;
        if let std::collections::btree_map::Entry::Vacant(place) = patients.entry(patient_no) {
            place.insert(patient::cx_of(connection, patient_no)?);
        }
    }
    Ok((entries, patients))
}

/// LeafClass answers of Get… queries hold one patient's objects only, ITI TF-2: 3.18.4.1.3.
fn demand_single_patient(found: &Found) -> Result<(), QueryError> {
    let mut patients = found.objects.iter().map(|object| object.key >> SEQUENCE_BITS);
    let Some(first) = patients.next() else { return Ok(()) };
    if found.return_type == ReturnType::LeafClass && patients.any(|patient| patient != first) {
        return Err(QueryError::ResultNotSinglePatient);
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
