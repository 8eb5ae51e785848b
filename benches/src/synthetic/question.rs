//! Stored queries as their envelopes (ITI TF-2: 3.18.4.1.2.3.7).

use datatypes::PatientId;
use xds::AvailabilityStatus;
use xds::query::{AdhocQueryRequest, Parameter, QueryId, RawParameter, ReturnType};

use super::codes;

/// `wsa:Action` of ITI-18.
pub const STORED_QUERY: &str = "urn:ihe:iti:2007:RegistryStoredQuery";

/// Codes that fit into one value of a slot: ebRIM 3.0 allows it 256 characters.
const CODES_PER_VALUE: usize = 8;

/// What FindDocuments asks for beside the patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Approved documents.
    All,
    /// Seven slots, nine codes: a viewer that shows one kind of document.
    FewCodes,
    /// Ten class and thirty type codes and a range of time, which one entry in six meets: a heavy question.
    ManyCodes,
}

/// FindDocuments of one patient.
#[must_use]
pub fn find_documents(
    patient: &PatientId,
    condition: Condition,
    return_type: ReturnType,
) -> AdhocQueryRequest {
    let patient_id = format!("'{}'", patient.to_cx());
    let status = format!("('{}')", AvailabilityStatus::Approved.urn());
    let mut parameters = vec![
        parameter(Parameter::DocumentEntryPatientId, vec![patient_id]),
        parameter(Parameter::DocumentEntryStatus, vec![status]),
    ];
    let (n_classes, n_types) = match condition {
        Condition::All => (0, 0),
        Condition::FewCodes => (3, 2),
        Condition::ManyCodes => (10, 30),
    };
    if condition != Condition::All {
        parameters.extend([
            coded(Parameter::DocumentEntryClassCode, codes::CLASS.filter(n_classes)),
            coded(Parameter::DocumentEntryTypeCode, codes::TYPE.filter(n_types)),
            parameter(Parameter::DocumentEntryCreationTimeFrom, vec!["20150101".to_owned()]),
        ]);
    }
    if condition == Condition::FewCodes {
        let (facility, confidentiality) = (codes::FACILITY, codes::CONFIDENTIALITY);
        parameters.extend([
            coded(Parameter::DocumentEntryHealthcareFacilityTypeCode, facility.filter(2)),
            coded(Parameter::DocumentEntryConfidentialityCode, confidentiality.filter(2)),
        ]);
    }
    if condition == Condition::ManyCodes {
        let end = vec!["20251231".to_owned()];
        parameters.push(parameter(Parameter::DocumentEntryCreationTimeTo, end));
    }
    request(QueryId::FindDocuments, parameters, return_type)
}

/// GetDocuments of one document, by entryUUID or by uniqueId.
#[must_use]
pub fn get_documents(by: Parameter, id: &str) -> AdhocQueryRequest {
    let parameters = vec![parameter(by, vec![format!("('{id}')")])];
    request(QueryId::GetDocuments, parameters, ReturnType::LeafClass)
}

/// The request on the wire.
#[must_use]
pub fn envelope(request: &AdhocQueryRequest) -> String {
    let body = ebxml::write_adhoc_query_request(request);
    let message_id = "urn:uuid:00000000-0000-4000-8000-000000000018";
    soap::write_request(STORED_QUERY, message_id, "http://localhost/xds/registry", &body)
}

fn request(
    query: QueryId,
    parameters: Vec<RawParameter>,
    return_type: ReturnType,
) -> AdhocQueryRequest {
    let return_type = match return_type {
        ReturnType::LeafClass => "LeafClass",
        ReturnType::ObjectRef => "ObjectRef",
    };
    AdhocQueryRequest {
        query_id: query.urn().to_owned(),
        home: None,
        return_type: return_type.to_owned(),
        parameters,
    }
}

fn parameter(parameter: Parameter, values: Vec<String>) -> RawParameter {
    RawParameter { name: parameter.name().to_owned(), values }
}

fn coded(name: Parameter, codes: impl Iterator<Item = String>) -> RawParameter {
    let codes: Vec<String> = codes.collect();
    let lists = codes.chunks(CODES_PER_VALUE).map(|list| format!("({})", list.join(",")));
    parameter(name, lists.collect())
}
