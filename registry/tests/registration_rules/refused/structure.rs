//! Who is a member of what.

use datatypes::Oid;
use xds::AssociationType::{Append, HasMember, Signs, SubmitAssociation, UpdateAvailabilityStatus};
use xds::SubmissionSetStatus;

use super::super::Case;
use super::{METADATA, nobody};
use crate::metadata::{self, association, file, refer};
use crate::requests::written;

/// Memberships.
pub(super) const STRUCTURE: &[Case] = &[
    (
        "entry_is_no_member",
        |scene| {
            let mut submission = scene.good();
            submission.associations.clear();
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "entry_is_a_member_twice",
        |scene| {
            let mut submission = scene.good();
            let mut again = submission.associations[0].clone();
            again.id = nobody();
            submission.associations.push(again);
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "entry_of_the_message_is_a_reference",
        |scene| {
            let mut submission = scene.good();
            submission.associations[0].submission_set_status = Some(SubmissionSetStatus::Reference);
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "status_of_membership_is_missing",
        |scene| {
            let mut submission = scene.good();
            submission.associations[0].submission_set_status = None;
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "status_of_reference_is_missing",
        |scene| {
            let mut submission = scene.good();
            refer(&mut submission, &scene.registered.entries[0].id);
            submission.associations.last_mut().unwrap().submission_set_status = None;
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "folder_is_no_member",
        |scene| {
            let mut submission = scene.good_with_folder();
            submission.associations.pop();
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "filing_is_no_member",
        |scene| {
            let mut submission = scene.good_with_folder();
            let (folder, entry) =
                (submission.folders[0].id.clone(), submission.entries[0].id.clone());
            file(&mut submission, &folder, &entry);
            submission.associations.pop();
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "relationship_is_a_member",
        |scene| {
            let mut submission = scene.related(Append, &scene.registered.entries[0].id);
            let relationship = submission.associations.last().unwrap().id.clone();
            let set = submission.submission_set.id.clone();
            submission.associations.push(association(HasMember, &set, &relationship));
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "set_is_its_own_member",
        |scene| {
            let mut submission = scene.good();
            let set = submission.submission_set.id.clone();
            submission.associations.push(association(HasMember, &set, &set));
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "folders_nest",
        |scene| {
            let mut submission = scene.good_with_folder();
            let mut inner = submission.folders[0].clone();
            inner.id = nobody();
            inner.unique_id.value = Oid::generate();
            let set = submission.submission_set.id.clone();
            submission.associations.push(association(HasMember, &set, &inner.id));
            let (outer, inner_id) = (submission.folders[0].id.clone(), inner.id.clone());
            submission.folders.push(inner);
            file(&mut submission, &outer, &inner_id);
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "document_holds_a_document",
        |scene| {
            let mut submission = scene.good();
            let entry = submission.entries[0].id.clone();
            file(&mut submission, &entry, &scene.registered.entries[0].id);
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "relationship_starts_at_a_folder",
        |scene| {
            let mut submission = scene.good_with_folder();
            let (folder, entry) =
                (submission.folders[0].id.clone(), submission.entries[0].id.clone());
            metadata::relate(&mut submission, Append, (&folder, &entry));
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "relationship_ends_at_a_folder",
        |scene| {
            let mut submission = scene.good_with_folder();
            let (folder, entry) =
                (submission.folders[0].id.clone(), submission.entries[0].id.clone());
            metadata::relate(&mut submission, Signs, (&entry, &folder));
            written(&submission)
        },
        &[METADATA],
    ),
    (
        "association_type_of_metadata_update",
        |scene| written(&scene.related(UpdateAvailabilityStatus, &scene.registered.entries[0].id)),
        &[METADATA],
    ),
    (
        "submit_association_of_metadata_update",
        |scene| written(&scene.related(SubmitAssociation, &scene.registered.entries[0].id)),
        &[METADATA],
    ),
];
