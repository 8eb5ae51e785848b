//! The stored queries that are known, by the UUIDs of ITI TF-2: Table 3.18.4.1.2.4-1.

/// Which stored query is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QueryId {
    FindDocuments,
    FindSubmissionSets,
    FindFolders,
    GetAll,
    GetDocuments,
    GetFolders,
    GetAssociations,
    GetDocumentsAndAssociations,
    GetSubmissionSets,
    GetSubmissionSetAndContents,
    GetFolderAndContents,
    GetFoldersForDocument,
    GetRelatedDocuments,
    FindDocumentsByReferenceId,
    /// Neither ITI-51 nor a gateway (ITI-38) knows it.
    FindDocumentsExclude,
    /// ITI-51 only.
    FindDocumentsForMultiplePatients,
    /// ITI-51 only.
    FindFoldersForMultiplePatients,
    /// ITI-51 only.
    FindDocumentsByReferenceIdForMultiplePatients,
}

impl QueryId {
    pub const ALL: [QueryId; 18] = [
        QueryId::FindDocuments,
        QueryId::FindSubmissionSets,
        QueryId::FindFolders,
        QueryId::GetAll,
        QueryId::GetDocuments,
        QueryId::GetFolders,
        QueryId::GetAssociations,
        QueryId::GetDocumentsAndAssociations,
        QueryId::GetSubmissionSets,
        QueryId::GetSubmissionSetAndContents,
        QueryId::GetFolderAndContents,
        QueryId::GetFoldersForDocument,
        QueryId::GetRelatedDocuments,
        QueryId::FindDocumentsByReferenceId,
        QueryId::FindDocumentsExclude,
        QueryId::FindDocumentsForMultiplePatients,
        QueryId::FindFoldersForMultiplePatients,
        QueryId::FindDocumentsByReferenceIdForMultiplePatients,
    ];

    /// The query of `AdhocQuery/@id`, in any case.
    ///
    /// White space around it is let through: an example of the Technical
    /// Framework has it.
    #[must_use]
    pub fn from_urn(urn: &str) -> Option<QueryId> {
        let urn = urn.trim();
        QueryId::ALL.into_iter().find(|id| id.urn().eq_ignore_ascii_case(urn))
    }

    #[must_use]
    pub const fn urn(self) -> &'static str {
        match self {
            QueryId::FindDocuments => "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d",
            QueryId::FindSubmissionSets => "urn:uuid:f26abbcb-ac74-4422-8a30-edb644bbc1a9",
            QueryId::FindFolders => "urn:uuid:958f3006-baad-4929-a4de-ff1114824431",
            QueryId::GetAll => "urn:uuid:10b545ea-725c-446d-9b95-8aeb444eddf3",
            QueryId::GetDocuments => "urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4",
            QueryId::GetFolders => "urn:uuid:5737b14c-8a1a-4539-b659-e03a34a5e1e4",
            QueryId::GetAssociations => "urn:uuid:a7ae438b-4bc2-4642-93e9-be891f7bb155",
            QueryId::GetDocumentsAndAssociations => "urn:uuid:bab9529a-4a10-40b3-a01f-f68a615d247a",
            QueryId::GetSubmissionSets => "urn:uuid:51224314-5390-4169-9b91-b1980040715a",
            QueryId::GetSubmissionSetAndContents => "urn:uuid:e8e3cb2c-e39c-46b9-99e4-c12f57260b83",
            QueryId::GetFolderAndContents => "urn:uuid:b909a503-523d-4517-8acf-8e5834dfc4c7",
            QueryId::GetFoldersForDocument => "urn:uuid:10cae35a-c7f9-4cf5-b61e-fc3278ffb578",
            QueryId::GetRelatedDocuments => "urn:uuid:d90e5407-b356-4d91-a89f-873917b4b0e6",
            QueryId::FindDocumentsByReferenceId => "urn:uuid:12941a89-e02e-4be5-967c-ce4bfc8fe492",
            QueryId::FindDocumentsExclude => "urn:uuid:4308b1df-36de-4bef-8e2e-ba91f593c435",
            QueryId::FindDocumentsForMultiplePatients => {
                "urn:uuid:3d1bdb10-39a2-11de-89c2-2f44d94eaa9f"
            }
            QueryId::FindFoldersForMultiplePatients => {
                "urn:uuid:50d3f5ac-39a2-11de-a1ca-b366239e58df"
            }
            QueryId::FindDocumentsByReferenceIdForMultiplePatients => {
                "urn:uuid:1191642d-86c4-42d8-b784-f95445f9f0d5"
            }
        }
    }

    /// Whether the query belongs to ITI-51 and is unknown in ITI-18 (ITI TF-2: 3.51.4.1.2); the
    /// others are unknown in ITI-51.
    #[must_use]
    pub const fn is_multi_patient(self) -> bool {
        matches!(
            self,
            QueryId::FindDocumentsForMultiplePatients
                | QueryId::FindFoldersForMultiplePatients
                | QueryId::FindDocumentsByReferenceIdForMultiplePatients
        )
    }

    /// Whether all objects of a LeafClass answer must be of one patient.
    ///
    /// ITI TF-2: 3.18.4.1.2.3.8.2; a violation is `XDSResultNotSinglePatient`.
    #[must_use]
    pub const fn answers_single_patient(self) -> bool {
        matches!(
            self,
            QueryId::GetDocuments
                | QueryId::GetFolders
                | QueryId::GetDocumentsAndAssociations
                | QueryId::GetSubmissionSets
                | QueryId::GetSubmissionSetAndContents
                | QueryId::GetFolderAndContents
        )
    }
}
