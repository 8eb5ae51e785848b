//! Queries by patient: what each parameter becomes.

use datatypes::{Code, Oid, PatientId, ReferenceId};

use crate::query::tests::{APPROVED, DEPRECATED, parse};
use crate::query::{
    CodeFilter, ContentFilter, DocumentFilter, EntryTypes, FindDocuments,
    FindDocumentsForMultiplePatients, FindFolders, FindFoldersForMultiplePatients,
    FindSubmissionSets, FolderFilter, GetAll, LikePattern, Parameter, Patients, QueryFault,
    QueryId, StatusSet, StoredQuery, TimeRange,
};
use crate::{AvailabilityStatus, EntryType};

const PATIENT: &str = "'p1^^^&1.2.3&ISO'";
const ON_DEMAND: &str = "'urn:uuid:34268E47-FDF5-41A6-BA33-82133C465248'";
const BOTH_TYPES: &str = "('urn:uuid:34268e47-fdf5-41a6-ba33-82133c465248',
    'urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1')";

fn patient(id: &str) -> PatientId {
    PatientId::new(id, Oid::parse("1.2.3").unwrap()).unwrap()
}

fn code(code: &str) -> CodeFilter {
    CodeFilter { code: code.to_owned(), scheme: "s".to_owned() }
}

fn only(status: AvailabilityStatus) -> StatusSet {
    StatusSet::of([status]).unwrap()
}

fn unrestricted() -> DocumentFilter {
    DocumentFilter {
        class_codes: Vec::new(),
        type_codes: Vec::new(),
        practice_setting_codes: Vec::new(),
        healthcare_facility_type_codes: Vec::new(),
        format_codes: Vec::new(),
        event_codes: Vec::new(),
        confidentiality_codes: Vec::new(),
        creation_time: TimeRange::default(),
        service_start_time: TimeRange::default(),
        service_stop_time: TimeRange::default(),
        author_persons: Vec::new(),
        statuses: only(AvailabilityStatus::Approved),
        entry_types: EntryTypes::STABLE,
        reference_ids: Vec::new(),
    }
}

#[test]
fn find_documents_takes_every_parameter_to_its_place() {
    let read = parse(
        QueryId::FindDocuments,
        &[
            ("$XDSDocumentEntryPatientId", PATIENT),
            ("$XDSDocumentEntryClassCode", "('class^^s','class2^^s')"),
            ("$XDSDocumentEntryTypeCode", "('type^^s')"),
            ("$XDSDocumentEntryPracticeSettingCode", "('practice^^s')"),
            ("$XDSDocumentEntryCreationTimeFrom", "2001"),
            ("$XDSDocumentEntryCreationTimeTo", "'200202'"),
            ("$XDSDocumentEntryServiceStartTimeFrom", "(20030303)"),
            ("$XDSDocumentEntryServiceStartTimeTo", "('2004040404')"),
            ("$XDSDocumentEntryServiceStopTimeFrom", "200505050505"),
            ("$XDSDocumentEntryServiceStopTimeTo", "20060606060606"),
            ("$XDSDocumentEntryHealthcareFacilityTypeCode", "('facility^^s')"),
            ("$XDSDocumentEntryEventCodeList", "('a^^s','b^^s')"),
            ("$XDSDocumentEntryEventCodeList", "('c^^s')"),
            ("$XDSDocumentEntryConfidentialityCode", "'N^^s'"),
            ("$XDSDocumentEntryConfidentialityCode", "'R^^s'"),
            ("$XDSDocumentEntryAuthorPerson", "('%Yamada%', '%O''Neill%')"),
            ("$XDSDocumentEntryFormatCode", "('format^^s')"),
            ("$XDSDocumentEntryStatus", DEPRECATED),
            ("$XDSDocumentEntryType", BOTH_TYPES),
        ],
    );
    let expected = DocumentFilter {
        class_codes: vec![code("class"), code("class2")],
        type_codes: vec![code("type")],
        practice_setting_codes: vec![code("practice")],
        healthcare_facility_type_codes: vec![code("facility")],
        format_codes: vec![code("format")],
        event_codes: vec![vec![code("a"), code("b")], vec![code("c")]],
        confidentiality_codes: vec![vec![code("N")], vec![code("R")]],
        creation_time: TimeRange { from: Some(20_010_101_000_000), to: Some(20_020_201_000_000) },
        service_start_time: TimeRange {
            from: Some(20_030_303_000_000),
            to: Some(20_040_404_040_000),
        },
        service_stop_time: TimeRange {
            from: Some(20_050_505_050_500),
            to: Some(20_060_606_060_606),
        },
        author_persons: vec![LikePattern::new("%Yamada%"), LikePattern::new("%O'Neill%")],
        statuses: only(AvailabilityStatus::Deprecated),
        entry_types: EntryTypes::of([EntryType::OnDemand, EntryType::Stable]),
        reference_ids: Vec::new(),
    };
    let query = FindDocuments { patient_id: patient("p1"), filter: expected };
    assert_eq!(read, Ok(StoredQuery::FindDocuments(query)));
}

#[test]
fn find_documents_restricts_nothing_by_itself_but_status_and_type() {
    let read = parse(
        QueryId::FindDocuments,
        &[("$XDSDocumentEntryPatientId", PATIENT), ("$XDSDocumentEntryStatus", APPROVED)],
    )
    .unwrap();
    let query = FindDocuments { patient_id: patient("p1"), filter: unrestricted() };
    assert_eq!(read.patient_ids(), [patient("p1")]);
    assert_eq!(read, StoredQuery::FindDocuments(query));
}

#[test]
fn find_documents_by_reference_id_ands_its_slots() {
    let read = parse(
        QueryId::FindDocumentsByReferenceId,
        &[
            ("$XDSDocumentEntryPatientId", PATIENT),
            ("$XDSDocumentEntryStatus", APPROVED),
            ("$XDSDocumentEntryReferenceIdList", "('1^^^^urn:x', 'a%b_^^^^urn:x')"),
            ("$XDSDocumentEntryReferenceIdList", "('no reference id')"),
        ],
    );
    let reference_id = |text: &str| ReferenceId::parse(text).unwrap();
    let reference_ids =
        vec![vec![reference_id("1^^^^urn:x"), reference_id("a%b_^^^^urn:x")], vec![]];
    let filter = DocumentFilter { reference_ids, ..unrestricted() };
    let query = FindDocuments { patient_id: patient("p1"), filter };
    assert_eq!(read, Ok(StoredQuery::FindDocumentsByReferenceId(query)));
}

#[test]
fn find_submission_sets_takes_every_parameter_to_its_place() {
    let read = parse(
        QueryId::FindSubmissionSets,
        &[
            ("$XDSSubmissionSetPatientId", PATIENT),
            ("$XDSSubmissionSetSourceId", "('1.2.3','1.2.4')"),
            ("$XDSSubmissionSetSubmissionTimeFrom", "2001"),
            ("$XDSSubmissionSetSubmissionTimeTo", "2002"),
            ("$XDSSubmissionSetAuthorPerson", "'%Yamada%'"),
            ("$XDSSubmissionSetContentType", "('content^^s')"),
            ("$XDSSubmissionSetStatus", APPROVED),
        ],
    );
    let query = FindSubmissionSets {
        patient_id: patient("p1"),
        source_ids: vec![Oid::parse("1.2.3").unwrap(), Oid::parse("1.2.4").unwrap()],
        submission_time: TimeRange { from: Some(20_010_101_000_000), to: Some(20_020_101_000_000) },
        author_person: Some(LikePattern::new("%Yamada%")),
        content_types: vec![code("content")],
        statuses: only(AvailabilityStatus::Approved),
    };
    assert_eq!(read, Ok(StoredQuery::FindSubmissionSets(query)));
}

#[test]
fn find_folders_takes_every_parameter_to_its_place() {
    let filter_slots = [
        ("$XDSFolderLastUpdateTimeFrom", "2001"),
        ("$XDSFolderLastUpdateTimeTo", "2002"),
        ("$XDSFolderCodeList", "('a^^s','b^^s')"),
        ("$XDSFolderCodeList", "('c^^s')"),
        ("$XDSFolderStatus", APPROVED),
    ];
    let filter = FolderFilter {
        last_update_time: TimeRange {
            from: Some(20_010_101_000_000),
            to: Some(20_020_101_000_000),
        },
        codes: vec![vec![code("a"), code("b")], vec![code("c")]],
        statuses: only(AvailabilityStatus::Approved),
    };
    let one_patient = [&[("$XDSFolderPatientId", PATIENT)][..], &filter_slots].concat();
    let read = parse(QueryId::FindFolders, &one_patient);
    let query = FindFolders { patient_id: patient("p1"), filter: filter.clone() };
    assert_eq!(read, Ok(StoredQuery::FindFolders(query)));

    let read = parse(QueryId::FindFoldersForMultiplePatients, &filter_slots);
    let query = FindFoldersForMultiplePatients { patients: Patients::All, filter };
    assert_eq!(read, Ok(StoredQuery::FindFoldersForMultiplePatients(query)));
}

#[test]
fn get_all_takes_every_parameter_to_its_place() {
    let read = parse(
        QueryId::GetAll,
        &[
            ("$patientId", PATIENT),
            ("$XDSDocumentEntryStatus", APPROVED),
            ("$XDSSubmissionSetStatus", DEPRECATED),
            (
                "$XDSFolderStatus",
                "('urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated',
            'urn:oasis:names:tc:ebxml-regrep:StatusType:Approved')",
            ),
            ("$XDSDocumentEntryFormatCode", "('format^^s')"),
            ("$XDSDocumentEntryConfidentialityCode", "('N^^s')"),
            ("$XDSDocumentEntryType", ON_DEMAND),
        ],
    );
    let both = [AvailabilityStatus::Approved, AvailabilityStatus::Deprecated];
    let query = GetAll {
        patient_id: patient("p1"),
        document_entry_statuses: only(AvailabilityStatus::Approved),
        submission_set_statuses: only(AvailabilityStatus::Deprecated),
        folder_statuses: StatusSet::of(both).unwrap(),
        contents: ContentFilter {
            format_codes: vec![code("format")],
            confidentiality_codes: vec![vec![code("N")]],
            entry_types: EntryTypes::of([EntryType::OnDemand]),
        },
    };
    assert_eq!(read, Ok(StoredQuery::GetAll(query)));
}

#[test]
fn multiple_patients_are_named_or_all() {
    let status = ("$XDSDocumentEntryStatus", APPROVED);
    // White space stands before an id in published test data.
    let two = "( ' p1^^^&1.2.3&ISO' ,\n 'p2^^^&1.2.3&ISO')";
    let read = parse(
        QueryId::FindDocumentsForMultiplePatients,
        &[("$XDSDocumentEntryPatientId", two), status],
    )
    .unwrap();
    let patients = Patients::Named(vec![patient("p1"), patient("p2")]);
    let query = FindDocumentsForMultiplePatients { patients, filter: unrestricted() };
    assert_eq!(read.patient_ids(), [patient("p1"), patient("p2")]);
    assert_eq!(read, StoredQuery::FindDocumentsForMultiplePatients(query));

    let by_code = [("$XDSDocumentEntryClassCode", "('class^^s')"), status];
    let read = parse(QueryId::FindDocumentsForMultiplePatients, &by_code).unwrap();
    let filter = DocumentFilter { class_codes: vec![code("class")], ..unrestricted() };
    let query = FindDocumentsForMultiplePatients { patients: Patients::All, filter };
    assert_eq!(read.patient_ids(), []);
    assert_eq!(read, StoredQuery::FindDocumentsForMultiplePatients(query));
}

#[test]
fn one_unreadable_patient_of_several_is_a_fault() {
    let read = parse(
        QueryId::FindDocumentsForMultiplePatients,
        &[
            ("$XDSDocumentEntryPatientId", "('p1^^^&1.2.3&ISO','p2')"),
            ("$XDSDocumentEntryStatus", APPROVED),
        ],
    );
    let parameter = Parameter::DocumentEntryPatientId;
    let what = "is not a patient id of the form 'id^^^&oid&ISO'";
    assert_eq!(read, Err(QueryFault::InvalidValue { parameter, what }));
}

#[test]
fn a_patient_id_without_quotes_is_read_where_one_is_expected() {
    let status = ("$XDSDocumentEntryStatus", APPROVED);
    let bare = ("$XDSDocumentEntryPatientId", "p1^^^&1.2.3&ISO");
    let read = parse(QueryId::FindDocuments, &[bare, status]);
    let query = FindDocuments { patient_id: patient("p1"), filter: unrestricted() };
    assert_eq!(read, Ok(StoredQuery::FindDocuments(query)));

    let parameter = Parameter::DocumentEntryPatientId;
    let read = parse(QueryId::FindDocumentsForMultiplePatients, &[bare, status]);
    let what = "has a string without quotes";
    assert_eq!(read, Err(QueryFault::InvalidValue { parameter, what }));
}

#[test]
fn unknown_statuses_are_ignored_beside_known_ones() {
    let mixed = "('urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Approved',
        'urn:oasis:names:tc:ebxml-regrep:StatusType:Submitted',
        'urn:oasis:names:tc:ebxml-regrep:StatusType:Approved')";
    let slots = [("$XDSDocumentEntryPatientId", PATIENT), ("$XDSDocumentEntryStatus", mixed)];
    let query = FindDocuments { patient_id: patient("p1"), filter: unrestricted() };
    assert_eq!(parse(QueryId::FindDocuments, &slots), Ok(StoredQuery::FindDocuments(query)));
}

#[test]
fn unknown_types_ask_for_no_entry_at_all() {
    let read = parse(
        QueryId::FindDocuments,
        &[
            ("$XDSDocumentEntryPatientId", PATIENT),
            ("$XDSDocumentEntryStatus", APPROVED),
            ("$XDSDocumentEntryType", "('urn:uuid:00000000-0000-0000-0000-000000000000')"),
        ],
    );
    let Ok(StoredQuery::FindDocuments(query)) = read else { panic!("{read:?}") };
    assert!(!query.filter.entry_types.contains(EntryType::Stable));
    assert!(!query.filter.entry_types.contains(EntryType::OnDemand));
}

#[test]
fn what_the_query_does_not_know_is_ignored() {
    let read = parse(
        QueryId::FindDocuments,
        &[
            ("$XDSDocumentEntryPatientId", PATIENT),
            ("$XDSDocumentEntryStatus", APPROVED),
            ("$MetadataLevel", "2"),
            ("$MetadataLevel", "2"),
            ("$XDSDocumentEntryDocumentAvailability", "'"),
            ("$XDSFolderStatus", "()"),
            ("$homeCommunityId", "'urn:oid:1.2.3'"),
            ("XDSDocumentEntryClassCode", "('class^^s')"),
            ("$xdsDocumentEntryClassCode", "('class^^s')"),
            ("", ""),
        ],
    );
    let query = FindDocuments { patient_id: patient("p1"), filter: unrestricted() };
    assert_eq!(read, Ok(StoredQuery::FindDocuments(query)));
}

#[test]
fn a_code_has_both_parts() {
    assert_eq!(CodeFilter::parse("c^^s"), Some(code("c")));
    let with_blanks = CodeFilter { code: "a b".to_owned(), scheme: "local codes".to_owned() };
    assert_eq!(CodeFilter::parse("a b^^local codes"), Some(with_blanks));
    for text in ["", "c", "c^s", "c^^", "^^s", "^^", "c^^^s", "c^d^s", "c^^s^", "c^^s^^t"] {
        assert_eq!(CodeFilter::parse(text), None, "{text}");
    }
}

#[test]
fn a_code_is_found_by_code_and_scheme() {
    let registered = |code: &str, scheme: &str| Code {
        code: code.to_owned(),
        scheme: scheme.to_owned(),
        display: "anything".to_owned(),
    };
    assert!(code("c").matches(&registered("c", "s")));
    assert!(!code("c").matches(&registered("d", "s")));
    assert!(!code("c").matches(&registered("c", "t")));
}

#[test]
fn sets_contain_what_they_are_made_of() {
    let (approved, deprecated) = (AvailabilityStatus::Approved, AvailabilityStatus::Deprecated);
    assert!(only(approved).contains(approved) && !only(approved).contains(deprecated));
    assert!(only(deprecated).contains(deprecated) && !only(deprecated).contains(approved));
    assert_eq!(StatusSet::of([]), None);
    assert_eq!(EntryTypes::of([EntryType::Stable]), EntryTypes::STABLE);
    assert!(EntryTypes::STABLE.contains(EntryType::Stable));
    assert!(!EntryTypes::STABLE.contains(EntryType::OnDemand));
    assert!(EntryTypes::of([EntryType::OnDemand]).contains(EntryType::OnDemand));
}

#[test]
fn the_upper_bound_of_a_period_is_outside() {
    let range = TimeRange { from: Some(20_050_101_000_000), to: Some(20_060_101_000_000) };
    let cases = [
        (20_041_231_235_959, false),
        (20_050_101_000_000, true),
        (20_051_231_235_959, true),
        (20_060_101_000_000, false),
    ];
    for (sort_key, expected) in cases {
        assert_eq!(range.contains(sort_key), expected, "{sort_key}");
        assert_eq!(range.admits(Some(sort_key)), expected, "{sort_key}");
        assert!(TimeRange::default().contains(sort_key));
    }
    assert!(range.admits(None));
    assert!(!range.is_unbounded() && TimeRange::default().is_unbounded());
}
