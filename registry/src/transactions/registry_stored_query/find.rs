//! The queries that name a patient: Find… and GetAll.

use std::collections::HashSet;

use policy::Permit;
use xds::query::{
    FindDocuments, FindDocumentsExclude, FindFolders, FindSubmissionSets, GetAll, StatusSet,
};

use super::search::{Search, admits, ends, uuid};
use crate::dictionary::Dictionary;
use crate::error::QueryError;
use crate::leaf_class::StoredObject;
use crate::patient_sets::PatientSet;
use crate::record::entry::EntryHead;
use crate::select::{EntryExclusion, EntrySelection, FolderSelection, SubmissionSetSelection};

/// What a query about one patient has before it.
pub(super) struct Sight<'a> {
    pub(super) set: &'a PatientSet,
    pub(super) permit: &'a Permit,
    /// Knows every code of the set.
    pub(super) dictionary: &'a Dictionary,
}

/// ITI TF-2: 3.18.4.1.2.3.7.1: one walk over the patient's entries.
pub(super) fn find_documents(
    sight: &Sight<'_>,
    query: &FindDocuments,
) -> Result<Vec<StoredObject>, QueryError> {
    let selection = EntrySelection::compile(&query.filter, sight.dictionary);
    let mut found = Vec::new();
    for entry in &sight.set.entries {
        let head = EntryHead::read(&entry.record)?;
        if selection.admits(entry, &head)? && admits(sight.permit, &head) {
            found.push(entry.clone());
        }
    }
    Ok(found)
}

/// ITI TF-2: 3.18.4.1.2.3.7.15: as FindDocuments, without what is excluded.
pub(super) fn find_documents_exclude(
    sight: &Sight<'_>,
    query: &FindDocumentsExclude,
) -> Result<Vec<StoredObject>, QueryError> {
    let selection = EntrySelection::compile(&query.filter, sight.dictionary);
    let exclusion = EntryExclusion::compile(&query.exclusion, sight.dictionary);
    let mut found = Vec::new();
    for entry in &sight.set.entries {
        let head = EntryHead::read(&entry.record)?;
        let is_wanted = selection.admits(entry, &head)? && !exclusion.holds(&head)?;
        if is_wanted && admits(sight.permit, &head) {
            found.push(entry.clone());
        }
    }
    Ok(found)
}

/// ITI TF-2: 3.18.4.1.2.3.7.2.
pub(super) fn find_submission_sets(
    sight: &Sight<'_>,
    query: &FindSubmissionSets,
) -> Result<Vec<StoredObject>, QueryError> {
    let selection = SubmissionSetSelection::compile(query, sight.dictionary);
    let mut found = Vec::new();
    for set in &sight.set.submission_sets {
        if selection.admits(set)? {
            found.push(set.clone());
        }
    }
    Ok(found)
}

/// ITI TF-2: 3.18.4.1.2.3.7.3.
pub(super) fn find_folders(
    sight: &Sight<'_>,
    query: &FindFolders,
) -> Result<Vec<StoredObject>, QueryError> {
    let selection = FolderSelection::compile(&query.filter, sight.dictionary);
    let mut found = Vec::new();
    for folder in &sight.set.folders {
        if selection.admits(folder)? {
            found.push(folder.clone());
        }
    }
    Ok(found)
}

/// ITI TF-2: 3.18.4.1.2.3.7.4: every object of the wanted states, and every Association that touches one
/// of them, also if its other end is not in the answer.
pub(super) fn get_all(
    search: &mut Search<'_>,
    query: &GetAll,
) -> Result<Vec<StoredObject>, QueryError> {
    let set = search.set_of(&query.patient_id)?;
    let with_status = |objects: &[StoredObject], wanted: StatusSet| {
        let is_wanted = |object: &&StoredObject| wanted.contains(object.status);
        objects.iter().filter(is_wanted).cloned().collect::<Vec<_>>()
    };
    let entries = with_status(&set.entries, query.document_entry_statuses);
    let mut found = search.contents(entries, &query.contents)?;
    let mut associations = set.associations.clone();
    // Another patient's submission may include a document of this one by reference.
    for entry in &found {
        associations.extend(search.ending_at(uuid(entry)?)?);
    }
    found.extend(with_status(&set.submission_sets, query.submission_set_statuses));
    found.extend(with_status(&set.folders, query.folder_statuses));
    let returned: HashSet<_> = found.iter().map(uuid).collect::<Result<_, _>>()?;
    for association in associations {
        let ends = ends(&association)?;
        if returned.contains(&ends.source) || returned.contains(&ends.target) {
            found.push(association);
        }
    }
    Ok(found)
}
