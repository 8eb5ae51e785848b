//! Stored queries as the command line asks them (ITI TF-2: 3.18.4.1.2.3.7).

use datatypes::{Dtm, EntryUuid, PatientId, UniqueId};
use xds::AvailabilityStatus;
use xds::query::{AdhocQueryRequest, CodeFilter, Parameter, QueryId, RawParameter, ReturnType};

/// The conditions of FindDocuments; what is empty restricts nothing.
#[derive(Debug)]
pub(crate) struct Conditions {
    pub(crate) patient_id: PatientId,
    /// At least one.
    pub(crate) statuses: Vec<AvailabilityStatus>,
    pub(crate) class_codes: Vec<CodeFilter>,
    pub(crate) type_codes: Vec<CodeFilter>,
    /// Bounds of creationTime; the upper one is exclusive.
    pub(crate) from: Option<Dtm>,
    pub(crate) to: Option<Dtm>,
    /// Alternatives, with `%` for any run of characters and `_` for one.
    pub(crate) author_patterns: Vec<String>,
}

/// Which documents GetDocuments is asked for.
#[derive(Debug)]
pub(crate) enum Named {
    Entries(Vec<EntryUuid>),
    Documents(Vec<UniqueId>),
}

/// FindDocuments (ITI TF-2: 3.18.4.1.2.3.7.1).
pub(crate) fn find_documents(
    conditions: &Conditions,
    return_type: ReturnType,
) -> AdhocQueryRequest {
    let mut parameters = vec![
        RawParameter {
            name: Parameter::DocumentEntryPatientId.name().to_owned(),
            values: vec![quoted(&conditions.patient_id.to_cx())],
        },
        alternatives(
            Parameter::DocumentEntryStatus,
            conditions.statuses.iter().map(|status| status.urn().to_owned()),
        ),
    ];
    let codes = [
        (Parameter::DocumentEntryClassCode, &conditions.class_codes),
        (Parameter::DocumentEntryTypeCode, &conditions.type_codes),
    ];
    for (parameter, codes) in codes {
        let texts = codes.iter().map(|code| format!("{}^^{}", code.code, code.scheme));
        parameters.push(alternatives(parameter, texts));
    }
    let bounds = [
        (Parameter::DocumentEntryCreationTimeFrom, &conditions.from),
        (Parameter::DocumentEntryCreationTimeTo, &conditions.to),
    ];
    for (parameter, time) in bounds {
        let values = time.iter().map(|time| time.as_str().to_owned()).collect();
        parameters.push(RawParameter { name: parameter.name().to_owned(), values });
    }
    let patterns = conditions.author_patterns.iter().cloned();
    parameters.push(alternatives(Parameter::DocumentEntryAuthorPerson, patterns));
    request(QueryId::FindDocuments, parameters, return_type)
}

/// GetDocuments (ITI TF-2: 3.18.4.1.2.3.7.5).
pub(crate) fn get_documents(named: &Named, return_type: ReturnType) -> AdhocQueryRequest {
    let parameter = match named {
        Named::Entries(uuids) => {
            alternatives(Parameter::DocumentEntryEntryUuid, uuids.iter().map(EntryUuid::to_string))
        }
        Named::Documents(ids) => {
            let texts = ids.iter().map(|id| id.as_str().to_owned());
            alternatives(Parameter::DocumentEntryUniqueId, texts)
        }
    };
    request(QueryId::GetDocuments, vec![parameter], return_type)
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
        parameters: parameters.into_iter().filter(|slot| !slot.values.is_empty()).collect(),
    }
}

/// One `Value` per alternative: a list in one would soon be longer than the 256 characters
/// of a slot value (ebRIM 3.0 `LongName`).
fn alternatives(parameter: Parameter, texts: impl Iterator<Item = String>) -> RawParameter {
    let values = texts.map(|text| format!("({})", quoted(&text))).collect();
    RawParameter { name: parameter.name().to_owned(), values }
}

/// ITI TF-2: 3.18.4.1.2.3.5: a quote inside a string is doubled.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use xds::query::{LikePattern, Selection, StatusSet, StoredQuery};

    use super::*;

    fn conditions() -> Conditions {
        Conditions {
            patient_id: PatientId::parse("O'Neil^^^&1.2.3&ISO").unwrap(),
            statuses: vec![AvailabilityStatus::Approved, AvailabilityStatus::Deprecated],
            class_codes: Vec::new(),
            type_codes: Vec::new(),
            from: None,
            to: None,
            author_patterns: Vec::new(),
        }
    }

    fn code(code: &str) -> CodeFilter {
        CodeFilter { code: code.to_owned(), scheme: "urn:s".to_owned() }
    }

    fn parse(request: &AdhocQueryRequest) -> StoredQuery {
        StoredQuery::parse(request).unwrap()
    }

    #[test]
    fn the_registry_reads_all_conditions() {
        let asked = Conditions {
            class_codes: vec![code("a"), code("it's")],
            type_codes: vec![code("t")],
            from: Dtm::parse("2026").ok(),
            to: Dtm::parse("20260401").ok(),
            author_patterns: vec!["%O'Hara%".to_owned(), "%連携%".to_owned()],
            ..conditions()
        };
        let StoredQuery::FindDocuments(query) =
            parse(&find_documents(&asked, ReturnType::LeafClass))
        else {
            panic!("another query");
        };
        assert_eq!(query.patient_id, asked.patient_id);
        let filter = query.filter;
        assert_eq!(filter.statuses, StatusSet::of(asked.statuses).unwrap());
        assert_eq!(filter.class_codes, asked.class_codes);
        assert_eq!(filter.type_codes, asked.type_codes);
        assert_eq!(filter.creation_time.from, Some(20_260_101_000_000));
        assert_eq!(filter.creation_time.to, Some(20_260_401_000_000));
        let patterns: Vec<_> = asked.author_patterns.iter().map(|p| LikePattern::new(p)).collect();
        assert_eq!(filter.author_persons, patterns);
    }

    #[test]
    fn what_is_not_asked_is_not_sent() {
        let request = find_documents(&conditions(), ReturnType::ObjectRef);
        assert_eq!(request.return_type, "ObjectRef");
        assert_eq!(request.parameters.len(), 2);
        parse(&request);
    }

    #[test]
    fn long_lists_stay_within_the_length_of_a_value() {
        let uuids: Vec<_> = (0..500).map(|_| EntryUuid::generate()).collect();
        let request = get_documents(&Named::Entries(uuids.clone()), ReturnType::LeafClass);
        assert!(request.parameters[0].values.iter().all(|value| value.len() <= 256));
        let StoredQuery::GetDocuments(query) = parse(&request) else { panic!("another query") };
        assert_eq!(query.documents, Selection::EntryUuids(uuids));
    }

    #[test]
    fn a_unique_id_may_hold_anything() {
        let ids = vec![UniqueId::parse("1.2^it's (a),b").unwrap()];
        let request = get_documents(&Named::Documents(ids.clone()), ReturnType::LeafClass);
        let StoredQuery::GetDocuments(query) = parse(&request) else { panic!("another query") };
        assert_eq!(query.documents, Selection::UniqueIds(ids));
    }
}
