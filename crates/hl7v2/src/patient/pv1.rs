//! The PV1 segment: a visit, as far as it can be asked for (ITI TF-2: 3.22.4.1.2.3).
//!
//! A feed's PV1 must be there but need not say anything: `PV1||N`.

use identity::{Clinician, Visit, VisitLocation};

use super::{FeedError, cx, part, read_each, write_each};
use crate::delimiters::Delimiters;
use crate::location::Location;
use crate::message::{Field, Repetition, Segment};
use crate::writer::{SegmentWriter, join};

/// Longest code, name of a place or part of a physician's name, in characters.
const MAX_CHARACTERS: usize = 250;

/// What the `sequence`-th PV1 says, if it is about a visit.
pub(crate) fn read(pv1: &Segment<'_>, sequence: usize) -> Result<Option<Visit>, FeedError> {
    let location = |field: usize| Location::segment("PV1", sequence).field(field);
    let read_text = |field: usize| part(&pv1.field(field).text(), MAX_CHARACTERS, location(field));
    let read_clinicians =
        |field: usize| read_each(pv1.field(field), &location(field), read_clinician);
    let visit = Visit {
        number: cx::read_additional(pv1.field(19), &location(19))?,
        class: read_text(2)?,
        location: read_place(pv1.field(3), &location(3))?,
        attending: read_clinicians(7)?,
        referring: read_clinicians(8)?,
        consulting: read_clinicians(9)?,
        service: read_text(10)?,
        admitting: read_clinicians(17)?,
    };
    Ok(visit.is_about_a_visit().then_some(visit))
}

/// `N`, not applicable, where there is no visit.
pub(crate) fn write(visit: Option<&Visit>, delimiters: Delimiters) -> String {
    let pv1 = SegmentWriter::new("PV1", delimiters);
    let Some(visit) = visit else {
        return pv1.field(2, "N").end();
    };
    let number = visit.number.as_ref().map(|number| cx::write(number, delimiters));
    let clinicians = |clinicians: &[Clinician]| write_each(clinicians, delimiters, write_clinician);
    pv1.field(2, &delimiters.escape(&visit.class))
        .field(3, &write_place(&visit.location, delimiters))
        .field(7, &clinicians(&visit.attending))
        .field(8, &clinicians(&visit.referring))
        .field(9, &clinicians(&visit.consulting))
        .field(10, &delimiters.escape(&visit.service))
        .field(17, &clinicians(&visit.admitting))
        .field(19, &number.unwrap_or_default())
        .end()
}

/// HL7 v2 type PL: `point of care^room^bed^facility&…`.
fn read_place(field: Field<'_>, location: &Location) -> Result<VisitLocation, FeedError> {
    let read_part = |component: usize| {
        let text = field.component(component).text();
        part(&text, MAX_CHARACTERS, location.clone().component(component))
    };
    Ok(VisitLocation {
        point_of_care: read_part(1)?,
        room: read_part(2)?,
        bed: read_part(3)?,
        facility: read_part(4)?,
    })
}

fn write_place(place: &VisitLocation, delimiters: Delimiters) -> String {
    let point_of_care = delimiters.escape(&place.point_of_care);
    let room = delimiters.escape(&place.room);
    let bed = delimiters.escape(&place.bed);
    let facility = delimiters.escape(&place.facility);
    join(&[&point_of_care, &room, &bed, &facility], delimiters.component)
}

/// HL7 v2 type XCN: `id^family&…^given`.
fn read_clinician(
    xcn: Repetition<'_>,
    location: &Location,
) -> Result<Option<Clinician>, FeedError> {
    let read_part = |component: usize| {
        let text = xcn.component(component).text();
        part(&text, MAX_CHARACTERS, location.clone().component(component))
    };
    let clinician = Clinician { id: read_part(1)?, family: read_part(2)?, given: read_part(3)? };
    Ok((clinician != Clinician::default()).then_some(clinician))
}

fn write_clinician(clinician: &Clinician, delimiters: Delimiters) -> String {
    let id = delimiters.escape(&clinician.id);
    let family = delimiters.escape(&clinician.family);
    let given = delimiters.escape(&clinician.given);
    join(&[&id, &family, &given], delimiters.component)
}
