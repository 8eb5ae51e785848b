//! `ebxml::read_submit_objects_request` (ITI-42): what is read is written and read again to the same.

use ebxml::namespace::LCM;
use ebxml::{read_submit_objects_request, write_submit_objects_request};
use xds::{Submission, SubmissionDraft};

use super::{XML_TOKENS, payload, reason};
use crate::{Target, Verdict};

pub(super) const TARGET: Target = Target {
    name: "submission",
    run,
    seeds,
    samples: &["xds/iti42", "xds/iti41"],
    tokens: &[TOKENS, XML_TOKENS],
};

pub(super) const TOKENS: &[&str] = &[
    "<rim:Slot name=\"creationTime\"><rim:ValueList><rim:Value>20240131</rim:Value></rim:ValueList></rim:Slot>",
    "<rim:Slot name=\"urn:x\"><rim:ValueList/></rim:Slot>",
    "<rim:Value/>",
    "<rim:ValueList>",
    "<rim:ObjectRef id=\"x\"/>",
    "<rim:Association/>",
    "<rim:RegistryPackage id=\"p\"/>",
    "<rim:Classification classifiedObject=\"p\" classificationNode=\"urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd\"/>",
    "<rim:ExternalIdentifier/>",
    "<rim:Name/>",
    " id=\"document\"",
    " lid=\"urn:uuid:00000000-0000-4000-8000-000000000001\"",
    " home=\"urn:oid:1.2.3\"",
    " status=\"urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated\"",
    " objectType=\"urn:uuid:34268e47-fdf5-41a6-ba33-82133c465248\"",
    "urn:uuid:",
    "urn:ihe:iti:2007:AssociationType:RPLC",
    "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember",
    "SubmissionSetStatus",
    "Reference",
    "1^^^&amp;1.2.3&amp;ISO",
    "^^^&amp;&amp;",
];

/// What the registry refuses further; a fault is at least a few bytes of a message.
const MAX_FAULTS: usize = 1_000;

fn run(bytes: &[u8]) -> Verdict {
    let text = payload::decode(bytes)?;
    let (mut reader, element) = payload::open(&text)?;
    if !element.is(LCM, "SubmitObjectsRequest") {
        return Err("another payload".to_owned());
    }
    let draft = read_submit_objects_request(&mut reader).map_err(reason)?;
    check(&draft)
}

/// What holds of every draft.
pub(super) fn check(draft: &SubmissionDraft) -> Verdict {
    assert_eq!(draft.submission.is_some(), draft.faults.is_empty(), "a submission or its faults");
    assert!(draft.faults.len() <= MAX_FAULTS, "over the limit");
    for fault in &draft.faults {
        assert!(fault.object.chars().count() <= 256, "a label repeats a whole message");
    }
    let Some(submission) = &draft.submission else {
        let first = draft.faults.first().map(reason);
        return Err(first.unwrap_or_default());
    };
    check_written(submission);
    let Submission { entries, folders, associations, .. } = submission;
    let counts = [entries.len(), folders.len(), associations.len()].map(|n| n.min(2));
    Ok(format!("objects {counts:?}, not saved {}", !draft.not_saved.is_empty()))
}

fn check_written(submission: &Submission) {
    let written = write_submit_objects_request(submission);
    let (mut reader, _) = payload::reopen(&written);
    let again = match read_submit_objects_request(&mut reader) {
        Ok(draft) => draft,
        Err(error) => unreachable!("our own submission is refused: {error}"),
    };
    assert_eq!(again.faults, [], "faults of what had none");
    assert_eq!(again.submission.as_ref(), Some(submission), "written and read again");
}

pub(super) const GOLDEN: &str = include_str!("../../../crates/ebxml/tests/submission.xml");

fn seeds() -> Vec<Vec<u8>> {
    let request = soap::write_request(
        "urn:ihe:iti:2007:RegisterDocumentSet-b",
        "urn:uuid:1",
        "http://localhost/",
        GOLDEN,
    );
    vec![GOLDEN.as_bytes().to_vec(), request.into_bytes()]
}
