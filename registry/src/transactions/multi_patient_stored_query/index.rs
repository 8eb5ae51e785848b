//! Where a query without patients begins: the conditions that an index serves, and the keys of those who
//! may meet them.

use datatypes::ReferenceId;
use store::AnyConnection;
use xds::query::{CodeFilter, DocumentFilter, FolderFilter};

use crate::dictionary::{CodeAttribute, Dictionary};
use crate::error::QueryError;
use crate::select::numbers;
use crate::store::{object_code, object_reference};

/// Conditions of one query that are counted. Each costs a walk over an index; of a query with more, the rest
/// is compared with the records only.
const MAX_COUNTED: usize = 8;

/// The object holds one of these; nothing holds none.
pub(super) enum Condition<'q> {
    Codes(Vec<u32>),
    References(&'q [ReferenceId]),
}

/// The conditions on documents, those first that few documents meet as a rule.
pub(super) fn of_documents<'q>(
    filter: &'q DocumentFilter,
    dictionary: &Dictionary,
) -> Vec<Condition<'q>> {
    let codes =
        |attribute, codes: &[CodeFilter]| Condition::Codes(numbers(dictionary, attribute, codes));
    let references = filter.reference_ids.iter().map(|ids| Condition::References(ids));
    let events = filter.event_codes.iter().map(|list| codes(CodeAttribute::EventCodeList, list));
    let singles = [
        (CodeAttribute::HealthcareFacilityType, &filter.healthcare_facility_type_codes),
        (CodeAttribute::Class, &filter.class_codes),
    ];
    let named = singles.into_iter().filter(|(_, list)| !list.is_empty());
    references.chain(events).chain(named.map(|(attribute, list)| codes(attribute, list))).collect()
}

/// The conditions on folders.
pub(super) fn of_folders(
    filter: &FolderFilter,
    dictionary: &Dictionary,
) -> Vec<Condition<'static>> {
    let codes = |list: &Vec<CodeFilter>| {
        Condition::Codes(numbers(dictionary, CodeAttribute::FolderCodeList, list))
    };
    filter.codes.iter().map(codes).collect()
}

/// The keys of those who meet the condition that fewest meet, ascending.
///
/// # Errors
/// [`QueryError::TooManyCandidates`] if more than `limit` meet each condition.
pub(super) fn fewest(
    connection: &mut AnyConnection,
    conditions: &[Condition<'_>],
    limit: usize,
) -> Result<Vec<i64>, QueryError> {
    let mut fewest: Option<Vec<i64>> = None;
    for condition in conditions.iter().take(MAX_COUNTED) {
        // As many as the best condition so far are too many already.
        let most = match &fewest {
            None => limit,
            Some(keys) if keys.is_empty() => break,
            Some(keys) => keys.len().saturating_sub(1),
        };
        fewest = keys(connection, condition, most)?.or(fewest);
    }
    fewest.ok_or(QueryError::TooManyCandidates { limit })
}

/// The keys of those who meet a condition; `None` if the index has more than `most` rows about them.
fn keys(
    connection: &mut AnyConnection,
    condition: &Condition<'_>,
    most: usize,
) -> Result<Option<Vec<i64>>, QueryError> {
    let mut keys: Vec<i64> = Vec::new();
    let room = |keys: &Vec<i64>| {
        i64::try_from(most.saturating_sub(keys.len()).saturating_add(1)).unwrap_or(i64::MAX)
    };
    match condition {
        Condition::Codes(numbers) => {
            for number in numbers {
                keys.extend(object_code::keys(connection, *number, room(&keys))?);
                if keys.len() > most {
                    return Ok(None);
                }
            }
        }
        Condition::References(ids) => {
            for id in *ids {
                let id = datatypes::normalized(id.as_str());
                keys.extend(object_reference::keys(connection, &id, room(&keys))?);
                if keys.len() > most {
                    return Ok(None);
                }
            }
        }
    }
    keys.sort_unstable();
    keys.dedup();
    Ok(Some(keys))
}
