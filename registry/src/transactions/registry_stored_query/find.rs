//! The queries that name a patient: Find… and GetAll.

use std::collections::HashSet;

use xds::ObjectKind;
use xds::query::{FindDocuments, FindFolders, FindSubmissionSets, GetAll};

use super::search::{Search, ends, uuid};
use crate::error::QueryError;
use crate::leaf_class::StoredObject;
use crate::record;
use crate::record::entry::EntryHead;
use crate::select::{EntrySelection, FolderSelection, SubmissionSetSelection};

/// ITI TF-2: 3.18.4.1.2.3.7.1: one range of the patient's records, filtered here.
pub(super) fn find_documents(
    search: &mut Search<'_>,
    query: &FindDocuments,
) -> Result<Vec<StoredObject>, QueryError> {
    let entries = search.entries_of(&query.patient_id)?;
    let dictionary = search.dictionary(&entries)?;
    let selection = EntrySelection::compile(&query.filter, &dictionary);
    let mut found = Vec::new();
    for entry in entries {
        let head = EntryHead::read(&entry.record)?;
        if selection.admits(&entry, &head)? && search.admits(&head) {
            found.push(entry);
        }
    }
    Ok(found)
}

/// ITI TF-2: 3.18.4.1.2.3.7.2.
pub(super) fn find_submission_sets(
    search: &mut Search<'_>,
    query: &FindSubmissionSets,
) -> Result<Vec<StoredObject>, QueryError> {
    let objects = search.objects_of(&query.patient_id)?;
    let dictionary = search.dictionary(&objects)?;
    let selection = SubmissionSetSelection::compile(query, &dictionary);
    let mut found = Vec::new();
    for object in objects {
        let is_set = record::kind(&object.record)? == ObjectKind::SubmissionSet;
        if is_set && selection.admits(&object)? {
            found.push(object);
        }
    }
    Ok(found)
}

/// ITI TF-2: 3.18.4.1.2.3.7.3.
pub(super) fn find_folders(
    search: &mut Search<'_>,
    query: &FindFolders,
) -> Result<Vec<StoredObject>, QueryError> {
    let objects = search.objects_of(&query.patient_id)?;
    let dictionary = search.dictionary(&objects)?;
    let selection = FolderSelection::compile(&query.filter, &dictionary);
    let mut found = Vec::new();
    for object in objects {
        let is_folder = record::kind(&object.record)? == ObjectKind::Folder;
        if is_folder && selection.admits(&object)? {
            found.push(object);
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
    let mut entries = Vec::new();
    let mut packages = Vec::new();
    let mut associations = Vec::new();
    for object in search.objects_of(&query.patient_id)? {
        let status = object.status;
        match record::kind(&object.record)? {
            ObjectKind::DocumentEntry if query.document_entry_statuses.contains(status) => {
                entries.push(object);
            }
            ObjectKind::SubmissionSet if query.submission_set_statuses.contains(status) => {
                packages.push(object);
            }
            ObjectKind::Folder if query.folder_statuses.contains(status) => packages.push(object),
            ObjectKind::Association => associations.push(object),
            ObjectKind::DocumentEntry | ObjectKind::SubmissionSet | ObjectKind::Folder => {}
        }
    }
    let mut found = search.contents(entries, &query.contents)?;
    // Another patient's submission may include a document of this one by reference.
    for entry in &found {
        associations.extend(search.ending_at(uuid(entry)?)?);
    }
    found.extend(packages);
    let returned: HashSet<_> = found.iter().map(uuid).collect::<Result<_, _>>()?;
    for association in associations {
        let ends = ends(&association)?;
        if returned.contains(&ends.source) || returned.contains(&ends.target) {
            found.push(association);
        }
    }
    Ok(found)
}
