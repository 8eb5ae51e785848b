//! The PID segment: identifiers and demographics (ITI TF-2: 3.8.4.1.2.3).

use datatypes::Dtm;
use identity::{Demographics, LocalId, Sex, TelecomUsage};

use super::{FeedError, cx, value, xad, xpn, xtn};
use crate::delimiters::Delimiters;
use crate::location::Location;
use crate::message::Segment;
use crate::writer::SegmentWriter;

/// Names, birth date and sex of the `sequence`-th PID.
pub(crate) fn read_demographics(
    pid: &Segment<'_>,
    sequence: usize,
) -> Result<Demographics, FeedError> {
    let location = |field: usize| Location::segment("PID", sequence).field(field);
    Ok(Demographics {
        names: xpn::read_all(pid.field(5), &location(5))?,
        birth_date: read_birth_date(&pid.field(7).text())
            .map_err(|NotADate| FeedError::InvalidField { location: location(7) })?,
        sex: read_sex(&pid.field(8).text())
            .map_err(|NotInTable| FeedError::UnknownTableValue { location: location(8) })?,
        ..Demographics::default()
    })
}

/// All demographics: also PID-6, PID-11, PID-13, PID-14 and PID-18.
pub(crate) fn read_all_demographics(
    pid: &Segment<'_>,
    sequence: usize,
) -> Result<Demographics, FeedError> {
    let location = |field: usize| Location::segment("PID", sequence).field(field);
    let mut telecoms = xtn::read_all(pid.field(13), TelecomUsage::Home, &location(13))?;
    telecoms.extend(xtn::read_all(pid.field(14), TelecomUsage::Business, &location(14))?);
    Ok(Demographics {
        mothers_maiden_names: xpn::read_all(pid.field(6), &location(6))?,
        addresses: xad::read_all(pid.field(11), &location(11))?,
        telecoms,
        account_number: cx::read_additional(pid.field(18), &location(18))?,
        ..read_demographics(pid, sequence)?
    })
}

/// The fields from PID-3 on.
pub(crate) fn write(
    pid: SegmentWriter,
    identifiers: &[LocalId],
    demographics: &Demographics,
    delimiters: Delimiters,
) -> String {
    let telecoms = |usage| xtn::write_all(&demographics.telecoms, usage, delimiters);
    let account_number = demographics.account_number.as_ref();
    pid.field(3, &cx::write_all(identifiers, delimiters))
        .field(5, &xpn::write_all(&demographics.names, delimiters))
        .field(6, &xpn::write_all(&demographics.mothers_maiden_names, delimiters))
        .field(7, demographics.birth_date.as_ref().map_or("", Dtm::as_str))
        .field(8, demographics.sex.map_or("", sex_code))
        .field(11, &xad::write_all(&demographics.addresses, delimiters))
        .field(13, &telecoms(TelecomUsage::Home))
        .field(14, &telecoms(TelecomUsage::Business))
        .field(18, &account_number.map(|id| cx::write(id, delimiters)).unwrap_or_default())
        .end()
}

pub(crate) struct NotADate;

pub(crate) struct NotInTable;

/// PID-7 of type TS: a fraction may follow the seconds and a zone the minutes; both are dropped.
///
/// Without that rule `1960-0203` would be read as the year 1960 in a strange zone.
pub(crate) fn read_birth_date(text: &str) -> Result<Option<Dtm>, NotADate> {
    let time = value(text);
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
pub(crate) fn read_sex(text: &str) -> Result<Option<Sex>, NotInTable> {
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

pub(crate) fn sex_code(sex: Sex) -> &'static str {
    match sex {
        Sex::Female => "F",
        Sex::Male => "M",
        Sex::Other => "O",
        Sex::Unknown => "U",
        Sex::Ambiguous => "A",
        Sex::NotApplicable => "N",
    }
}
