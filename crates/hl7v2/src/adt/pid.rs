//! The PID segment: identifiers, names, birth date and sex (ITI TF-2: 3.8.4.1.2.3).

use datatypes::Dtm;
use identity::{Demographics, PatientIdentityFeed, Sex};

use super::{FeedError, cx, value, xpn};
use crate::delimiters::Delimiters;
use crate::location::Location;
use crate::message::{Field, Segment};
use crate::writer::SegmentWriter;

pub(super) fn read_demographics(pid: &Segment<'_>) -> Result<Demographics, FeedError> {
    let location = |field: usize| Location::segment("PID", 1).field(field);
    Ok(Demographics {
        names: xpn::read_all(pid.field(5), &location(5))?,
        birth_date: read_birth_date(pid.field(7))
            .map_err(|NotADate| FeedError::InvalidField { location: location(7) })?,
        sex: read_sex(&pid.field(8).text())
            .map_err(|NotInTable| FeedError::UnknownTableValue { location: location(8) })?,
        ..Demographics::default()
    })
}

pub(super) fn write(feed: &PatientIdentityFeed, delimiters: Delimiters) -> String {
    let demographics = &feed.demographics;
    SegmentWriter::new("PID", delimiters)
        .field(3, &cx::write_all(&feed.identifiers, delimiters))
        .field(5, &xpn::write_all(&demographics.names, delimiters))
        .field(7, demographics.birth_date.as_ref().map_or("", Dtm::as_str))
        .field(8, demographics.sex.map_or("", sex_code))
        .end()
}

struct NotADate;

struct NotInTable;

/// PID-7 of type TS: a fraction may follow the seconds and a zone the minutes; both are dropped.
///
/// Without that rule `1960-0203` would be read as the year 1960 in a strange zone.
fn read_birth_date(field: Field<'_>) -> Result<Option<Dtm>, NotADate> {
    let text = field.text();
    let time = value(&text);
    if time.is_empty() {
        return Ok(None);
    }
    let (before_zone, zone) = match time.split_once(['+', '-']) {
        Some((before, zone)) => (before, Some(zone)),
        None => (time, None),
    };
    let (digits, fraction) = match before_zone.split_once('.') {
        Some((digits, fraction)) => (digits, Some(fraction)),
        None => (before_zone, None),
    };
    let is_decimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let has_legal_zone =
        zone.is_none_or(|zone| digits.len() >= 12 && zone.len() == 4 && is_decimal(zone));
    let has_legal_fraction = fraction.is_none_or(|fraction| {
        digits.len() == 14 && matches!(fraction.len(), 1..=4) && is_decimal(fraction)
    });
    if !has_legal_zone || !has_legal_fraction {
        return Err(NotADate);
    }
    Dtm::parse(digits).map(Some).map_err(|_invalid| NotADate)
}

/// PID-8, HL7 v2.5 table 0001.
fn read_sex(text: &str) -> Result<Option<Sex>, NotInTable> {
    match value(text) {
        "" => Ok(None),
        "F" => Ok(Some(Sex::Female)),
        "M" => Ok(Some(Sex::Male)),
        "O" => Ok(Some(Sex::Other)),
        "U" => Ok(Some(Sex::Unknown)),
        "A" => Ok(Some(Sex::Ambiguous)),
        "N" => Ok(Some(Sex::NotApplicable)),
        _ => Err(NotInTable),
    }
}

fn sex_code(sex: Sex) -> &'static str {
    match sex {
        Sex::Female => "F",
        Sex::Male => "M",
        Sex::Other => "O",
        Sex::Unknown => "U",
        Sex::Ambiguous => "A",
        Sex::NotApplicable => "N",
    }
}
