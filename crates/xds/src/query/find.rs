//! Queries by patient: Find… and GetAll.

use datatypes::{Oid, PatientId};

use crate::query::arguments::Arguments;
use crate::query::fault::QueryFault;
use crate::query::filter::{
    CodeFilter, ContentFilter, DocumentExclusion, DocumentFilter, StatusSet, TimeRange, patient_id,
};
use crate::query::parameter::Parameter;
use crate::query::pattern::LikePattern;

/// DocumentEntries of a patient (ITI TF-2: 3.18.4.1.2.3.7.1), and the same by reference
/// id (ITI TF-2: 3.18.4.1.2.3.7.14).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindDocuments {
    pub patient_id: PatientId,
    pub filter: DocumentFilter,
}

impl FindDocuments {
    pub(super) fn read(arguments: &Arguments<'_>) -> Result<FindDocuments, QueryFault> {
        Ok(FindDocuments {
            patient_id: arguments.required(Parameter::DocumentEntryPatientId, patient_id)?,
            filter: DocumentFilter::read(arguments)?,
        })
    }
}

/// DocumentEntries of a patient but for some (ITI TF-2: 3.18.4.1.2.3.7.15).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindDocumentsExclude {
    pub patient_id: PatientId,
    pub filter: DocumentFilter,
    /// Boxed, since no other query is that large.
    pub exclusion: Box<DocumentExclusion>,
}

impl FindDocumentsExclude {
    pub(super) fn read(arguments: &Arguments<'_>) -> Result<FindDocumentsExclude, QueryFault> {
        let mut filter = DocumentFilter::read(arguments)?;
        let types = arguments.entry_types_except(Parameter::DocumentEntryTypeExclude);
        filter.entry_types = types.unwrap_or(filter.entry_types);
        Ok(FindDocumentsExclude {
            patient_id: arguments.required(Parameter::DocumentEntryPatientId, patient_id)?,
            filter,
            exclusion: Box::new(DocumentExclusion::read(arguments)?),
        })
    }
}

/// SubmissionSets of a patient (ITI TF-2: 3.18.4.1.2.3.7.2).
///
/// An empty list restricts nothing; otherwise its members are alternatives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindSubmissionSets {
    pub patient_id: PatientId,
    pub source_ids: Vec<Oid>,
    pub submission_time: TimeRange,
    pub author_person: Option<LikePattern>,
    pub content_types: Vec<CodeFilter>,
    pub statuses: StatusSet,
}

impl FindSubmissionSets {
    pub(super) fn read(arguments: &Arguments<'_>) -> Result<FindSubmissionSets, QueryFault> {
        Ok(FindSubmissionSets {
            patient_id: arguments.required(Parameter::SubmissionSetPatientId, patient_id)?,
            source_ids: arguments
                .alternatives(Parameter::SubmissionSetSourceId, |text| Oid::parse(text).ok())?,
            submission_time: arguments.time_range(
                Parameter::SubmissionSetSubmissionTimeFrom,
                Parameter::SubmissionSetSubmissionTimeTo,
            )?,
            author_person: arguments.single(Parameter::SubmissionSetAuthorPerson, |text| {
                Some(LikePattern::new(text))
            })?,
            content_types: arguments
                .alternatives(Parameter::SubmissionSetContentType, CodeFilter::parse)?,
            statuses: arguments.statuses(Parameter::SubmissionSetStatus)?,
        })
    }
}

/// Folders of a patient (ITI TF-2: 3.18.4.1.2.3.7.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindFolders {
    pub patient_id: PatientId,
    pub filter: FolderFilter,
}

impl FindFolders {
    pub(super) fn read(arguments: &Arguments<'_>) -> Result<FindFolders, QueryFault> {
        Ok(FindFolders {
            patient_id: arguments.required(Parameter::FolderPatientId, patient_id)?,
            filter: FolderFilter::read(arguments)?,
        })
    }
}

/// Conditions on Folders, all of which must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderFilter {
    pub last_update_time: TimeRange,
    /// Conditions, each a list of alternatives that is met if any code of the Folder is among them.
    pub codes: Vec<Vec<CodeFilter>>,
    pub statuses: StatusSet,
}

impl FolderFilter {
    fn read(arguments: &Arguments<'_>) -> Result<FolderFilter, QueryFault> {
        Ok(FolderFilter {
            last_update_time: arguments.time_range(
                Parameter::FolderLastUpdateTimeFrom,
                Parameter::FolderLastUpdateTimeTo,
            )?,
            codes: arguments.conditions(Parameter::FolderCodeList, CodeFilter::parse)?,
            statuses: arguments.statuses(Parameter::FolderStatus)?,
        })
    }
}

/// Everything of a patient (ITI TF-2: 3.18.4.1.2.3.7.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetAll {
    pub patient_id: PatientId,
    pub document_entry_statuses: StatusSet,
    pub submission_set_statuses: StatusSet,
    pub folder_statuses: StatusSet,
    pub contents: ContentFilter,
}

impl GetAll {
    pub(super) fn read(arguments: &Arguments<'_>) -> Result<GetAll, QueryFault> {
        Ok(GetAll {
            patient_id: arguments.required(Parameter::PatientId, patient_id)?,
            document_entry_statuses: arguments.statuses(Parameter::DocumentEntryStatus)?,
            submission_set_statuses: arguments.statuses(Parameter::SubmissionSetStatus)?,
            folder_statuses: arguments.statuses(Parameter::FolderStatus)?,
            contents: ContentFilter::read(arguments)?,
        })
    }
}

/// The patients of a Multi-Patient Query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Patients {
    /// The request names none; some other condition narrows the answer.
    All,
    /// At least one.
    Named(Vec<PatientId>),
}

impl Patients {
    /// The patients by name; empty for all patients.
    #[must_use]
    pub fn named(&self) -> &[PatientId] {
        match self {
            Patients::All => &[],
            Patients::Named(patient_ids) => patient_ids,
        }
    }

    fn read(arguments: &Arguments<'_>, parameter: Parameter) -> Result<Patients, QueryFault> {
        if !arguments.has(parameter) {
            return Ok(Patients::All);
        }
        arguments.alternatives(parameter, patient_id).map(Patients::Named)
    }
}

/// DocumentEntries of several or all patients (ITI TF-2: 3.51.4.1.2.1.1), and the same by reference id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindDocumentsForMultiplePatients {
    pub patients: Patients,
    pub filter: DocumentFilter,
}

impl FindDocumentsForMultiplePatients {
    pub(super) fn read(
        arguments: &Arguments<'_>,
    ) -> Result<FindDocumentsForMultiplePatients, QueryFault> {
        Ok(FindDocumentsForMultiplePatients {
            patients: Patients::read(arguments, Parameter::DocumentEntryPatientId)?,
            filter: DocumentFilter::read(arguments)?,
        })
    }
}

/// Folders of several or all patients (ITI TF-2: 3.51.4.1.2.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindFoldersForMultiplePatients {
    pub patients: Patients,
    pub filter: FolderFilter,
}

impl FindFoldersForMultiplePatients {
    pub(super) fn read(
        arguments: &Arguments<'_>,
    ) -> Result<FindFoldersForMultiplePatients, QueryFault> {
        Ok(FindFoldersForMultiplePatients {
            patients: Patients::read(arguments, Parameter::FolderPatientId)?,
            filter: FolderFilter::read(arguments)?,
        })
    }
}
