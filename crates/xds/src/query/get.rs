//! Queries by object id: Get… except GetAll.
//!
//! Ids that cannot exist are left out here; like ids that nobody has registered, they
//! are silently absent from the answer.

use datatypes::{EntryUuid, UniqueId};

use crate::AssociationType;
use crate::query::arguments::Arguments;
use crate::query::fault::QueryFault;
use crate::query::filter::{ContentFilter, EntryTypes};
use crate::query::parameter::Parameter;

/// The objects that are asked for, by one of the two kinds of ids.
///
/// A list may be empty, which asks for nothing, and has at most one member where the
/// query takes a single object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    EntryUuids(Vec<EntryUuid>),
    UniqueIds(Vec<UniqueId>),
}

impl Selection {
    /// Reads whichever of the two parameters is there; the rules allow only one.
    fn read(arguments: &Arguments<'_>, entry_uuid: Parameter, unique_id: Parameter) -> Selection {
        if arguments.has(unique_id) {
            let unique_ids = arguments.existing(unique_id, |text| UniqueId::parse(text).ok());
            return Selection::UniqueIds(unique_ids);
        }
        Selection::EntryUuids(entry_uuids(arguments, entry_uuid))
    }

    fn documents(arguments: &Arguments<'_>) -> Selection {
        let entry_uuid = Parameter::DocumentEntryEntryUuid;
        Selection::read(arguments, entry_uuid, Parameter::DocumentEntryUniqueId)
    }

    fn folders(arguments: &Arguments<'_>) -> Selection {
        Selection::read(arguments, Parameter::FolderEntryUuid, Parameter::FolderUniqueId)
    }
}

fn entry_uuids(arguments: &Arguments<'_>, parameter: Parameter) -> Vec<EntryUuid> {
    arguments.existing(parameter, |text| EntryUuid::parse(text.trim()).ok())
}

/// DocumentEntries in any status and of any type (ITI TF-2: 3.18.4.1.2.3.7.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetDocuments {
    pub documents: Selection,
}

impl GetDocuments {
    pub(super) fn read(arguments: &Arguments<'_>) -> GetDocuments {
        GetDocuments { documents: Selection::documents(arguments) }
    }
}

/// Folders in any status (ITI TF-2: 3.18.4.1.2.3.7.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetFolders {
    pub folders: Selection,
}

impl GetFolders {
    pub(super) fn read(arguments: &Arguments<'_>) -> GetFolders {
        GetFolders { folders: Selection::folders(arguments) }
    }
}

/// Associations with one of the objects as source or target (ITI TF-2: 3.18.4.1.2.3.7.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetAssociations {
    pub objects: Vec<EntryUuid>,
}

impl GetAssociations {
    pub(super) fn read(arguments: &Arguments<'_>) -> GetAssociations {
        GetAssociations { objects: entry_uuids(arguments, Parameter::Uuid) }
    }
}

/// DocumentEntries and the Associations that touch them (ITI TF-2: 3.18.4.1.2.3.7.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetDocumentsAndAssociations {
    pub documents: Selection,
}

impl GetDocumentsAndAssociations {
    pub(super) fn read(arguments: &Arguments<'_>) -> GetDocumentsAndAssociations {
        GetDocumentsAndAssociations { documents: Selection::documents(arguments) }
    }
}

/// SubmissionSets that have one of the objects as a member (ITI TF-2: 3.18.4.1.2.3.7.9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetSubmissionSets {
    /// DocumentEntries and Folders.
    pub members: Vec<EntryUuid>,
}

impl GetSubmissionSets {
    pub(super) fn read(arguments: &Arguments<'_>) -> GetSubmissionSets {
        GetSubmissionSets { members: entry_uuids(arguments, Parameter::Uuid) }
    }
}

/// One SubmissionSet with its members (ITI TF-2: 3.18.4.1.2.3.7.10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetSubmissionSetAndContents {
    pub submission_set: Selection,
    pub contents: ContentFilter,
}

impl GetSubmissionSetAndContents {
    pub(super) fn read(
        arguments: &Arguments<'_>,
    ) -> Result<GetSubmissionSetAndContents, QueryFault> {
        let submission_set = Selection::read(
            arguments,
            Parameter::SubmissionSetEntryUuid,
            Parameter::SubmissionSetUniqueId,
        );
        let contents = ContentFilter::read(arguments)?;
        Ok(GetSubmissionSetAndContents { submission_set, contents })
    }
}

/// One Folder with its documents (ITI TF-2: 3.18.4.1.2.3.7.11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetFolderAndContents {
    pub folder: Selection,
    pub contents: ContentFilter,
}

impl GetFolderAndContents {
    pub(super) fn read(arguments: &Arguments<'_>) -> Result<GetFolderAndContents, QueryFault> {
        let folder = Selection::folders(arguments);
        Ok(GetFolderAndContents { folder, contents: ContentFilter::read(arguments)? })
    }
}

/// The Folders that hold a document (ITI TF-2: 3.18.4.1.2.3.7.12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetFoldersForDocument {
    pub document: Selection,
}

impl GetFoldersForDocument {
    pub(super) fn read(arguments: &Arguments<'_>) -> GetFoldersForDocument {
        GetFoldersForDocument { document: Selection::documents(arguments) }
    }
}

/// Documents related to a document (ITI TF-2: 3.18.4.1.2.3.7.13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetRelatedDocuments {
    pub document: Selection,
    /// Relationships between documents only; empty if none such is asked for, and then
    /// there is nothing to find.
    pub association_types: Vec<AssociationType>,
    pub entry_types: EntryTypes,
}

impl GetRelatedDocuments {
    pub(super) fn read(arguments: &Arguments<'_>) -> GetRelatedDocuments {
        GetRelatedDocuments {
            document: Selection::documents(arguments),
            association_types: arguments.existing(Parameter::AssociationTypes, relationship),
            entry_types: arguments.entry_types(Parameter::DocumentEntryType),
        }
    }
}

/// A relationship between documents by its URN, or by the last part of it, which is
/// all that old clients send.
fn relationship(text: &str) -> Option<AssociationType> {
    let names = |urn: &str| urn == text || urn.rsplit(':').next() == Some(text);
    AssociationType::ALL
        .into_iter()
        .find(|kind| kind.is_document_relationship() && names(kind.urn()))
}
