//! Times as XDS writes them: HL7 v2 DTM without zone and fraction, always UTC.

use std::fmt;

/// What follows the year of the first instant of a year; fills up a shorter time.
const LOWEST: &str = "00000101000000";

/// A time in UTC, `YYYY[MM[DD[hh[mm[ss]]]]]` (ITI TF-3: Table 4.2.3.1.7-2).
///
/// The precision is part of the value: `2005` and `20050101` are different texts
/// with the same [`Dtm::sort_key`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dtm(String);

/// The text is not a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDtm {
    #[error("time is not of 4, 6, 8, 10, 12 or 14 digits")]
    Digits,
    #[error("time names a day that the calendar does not have")]
    Date,
    #[error("time names an hour, minute or second that the clock does not have")]
    Clock,
}

impl Dtm {
    /// Reads 4, 6, 8, 10, 12 or 14 digits; the day must exist in its month.
    ///
    /// # Errors
    /// [`InvalidDtm`] names the part at fault.
    pub fn parse(text: &str) -> Result<Dtm, InvalidDtm> {
        let has_legal_length = matches!(text.len(), 4 | 6 | 8 | 10 | 12 | 14);
        if !has_legal_length || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidDtm::Digits);
        }
        let key = padded(text);
        let part = |divisor: u64, modulus: u64| {
            key.checked_div(divisor).and_then(|rest| i8::try_from(rest.checked_rem(modulus)?).ok())
        };
        let year = key.checked_div(10_000_000_000).and_then(|year| i16::try_from(year).ok());
        let (Some(year), Some(month), Some(day)) =
            (year, part(100_000_000, 100), part(1_000_000, 100))
        else {
            return Err(InvalidDtm::Digits);
        };
        jiff::civil::Date::new(year, month, day).map_err(|_range| InvalidDtm::Date)?;
        let (Some(hour), Some(minute), Some(second)) =
            (part(10_000, 100), part(100, 100), part(1, 100))
        else {
            return Err(InvalidDtm::Digits);
        };
        jiff::civil::Time::new(hour, minute, second, 0).map_err(|_range| InvalidDtm::Clock)?;
        Ok(Dtm(text.to_owned()))
    }

    /// The time with the precision of a second.
    ///
    /// # Errors
    /// [`InvalidDtm::Date`] for years before the year 0, which have no DTM form.
    pub fn from_civil(utc: jiff::civil::DateTime) -> Result<Dtm, InvalidDtm> {
        if utc.year() < 0 {
            return Err(InvalidDtm::Date);
        }
        Ok(Dtm(utc.strftime("%Y%m%d%H%M%S").to_string()))
    }

    /// The time that many seconds after 1970-01-01 00:00:00 UTC.
    ///
    /// # Errors
    /// [`InvalidDtm::Date`] if the year has not four digits.
    pub fn from_unix_seconds(seconds: i64) -> Result<Dtm, InvalidDtm> {
        let timestamp = jiff::Timestamp::from_second(seconds).map_err(|_range| InvalidDtm::Date)?;
        Dtm::from_civil(jiff::tz::Offset::UTC.to_datetime(timestamp))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first second of the stated period as a number of 14 digits.
    ///
    /// `2005` gives `20050101000000`: times of unequal precision are compared as
    /// the start of what they state.
    #[must_use]
    pub fn sort_key(&self) -> u64 {
        padded(&self.0)
    }
}

impl fmt::Display for Dtm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The digits, filled up with the lowest legal values to 14, as a number.
fn padded(digits: &str) -> u64 {
    let filled = digits.chars().chain(LOWEST.chars().skip(digits.len()));
    filled
        .filter_map(|digit| digit.to_digit(10))
        .fold(0, |key: u64, digit| key.saturating_mul(10).saturating_add(u64::from(digit)))
}
