//! author: a Classification without code, whose slots are the sub-attributes, ITI TF-3: 4.2.3.1.4.

use datatypes::{Xcn, Xon, Xtn};
use xds::{Author, Problem};

use crate::attributes::part_id;
use crate::findings::Notes;
use crate::object_writer::ObjectWriter;
use crate::rim::Part;
use crate::slots;

const PERSON: &str = "authorPerson";
const INSTITUTION: &str = "authorInstitution";
const ROLE: &str = "authorRole";
const SPECIALTY: &str = "authorSpecialty";
const TELECOMMUNICATION: &str = "authorTelecommunication";

/// At least one of these makes an author.
const IDENTITY: &str = "authorPerson, authorInstitution or authorTelecommunication";

/// Reads one author; its `nodeRepresentation`, which is empty by the profile, is not looked at.
pub(crate) fn read(mut part: Part<'_>, notes: &mut Notes<'_>) -> Author {
    let id = part_id(&part, notes);
    let slots = &mut part.slots;
    if ![PERSON, INSTITUTION, TELECOMMUNICATION].iter().any(|name| slots.has_value(name)) {
        notes.fault(IDENTITY, Problem::Missing);
    }
    let persons = slots.take_parsed(PERSON, Xcn::parse, notes);
    let institutions = slots.take_parsed(INSTITUTION, Xon::parse, notes);
    let roles = slots.take(ROLE, notes);
    let specialties = slots.take(SPECIALTY, notes);
    let telecommunications = slots.take_parsed(TELECOMMUNICATION, Xtn::parse, notes);
    let extra = part.slots.into_extra(notes);
    for name in part.unknown {
        notes.not_saved(name);
    }
    if part.name.text.is_some() {
        notes.not_saved("Name");
    }
    Author { id, persons, institutions, roles, specialties, telecommunications, extra }
}

/// Writes one author as a Classification by `scheme`.
pub(crate) fn write(writer: &mut ObjectWriter<'_>, scheme: &str, author: &Author) {
    writer.start_classification(scheme, author.id, "");
    let xml = writer.xml();
    slots::write(xml, PERSON, author.persons.iter().map(Xcn::as_str));
    slots::write(xml, INSTITUTION, author.institutions.iter().map(Xon::as_str));
    slots::write(xml, ROLE, &author.roles);
    slots::write(xml, SPECIALTY, &author.specialties);
    slots::write(xml, TELECOMMUNICATION, author.telecommunications.iter().map(Xtn::as_str));
    slots::write_extra(xml, &author.extra);
    writer.end();
}
