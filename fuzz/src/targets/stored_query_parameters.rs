//! `xds::StoredQuery::parse`: the notation of values, and the tables of parameters.
//!
//! An input is lines: the id of the query, then `name=value` for each slot; a line that begins with `+` is one
//! more value of the slot before.

use datatypes::PatientId;
use xds::query::{AdhocQueryRequest, LikePattern, QueryFault, QueryId, RawParameter, StoredQuery};

use super::reason;
use crate::{Target, Verdict};

pub(super) const TARGET: Target = Target {
    name: "stored_query_parameters",
    run,
    seeds,
    samples: &[],
    tokens: &[&[
        "\n",
        "\n+",
        "=",
        "'",
        "''",
        "'''",
        "\"",
        "\\",
        "\\'",
        "(",
        ")",
        ",",
        "()",
        "('a','b')",
        "('a', 'b' )",
        "(('a'))",
        "%",
        "_",
        "^^",
        "&",
        "$XDSDocumentEntryPatientId='1^^^&1.2.3&ISO'\n",
        "$XDSDocumentEntryStatus",
        "$XDSDocumentEntryEventCodeList=('a^^b')\n",
        "$XDSDocumentEntryAuthorPerson=('%a_')\n",
        "$XDSDocumentEntryCreationTimeFrom=2024\n",
        "$XDSDocumentEntryEntryUUID",
        "$uuid",
        "urn:uuid:",
        "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved",
        "' OR '1'='1",
        "; DROP TABLE object; --",
        "\0",
        "山田か\u{3099}",
        "\u{3000}",
    ]],
};

fn run(bytes: &[u8]) -> Verdict {
    let request = request(bytes)?;
    check(&request).map(|query| format!("{:?}", query.id()))
}

/// The request that an input stands for.
pub(super) fn request(bytes: &[u8]) -> Result<AdhocQueryRequest, String> {
    let text = std::str::from_utf8(bytes).map_err(reason)?;
    let mut lines = text.split('\n');
    let query_id = lines.next().unwrap_or_default().to_owned();
    let mut parameters: Vec<RawParameter> = Vec::new();
    for line in lines {
        match (line.strip_prefix('+'), parameters.last_mut()) {
            (Some(value), Some(slot)) => slot.values.push(value.to_owned()),
            (Some(_), None) | (None, _) => {
                let (name, value) = line.split_once('=').unwrap_or((line, ""));
                let values = vec![value.to_owned()];
                parameters.push(RawParameter { name: name.to_owned(), values });
            }
        }
    }
    Ok(AdhocQueryRequest { query_id, home: None, return_type: "LeafClass".to_owned(), parameters })
}

/// What holds of every request that is understood, and of every fault.
pub(super) fn check(request: &AdhocQueryRequest) -> Result<StoredQuery, String> {
    let query = StoredQuery::parse(request);
    let mut turned = request.clone();
    turned.parameters.reverse();
    let turned = StoredQuery::parse(&turned);
    assert_eq!(turned.is_ok(), query.is_ok(), "the order of slots decides");
    let query = query.map_err(|fault| {
        check_fault(&fault, request);
        reason(fault)
    })?;
    assert_eq!(QueryId::from_urn(&request.query_id), Some(query.id()), "the query that was named");
    for patient in query.patient_ids() {
        assert_eq!(PatientId::parse(&patient.to_cx()).as_ref(), Ok(patient), "a patient id");
    }
    if let StoredQuery::FindDocuments(find) = &query {
        find.filter.author_persons.iter().for_each(check_pattern);
    }
    if let StoredQuery::FindDocumentsExclude(find) = &query {
        find.exclusion.author_persons.iter().for_each(check_pattern);
    }
    Ok(query)
}

/// Names and counts only: a value would carry a patient through logs and gateways.
fn check_fault(fault: &QueryFault, request: &AdhocQueryRequest) {
    let said = format!("{fault} {fault:?} {}", fault.code_context());
    let values = request.parameters.iter().flat_map(|slot| &slot.values);
    // A short value, or one that is nothing but the name of a parameter, may stand there by chance.
    let is_name =
        |value: &str| value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'$');
    for value in values.filter(|value| value.len() >= 24 && !is_name(value)) {
        assert!(!said.contains(value.as_str()), "a fault repeats a value: {said}");
    }
}

/// However the pattern is made, matching ends soon.
fn check_pattern(pattern: &LikePattern) {
    let _is_covered = pattern.matches(&"a".repeat(500));
    let _is_covered = pattern.matches("^山田^太郎");
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    const APPROVED: &str = "('urn:oasis:names:tc:ebxml-regrep:StatusType:Approved')";
    const UUID: &str = "urn:uuid:00000000-0000-4000-8000-000000000001";
    let patient = "'1^^^&1.2.3&ISO'";
    let document = "$XDSDocumentEntry";
    let find = format!("{document}PatientId={patient}\n{document}Status={APPROVED}");
    let conditions = format!(
        "{document}ClassCode=('a^^b','c^^d')\n{document}EventCodeList=('a^^b')\n{document}EventCodeList=('c^^d')\n\
         +('e^^f')\n{document}CreationTimeFrom=2024\n{document}CreationTimeTo='20250101'\n\
         {document}AuthorPerson=('%山田%','_a''b')\n{document}Type=('urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1')"
    );
    let set = "$XDSSubmissionSet";
    let sets = format!(
        "{set}PatientId={patient}\n{set}Status={APPROVED}\n{set}SourceId=('1.2.3')\n{set}AuthorPerson='%a%'\n\
         {set}ContentType=('a^^b')\n{set}SubmissionTimeFrom=20240101"
    );
    let folder = "$XDSFolder";
    let folders = format!(
        "{folder}PatientId={patient}\n{folder}Status={APPROVED}\n{folder}CodeList=('a^^b')"
    );
    let all = format!(
        "$patientId={patient}\n{document}Status={APPROVED}\n{set}Status={APPROVED}\n{folder}Status={APPROVED}"
    );
    let reference =
        format!("{find}\n{document}ReferenceIdList=('1^^^&1.2.3&ISO^urn:ihe:iti:xds:2013:order')");
    let excluding = format!(
        "{find}\n{document}ClassCodeExclude=('a^^b')\n{document}EventCodeListExclude=('a^^b')\n\
         {document}EventCodeListExclude=('c^^d')\n{document}AuthorPersonExclude=('%山田%')\n\
         {document}TypeExclude=('urn:uuid:34268e47-fdf5-41a6-ba33-82133c465248')"
    );
    let several = format!(
        "{document}PatientId=({patient},'2^^^&1.2.3&ISO')\n{document}ClassCode=('a^^b')\n\
         {document}Status={APPROVED}"
    );
    let related = format!(
        "{document}UniqueId='1.2.3'\n$AssociationTypes=('urn:ihe:iti:2007:AssociationType:RPLC')"
    );
    [
        (QueryId::FindDocuments, format!("{find}\n{conditions}")),
        (QueryId::FindDocumentsByReferenceId, reference),
        (QueryId::FindDocumentsExclude, excluding),
        (QueryId::FindDocumentsForMultiplePatients, several),
        (QueryId::FindSubmissionSets, sets),
        (QueryId::FindFolders, folders),
        (QueryId::GetAll, all),
        (QueryId::GetDocuments, format!("{document}EntryUUID=('{UUID}')")),
        (QueryId::GetDocuments, format!("{document}UniqueId=('1.2.3','1.2.4')")),
        (QueryId::GetAssociations, format!("$uuid=('{UUID}')\n+('{UUID}')")),
        (QueryId::GetSubmissionSetAndContents, format!("{set}UniqueId='1.2.3'")),
        (QueryId::GetRelatedDocuments, related),
    ]
    .map(|(id, slots)| format!("{}\n{slots}", id.urn()).into_bytes())
    .to_vec()
}
