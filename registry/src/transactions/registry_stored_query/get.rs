//! The queries that name objects: Get… except GetAll. Status is no condition here: deprecated objects are
//! answered as well (ITI TF-2: 3.18.4.1.2.3.7).

use std::collections::HashSet;

use datatypes::EntryUuid;
use xds::query::{
    GetAssociations, GetDocuments, GetDocumentsAndAssociations, GetFolderAndContents, GetFolders,
    GetFoldersForDocument, GetRelatedDocuments, GetSubmissionSetAndContents, GetSubmissionSets,
};
use xds::{AssociationType, EntryType, ObjectKind};

use super::search::{Search, ends, uuid};
use crate::error::QueryError;
use crate::leaf_class::StoredObject;
use crate::record::entry::EntryHead;

type Objects = Result<Vec<StoredObject>, QueryError>;

/// ITI TF-2: 3.18.4.1.2.3.7.5. One uniqueId may lead to several entries.
pub(super) fn get_documents(search: &mut Search<'_>, query: &GetDocuments) -> Objects {
    search.selected(ObjectKind::DocumentEntry, &query.documents)
}

/// ITI TF-2: 3.18.4.1.2.3.7.6.
pub(super) fn get_folders(search: &mut Search<'_>, query: &GetFolders) -> Objects {
    search.selected(ObjectKind::Folder, &query.folders)
}

/// ITI TF-2: 3.18.4.1.2.3.7.7.
pub(super) fn get_associations(search: &mut Search<'_>, query: &GetAssociations) -> Objects {
    let mut found = Vec::new();
    for object in &query.objects {
        found.extend(search.touching(*object)?);
    }
    Ok(found)
}

/// ITI TF-2: 3.18.4.1.2.3.7.8.
pub(super) fn get_documents_and_associations(
    search: &mut Search<'_>,
    query: &GetDocumentsAndAssociations,
) -> Objects {
    let mut found = search.selected(ObjectKind::DocumentEntry, &query.documents)?;
    let documents: Vec<EntryUuid> = found.iter().map(uuid).collect::<Result<_, _>>()?;
    for document in documents {
        found.extend(search.touching(document)?);
    }
    Ok(found)
}

/// ITI TF-2: 3.18.4.1.2.3.7.9: the sets that have one of the objects as a member, and the memberships.
pub(super) fn get_submission_sets(search: &mut Search<'_>, query: &GetSubmissionSets) -> Objects {
    let mut found = Vec::new();
    for member in &query.members {
        for membership in search.ending_at(*member)? {
            let ends = ends(&membership)?;
            if ends.kind != AssociationType::HasMember {
                continue;
            }
            if let Some(set) = search.by_uuid(ObjectKind::SubmissionSet, ends.source)? {
                found.extend([set, membership]);
            }
        }
    }
    Ok(found)
}

/// ITI TF-2: 3.18.4.1.2.3.7.10: an Association is answered only if both of its ends are. A membership that
/// another submission made connects a Folder and a document of this one all the same.
pub(super) fn get_submission_set_and_contents(
    search: &mut Search<'_>,
    query: &GetSubmissionSetAndContents,
) -> Objects {
    let mut found = search.selected(ObjectKind::SubmissionSet, &query.submission_set)?;
    let Some(set) = found.first().map(uuid).transpose()? else { return Ok(found) };
    let memberships = search.starting_at(set)?;
    let mut entries = Vec::new();
    let mut folder_memberships = Vec::new();
    for membership in &memberships {
        let member = ends(membership)?.target;
        entries.extend(search.by_uuid(ObjectKind::DocumentEntry, member)?);
        if let Some(folder) = search.by_uuid(ObjectKind::Folder, member)? {
            folder_memberships.extend(search.starting_at(member)?);
            found.push(folder);
        }
    }
    found.extend(search.contents(entries, &query.contents)?);
    with_both_ends(&mut found, folder_memberships)?;
    with_both_ends(&mut found, memberships)?;
    Ok(found)
}

/// ITI TF-2: 3.18.4.1.2.3.7.11.
pub(super) fn get_folder_and_contents(
    search: &mut Search<'_>,
    query: &GetFolderAndContents,
) -> Objects {
    let mut found = search.selected(ObjectKind::Folder, &query.folder)?;
    let Some(folder) = found.first().map(uuid).transpose()? else { return Ok(found) };
    let memberships = search.starting_at(folder)?;
    let mut entries = Vec::new();
    for membership in &memberships {
        entries.extend(search.by_uuid(ObjectKind::DocumentEntry, ends(membership)?.target)?);
    }
    found.extend(search.contents(entries, &query.contents)?);
    with_both_ends(&mut found, memberships)?;
    Ok(found)
}

/// Adds those associations whose two ends are found already.
fn with_both_ends(
    found: &mut Vec<StoredObject>,
    associations: Vec<StoredObject>,
) -> Result<(), QueryError> {
    let returned: HashSet<EntryUuid> = found.iter().map(uuid).collect::<Result<_, _>>()?;
    for association in associations {
        let ends = ends(&association)?;
        if returned.contains(&ends.source) && returned.contains(&ends.target) {
            found.push(association);
        }
    }
    Ok(())
}

/// ITI TF-2: 3.18.4.1.2.3.7.12: Folders only, no Associations.
pub(super) fn get_folders_for_document(
    search: &mut Search<'_>,
    query: &GetFoldersForDocument,
) -> Objects {
    let mut found = Vec::new();
    for document in search.selected(ObjectKind::DocumentEntry, &query.document)? {
        for membership in search.ending_at(uuid(&document)?)? {
            found.extend(search.by_uuid(ObjectKind::Folder, ends(&membership)?.source)?);
        }
    }
    Ok(found)
}

/// ITI TF-2: 3.18.4.1.2.3.7.13: one step along the wanted relationships, with the documents at both ends.
pub(super) fn get_related_documents(
    search: &mut Search<'_>,
    query: &GetRelatedDocuments,
) -> Objects {
    let mut found = Vec::new();
    for document in search.selected(ObjectKind::DocumentEntry, &query.document)? {
        for relationship in search.touching(uuid(&document)?)? {
            let ends = ends(&relationship)?;
            if !query.association_types.contains(&ends.kind) {
                continue;
            }
            let source = related_end(search, query, ends.source)?;
            let target = related_end(search, query, ends.target)?;
            if let (Some(source), Some(target)) = (source, target) {
                found.extend([source, target, relationship]);
            }
        }
    }
    Ok(found)
}

/// A document at the end of a relationship, if it is of a wanted type and may be seen.
fn related_end(
    search: &mut Search<'_>,
    query: &GetRelatedDocuments,
    uuid: EntryUuid,
) -> Result<Option<StoredObject>, QueryError> {
    let Some(entry) = search.by_uuid(ObjectKind::DocumentEntry, uuid)? else { return Ok(None) };
    let head = EntryHead::read(&entry.record)?;
    let entry_type = if head.is_on_demand() { EntryType::OnDemand } else { EntryType::Stable };
    let is_wanted = query.entry_types.contains(entry_type) && search.admits(&head);
    Ok(is_wanted.then_some(entry))
}
