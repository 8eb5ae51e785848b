//! Which objects a query asks for: its conditions against the heads of compact records.
//!
//! Codes are compared as numbers of the dictionary: a code that was never registered has none and so
//! matches nothing. Every condition must hold; inside one, the alternatives are OR
//! (ITI TF-2: 3.18.4.1.2.3.5).

mod exclusion;

use std::collections::HashSet;

use datatypes::ReferenceId;
use xds::EntryType;
use xds::query::{
    CodeFilter, ContentFilter, DocumentFilter, EntryTypes, FindSubmissionSets, FolderFilter,
    LikePattern, StatusSet, TimeRange,
};

use crate::dictionary::{CodeAttribute, Dictionary};
use crate::leaf_class::StoredObject;
use crate::record::entry::{EntryHead, SINGLE_CODES};
use crate::record::submission_set::SubmissionSetHead;
use crate::record::{self, DamagedRecord, author};
pub use exclusion::EntryExclusion;

/// The conditions of one query, compiled against one snapshot of the dictionary.
#[derive(Debug)]
pub struct EntrySelection<'q> {
    filter: &'q DocumentFilter,
    /// In the order of [`SINGLE_CODES`]; `None` restricts nothing.
    singles: [Option<Vec<u32>>; 5],
    confidentiality: Vec<Vec<u32>>,
    events: Vec<Vec<u32>>,
    reference_ids: Vec<HashSet<String>>,
}

impl<'q> EntrySelection<'q> {
    /// Looks the codes of the query up, once for all entries.
    pub fn compile(filter: &'q DocumentFilter, dictionary: &Dictionary) -> EntrySelection<'q> {
        let wanted = [
            &filter.class_codes,
            &filter.type_codes,
            &filter.format_codes,
            &filter.healthcare_facility_type_codes,
            &filter.practice_setting_codes,
        ];
        let mut singles = [const { None }; 5];
        for ((place, attribute), codes) in singles.iter_mut().zip(SINGLE_CODES).zip(wanted) {
            *place = (!codes.is_empty()).then(|| numbers(dictionary, attribute, codes));
        }
        let all = |attribute, codes: &[Vec<CodeFilter>]| conditions(dictionary, attribute, codes);
        EntrySelection {
            filter,
            singles,
            confidentiality: all(CodeAttribute::Confidentiality, &filter.confidentiality_codes),
            events: all(CodeAttribute::EventCodeList, &filter.event_codes),
            reference_ids: filter.reference_ids.iter().map(comparable_ids).collect(),
        }
    }

    /// Whether the entry meets every condition.
    ///
    /// # Errors
    /// [`DamagedRecord`].
    pub fn admits(
        &self,
        entry: &StoredObject,
        head: &EntryHead<'_>,
    ) -> Result<bool, DamagedRecord> {
        let statuses: StatusSet = self.filter.statuses;
        let entry_type = if head.is_on_demand() { EntryType::OnDemand } else { EntryType::Stable };
        let is_wanted = statuses.contains(entry.status)
            && self.filter.entry_types.contains(entry_type)
            && self.times(head)
            && self.codes(head);
        Ok(is_wanted && self.author_persons(head)? && self.reference_ids(head)?)
    }

    fn times(&self, head: &EntryHead<'_>) -> bool {
        // An attribute without value restricts nothing: ITI TF-2: 3.18.4.1.2.3.7.1. creationTime is
        // missing on on-demand entries only, which its bounds leave alone as well.
        let admits =
            |range: TimeRange, sort_key: u64| range.admits((sort_key != 0).then_some(sort_key));
        admits(self.filter.creation_time, head.creation_time)
            && admits(self.filter.service_start_time, head.service_start_time)
            && admits(self.filter.service_stop_time, head.service_stop_time)
    }

    fn codes(&self, head: &EntryHead<'_>) -> bool {
        let single = |(wanted, number): (&Option<Vec<u32>>, u32)| {
            wanted.as_ref().is_none_or(|wanted| wanted.contains(&number))
        };
        self.singles.iter().zip(head.singles).all(single)
            && all_met(&self.confidentiality, || head.confidentiality.iter())
            && all_met(&self.events, || head.events.iter())
    }

    fn author_persons(&self, head: &EntryHead<'_>) -> Result<bool, DamagedRecord> {
        let patterns = &self.filter.author_persons;
        Ok(patterns.is_empty() || any_author(head, patterns)?)
    }

    fn reference_ids(&self, head: &EntryHead<'_>) -> Result<bool, DamagedRecord> {
        for wanted in &self.reference_ids {
            if !has_reference_id(head, wanted)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether the name of any author is like one of the patterns.
fn any_author(head: &EntryHead<'_>, patterns: &[LikePattern]) -> Result<bool, DamagedRecord> {
    if patterns.is_empty() {
        return Ok(false);
    }
    author::any_person(head.authors()?, |stored| {
        let person = comparable(stored);
        patterns.iter().any(|pattern| pattern.matches(&person))
    })
}

/// Whether the entry has one of these reference ids, which are in normal form C.
fn has_reference_id(head: &EntryHead<'_>, ids: &HashSet<String>) -> Result<bool, DamagedRecord> {
    if ids.is_empty() {
        return Ok(false);
    }
    let mut cursor = head.reference_ids()?;
    for _ in 0..cursor.count()? {
        if ids.contains(comparable(cursor.text()?).as_ref()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Reference ids in the form in which texts are compared: a request may have very many of them.
fn comparable_ids<'q>(ids: impl IntoIterator<Item = &'q ReferenceId>) -> HashSet<String> {
    ids.into_iter().map(|id| datatypes::normalized(id.as_str()).into_owned()).collect()
}

/// The filter of the …AndContents queries and of GetAll, compiled.
#[derive(Debug)]
pub struct ContentSelection {
    formats: Option<Vec<u32>>,
    confidentiality: Vec<Vec<u32>>,
    entry_types: EntryTypes,
}

impl ContentSelection {
    /// Looks the codes of the query up, once for all entries.
    pub fn compile(filter: &ContentFilter, dictionary: &Dictionary) -> ContentSelection {
        let formats = &filter.format_codes;
        ContentSelection {
            formats: (!formats.is_empty())
                .then(|| numbers(dictionary, CodeAttribute::Format, formats)),
            confidentiality: conditions(
                dictionary,
                CodeAttribute::Confidentiality,
                &filter.confidentiality_codes,
            ),
            entry_types: filter.entry_types,
        }
    }

    /// Whether the entry meets every condition.
    pub fn admits(&self, head: &EntryHead<'_>) -> bool {
        let entry_type = if head.is_on_demand() { EntryType::OnDemand } else { EntryType::Stable };
        let [_class, _type_code, format, _facility, _practice_setting] = head.singles;
        self.entry_types.contains(entry_type)
            && self.formats.as_ref().is_none_or(|wanted| wanted.contains(&format))
            && all_met(&self.confidentiality, || head.confidentiality.iter())
    }
}

/// FindSubmissionSets, compiled.
#[derive(Debug)]
pub struct SubmissionSetSelection<'q> {
    query: &'q FindSubmissionSets,
    content_types: Option<Vec<u32>>,
}

impl<'q> SubmissionSetSelection<'q> {
    /// Looks the codes of the query up, once for all sets.
    pub fn compile(
        query: &'q FindSubmissionSets,
        dictionary: &Dictionary,
    ) -> SubmissionSetSelection<'q> {
        let codes = &query.content_types;
        let content_types =
            (!codes.is_empty()).then(|| numbers(dictionary, CodeAttribute::ContentType, codes));
        SubmissionSetSelection { query, content_types }
    }

    /// Whether the set meets every condition.
    ///
    /// # Errors
    /// [`DamagedRecord`].
    pub fn admits(&self, set: &StoredObject) -> Result<bool, DamagedRecord> {
        let head = SubmissionSetHead::read(&set.record)?;
        let source_ids = &self.query.source_ids;
        let is_wanted = self.query.statuses.contains(set.status)
            && self.query.submission_time.contains(head.submission_time)
            && (source_ids.is_empty() || source_ids.iter().any(|id| id.as_str() == head.source_id))
            && self.content_types.as_ref().is_none_or(|wanted| wanted.contains(&head.content_type));
        match &self.query.author_person {
            Some(pattern) if is_wanted => {
                author::any_person(head.authors()?, |stored| pattern.matches(&comparable(stored)))
            }
            _ => Ok(is_wanted),
        }
    }
}

/// The filter of FindFolders, compiled.
#[derive(Debug)]
pub struct FolderSelection<'q> {
    filter: &'q FolderFilter,
    codes: Vec<Vec<u32>>,
}

impl<'q> FolderSelection<'q> {
    /// Looks the codes of the query up, once for all folders.
    pub fn compile(filter: &'q FolderFilter, dictionary: &Dictionary) -> FolderSelection<'q> {
        let codes = conditions(dictionary, CodeAttribute::FolderCodeList, &filter.codes);
        FolderSelection { filter, codes }
    }

    /// Whether the folder meets every condition.
    ///
    /// # Errors
    /// [`DamagedRecord`].
    pub fn admits(&self, folder: &StoredObject) -> Result<bool, DamagedRecord> {
        let codes = record::folder::codes(&folder.record)?;
        // The registry writes 14 digits: the text is its own sort key.
        let updated = folder.last_update_time.as_ref().and_then(|time| time.parse().ok());
        Ok(self.filter.statuses.contains(folder.status)
            && self.filter.last_update_time.admits(updated)
            && all_met(&self.codes, || codes.iter().copied()))
    }
}

/// Whether each condition has one of the object's codes among its alternatives.
fn all_met<I: Iterator<Item = u32>>(conditions: &[Vec<u32>], codes: impl Fn() -> I) -> bool {
    conditions.iter().all(|wanted| codes().any(|code| wanted.contains(&code)))
}

fn conditions(
    dictionary: &Dictionary,
    attribute: CodeAttribute,
    conditions: &[Vec<CodeFilter>],
) -> Vec<Vec<u32>> {
    conditions.iter().map(|codes| numbers(dictionary, attribute, codes)).collect()
}

/// Numbers of all codes that are searched for, whatever their display names.
pub(crate) fn numbers(
    dictionary: &Dictionary,
    attribute: CodeAttribute,
    codes: &[CodeFilter],
) -> Vec<u32> {
    let matching =
        codes.iter().flat_map(|code| dictionary.matching(attribute, &code.code, &code.scheme));
    matching.copied().collect()
}

/// The text behind a stored one, in the form in which texts are compared.
fn comparable(stored: &str) -> std::borrow::Cow<'_, str> {
    match unescape(stored) {
        std::borrow::Cow::Borrowed(text) => datatypes::normalized(text),
        std::borrow::Cow::Owned(text) => {
            std::borrow::Cow::Owned(datatypes::normalized(&text).into_owned())
        }
    }
}

/// The text behind a stored one: exactly what [`xml::escape_attribute`] wrote is undone.
fn unescape(stored: &str) -> std::borrow::Cow<'_, str> {
    if !stored.contains('&') {
        return std::borrow::Cow::Borrowed(stored);
    }
    let escapes = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&#9;", "\t"),
        ("&#10;", "\n"),
        ("&#13;", "\r"),
        ("&amp;", "&"),
    ];
    let mut text = stored.to_owned();
    for (escape, character) in escapes {
        text = text.replace(escape, character);
    }
    std::borrow::Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn unescaping_undoes_the_escaping_of_records(text in "[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\u{fffe}\u{ffff}]{0,64}") {
            let escaped = xml::escape_attribute(&text).into_owned();
            prop_assert_eq!(unescape(&escaped), text);
        }
    }
}
