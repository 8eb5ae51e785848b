//! What FindDocumentsExclude leaves out: any of the entry's values is among those excluded.

use std::collections::HashSet;

use xds::query::{CodeFilter, DocumentExclusion};

use super::{any_author, comparable_ids, conditions, has_reference_id, numbers};
use crate::dictionary::{CodeAttribute, Dictionary};
use crate::record::DamagedRecord;
use crate::record::entry::{EntryHead, SINGLE_CODES};

/// The exclusion of one query, compiled against one snapshot of the dictionary.
#[derive(Debug)]
pub struct EntryExclusion<'q> {
    exclusion: &'q DocumentExclusion,
    /// In the order of [`SINGLE_CODES`].
    singles: [Vec<u32>; 5],
    confidentiality: Vec<u32>,
    events: Vec<u32>,
    reference_ids: HashSet<String>,
}

impl<'q> EntryExclusion<'q> {
    /// Looks the codes of the query up, once for all entries.
    pub fn compile(
        exclusion: &'q DocumentExclusion,
        dictionary: &Dictionary,
    ) -> EntryExclusion<'q> {
        let excluded = [
            &exclusion.class_codes,
            &exclusion.type_codes,
            &exclusion.format_codes,
            &exclusion.healthcare_facility_type_codes,
            &exclusion.practice_setting_codes,
        ];
        let mut singles = [const { Vec::new() }; 5];
        for ((place, attribute), codes) in singles.iter_mut().zip(SINGLE_CODES).zip(excluded) {
            *place = numbers(dictionary, attribute, codes);
        }
        // An entry must be outside of every list, thus outside of all of them together.
        let all = |attribute, lists: &[Vec<CodeFilter>]| {
            conditions(dictionary, attribute, lists).into_iter().flatten().collect()
        };
        EntryExclusion {
            exclusion,
            singles,
            confidentiality: all(CodeAttribute::Confidentiality, &exclusion.confidentiality_codes),
            events: all(CodeAttribute::EventCodeList, &exclusion.event_codes),
            reference_ids: comparable_ids(exclusion.reference_ids.iter().flatten()),
        }
    }

    /// Whether the entry is left out.
    ///
    /// # Errors
    /// [`DamagedRecord`].
    pub fn holds(&self, head: &EntryHead<'_>) -> Result<bool, DamagedRecord> {
        let single = |(excluded, number): (&Vec<u32>, u32)| excluded.contains(&number);
        let by_code = self.singles.iter().zip(head.singles).any(single)
            || head.confidentiality.iter().any(|code| self.confidentiality.contains(&code))
            || head.events.iter().any(|code| self.events.contains(&code));
        Ok(by_code
            || any_author(head, &self.exclusion.author_persons)?
            || has_reference_id(head, &self.reference_ids)?)
    }
}
