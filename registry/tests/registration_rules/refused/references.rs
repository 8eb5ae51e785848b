//! Objects that an association of the message names and that came before.

use datatypes::ObjectId;
use xds::AssociationType::{Append, IsSnapshotOf, Replace, TransformAndReplace};
use xds::ErrorCode::{
    RegistryDeprecatedDocumentError as DEPRECATED, UnresolvedReference as UNRESOLVED,
};
use xds::SubmissionSetStatus;

use super::super::Case;
use super::{METADATA, nobody};
use crate::metadata::{self, entry, file, refer};
use crate::requests::written;

/// Ends of associations: whether they are there, and what they are.
pub(super) const REFERENCES: &[Case] = &[
    (
        "replacement_of_an_unknown_entry",
        |scene| written(&scene.related(Replace, &nobody())),
        &[UNRESOLVED],
    ),
    (
        "replacement_of_a_symbol",
        |scene| written(&scene.related(Replace, &ObjectId::parse("nothing").unwrap())),
        &[UNRESOLVED],
    ),
    (
        "replacement_of_an_entry_of_the_message",
        |scene| {
            let mut submission = scene.good();
            let (source, target) = (submission.entries[0].id.clone(), nobody());
            let mut second = entry(&scene.patient);
            second.id = target.clone();
            submission.entries.push(second);
            let mut member = submission.associations[0].clone();
            (member.id, member.target) = (nobody(), target.clone());
            submission.associations.push(member);
            metadata::relate(&mut submission, TransformAndReplace, (&source, &target));
            written(&submission)
        },
        &[UNRESOLVED],
    ),
    (
        "replacement_of_a_folder",
        |scene| written(&scene.related(Replace, &scene.registered.folders[0].id)),
        &[UNRESOLVED],
    ),
    (
        "relationship_from_a_registered_entry",
        |scene| {
            let mut submission = scene.good();
            let target = submission.entries[0].id.clone();
            let source = &scene.registered.entries[0].id;
            metadata::relate(&mut submission, Append, (source, &target));
            written(&submission)
        },
        &[UNRESOLVED],
    ),
    (
        "reference_to_an_unknown_entry",
        |scene| {
            let mut submission = scene.good();
            refer(&mut submission, &nobody());
            written(&submission)
        },
        &[UNRESOLVED],
    ),
    (
        "original_that_is_not_in_the_message",
        |scene| {
            let mut submission = scene.good();
            refer(&mut submission, &scene.registered.entries[0].id);
            submission.associations.last_mut().unwrap().submission_set_status =
                Some(SubmissionSetStatus::Original);
            written(&submission)
        },
        &[UNRESOLVED],
    ),
    (
        "member_of_a_registered_submission_set",
        |scene| {
            let mut submission = scene.good();
            let entry = submission.entries[0].id.clone();
            file(&mut submission, &scene.registered.submission_set.id, &entry);
            written(&submission)
        },
        &[UNRESOLVED],
    ),
    (
        "replacement_of_a_deprecated_entry",
        |scene| written(&scene.related(Replace, &scene.deprecated.id)),
        &[DEPRECATED],
    ),
    (
        "appendix_to_a_deprecated_entry",
        |scene| written(&scene.related(Append, &scene.deprecated.id)),
        &[DEPRECATED],
    ),
    (
        "filing_of_a_deprecated_entry",
        |scene| {
            let mut submission = scene.good_with_folder();
            let folder = submission.folders[0].id.clone();
            file(&mut submission, &folder, &scene.deprecated.id);
            written(&submission)
        },
        &[DEPRECATED],
    ),
    (
        "reference_to_a_deprecated_entry",
        |scene| {
            let mut submission = scene.good();
            refer(&mut submission, &scene.deprecated.id);
            written(&submission)
        },
        &[DEPRECATED],
    ),
    (
        "one_entry_replaced_twice",
        |scene| {
            let target = &scene.registered.entries[0].id;
            let mut submission = scene.related(Replace, target);
            let source = submission.entries[0].id.clone();
            metadata::relate(&mut submission, Replace, (&source, target));
            written(&submission)
        },
        &[DEPRECATED],
    ),
    (
        "filing_in_a_deprecated_folder",
        |scene| {
            let mut submission = scene.good();
            let entry = submission.entries[0].id.clone();
            file(&mut submission, &scene.closed.id, &entry);
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "snapshot_of_a_stable_entry",
        |scene| written(&scene.related(IsSnapshotOf, &scene.registered.entries[0].id)),
        &[METADATA],
    ),
];
