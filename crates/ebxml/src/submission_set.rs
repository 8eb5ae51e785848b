//! SubmissionSet: a RegistryPackage marked as one, ITI TF-3: 4.2.3.3.

use datatypes::{Dtm, Oid, PatientId};
use xds::{AvailabilityStatus, SubmissionSet};
use xml::Writer;

use crate::attributes::Attributes;
use crate::findings::Findings;
use crate::object_writer::{Head, ObjectWriter, PartIds};
use crate::rim::RimObject;
use crate::scheme::object_type::REGISTRY_PACKAGE;
use crate::scheme::submission_set as scheme;
use crate::{author, code, slots};

/// Reads a SubmissionSet by the column *DS* of the attribute table.
pub(crate) fn read(rim: RimObject<'_>, findings: &mut Findings) -> Option<SubmissionSet> {
    let mut object = Attributes::new(rim, "SubmissionSet", findings);
    let id = object.id();
    let logical_id = object.logical_id();
    let home = object.home();
    let submission_time = object.required_slot("submissionTime", Dtm::parse);
    let intended_recipients = object.slot_values("intendedRecipient");
    let title = object.title();
    let comments = object.comments();
    object.take_marker(scheme::NODE);
    let authors = object.authors(scheme::AUTHOR);
    let content_type_code = object.code("contentTypeCode", scheme::CONTENT_TYPE_CODE);
    let patient_id = object.identifier("patientId", scheme::PATIENT_ID, PatientId::parse);
    let source_id = object.identifier("sourceId", scheme::SOURCE_ID, Oid::parse);
    let unique_id = object.identifier("uniqueId", scheme::UNIQUE_ID, Oid::parse);
    let extra = object.finish()?;
    Some(SubmissionSet {
        id: id?,
        logical_id,
        home,
        patient_id: patient_id?,
        unique_id: unique_id?,
        source_id: source_id?,
        submission_time: submission_time?,
        intended_recipients,
        title,
        comments,
        authors,
        content_type_code: content_type_code?,
        extra,
    })
}

/// Writes a SubmissionSet; `status` is that of a registered one.
pub(crate) fn write(
    set: &SubmissionSet,
    status: Option<AvailabilityStatus>,
    writer: &mut Writer,
    ids: &mut PartIds,
) {
    let home = set.home.as_ref();
    let head = Head { id: &set.id, logical_id: set.logical_id, home, status };
    let specific = [("objectType", REGISTRY_PACKAGE)];
    let mut object = ObjectWriter::start(writer, ids, "rim:RegistryPackage", head, &specific);
    slots::write(object.xml(), "submissionTime", [set.submission_time.as_str()]);
    slots::write(object.xml(), "intendedRecipient", &set.intended_recipients);
    slots::write_extra(object.xml(), &set.extra);
    object.texts(set.title.as_ref(), set.comments.as_ref());
    object.marker(scheme::NODE);
    for value in &set.authors {
        author::write(&mut object, scheme::AUTHOR, value);
    }
    code::write(&mut object, scheme::CONTENT_TYPE_CODE, &set.content_type_code);
    let patient_id = set.patient_id.value.to_cx();
    let name = "XDSSubmissionSet.patientId";
    object.identifier(scheme::PATIENT_ID, name, &set.patient_id, &patient_id);
    let source_id = set.source_id.value.as_str();
    object.identifier(scheme::SOURCE_ID, "XDSSubmissionSet.sourceId", &set.source_id, source_id);
    let unique_id = set.unique_id.value.as_str();
    object.identifier(scheme::UNIQUE_ID, "XDSSubmissionSet.uniqueId", &set.unique_id, unique_id);
    object.end();
}
