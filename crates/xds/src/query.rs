//! Registry Stored Query (ITI-18) and Multi-Patient Query (ITI-51): what is asked for.
//!
//! [`StoredQuery::parse`] turns the slots of a request into typed conditions; the
//! parameters are declared in [`rules`], one table a query (ITI TF-2: 3.18.4.1.2.3.7,
//! 3.51.4.1.2). Nothing here finds anything, and the XDS code of a fault is chosen by
//! the actor. Parameters of the Metadata Update option are ignored, like every
//! parameter that a query does not know (ITI TF-2: 3.18.4.1.2.3.6).

mod arguments;
pub mod fault;
pub mod filter;
pub mod find;
pub mod get;
pub mod id;
pub mod parameter;
pub mod pattern;
pub mod rules;
mod value;

#[cfg(test)]
mod tests;

use std::{fmt, slice};

use datatypes::PatientId;

pub use fault::QueryFault;
pub use filter::{
    CodeFilter, ContentFilter, DocumentExclusion, DocumentFilter, EntryTypes, StatusSet, TimeRange,
};
pub use find::{
    FindDocuments, FindDocumentsExclude, FindDocumentsForMultiplePatients, FindFolders,
    FindFoldersForMultiplePatients, FindSubmissionSets, FolderFilter, GetAll, Patients,
};
pub use get::{
    GetAssociations, GetDocuments, GetDocumentsAndAssociations, GetFolderAndContents, GetFolders,
    GetFoldersForDocument, GetRelatedDocuments, GetSubmissionSetAndContents, GetSubmissionSets,
    Selection,
};
pub use id::QueryId;
pub use parameter::Parameter;
pub use pattern::LikePattern;

use arguments::Arguments;

/// A stored query as it was sent (`query:AdhocQueryRequest`), nothing checked yet.
///
/// `Debug` hides what the requester wrote: the parameters hold patient ids and names.
#[derive(Clone, PartialEq, Eq)]
pub struct AdhocQueryRequest {
    /// `AdhocQuery/@id`.
    pub query_id: String,
    /// `AdhocQuery/@home`, the community that shall answer.
    pub home: Option<String>,
    /// `ResponseOption/@returnType`; read by [`ReturnType::parse`].
    pub return_type: String,
    /// One for each slot, in the order of the request.
    pub parameters: Vec<RawParameter>,
}

/// One slot of a stored query: its name and the texts of its `Value` elements.
#[derive(Clone, PartialEq, Eq)]
pub struct RawParameter {
    pub name: String,
    pub values: Vec<String>,
}

impl fmt::Debug for AdhocQueryRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdhocQueryRequest")
            .field("query", &QueryId::from_urn(&self.query_id))
            .field("n_parameters", &self.parameters.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for RawParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawParameter").field("n_values", &self.values.len()).finish_non_exhaustive()
    }
}

/// What the answer consists of (ITI TF-2: 3.18.4.1.2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReturnType {
    /// The objects with all their metadata.
    LeafClass,
    /// The entryUUIDs only.
    ObjectRef,
}

impl ReturnType {
    /// # Errors
    /// [`QueryFault::ReturnType`] for everything but the two types of the profile,
    /// the further types of ebRS included.
    pub fn parse(text: &str) -> Result<ReturnType, QueryFault> {
        match text.trim() {
            "LeafClass" => Ok(ReturnType::LeafClass),
            "ObjectRef" => Ok(ReturnType::ObjectRef),
            _ => Err(QueryFault::ReturnType),
        }
    }
}

/// A stored query with all its conditions, read and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredQuery {
    FindDocuments(FindDocuments),
    FindSubmissionSets(FindSubmissionSets),
    FindFolders(FindFolders),
    GetAll(GetAll),
    GetDocuments(GetDocuments),
    GetFolders(GetFolders),
    GetAssociations(GetAssociations),
    GetDocumentsAndAssociations(GetDocumentsAndAssociations),
    GetSubmissionSets(GetSubmissionSets),
    GetSubmissionSetAndContents(GetSubmissionSetAndContents),
    GetFolderAndContents(GetFolderAndContents),
    GetFoldersForDocument(GetFoldersForDocument),
    GetRelatedDocuments(GetRelatedDocuments),
    /// FindDocuments whose filter names at least one reference id.
    FindDocumentsByReferenceId(FindDocuments),
    FindDocumentsExclude(FindDocumentsExclude),
    FindDocumentsForMultiplePatients(FindDocumentsForMultiplePatients),
    FindFoldersForMultiplePatients(FindFoldersForMultiplePatients),
    /// FindDocumentsForMultiplePatients whose filter names at least one reference id.
    FindDocumentsByReferenceIdForMultiplePatients(FindDocumentsForMultiplePatients),
}

impl StoredQuery {
    /// Reads the query that the request names, from the parameters declared for it.
    ///
    /// # Errors
    /// [`QueryFault`] with the first rule that the request breaks.
    pub fn parse(request: &AdhocQueryRequest) -> Result<StoredQuery, QueryFault> {
        let id = QueryId::from_urn(&request.query_id).ok_or(QueryFault::UnknownStoredQuery)?;
        StoredQuery::read(id, &Arguments::read(id, request)?)
    }

    /// The patients whom the query names; none if it names objects, codes or reference ids only.
    #[must_use]
    pub fn patients(&self) -> &[PatientId] {
        match self {
            Self::FindDocuments(query) | Self::FindDocumentsByReferenceId(query) => {
                slice::from_ref(&query.patient_id)
            }
            Self::FindDocumentsExclude(query) => slice::from_ref(&query.patient_id),
            Self::FindSubmissionSets(query) => slice::from_ref(&query.patient_id),
            Self::FindFolders(query) => slice::from_ref(&query.patient_id),
            Self::GetAll(query) => slice::from_ref(&query.patient_id),
            Self::FindDocumentsForMultiplePatients(query)
            | Self::FindDocumentsByReferenceIdForMultiplePatients(query) => query.patients.named(),
            Self::FindFoldersForMultiplePatients(query) => query.patients.named(),
            Self::GetDocuments(_)
            | Self::GetFolders(_)
            | Self::GetAssociations(_)
            | Self::GetDocumentsAndAssociations(_)
            | Self::GetSubmissionSets(_)
            | Self::GetSubmissionSetAndContents(_)
            | Self::GetFolderAndContents(_)
            | Self::GetFoldersForDocument(_)
            | Self::GetRelatedDocuments(_) => &[],
        }
    }

    fn read(id: QueryId, arguments: &Arguments<'_>) -> Result<StoredQuery, QueryFault> {
        Ok(match id {
            QueryId::FindDocuments => Self::FindDocuments(FindDocuments::read(arguments)?),
            QueryId::FindSubmissionSets => {
                Self::FindSubmissionSets(FindSubmissionSets::read(arguments)?)
            }
            QueryId::FindFolders => Self::FindFolders(FindFolders::read(arguments)?),
            QueryId::GetAll => Self::GetAll(GetAll::read(arguments)?),
            QueryId::GetDocuments => Self::GetDocuments(GetDocuments::read(arguments)),
            QueryId::GetFolders => Self::GetFolders(GetFolders::read(arguments)),
            QueryId::GetAssociations => Self::GetAssociations(GetAssociations::read(arguments)),
            QueryId::GetDocumentsAndAssociations => {
                Self::GetDocumentsAndAssociations(GetDocumentsAndAssociations::read(arguments))
            }
            QueryId::GetSubmissionSets => {
                Self::GetSubmissionSets(GetSubmissionSets::read(arguments))
            }
            QueryId::GetSubmissionSetAndContents => {
                Self::GetSubmissionSetAndContents(GetSubmissionSetAndContents::read(arguments)?)
            }
            QueryId::GetFolderAndContents => {
                Self::GetFolderAndContents(GetFolderAndContents::read(arguments)?)
            }
            QueryId::GetFoldersForDocument => {
                Self::GetFoldersForDocument(GetFoldersForDocument::read(arguments))
            }
            QueryId::GetRelatedDocuments => {
                Self::GetRelatedDocuments(GetRelatedDocuments::read(arguments))
            }
            QueryId::FindDocumentsByReferenceId => {
                Self::FindDocumentsByReferenceId(FindDocuments::read(arguments)?)
            }
            QueryId::FindDocumentsExclude => {
                Self::FindDocumentsExclude(FindDocumentsExclude::read(arguments)?)
            }
            QueryId::FindDocumentsForMultiplePatients => Self::FindDocumentsForMultiplePatients(
                FindDocumentsForMultiplePatients::read(arguments)?,
            ),
            QueryId::FindFoldersForMultiplePatients => Self::FindFoldersForMultiplePatients(
                FindFoldersForMultiplePatients::read(arguments)?,
            ),
            QueryId::FindDocumentsByReferenceIdForMultiplePatients => {
                Self::FindDocumentsByReferenceIdForMultiplePatients(
                    FindDocumentsForMultiplePatients::read(arguments)?,
                )
            }
        })
    }

    #[must_use]
    pub fn id(&self) -> QueryId {
        match self {
            StoredQuery::FindDocuments(_) => QueryId::FindDocuments,
            StoredQuery::FindSubmissionSets(_) => QueryId::FindSubmissionSets,
            StoredQuery::FindFolders(_) => QueryId::FindFolders,
            StoredQuery::GetAll(_) => QueryId::GetAll,
            StoredQuery::GetDocuments(_) => QueryId::GetDocuments,
            StoredQuery::GetFolders(_) => QueryId::GetFolders,
            StoredQuery::GetAssociations(_) => QueryId::GetAssociations,
            StoredQuery::GetDocumentsAndAssociations(_) => QueryId::GetDocumentsAndAssociations,
            StoredQuery::GetSubmissionSets(_) => QueryId::GetSubmissionSets,
            StoredQuery::GetSubmissionSetAndContents(_) => QueryId::GetSubmissionSetAndContents,
            StoredQuery::GetFolderAndContents(_) => QueryId::GetFolderAndContents,
            StoredQuery::GetFoldersForDocument(_) => QueryId::GetFoldersForDocument,
            StoredQuery::GetRelatedDocuments(_) => QueryId::GetRelatedDocuments,
            StoredQuery::FindDocumentsByReferenceId(_) => QueryId::FindDocumentsByReferenceId,
            StoredQuery::FindDocumentsExclude(_) => QueryId::FindDocumentsExclude,
            StoredQuery::FindDocumentsForMultiplePatients(_) => {
                QueryId::FindDocumentsForMultiplePatients
            }
            StoredQuery::FindFoldersForMultiplePatients(_) => {
                QueryId::FindFoldersForMultiplePatients
            }
            StoredQuery::FindDocumentsByReferenceIdForMultiplePatients(_) => {
                QueryId::FindDocumentsByReferenceIdForMultiplePatients
            }
        }
    }

    /// The patients that the query names; none for queries by object id and for all patients.
    #[must_use]
    pub fn patient_ids(&self) -> &[PatientId] {
        match self {
            StoredQuery::FindDocuments(query) | StoredQuery::FindDocumentsByReferenceId(query) => {
                std::slice::from_ref(&query.patient_id)
            }
            StoredQuery::FindDocumentsExclude(query) => std::slice::from_ref(&query.patient_id),
            StoredQuery::FindSubmissionSets(query) => std::slice::from_ref(&query.patient_id),
            StoredQuery::FindFolders(query) => std::slice::from_ref(&query.patient_id),
            StoredQuery::GetAll(query) => std::slice::from_ref(&query.patient_id),
            StoredQuery::FindDocumentsForMultiplePatients(query)
            | StoredQuery::FindDocumentsByReferenceIdForMultiplePatients(query) => {
                query.patients.named()
            }
            StoredQuery::FindFoldersForMultiplePatients(query) => query.patients.named(),
            StoredQuery::GetDocuments(_)
            | StoredQuery::GetFolders(_)
            | StoredQuery::GetAssociations(_)
            | StoredQuery::GetDocumentsAndAssociations(_)
            | StoredQuery::GetSubmissionSets(_)
            | StoredQuery::GetSubmissionSetAndContents(_)
            | StoredQuery::GetFolderAndContents(_)
            | StoredQuery::GetFoldersForDocument(_)
            | StoredQuery::GetRelatedDocuments(_) => &[],
        }
    }
}
