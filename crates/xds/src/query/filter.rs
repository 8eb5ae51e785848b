//! Conditions on attributes, shared by several queries.

use datatypes::{Code, PatientId, ReferenceId};

use crate::query::arguments::Arguments;
use crate::query::fault::QueryFault;
use crate::query::parameter::Parameter;
use crate::query::pattern::LikePattern;
use crate::{AvailabilityStatus, EntryType};

/// A code that is searched for: code and scheme, never the display name; both in normal form C.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CodeFilter {
    pub code: String,
    pub scheme: String,
}

impl CodeFilter {
    /// Reads `code^^scheme`, both parts required (ITI TF-2: 3.18.4.1.2.3.5).
    #[must_use]
    pub fn parse(text: &str) -> Option<CodeFilter> {
        let (code, scheme) = text.split_once("^^")?;
        if code.is_empty() || scheme.is_empty() || code.contains('^') || scheme.contains('^') {
            return None;
        }
        let [code, scheme] = [code, scheme].map(|text| datatypes::normalized(text).into_owned());
        Some(CodeFilter { code, scheme })
    }

    #[must_use]
    pub fn matches(&self, code: &Code) -> bool {
        self.code == datatypes::normalized(&code.code)
            && self.scheme == datatypes::normalized(&code.scheme)
    }
}

/// A period, `from ≤ time < to`, as sort keys of [`datatypes::Dtm`].
///
/// The Technical Framework calls the upper bound inclusive and then gives this
/// formula (ITI TF-2: 3.18.4.1.2.3.6); the formula holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeRange {
    pub from: Option<u64>,
    pub to: Option<u64>,
}

impl TimeRange {
    #[must_use]
    pub fn contains(self, sort_key: u64) -> bool {
        self.from.is_none_or(|from| from <= sort_key) && self.to.is_none_or(|to| sort_key < to)
    }

    /// Like [`TimeRange::contains`]; an attribute without value is not restricted
    /// (ITI TF-2: 3.18.4.1.2.3.7.1, for the service times).
    #[must_use]
    pub fn admits(self, sort_key: Option<u64>) -> bool {
        sort_key.is_none_or(|sort_key| self.contains(sort_key))
    }

    #[must_use]
    pub fn is_unbounded(self) -> bool {
        self.from.is_none() && self.to.is_none()
    }
}

/// The statuses that objects may have; never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusSet {
    approved: bool,
    deprecated: bool,
}

impl StatusSet {
    /// `None` if there is no status at all.
    #[must_use]
    pub fn of(statuses: impl IntoIterator<Item = AvailabilityStatus>) -> Option<StatusSet> {
        let mut set = StatusSet { approved: false, deprecated: false };
        for status in statuses {
            match status {
                AvailabilityStatus::Approved => set.approved = true,
                AvailabilityStatus::Deprecated => set.deprecated = true,
            }
        }
        (set.approved || set.deprecated).then_some(set)
    }

    #[must_use]
    pub fn contains(self, status: AvailabilityStatus) -> bool {
        match status {
            AvailabilityStatus::Approved => self.approved,
            AvailabilityStatus::Deprecated => self.deprecated,
        }
    }
}

/// The types that DocumentEntries may have; empty if a request names unknown ones only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryTypes {
    stable: bool,
    on_demand: bool,
}

impl EntryTypes {
    /// What is meant when a request names no type.
    pub const STABLE: EntryTypes = EntryTypes { stable: true, on_demand: false };

    #[must_use]
    pub fn of(types: impl IntoIterator<Item = EntryType>) -> EntryTypes {
        let mut set = EntryTypes { stable: false, on_demand: false };
        for entry_type in types {
            match entry_type {
                EntryType::Stable => set.stable = true,
                EntryType::OnDemand => set.on_demand = true,
            }
        }
        set
    }

    /// All types that are not among these.
    #[must_use]
    pub fn except(types: impl IntoIterator<Item = EntryType>) -> EntryTypes {
        let excluded = EntryTypes::of(types);
        EntryTypes { stable: !excluded.stable, on_demand: !excluded.on_demand }
    }

    #[must_use]
    pub fn contains(self, entry_type: EntryType) -> bool {
        match entry_type {
            EntryType::Stable => self.stable,
            EntryType::OnDemand => self.on_demand,
        }
    }
}

/// Conditions on DocumentEntries, all of which must hold (ITI TF-2: 3.18.4.1.2.3.7.1).
///
/// An empty list of codes or patterns restricts nothing; otherwise its members are
/// alternatives. Lists of lists are conditions, each a list of alternatives that is
/// met if any of the entry's values is among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentFilter {
    pub class_codes: Vec<CodeFilter>,
    pub type_codes: Vec<CodeFilter>,
    pub practice_setting_codes: Vec<CodeFilter>,
    pub healthcare_facility_type_codes: Vec<CodeFilter>,
    pub format_codes: Vec<CodeFilter>,
    pub event_codes: Vec<Vec<CodeFilter>>,
    pub confidentiality_codes: Vec<Vec<CodeFilter>>,
    /// Does not restrict on-demand entries.
    pub creation_time: TimeRange,
    /// Does not restrict entries without the attribute.
    pub service_start_time: TimeRange,
    /// Does not restrict entries without the attribute.
    pub service_stop_time: TimeRange,
    /// Against the whole XCN of any author.
    pub author_persons: Vec<LikePattern>,
    pub statuses: StatusSet,
    pub entry_types: EntryTypes,
    /// Compared as whole texts. An empty inner list is met by no entry: what was
    /// asked for cannot be a reference id.
    pub reference_ids: Vec<Vec<ReferenceId>>,
}

impl DocumentFilter {
    pub(super) fn read(arguments: &Arguments<'_>) -> Result<DocumentFilter, QueryFault> {
        let codes = |parameter| arguments.alternatives(parameter, CodeFilter::parse);
        let code_conditions = |parameter| arguments.conditions(parameter, CodeFilter::parse);
        Ok(DocumentFilter {
            class_codes: codes(Parameter::DocumentEntryClassCode)?,
            type_codes: codes(Parameter::DocumentEntryTypeCode)?,
            practice_setting_codes: codes(Parameter::DocumentEntryPracticeSettingCode)?,
            healthcare_facility_type_codes: codes(
                Parameter::DocumentEntryHealthcareFacilityTypeCode,
            )?,
            format_codes: codes(Parameter::DocumentEntryFormatCode)?,
            event_codes: code_conditions(Parameter::DocumentEntryEventCodeList)?,
            confidentiality_codes: code_conditions(Parameter::DocumentEntryConfidentialityCode)?,
            creation_time: arguments.time_range(
                Parameter::DocumentEntryCreationTimeFrom,
                Parameter::DocumentEntryCreationTimeTo,
            )?,
            service_start_time: arguments.time_range(
                Parameter::DocumentEntryServiceStartTimeFrom,
                Parameter::DocumentEntryServiceStartTimeTo,
            )?,
            service_stop_time: arguments.time_range(
                Parameter::DocumentEntryServiceStopTimeFrom,
                Parameter::DocumentEntryServiceStopTimeTo,
            )?,
            author_persons: arguments
                .alternatives(Parameter::DocumentEntryAuthorPerson, |text| {
                    Some(LikePattern::new(text))
                })?,
            statuses: arguments.statuses(Parameter::DocumentEntryStatus)?,
            entry_types: arguments.entry_types(Parameter::DocumentEntryType),
            reference_ids: arguments
                .existing_conditions(Parameter::DocumentEntryReferenceIdList, |text| {
                    ReferenceId::parse(text).ok()
                }),
        })
    }
}

/// What FindDocumentsExclude leaves out (ITI TF-2: 3.18.4.1.2.3.7.15); excluded types are part of
/// [`DocumentFilter::entry_types`].
///
/// An entry is left out if *any* of its values of an attribute is among those excluded; an entry without
/// the attribute stays. The text of the option was not at hand, so both are this project's reading. Each
/// list inside a list is a slot, and a condition of its own: none of the entry's values is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentExclusion {
    pub class_codes: Vec<CodeFilter>,
    pub type_codes: Vec<CodeFilter>,
    pub practice_setting_codes: Vec<CodeFilter>,
    pub healthcare_facility_type_codes: Vec<CodeFilter>,
    pub format_codes: Vec<CodeFilter>,
    pub event_codes: Vec<Vec<CodeFilter>>,
    pub confidentiality_codes: Vec<Vec<CodeFilter>>,
    /// Against the whole XCN of any author.
    pub author_persons: Vec<LikePattern>,
    pub reference_ids: Vec<Vec<ReferenceId>>,
}

impl DocumentExclusion {
    pub(super) fn read(arguments: &Arguments<'_>) -> Result<DocumentExclusion, QueryFault> {
        let codes = |parameter| arguments.alternatives(parameter, CodeFilter::parse);
        let code_conditions = |parameter| arguments.conditions(parameter, CodeFilter::parse);
        Ok(DocumentExclusion {
            class_codes: codes(Parameter::DocumentEntryClassCodeExclude)?,
            type_codes: codes(Parameter::DocumentEntryTypeCodeExclude)?,
            practice_setting_codes: codes(Parameter::DocumentEntryPracticeSettingCodeExclude)?,
            healthcare_facility_type_codes: codes(
                Parameter::DocumentEntryHealthcareFacilityTypeCodeExclude,
            )?,
            format_codes: codes(Parameter::DocumentEntryFormatCodeExclude)?,
            event_codes: code_conditions(Parameter::DocumentEntryEventCodeListExclude)?,
            confidentiality_codes: code_conditions(
                Parameter::DocumentEntryConfidentialityCodeExclude,
            )?,
            author_persons: arguments
                .alternatives(Parameter::DocumentEntryAuthorPersonExclude, |text| {
                    Some(LikePattern::new(text))
                })?,
            reference_ids: arguments
                .existing_conditions(Parameter::DocumentEntryReferenceIdListExclude, |text| {
                    ReferenceId::parse(text).ok()
                }),
        })
    }
}

/// Conditions on the documents inside a larger answer; semantics as in [`DocumentFilter`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentFilter {
    pub format_codes: Vec<CodeFilter>,
    pub confidentiality_codes: Vec<Vec<CodeFilter>>,
    pub entry_types: EntryTypes,
}

impl ContentFilter {
    pub(super) fn read(arguments: &Arguments<'_>) -> Result<ContentFilter, QueryFault> {
        Ok(ContentFilter {
            format_codes: arguments
                .alternatives(Parameter::DocumentEntryFormatCode, CodeFilter::parse)?,
            confidentiality_codes: arguments
                .conditions(Parameter::DocumentEntryConfidentialityCode, CodeFilter::parse)?,
            entry_types: arguments.entry_types(Parameter::DocumentEntryType),
        })
    }
}

/// Reads a patient id; white space inside the quotes is let through.
///
/// No registered id starts or ends with white space, so that this cannot lead to
/// another patient.
pub(super) fn patient_id(text: &str) -> Option<PatientId> {
    PatientId::parse(text.trim()).ok()
}
