//! `registry::record` and `registry::leaf_class`: records that were damaged at rest are refused or rendered.

use datatypes::{EntryUuid, ObjectId};
use registry::dictionary::{AttributedCode, CodeAttribute, CodeNumbers, Dictionary};
use registry::leaf_class::{RenderContext, StoredObject, render, render_object_ref};
use registry::record::association::Ends;
use registry::record::{
    self, AssociationHead, entry::EntryHead, submission_set::SubmissionSetHead,
};
use xds::{AvailabilityStatus, DocumentEntry, ObjectKind, Submission};

use super::{payload, reason, submission};
use crate::{Target, Verdict};

pub(super) const TARGET: Target = Target {
    name: "stored_record",
    run,
    seeds,
    samples: &[],
    tokens: &[&[
        "\0", "\u{1}", "\u{2}", "\u{3}", "\u{4}", "\u{7f}", "\u{80}", "\u{7ff}", "\u{ffff}",
        "&amp;",
    ]],
};

/// A code's tail is some 500 bytes, and its number four.
const MAX_GROWTH: usize = 200;

fn run(bytes: &[u8]) -> Verdict {
    look(bytes);
    let text = rendered(bytes)?;
    assert!(text.len() <= bytes.len().saturating_mul(MAX_GROWTH).saturating_add(10_000), "a flood");
    // What is rendered was read to the last byte: no other length of the same bytes is a record.
    let shorter = bytes.get(..bytes.len().saturating_sub(1)).unwrap_or_default();
    assert!(rendered(shorter).is_err(), "a record without its last byte");
    assert!(rendered(&[bytes, &[0]].concat()).is_err(), "a record with one byte more");
    let kind = record::kind(bytes).map_err(reason)?;
    assert!(record::uuid(bytes).is_ok(), "rendered without an id");
    let mut n_codes = 0_usize;
    let codes = record::for_each_code(bytes, |_| n_codes = n_codes.saturating_add(1));
    assert!(codes.is_ok(), "rendered, but its codes cannot be read");
    Ok(format!("{kind:?} of {} codes", n_codes.min(8)))
}

/// Every view that queries have of a record.
fn look(bytes: &[u8]) {
    let mut n_numbers = 0_usize;
    let _refused_or_read =
        record::for_each_code(bytes, |_| n_numbers = n_numbers.saturating_add(1));
    assert!(n_numbers.saturating_mul(4) <= bytes.len(), "codes of nothing");
    if let Ok(head) = EntryHead::read(bytes) {
        let n_codes =
            head.confidentiality.iter().count().saturating_add(head.events.iter().count());
        assert!(n_codes.saturating_mul(4) <= bytes.len(), "codes of nothing");
    }
    let _refused_or_read = AssociationHead::read(bytes);
    let _refused_or_read = SubmissionSetHead::read(bytes).map(|head| head.source_id.len());
    let _refused_or_read = record::folder::codes(bytes);
    let _refused_or_read = record::association::documentation(bytes);
}

fn rendered(bytes: &[u8]) -> Verdict {
    let kind = record::kind(bytes).map_err(reason)?;
    let object = StoredObject {
        key: 1,
        owner_no: 1,
        status: AvailabilityStatus::Approved,
        last_update_time: (kind == ObjectKind::Folder).then(|| "20260401093000".to_owned()),
        source_patient_id: None,
        record: bytes.to_vec().into(),
    };
    let codes = Codes::of_golden();
    let context =
        RenderContext { dictionary: &codes.dictionary, patient_id: "1^^^&amp;1.2.3&amp;ISO" };
    let mut reference = String::new();
    render_object_ref(&mut reference, &object).map_err(reason)?;
    let mut text = String::new();
    render(&mut text, &object, context).map_err(reason)?;
    Ok(text)
}

/// The codes of the golden submission under numbers.
struct Codes {
    numbers: CodeNumbers,
    dictionary: Dictionary,
}

impl Codes {
    fn of_golden() -> Codes {
        let mut codes =
            Codes { numbers: CodeNumbers::default(), dictionary: Dictionary::default() };
        if let Some(golden) = golden() {
            for (number, code) in (0..).zip(attributed(&golden)) {
                codes.numbers.insert(code.clone(), number);
                codes.dictionary.extend([(number, code)]);
            }
        }
        codes
    }
}

fn golden() -> Option<Submission> {
    let (mut reader, _) = payload::reopen(submission::GOLDEN);
    ebxml::read_submit_objects_request(&mut reader).ok()?.submission
}

fn attributed(submission: &Submission) -> Vec<AttributedCode> {
    let mut codes = Vec::new();
    let mut push = |attribute, code: &xds::Identified<datatypes::Code>| {
        let code = AttributedCode { attribute, code: code.value.clone() };
        if !codes.contains(&code) {
            codes.push(code);
        }
    };
    for entry in &submission.entries {
        for (attribute, code) in codes_of_entry(entry) {
            push(attribute, code);
        }
    }
    push(CodeAttribute::ContentType, &submission.submission_set.content_type_code);
    for code in submission.folders.iter().flat_map(|folder| &folder.codes) {
        push(CodeAttribute::FolderCodeList, code);
    }
    for code in submission.associations.iter().filter_map(|one| one.documentation.as_ref()) {
        push(CodeAttribute::AssociationDocumentation, code);
    }
    codes
}

fn codes_of_entry(
    entry: &DocumentEntry,
) -> Vec<(CodeAttribute, &xds::Identified<datatypes::Code>)> {
    let mut codes = vec![
        (CodeAttribute::Class, &entry.class_code),
        (CodeAttribute::Type, &entry.type_code),
        (CodeAttribute::Format, &entry.format_code),
        (CodeAttribute::HealthcareFacilityType, &entry.healthcare_facility_type_code),
        (CodeAttribute::PracticeSetting, &entry.practice_setting_code),
    ];
    codes.extend(entry.confidentiality_codes.iter().map(|c| (CodeAttribute::Confidentiality, c)));
    codes.extend(entry.event_codes.iter().map(|c| (CodeAttribute::EventCodeList, c)));
    codes
}

fn seeds() -> Vec<Vec<u8>> {
    let Some(golden) = golden() else { return Vec::new() };
    let Codes { numbers, .. } = Codes::of_golden();
    let uuid = EntryUuid::from_bytes([0x11; 16]);
    let id = |id: &ObjectId| id.uuid().unwrap_or(uuid);
    let mut seeds: Vec<Vec<u8>> = golden
        .entries
        .iter()
        .map(|entry| record::entry::encode(entry, id(&entry.id), &numbers))
        .collect();
    seeds.push(record::submission_set::encode(&golden.submission_set, uuid, &numbers));
    let folders = golden.folders.iter();
    seeds.extend(folders.map(|folder| record::folder::encode(folder, id(&folder.id), &numbers)));
    let ends = Ends {
        uuid,
        source: EntryUuid::from_bytes([2; 16]),
        target: EntryUuid::from_bytes([3; 16]),
    };
    let associations = golden.associations.iter();
    seeds.extend(associations.map(|one| record::association::encode(one, ends, &numbers)));
    seeds
}
