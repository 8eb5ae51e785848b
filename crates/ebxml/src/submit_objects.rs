//! `lcm:SubmitObjectsRequest`: what ITI-42 registers and ITI-41 provides, ITI TF-2: 3.42.4.1.2.
//!
//! The reader checks what one object says of itself. What objects say of each other, and
//! whether codes and patients are known, is the registry's to check.

use datatypes::{ObjectId, PatientId};
use xds::{
    Association, ObjectKind, ObjectOutline, Problem, Submission, SubmissionDraft, SubmissionSet,
};
use xml::{Reader, Writer};

use crate::findings::Findings;
use crate::limits::OBJECTS_PER_SUBMISSION;
use crate::namespace::{LCM, RIM, RS};
use crate::object_writer::PartIds;
use crate::registry_object_list::{ObjectList, PackageKind, package_kind};
use crate::rim::{Carrier, RimObject};
use crate::{ReadError, association, document_entry, folder, scheme, submission_set};

const REQUEST: &str = "SubmitObjectsRequest";

/// Reads the request after its start.
///
/// # Errors
/// [`ReadError`] if the message has not the shape of a submission; faults of the metadata are
/// part of the draft.
pub fn read_submit_objects_request(reader: &mut Reader<'_>) -> Result<SubmissionDraft, ReadError> {
    let mut findings = Findings::of_submission();
    let mut list = None;
    while let Some(child) = reader.next_child()? {
        if child.is(RIM, "RegistryObjectList") && list.is_none() {
            list = Some(ObjectList::read(reader, OBJECTS_PER_SUBMISSION, &mut findings)?);
        } else if child.is(RS, "RequestSlotList") {
            // May name a target community, which means nothing in XDS.
            reader.skip()?;
        } else {
            return Err(ReadError::Unexpected { inside: REQUEST });
        }
    }
    let missing = ReadError::Missing { inside: REQUEST, what: "RegistryObjectList" };
    Ok(draft(list.ok_or(missing)?, findings))
}

/// Writes the request so that the ebRS schema accepts it.
pub fn write_submit_objects_request(submission: &Submission) -> String {
    let mut writer = Writer::new();
    write(submission, &mut writer);
    writer.finish()
}

/// Writes the request as part of a larger message.
pub(crate) fn write(submission: &Submission, writer: &mut Writer) {
    let namespaces = [("xmlns:lcm", LCM), ("xmlns:rim", RIM)];
    writer.start("lcm:SubmitObjectsRequest", &namespaces).start("rim:RegistryObjectList", &[]);
    let mut ids = PartIds::beside(object_ids(submission));
    for entry in &submission.entries {
        document_entry::write(entry, None, writer, &mut ids);
    }
    submission_set::write(&submission.submission_set, None, writer, &mut ids);
    for value in &submission.folders {
        folder::write(value, None, writer, &mut ids);
    }
    for value in &submission.associations {
        association::write(value, None, writer, &mut ids);
    }
    writer.end().end();
}

fn object_ids(submission: &Submission) -> impl Iterator<Item = &ObjectId> {
    let entries = submission.entries.iter().map(|entry| &entry.id);
    let folders = submission.folders.iter().map(|folder| &folder.id);
    let associations = submission.associations.iter().map(|association| &association.id);
    entries.chain(folders).chain(associations).chain([&submission.submission_set.id])
}

/// The domain values as far as they could be built.
#[derive(Default)]
struct Found {
    sets: Vec<SubmissionSet>,
    n_sets: usize,
    entries: Vec<xds::DocumentEntry>,
    folders: Vec<xds::Folder>,
    associations: Vec<Association>,
    outline: Vec<ObjectOutline>,
}

fn draft(mut list: ObjectList<'_>, mut findings: Findings) -> SubmissionDraft {
    list.name_associations();
    let mut found = Found::default();
    for object in list.objects {
        found.add(object, &mut findings);
    }
    match found.n_sets {
        0 => findings.fault("submission", "SubmissionSet", Problem::Missing),
        1 => {}
        _ => findings.fault("submission", "SubmissionSet", Problem::Repeated),
    }
    let Found { sets, entries, folders, associations, outline, .. } = found;
    let set = sets.into_iter().next().filter(|_| findings.faults.is_empty());
    let submission = set.map(|submission_set| Submission {
        submission_set,
        entries,
        folders,
        associations: associations.clone(),
    });
    let Findings { faults, not_saved, .. } = findings;
    SubmissionDraft { submission, outline, associations, faults, not_saved }
}

impl Found {
    fn add(&mut self, object: RimObject<'_>, findings: &mut Findings) {
        match object.carrier {
            Carrier::ExtrinsicObject => {
                self.outline.extend(outline(&object, ObjectKind::DocumentEntry));
                self.entries.extend(document_entry::read(object, findings));
            }
            Carrier::RegistryPackage => match package_kind(&object, findings) {
                Some(PackageKind::SubmissionSet) => {
                    self.n_sets = self.n_sets.saturating_add(1);
                    self.outline.extend(outline(&object, ObjectKind::SubmissionSet));
                    self.sets.extend(submission_set::read(object, findings));
                }
                Some(PackageKind::Folder) => {
                    self.outline.extend(outline(&object, ObjectKind::Folder));
                    self.folders.extend(folder::read(object, findings));
                }
                None => {}
            },
            Carrier::Association => self.associations.extend(association::read(object, findings)),
        }
    }
}

/// What an object says of itself even if the rest of it is at fault.
fn outline(object: &RimObject<'_>, kind: ObjectKind) -> Option<ObjectOutline> {
    let (unique_id, patient_id) = match kind {
        ObjectKind::DocumentEntry => {
            (scheme::document_entry::UNIQUE_ID, scheme::document_entry::PATIENT_ID)
        }
        ObjectKind::SubmissionSet => {
            (scheme::submission_set::UNIQUE_ID, scheme::submission_set::PATIENT_ID)
        }
        ObjectKind::Folder => (scheme::folder::UNIQUE_ID, scheme::folder::PATIENT_ID),
        ObjectKind::Association => return None,
    };
    Some(ObjectOutline {
        kind,
        id: ObjectId::parse(object.id.as_deref()?).ok()?,
        unique_id: object.identifier_value(unique_id).map(|value| value.into_owned()),
        patient_id: object
            .identifier_value(patient_id)
            .and_then(|value| PatientId::parse(&value).ok()),
    })
}
