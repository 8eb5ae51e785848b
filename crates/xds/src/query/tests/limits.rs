//! Query ids, return types, limits, and that no text whatever makes a request panic.

use proptest::prelude::*;

use crate::query::arguments::{MAX_PATTERNS, MAX_VALUE_CHARACTERS, MAX_VALUES};
use crate::query::rules::{Choice, choice, rules};
use crate::query::tests::{APPROVED, parse, request};
use crate::query::{
    AdhocQueryRequest, Parameter, QueryFault, QueryId, RawParameter, ReturnType, StoredQuery,
};

#[test]
fn a_query_id_is_read_in_any_case_and_trimmed() {
    for id in QueryId::ALL {
        assert_eq!(QueryId::from_urn(&format!(" \n{}\t", id.urn().to_uppercase())), Some(id));
    }
}

#[test]
fn other_queries_are_unknown() {
    let unknown = [
        "",
        "14d4debf-8f97-4251-9a74-a90016b0af0d",
        "urn:uuid:00000000-0000-0000-0000-000000000000",
    ];
    for urn in unknown {
        let mut adhoc = request(QueryId::FindDocuments, &[]);
        adhoc.query_id = urn.to_owned();
        assert_eq!(StoredQuery::parse(&adhoc), Err(QueryFault::UnknownStoredQuery), "{urn}");
    }
}

#[test]
fn three_queries_belong_to_the_multi_patient_transaction() {
    let multi: Vec<QueryId> = QueryId::ALL.into_iter().filter(|id| id.is_multi_patient()).collect();
    assert_eq!(
        multi,
        [
            QueryId::FindDocumentsForMultiplePatients,
            QueryId::FindFoldersForMultiplePatients,
            QueryId::FindDocumentsByReferenceIdForMultiplePatients,
        ]
    );
}

#[test]
fn six_queries_answer_with_a_single_patient() {
    let single: Vec<QueryId> =
        QueryId::ALL.into_iter().filter(|id| id.answers_single_patient()).collect();
    assert_eq!(
        single,
        [
            QueryId::GetDocuments,
            QueryId::GetFolders,
            QueryId::GetDocumentsAndAssociations,
            QueryId::GetSubmissionSets,
            QueryId::GetSubmissionSetAndContents,
            QueryId::GetFolderAndContents
        ]
    );
}

#[test]
fn only_two_return_types_are_known() {
    assert_eq!(ReturnType::parse("LeafClass"), Ok(ReturnType::LeafClass));
    assert_eq!(ReturnType::parse("ObjectRef"), Ok(ReturnType::ObjectRef));
    for text in ["", "leafclass", "RegistryObject", "RepositoryItem", "LeafClassWithRepositoryItem"]
    {
        assert_eq!(ReturnType::parse(text), Err(QueryFault::ReturnType), "{text}");
    }
}

fn list(n_values: usize) -> String {
    format!("({})", vec!["'urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d'"; n_values].join(","))
}

#[test]
fn values_are_limited_over_all_slots() {
    assert!(parse(QueryId::GetAssociations, &[("$uuid", &list(MAX_VALUES))]).is_ok());
    let fault = Err(QueryFault::TooManyValues { limit: MAX_VALUES });
    assert_eq!(parse(QueryId::GetAssociations, &[("$uuid", &list(MAX_VALUES + 1))]), fault);

    let mut spread = request(QueryId::GetAssociations, &[]);
    let values = vec![list(MAX_VALUES), list(1)];
    spread.parameters.push(RawParameter { name: "$uuid".to_owned(), values });
    assert_eq!(StoredQuery::parse(&spread), fault);

    let half = format!("({})", vec!["'c^^s'"; MAX_VALUES / 2].join(","));
    let event_codes = ("$XDSDocumentEntryEventCodeList", half.as_str());
    let slots = [
        ("$XDSDocumentEntryPatientId", "'p1^^^&1.2.3&ISO'"),
        ("$XDSDocumentEntryStatus", APPROVED),
        event_codes,
        event_codes,
    ];
    assert_eq!(parse(QueryId::FindDocuments, &slots), fault);
}

#[test]
fn patterns_are_limited() {
    let patterns = |n_patterns: usize| {
        let list = format!("({})", vec!["'%a%'"; n_patterns].join(","));
        parse(
            QueryId::FindDocuments,
            &[
                ("$XDSDocumentEntryPatientId", "'p1^^^&1.2.3&ISO'"),
                ("$XDSDocumentEntryStatus", APPROVED),
                ("$XDSDocumentEntryAuthorPerson", &list),
            ],
        )
    };
    assert!(patterns(MAX_PATTERNS).is_ok());
    let fault = QueryFault::TooManyValues { limit: MAX_PATTERNS };
    assert_eq!(patterns(MAX_PATTERNS + 1), Err(fault));
}

#[test]
fn values_have_a_limited_length() {
    let unique_id = |n_characters: usize| {
        let value = format!("'{}'", "院".repeat(n_characters));
        parse(QueryId::GetDocuments, &[("$XDSDocumentEntryUniqueId", &value)])
    };
    assert!(unique_id(MAX_VALUE_CHARACTERS).is_ok());
    let fault = QueryFault::InvalidValue {
        parameter: Parameter::DocumentEntryUniqueId,
        what: "has a value that is too long",
    };
    assert_eq!(unique_id(MAX_VALUE_CHARACTERS + 1), Err(fault));
}

#[test]
fn faults_name_parameters_and_never_values() {
    let value = "'hidden4711^^^1.2.3'";
    let read = parse(
        QueryId::FindDocuments,
        &[("$XDSDocumentEntryPatientId", value), ("$XDSDocumentEntryStatus", APPROVED)],
    );
    let fault = read.unwrap_err();
    let texts = format!("{fault} {fault:?} {}", fault.code_context());
    assert!(texts.contains("$XDSDocumentEntryPatientId"), "{texts}");
    assert!(!texts.contains("4711"), "{texts}");

    let choice = parse(QueryId::GetFolders, &[]).unwrap_err();
    assert_eq!(
        choice.code_context(),
        "One of $XDSFolderEntryUUID, $XDSFolderUniqueId is required."
    );
}

#[test]
fn debug_hides_what_was_sent() {
    let adhoc = request(QueryId::FindDocuments, &[("$XDSDocumentEntryPatientId", "'hidden'")]);
    assert!(!format!("{adhoc:?} {:?}", adhoc.parameters).contains("hidden"));
    let person = "'%hidden%'";
    let read = parse(
        QueryId::FindDocuments,
        &[
            ("$XDSDocumentEntryPatientId", "'hidden^^^&1.2.3&ISO'"),
            ("$XDSDocumentEntryStatus", APPROVED),
            ("$XDSDocumentEntryAuthorPerson", person),
        ],
    );
    assert!(read.is_ok() && !format!("{read:?}").contains("hidden"));
}

/// A request of known parameter names with arbitrary values.
fn any_request() -> impl Strategy<Value = AdhocQueryRequest> {
    let value = prop_oneof![
        "(?s:.{0,20})",
        "[',()a^&1 ]{0,20}",
        Just("'p1^^^&1.2.3&ISO'".to_owned()),
        Just(APPROVED.to_owned()),
        Just("('c^^s', 'd^^s')".to_owned()),
        Just("2020".to_owned()),
        Just("'urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d'".to_owned()),
    ];
    let values = proptest::collection::vec(value, 0..3);
    proptest::sample::select(QueryId::ALL.to_vec()).prop_flat_map(move |query| {
        let names: Vec<&str> = rules(query).map(|rule| rule.parameter.name()).collect();
        let slot = (proptest::sample::select(names), values.clone());
        proptest::collection::vec(slot, 0..6).prop_map(move |slots| {
            let mut adhoc = request(query, &[]);
            adhoc.parameters = slots
                .into_iter()
                .map(|(name, values)| RawParameter { name: name.to_owned(), values })
                .collect();
            adhoc
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases * 8))]

    /// Whatever is sent, the answer is a fault or a query that has what it needs.
    #[test]
    fn no_request_makes_it_panic(adhoc in any_request()) {
        if let Ok(read) = StoredQuery::parse(&adhoc) {
            let has = |parameter: Parameter| {
                adhoc.parameters.iter().any(|raw| raw.name == parameter.name())
            };
            for rule in rules(read.id()).filter(|rule| rule.occurs.is_required()) {
                prop_assert!(has(rule.parameter));
            }
            if let Choice::ExactlyOneOf(parameters) | Choice::AtLeastOneOf(parameters) = choice(read.id()) {
                prop_assert!(parameters.iter().any(|parameter| has(*parameter)));
            }
        }
    }

    #[test]
    fn no_query_id_makes_it_panic(urn in "(?s:.{0,60})") {
        prop_assert_eq!(QueryId::from_urn(&urn), None);
    }
}
