//! The metadata rules whose strictness the affinity domain chooses, on one submission.
//!
//! What the specification leaves no choice about is checked by the readers in `ebxml` and by
//! [`crate::message`]; what needs the database by [`crate::store`].

use config::agreement::{Agreement, Level, MetadataRule, MetadataRules};
use config::codes::{CodeAttribute as ListAttribute, Membership};
use xds::{
    Author, DocumentEntry, EntryType, MetadataFault, Problem, RegistryError, Slot, Submission,
};

use crate::dictionary::{AttributedCode, CodeAttribute};
use crate::error::{RegistrationFault, rule_warning};

/// What the rules of the agreement say about a submission.
#[derive(Debug, Default)]
pub struct Verdict {
    pub faults: Vec<RegistrationFault>,
    pub warnings: Vec<RegistryError>,
}

/// Evaluates every rule that is not OFF.
pub fn evaluate(agreement: &Agreement, rules: &MetadataRules, submission: &Submission) -> Verdict {
    let mut broken = Vec::new();
    codes(agreement, submission, &mut broken);
    mime_types(agreement, submission, &mut broken);
    titles(submission, &mut broken);
    membership(agreement, submission, &mut broken);
    authors(submission, &mut broken);
    extra_slots(submission, &mut broken);
    let mut verdict = Verdict::default();
    for (rule, fault) in broken {
        match rules.level(rule) {
            Level::Off => {}
            Level::Log => {
                tracing::info!(iti = 42, rule = rule.as_str(), "metadata rule broken, accepted")
            }
            Level::Warning => verdict.warnings.push(rule_warning(&fault)),
            Level::Reject => verdict.faults.push(RegistrationFault::Metadata(fault)),
        }
    }
    verdict
}

/// Rules that are broken, with the place.
type Broken = Vec<(MetadataRule, MetadataFault)>;

fn broken(
    rule: MetadataRule,
    object: &datatypes::ObjectId,
    what: (&'static str, Problem),
) -> (MetadataRule, MetadataFault) {
    (rule, MetadataFault { object: object.to_string(), attribute: what.0, problem: what.1 })
}

/// Every coded value of a submission with its attribute and the object that holds it.
pub fn coded_values(submission: &Submission) -> Vec<(&datatypes::ObjectId, AttributedCode)> {
    let mut values = Vec::new();
    let mut add = |object, attribute, code: &xds::Identified<datatypes::Code>| {
        values.push((object, AttributedCode { attribute, code: code.value.clone() }));
    };
    let set = &submission.submission_set;
    add(&set.id, CodeAttribute::ContentType, &set.content_type_code);
    for entry in &submission.entries {
        add(&entry.id, CodeAttribute::Class, &entry.class_code);
        add(&entry.id, CodeAttribute::Type, &entry.type_code);
        add(&entry.id, CodeAttribute::Format, &entry.format_code);
        add(&entry.id, CodeAttribute::HealthcareFacilityType, &entry.healthcare_facility_type_code);
        add(&entry.id, CodeAttribute::PracticeSetting, &entry.practice_setting_code);
        for code in &entry.confidentiality_codes {
            add(&entry.id, CodeAttribute::Confidentiality, code);
        }
        for code in &entry.event_codes {
            add(&entry.id, CodeAttribute::EventCodeList, code);
        }
    }
    for folder in &submission.folders {
        for code in &folder.codes {
            add(&folder.id, CodeAttribute::FolderCodeList, code);
        }
    }
    for association in &submission.associations {
        if let Some(documentation) = &association.documentation {
            add(&association.id, CodeAttribute::AssociationDocumentation, documentation);
        }
    }
    values
}

fn list_attribute(attribute: CodeAttribute) -> ListAttribute {
    match attribute {
        CodeAttribute::Class => ListAttribute::ClassCode,
        CodeAttribute::Type => ListAttribute::TypeCode,
        CodeAttribute::Format => ListAttribute::FormatCode,
        CodeAttribute::HealthcareFacilityType => ListAttribute::HealthcareFacilityTypeCode,
        CodeAttribute::PracticeSetting => ListAttribute::PracticeSettingCode,
        CodeAttribute::Confidentiality => ListAttribute::ConfidentialityCode,
        CodeAttribute::EventCodeList => ListAttribute::EventCodeList,
        CodeAttribute::ContentType => ListAttribute::ContentTypeCode,
        CodeAttribute::FolderCodeList => ListAttribute::FolderCodeList,
        CodeAttribute::AssociationDocumentation => ListAttribute::AssociationDocumentation,
    }
}

/// Code and scheme decide, never the display name: ITI TF-3: 4.2.3.1.2.
fn codes(agreement: &Agreement, submission: &Submission, found: &mut Broken) {
    for (object, value) in coded_values(submission) {
        let attribute = list_attribute(value.attribute);
        let membership =
            agreement.codes.membership(attribute, &value.code.code, &value.code.scheme);
        if membership == Membership::NotListed {
            found.push(broken(
                MetadataRule::Codes,
                object,
                (attribute.as_str(), Problem::NotInCodeSet),
            ));
        }
    }
}

fn mime_types(agreement: &Agreement, submission: &Submission, found: &mut Broken) {
    for entry in &submission.entries {
        if agreement.codes.mime_type_membership(entry.mime_type.as_str()) == Membership::NotListed {
            found.push(broken(
                MetadataRule::MimeTypes,
                &entry.id,
                ("mimeType", Problem::NotInCodeSet),
            ));
        }
    }
}

/// Characters of a DocumentEntry's title; the text says "less than 128", the sheet accepts 128.
const ENTRY_TITLE: usize = 128;
/// Characters of the title of a SubmissionSet or a Folder.
const PACKAGE_TITLE: usize = 256;

fn titles(submission: &Submission, found: &mut Broken) {
    let set = &submission.submission_set;
    let entries =
        submission.entries.iter().map(|entry| (&entry.id, entry.title.as_ref(), ENTRY_TITLE));
    let folders =
        submission.folders.iter().map(|folder| (&folder.id, Some(&folder.title), PACKAGE_TITLE));
    let titles =
        std::iter::once((&set.id, set.title.as_ref(), PACKAGE_TITLE)).chain(entries).chain(folders);
    for (object, title, limit) in titles {
        if title.is_some_and(|title| title.value.chars().count() > limit) {
            found.push(broken(MetadataRule::TitleLength, object, ("title", Problem::TooLong)));
        }
    }
}

fn membership(agreement: &Agreement, submission: &Submission, found: &mut Broken) {
    let set = &submission.submission_set;
    if agreement.member_of_source(&set.source_id.value).is_none() {
        found.push(broken(MetadataRule::SourceIdKnown, &set.id, ("sourceId", Problem::NotAllowed)));
    }
    for entry in &submission.entries {
        let repository = entry.repository_unique_id.as_ref();
        if repository.is_some_and(|repository| !agreement.is_repository_known(repository)) {
            found.push(broken(
                MetadataRule::RepositoryKnown,
                &entry.id,
                ("repositoryUniqueId", Problem::NotAllowed),
            ));
        }
    }
}

fn authors(submission: &Submission, found: &mut Broken) {
    let set = &submission.submission_set;
    let of_entries = submission.entries.iter().map(|entry| (&entry.id, &entry.authors));
    for (object, authors) in std::iter::once((&set.id, &set.authors)).chain(of_entries) {
        if authors.iter().any(|author: &Author| author.persons.len() > 1) {
            found.push(broken(
                MetadataRule::AuthorPersonSingle,
                object,
                ("authorPerson", Problem::Repeated),
            ));
        }
    }
}

/// ITI TF-3: 4.2.3.1.6; names under `urn:ihe:` that mean nothing are refused by the reader.
fn extra_slots(submission: &Submission, found: &mut Broken) {
    let set = &submission.submission_set;
    let of_entries =
        submission.entries.iter().map(|entry: &DocumentEntry| (&entry.id, &entry.extra));
    let of_folders = submission.folders.iter().map(|folder| (&folder.id, &folder.extra));
    for (object, slots) in
        std::iter::once((&set.id, &set.extra)).chain(of_entries).chain(of_folders)
    {
        if slots.iter().any(|slot: &Slot| !slot.name.starts_with("urn:")) {
            found.push(broken(MetadataRule::ExtraSlotNames, object, ("Slot", Problem::NotAllowed)));
        }
    }
}

/// Only stable entries come by ITI-42, on-demand ones by ITI-61 (ITI TF-2: 3.42.4.1.2); no choice about it.
pub fn entry_types(submission: &Submission) -> Vec<RegistrationFault> {
    let on_demand = submission.entries.iter().filter(|entry| entry.entry_type != EntryType::Stable);
    let faults = on_demand.map(|entry| MetadataFault {
        object: entry.id.to_string(),
        attribute: "objectType",
        problem: Problem::NotAllowed,
    });
    faults.map(RegistrationFault::Metadata).collect()
}

/// serviceStartTime is not after serviceStopTime, ITI TF-3: 4.2.3.2.20; no choice about it.
///
/// Times of unequal precision are compared as far as both go: a stay from 9 o'clock until "that day" is
/// no contradiction.
pub fn service_times(submission: &Submission) -> Vec<RegistrationFault> {
    let reversed = submission.entries.iter().filter(|entry| {
        match (&entry.service_start_time, &entry.service_stop_time) {
            (Some(start), Some(stop)) => start
                .as_str()
                .bytes()
                .zip(stop.as_str().bytes())
                .find(|(a, b)| a != b)
                .is_some_and(|(start, stop)| start > stop),
            _ => false,
        }
    });
    let faults = reversed.map(|entry| MetadataFault {
        object: entry.id.to_string(),
        attribute: "serviceStartTime",
        problem: Problem::Contradiction,
    });
    faults.map(RegistrationFault::Metadata).collect()
}
