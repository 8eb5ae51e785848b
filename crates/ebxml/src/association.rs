//! Association, ITI TF-3: 4.2.2.

use datatypes::ObjectId;
use xds::{Association, AssociationType, AvailabilityStatus, SubmissionSetStatus};
use xml::Writer;

use crate::attributes::Attributes;
use crate::findings::Findings;
use crate::object_writer::{Head, ObjectWriter, PartIds};
use crate::rim::RimObject;
use crate::scheme::association as scheme;
use crate::scheme::object_type;
use crate::{code, slots};

/// Reads an Association; whether its ends fit its type is the registry's question.
pub(crate) fn read(rim: RimObject<'_>, findings: &mut Findings) -> Option<Association> {
    let mut object = Attributes::new(rim, "Association", findings);
    let id = object.id();
    let logical_id = object.logical_id();
    let home = object.home();
    let kind = object.required("associationType", |urn| AssociationType::from_urn(urn).ok_or(()));
    let source = object.required("sourceObject", ObjectId::parse);
    let target = object.required("targetObject", ObjectId::parse);
    let submission_set_status = object.slot("SubmissionSetStatus", submission_set_status);
    let documentation = object.optional_code("associationDocumentation", scheme::DOCUMENTATION);
    let extra = object.finish()?;
    Some(Association {
        id: id?,
        logical_id,
        home,
        kind: kind?,
        source: source?,
        target: target?,
        submission_set_status,
        documentation,
        extra,
    })
}

/// Writes an Association; `status` is that of a registered one.
pub(crate) fn write(
    association: &Association,
    status: Option<AvailabilityStatus>,
    writer: &mut Writer,
    ids: &mut PartIds,
) {
    let home = association.home.as_ref();
    let head = Head { id: &association.id, logical_id: association.logical_id, home, status };
    let (source, target) = (association.source.to_string(), association.target.to_string());
    let specific = [
        ("objectType", object_type::ASSOCIATION),
        ("associationType", association.kind.urn()),
        ("sourceObject", &source),
        ("targetObject", &target),
    ];
    let mut object = ObjectWriter::start(writer, ids, "rim:Association", head, &specific);
    let membership = association.submission_set_status.map(SubmissionSetStatus::as_str);
    slots::write(object.xml(), "SubmissionSetStatus", membership);
    slots::write_extra(object.xml(), &association.extra);
    if let Some(value) = &association.documentation {
        code::write(&mut object, scheme::DOCUMENTATION, value);
    }
    object.end();
}

fn submission_set_status(value: &str) -> Result<SubmissionSetStatus, ()> {
    [SubmissionSetStatus::Original, SubmissionSetStatus::Reference]
        .into_iter()
        .find(|status| status.as_str() == value)
        .ok_or(())
}
