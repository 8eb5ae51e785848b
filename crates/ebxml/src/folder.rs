//! Folder: a RegistryPackage marked as one, ITI TF-3: 4.2.3.4.

use datatypes::{Dtm, Oid, PatientId};
use xds::{AvailabilityStatus, Folder};
use xml::Writer;

use crate::attributes::Attributes;
use crate::findings::Findings;
use crate::object_writer::{Head, ObjectWriter, PartIds};
use crate::rim::RimObject;
use crate::scheme::folder as scheme;
use crate::scheme::object_type::REGISTRY_PACKAGE;
use crate::{code, slots};

/// Reads a Folder by the column *DS* of the attribute table.
pub(crate) fn read(rim: RimObject<'_>, findings: &mut Findings) -> Option<Folder> {
    let mut object = Attributes::new(rim, "Folder", findings);
    let id = object.id();
    let logical_id = object.logical_id();
    let home = object.home();
    let last_update_time = object.slot("lastUpdateTime", Dtm::parse);
    let title = object.required_title();
    let comments = object.comments();
    object.take_marker(scheme::NODE);
    let codes = object.required_codes("codeList", scheme::CODE);
    let patient_id = object.identifier("patientId", scheme::PATIENT_ID, PatientId::parse);
    let unique_id = object.identifier("uniqueId", scheme::UNIQUE_ID, Oid::parse);
    let extra = object.finish()?;
    Some(Folder {
        id: id?,
        logical_id,
        home,
        patient_id: patient_id?,
        unique_id: unique_id?,
        title: title?,
        comments,
        codes,
        last_update_time,
        extra,
    })
}

/// Writes a Folder; `status` is that of a registered one.
pub(crate) fn write(
    folder: &Folder,
    status: Option<AvailabilityStatus>,
    writer: &mut Writer,
    ids: &mut PartIds,
) {
    let home = folder.home.as_ref();
    let head = Head { id: &folder.id, logical_id: folder.logical_id, home, status };
    let specific = [("objectType", REGISTRY_PACKAGE)];
    let mut object = ObjectWriter::start(writer, ids, "rim:RegistryPackage", head, &specific);
    let last_update_time = folder.last_update_time.as_ref().map(Dtm::as_str);
    slots::write(object.xml(), "lastUpdateTime", last_update_time);
    slots::write_extra(object.xml(), &folder.extra);
    object.texts(Some(&folder.title), folder.comments.as_ref());
    object.marker(scheme::NODE);
    for value in &folder.codes {
        code::write(&mut object, scheme::CODE, value);
    }
    let patient_id = folder.patient_id.value.to_cx();
    object.identifier(scheme::PATIENT_ID, "XDSFolder.patientId", &folder.patient_id, &patient_id);
    let unique_id = folder.unique_id.value.as_str();
    object.identifier(scheme::UNIQUE_ID, "XDSFolder.uniqueId", &folder.unique_id, unique_id);
    object.end();
}
