//! Random stored queries, as values that the oracle understands and as slots that the registry reads.

use datatypes::{EntryUuid, PatientId};
use registry::transactions::QueryTransaction;
use xds::query::{AdhocQueryRequest, RawParameter};
use xds::{AssociationType, AvailabilityStatus, EntryType};

use crate::dice::Dice;

/// A code and its scheme.
pub(super) type CodeKey = (String, String);

/// One stored query. Lists are alternatives and restrict nothing when they are empty; lists of lists must
/// each be met.
pub(super) enum Question {
    FindDocuments(Box<FindDocuments>),
    FindDocumentsExclude(Box<FindDocuments>, Box<Excluded>),
    FindDocumentsForMultiplePatients(Box<FindDocuments>),
    FindFoldersForMultiplePatients(FindFolders),
    FindSubmissionSets(FindSubmissionSets),
    FindFolders(FindFolders),
    GetAll(GetAll),
    GetDocuments(Named),
    GetFolders(Named),
    GetAssociations(Vec<EntryUuid>),
    GetDocumentsAndAssociations(Named),
    GetSubmissionSets(Vec<EntryUuid>),
    GetSubmissionSetAndContents(Named, Contents),
    GetFolderAndContents(Named, Contents),
    GetFoldersForDocument(Named),
    GetRelatedDocuments(GetRelatedDocuments),
}

/// Objects by entryUUID or by uniqueId.
pub(super) enum Named {
    Uuids(Vec<EntryUuid>),
    UniqueIds(Vec<String>),
}

/// `from ≤ time < to`, in any precision.
#[derive(Default)]
pub(super) struct Range {
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
}

/// FindDocuments, or FindDocumentsByReferenceId if there are reference ids; for one or several patients.
pub(super) struct FindDocuments {
    /// None stands for all patients.
    pub(super) patients: Vec<PatientId>,
    pub(super) statuses: Vec<AvailabilityStatus>,
    pub(super) types: Option<Vec<EntryType>>,
    pub(super) class: Vec<CodeKey>,
    pub(super) type_code: Vec<CodeKey>,
    pub(super) format: Vec<CodeKey>,
    pub(super) facility: Vec<CodeKey>,
    pub(super) setting: Vec<CodeKey>,
    pub(super) events: Vec<Vec<CodeKey>>,
    pub(super) confidentiality: Vec<Vec<CodeKey>>,
    pub(super) creation: Range,
    pub(super) service_start: Range,
    pub(super) service_stop: Range,
    pub(super) authors: Vec<String>,
    pub(super) reference_ids: Vec<Vec<String>>,
}

/// What FindDocumentsExclude does not want.
#[derive(Default)]
pub(super) struct Excluded {
    pub(super) types: Option<Vec<EntryType>>,
    pub(super) class: Vec<CodeKey>,
    pub(super) type_code: Vec<CodeKey>,
    pub(super) format: Vec<CodeKey>,
    pub(super) facility: Vec<CodeKey>,
    pub(super) setting: Vec<CodeKey>,
    pub(super) events: Vec<Vec<CodeKey>>,
    pub(super) confidentiality: Vec<Vec<CodeKey>>,
    pub(super) authors: Vec<String>,
    pub(super) reference_ids: Vec<Vec<String>>,
}

pub(super) struct FindSubmissionSets {
    pub(super) patient: PatientId,
    pub(super) statuses: Vec<AvailabilityStatus>,
    pub(super) sources: Vec<String>,
    pub(super) time: Range,
    pub(super) author: Option<String>,
    pub(super) content_types: Vec<CodeKey>,
}

pub(super) struct FindFolders {
    /// None stands for all patients.
    pub(super) patients: Vec<PatientId>,
    pub(super) statuses: Vec<AvailabilityStatus>,
    pub(super) updated: Range,
    pub(super) codes: Vec<Vec<CodeKey>>,
}

pub(super) struct GetAll {
    pub(super) patient: PatientId,
    pub(super) entry_statuses: Vec<AvailabilityStatus>,
    pub(super) set_statuses: Vec<AvailabilityStatus>,
    pub(super) folder_statuses: Vec<AvailabilityStatus>,
    pub(super) contents: Contents,
}

/// What restricts the documents inside a larger answer.
pub(super) struct Contents {
    pub(super) format: Vec<CodeKey>,
    pub(super) confidentiality: Vec<Vec<CodeKey>>,
    pub(super) types: Option<Vec<EntryType>>,
}

pub(super) struct GetRelatedDocuments {
    pub(super) document: Named,
    pub(super) kinds: Vec<AssociationType>,
    pub(super) types: Option<Vec<EntryType>>,
}

impl Question {
    /// The name of the query and its UUID (xds.md 6.7).
    pub(super) fn query(&self) -> (&'static str, &'static str) {
        match self {
            Question::FindDocuments(query) if query.reference_ids.is_empty() => {
                ("FindDocuments", "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d")
            }
            Question::FindDocuments(_) => {
                ("FindDocumentsByReferenceId", "urn:uuid:12941a89-e02e-4be5-967c-ce4bfc8fe492")
            }
            Question::FindDocumentsExclude(..) => {
                ("FindDocumentsExclude", "urn:uuid:4308b1df-36de-4bef-8e2e-ba91f593c435")
            }
            Question::FindDocumentsForMultiplePatients(query) if query.reference_ids.is_empty() => {
                (
                    "FindDocumentsForMultiplePatients",
                    "urn:uuid:3d1bdb10-39a2-11de-89c2-2f44d94eaa9f",
                )
            }
            Question::FindDocumentsForMultiplePatients(_) => (
                "FindDocumentsByReferenceIdForMultiplePatients",
                "urn:uuid:1191642d-86c4-42d8-b784-f95445f9f0d5",
            ),
            Question::FindFoldersForMultiplePatients(_) => {
                ("FindFoldersForMultiplePatients", "urn:uuid:50d3f5ac-39a2-11de-a1ca-b366239e58df")
            }
            Question::FindSubmissionSets(_) => {
                ("FindSubmissionSets", "urn:uuid:f26abbcb-ac74-4422-8a30-edb644bbc1a9")
            }
            Question::FindFolders(_) => {
                ("FindFolders", "urn:uuid:958f3006-baad-4929-a4de-ff1114824431")
            }
            Question::GetAll(_) => ("GetAll", "urn:uuid:10b545ea-725c-446d-9b95-8aeb444eddf3"),
            Question::GetDocuments(_) => {
                ("GetDocuments", "urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4")
            }
            Question::GetFolders(_) => {
                ("GetFolders", "urn:uuid:5737b14c-8a1a-4539-b659-e03a34a5e1e4")
            }
            Question::GetAssociations(_) => {
                ("GetAssociations", "urn:uuid:a7ae438b-4bc2-4642-93e9-be891f7bb155")
            }
            Question::GetDocumentsAndAssociations(_) => {
                ("GetDocumentsAndAssociations", "urn:uuid:bab9529a-4a10-40b3-a01f-f68a615d247a")
            }
            Question::GetSubmissionSets(_) => {
                ("GetSubmissionSets", "urn:uuid:51224314-5390-4169-9b91-b1980040715a")
            }
            Question::GetSubmissionSetAndContents(..) => {
                ("GetSubmissionSetAndContents", "urn:uuid:e8e3cb2c-e39c-46b9-99e4-c12f57260b83")
            }
            Question::GetFolderAndContents(..) => {
                ("GetFolderAndContents", "urn:uuid:b909a503-523d-4517-8acf-8e5834dfc4c7")
            }
            Question::GetFoldersForDocument(_) => {
                ("GetFoldersForDocument", "urn:uuid:10cae35a-c7f9-4cf5-b61e-fc3278ffb578")
            }
            Question::GetRelatedDocuments(_) => {
                ("GetRelatedDocuments", "urn:uuid:d90e5407-b356-4d91-a89f-873917b4b0e6")
            }
        }
    }

    /// The transaction of the query: those for multiple patients have their own.
    pub(super) fn transaction(&self) -> QueryTransaction {
        let is_multi_patient = matches!(
            self,
            Question::FindDocumentsForMultiplePatients(_)
                | Question::FindFoldersForMultiplePatients(_)
        );
        if is_multi_patient {
            QueryTransaction::MultiPatientStoredQuery
        } else {
            QueryTransaction::RegistryStoredQuery
        }
    }

    /// The request, in one of the notations that clients use.
    pub(super) fn request(&self, dice: &mut Dice, return_type: &str) -> AdhocQueryRequest {
        let mut slots = Slots { dice, parameters: Vec::new() };
        match self {
            Question::FindDocuments(query) => {
                slots.string("$XDSDocumentEntryPatientId", &query.patients[0].to_cx());
                query.write(&mut slots);
            }
            Question::FindDocumentsExclude(query, excluded) => {
                slots.string("$XDSDocumentEntryPatientId", &query.patients[0].to_cx());
                query.write(&mut slots);
                excluded.write(&mut slots);
            }
            Question::FindDocumentsForMultiplePatients(query) => {
                slots.alternatives("$XDSDocumentEntryPatientId", cxs(&query.patients));
                query.write(&mut slots);
            }
            Question::FindSubmissionSets(query) => query.write(&mut slots),
            Question::FindFolders(query) => {
                slots.string("$XDSFolderPatientId", &query.patients[0].to_cx());
                query.write(&mut slots);
            }
            Question::FindFoldersForMultiplePatients(query) => {
                slots.alternatives("$XDSFolderPatientId", cxs(&query.patients));
                query.write(&mut slots);
            }
            Question::GetAll(query) => query.write(&mut slots),
            Question::GetDocuments(named) | Question::GetDocumentsAndAssociations(named) => {
                slots.named("$XDSDocumentEntry", named);
            }
            Question::GetFolders(named) => slots.named("$XDSFolder", named),
            Question::GetAssociations(uuids) | Question::GetSubmissionSets(uuids) => {
                slots.alternatives("$uuid", texts(uuids));
            }
            Question::GetSubmissionSetAndContents(named, contents) => {
                slots.named("$XDSSubmissionSet", named);
                contents.write(&mut slots);
            }
            Question::GetFolderAndContents(named, contents) => {
                slots.named("$XDSFolder", named);
                contents.write(&mut slots);
            }
            Question::GetFoldersForDocument(named) => slots.named("$XDSDocumentEntry", named),
            Question::GetRelatedDocuments(query) => query.write(&mut slots),
        }
        let mut parameters = slots.parameters;
        dice.shuffle(&mut parameters);
        AdhocQueryRequest {
            query_id: self.query().1.to_owned(),
            home: None,
            return_type: return_type.to_owned(),
            parameters,
        }
    }
}

impl FindDocuments {
    fn write(&self, slots: &mut Slots<'_>) {
        slots.statuses("$XDSDocumentEntryStatus", &self.statuses);
        slots.types(self.types.as_deref());
        slots.codes("$XDSDocumentEntryClassCode", &self.class);
        slots.codes("$XDSDocumentEntryTypeCode", &self.type_code);
        slots.codes("$XDSDocumentEntryFormatCode", &self.format);
        slots.codes("$XDSDocumentEntryHealthcareFacilityTypeCode", &self.facility);
        slots.codes("$XDSDocumentEntryPracticeSettingCode", &self.setting);
        for codes in &self.events {
            slots.codes("$XDSDocumentEntryEventCodeList", codes);
        }
        for codes in &self.confidentiality {
            slots.codes("$XDSDocumentEntryConfidentialityCode", codes);
        }
        slots.range("$XDSDocumentEntryCreationTime", &self.creation);
        slots.range("$XDSDocumentEntryServiceStartTime", &self.service_start);
        slots.range("$XDSDocumentEntryServiceStopTime", &self.service_stop);
        slots.alternatives("$XDSDocumentEntryAuthorPerson", self.authors.clone());
        for ids in &self.reference_ids {
            slots.alternatives("$XDSDocumentEntryReferenceIdList", ids.clone());
        }
    }
}

impl Excluded {
    fn write(&self, slots: &mut Slots<'_>) {
        if let Some(types) = &self.types {
            slots.alternatives("$XDSDocumentEntryTypeExclude", urns(types));
        }
        slots.codes("$XDSDocumentEntryClassCodeExclude", &self.class);
        slots.codes("$XDSDocumentEntryTypeCodeExclude", &self.type_code);
        slots.codes("$XDSDocumentEntryFormatCodeExclude", &self.format);
        slots.codes("$XDSDocumentEntryHealthcareFacilityTypeCodeExclude", &self.facility);
        slots.codes("$XDSDocumentEntryPracticeSettingCodeExclude", &self.setting);
        for codes in &self.events {
            slots.codes("$XDSDocumentEntryEventCodeListExclude", codes);
        }
        for codes in &self.confidentiality {
            slots.codes("$XDSDocumentEntryConfidentialityCodeExclude", codes);
        }
        slots.alternatives("$XDSDocumentEntryAuthorPersonExclude", self.authors.clone());
        for ids in &self.reference_ids {
            slots.alternatives("$XDSDocumentEntryReferenceIdListExclude", ids.clone());
        }
    }
}

impl FindSubmissionSets {
    fn write(&self, slots: &mut Slots<'_>) {
        slots.string("$XDSSubmissionSetPatientId", &self.patient.to_cx());
        slots.statuses("$XDSSubmissionSetStatus", &self.statuses);
        slots.alternatives("$XDSSubmissionSetSourceId", self.sources.clone());
        slots.range("$XDSSubmissionSetSubmissionTime", &self.time);
        if let Some(author) = &self.author {
            slots.string("$XDSSubmissionSetAuthorPerson", author);
        }
        slots.codes("$XDSSubmissionSetContentType", &self.content_types);
    }
}

impl FindFolders {
    fn write(&self, slots: &mut Slots<'_>) {
        slots.statuses("$XDSFolderStatus", &self.statuses);
        slots.range("$XDSFolderLastUpdateTime", &self.updated);
        for codes in &self.codes {
            slots.codes("$XDSFolderCodeList", codes);
        }
    }
}

impl GetAll {
    fn write(&self, slots: &mut Slots<'_>) {
        slots.string("$patientId", &self.patient.to_cx());
        slots.statuses("$XDSDocumentEntryStatus", &self.entry_statuses);
        slots.statuses("$XDSSubmissionSetStatus", &self.set_statuses);
        slots.statuses("$XDSFolderStatus", &self.folder_statuses);
        self.contents.write(slots);
    }
}

impl Contents {
    fn write(&self, slots: &mut Slots<'_>) {
        slots.codes("$XDSDocumentEntryFormatCode", &self.format);
        for codes in &self.confidentiality {
            slots.codes("$XDSDocumentEntryConfidentialityCode", codes);
        }
        slots.types(self.types.as_deref());
    }
}

impl GetRelatedDocuments {
    fn write(&self, slots: &mut Slots<'_>) {
        slots.named("$XDSDocumentEntry", &self.document);
        let kinds = self.kinds.iter().map(|kind| kind.urn().to_owned()).collect();
        slots.alternatives("$AssociationTypes", kinds);
        slots.types(self.types.as_deref());
    }
}

/// The slots of a request in the making.
struct Slots<'d> {
    dice: &'d mut Dice,
    parameters: Vec<RawParameter>,
}

impl Slots<'_> {
    /// One string.
    fn string(&mut self, name: &str, value: &str) {
        let value =
            if self.dice.chance(80) { quoted(value) } else { format!("( {} )", quoted(value)) };
        self.push(name, vec![value]);
    }

    /// A list, in one value or over several; nothing if it is empty.
    fn alternatives(&mut self, name: &str, texts: Vec<String>) {
        let mut values = Vec::new();
        let mut rest = texts.iter().map(|text| quoted(text)).collect::<Vec<_>>();
        while !rest.is_empty() {
            let taken: Vec<String> = rest.drain(..=self.dice.below(rest.len())).collect();
            let is_plain = taken.len() == 1 && self.dice.chance(30);
            let comma = self.dice.one_of(&[",", ", ", " ,\n\t"]);
            let list = taken.join(comma);
            values.push(if is_plain { list } else { format!("({list})") });
        }
        if !values.is_empty() {
            self.push(name, values);
        }
    }

    fn named(&mut self, prefix: &str, named: &Named) {
        match named {
            Named::Uuids(uuids) => self.alternatives(&format!("{prefix}EntryUUID"), texts(uuids)),
            Named::UniqueIds(ids) => self.alternatives(&format!("{prefix}UniqueId"), ids.clone()),
        }
    }

    /// Beside what is wanted, sometimes a status that does not exist.
    fn statuses(&mut self, name: &str, statuses: &[AvailabilityStatus]) {
        let mut urns: Vec<String> = statuses.iter().map(|status| status.urn().to_owned()).collect();
        if self.dice.chance(10) {
            urns.push("urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Approved".to_owned());
        }
        self.alternatives(name, urns);
    }

    fn types(&mut self, types: Option<&[EntryType]>) {
        if let Some(types) = types {
            self.alternatives("$XDSDocumentEntryType", urns(types));
        }
    }

    fn codes(&mut self, name: &str, codes: &[CodeKey]) {
        let texts = codes.iter().map(|(code, scheme)| format!("{code}^^{scheme}")).collect();
        self.alternatives(name, texts);
    }

    fn range(&mut self, name: &str, range: &Range) {
        for (suffix, bound) in [("From", &range.from), ("To", &range.to)] {
            if let Some(time) = bound {
                let value = if self.dice.chance(70) { time.clone() } else { quoted(time) };
                self.push(&format!("{name}{suffix}"), vec![value]);
            }
        }
    }

    fn push(&mut self, name: &str, values: Vec<String>) {
        self.parameters.push(RawParameter { name: name.to_owned(), values });
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn urns(types: &[EntryType]) -> Vec<String> {
    types.iter().map(|entry_type| entry_type.urn().to_owned()).collect()
}

fn cxs(patients: &[PatientId]) -> Vec<String> {
    patients.iter().map(PatientId::to_cx).collect()
}

fn texts(uuids: &[EntryUuid]) -> Vec<String> {
    uuids.iter().map(EntryUuid::to_string).collect()
}
