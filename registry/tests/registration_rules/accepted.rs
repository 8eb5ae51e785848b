//! Submissions that are near a rule and keep it; the codes are those of warnings.

use datatypes::{Dtm, ObjectId, Sha1Hash};
use xds::AssociationType::{Append, Replace, Signs, Transform};
use xds::{ErrorCode, LocalizedText, Submission};

use super::Case;
use super::scene::Scene;
use crate::metadata::{self, file, refer, submission_set};
use crate::requests::{changed, written};

pub(super) const CASES: &[Case] = &[
    ("one_document", |scene| written(&scene.good()), &[]),
    (
        "nothing_but_the_set",
        |scene| {
            let set = submission_set(&scene.patient);
            written(&metadata::submission(set, Vec::new(), Vec::new()))
        },
        &[],
    ),
    (
        "the_same_document_once_more",
        |scene| {
            let mut submission = scene.good();
            submission.entries[0].unique_id = scene.foreign.entries[0].unique_id.clone();
            written(&submission)
        },
        &[],
    ),
    (
        "a_document_replaces_itself_to_correct_its_metadata",
        |scene| {
            let target = &scene.registered.entries[0];
            let mut submission = scene.related(Replace, &target.id);
            submission.entries[0].unique_id = target.unique_id.clone();
            written(&submission)
        },
        &[],
    ),
    (
        "a_document_that_will_be_assembled_later",
        |scene| {
            let mut submission = scene.good();
            let empty = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
            submission.entries[0].hash = Some(Sha1Hash::parse(empty).unwrap());
            submission.entries[0].size = Some(0);
            written(&submission)
        },
        &[],
    ),
    (
        "another_patients_document_by_reference",
        |scene| {
            let mut submission = scene.good();
            refer(&mut submission, &scene.foreign.entries[0].id);
            written(&submission)
        },
        &[],
    ),
    (
        "a_registered_document_in_a_registered_folder",
        |scene| {
            let set = submission_set(&scene.patient);
            let mut submission = metadata::submission(set, Vec::new(), Vec::new());
            let [folder, entry] =
                [&scene.registered.folders[0].id, &scene.registered.entries[1].id];
            file(&mut submission, folder, entry);
            written(&submission)
        },
        &[],
    ),
    ("an_appendix", |scene| related_to_registered(scene, Append), &[]),
    ("a_transformation", |scene| related_to_registered(scene, Transform), &[]),
    ("a_signature", |scene| related_to_registered(scene, Signs), &[]),
    ("everything_by_symbols", |scene| written(&by_symbols(scene.good_with_folder())), &[]),
    (
        "service_within_the_stop_time_that_is_less_precise",
        |scene| {
            let mut submission = scene.good();
            let time = |text| Some(Dtm::parse(text).unwrap());
            submission.entries[0].service_start_time = time("202404010930");
            submission.entries[0].service_stop_time = time("20240401");
            written(&submission)
        },
        &[],
    ),
    (
        "a_listed_code_under_another_display_name",
        |scene| {
            let mut submission = scene.good();
            submission.entries[0].class_code.value.display = "別名".to_owned();
            written(&submission)
        },
        &[],
    ),
    (
        "a_submitted_status",
        |scene| {
            let text = written(&scene.good());
            let deprecated = "urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated";
            let entry = "<rim:ExtrinsicObject ";
            changed(text, entry, &format!("{entry}status=\"{deprecated}\" "))
        },
        &[],
    ),
    ("a_title_of_128_characters", |scene| written(&titled(scene, 128)), &[]),
    (
        "a_title_of_129_characters",
        |scene| written(&titled(scene, 129)),
        &[ErrorCode::RegistryMetadataError],
    ),
    (
        "a_classification_without_meaning",
        |scene| {
            let stray = "<rim:Classification id=\"stray\" nodeRepresentation=\"x\" \
                 classificationScheme=\"urn:uuid:00000000-0000-4000-8000-000000000000\"/>";
            let end = "</rim:ExtrinsicObject>";
            changed(written(&scene.good()), end, &format!("{stray}{end}"))
        },
        &[ErrorCode::ExtraMetadataNotSaved],
    ),
];

fn related_to_registered(scene: &Scene<'_>, kind: xds::AssociationType) -> String {
    written(&scene.related(kind, &scene.registered.entries[0].id))
}

fn titled(scene: &Scene<'_>, n_characters: usize) -> Submission {
    let mut submission = scene.good();
    let title = LocalizedText { value: "診".repeat(n_characters), lang: None };
    submission.entries[0].title = Some(title);
    submission
}

/// The same submission with a symbol in the place of each id.
fn by_symbols(mut submission: Submission) -> Submission {
    let symbol = |id: &ObjectId| {
        let digits: String = id.to_string().chars().filter(char::is_ascii_hexdigit).collect();
        ObjectId::parse(&format!("symbol-{digits}")).unwrap()
    };
    let ids = [&mut submission.submission_set.id].into_iter();
    let ids = ids.chain(submission.entries.iter_mut().map(|entry| &mut entry.id));
    let ids = ids.chain(submission.folders.iter_mut().map(|folder| &mut folder.id));
    let ends = submission.associations.iter_mut().flat_map(|association| {
        [&mut association.id, &mut association.source, &mut association.target]
    });
    for id in ids.chain(ends) {
        *id = symbol(id);
    }
    submission
}
