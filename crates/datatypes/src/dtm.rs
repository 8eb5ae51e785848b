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
        // Four and two digits always fit; the fallbacks are out of every range.
        let year = i16::try_from(key / 10_000_000_000).unwrap_or(i16::MAX);
        let part = |divisor: u64| i8::try_from(key / divisor % 100).unwrap_or(i8::MAX);
        jiff::civil::Date::new(year, part(100_000_000), part(1_000_000))
            .map_err(|_range| InvalidDtm::Date)?;
        jiff::civil::Time::new(part(10_000), part(100), part(1), 0)
            .map_err(|_range| InvalidDtm::Clock)?;
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

/// At most 14 digits, filled up with the lowest legal values to 14, as a number.
fn padded(digits: &str) -> u64 {
    let filled = digits.chars().chain(LOWEST.chars().skip(digits.len()));
    let values = filled.filter_map(|digit| digit.to_digit(10));
    values.fold(0, |key, digit| key * 10 + u64::from(digit))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<u64, InvalidDtm>) {
        assert_eq!(Dtm::parse(text).map(|dtm| dtm.sort_key()), expected, "{text}");
    }

    #[test]
    fn every_precision_is_filled_up_with_the_lowest_values() {
        check("2005", Ok(20_050_101_000_000));
        check("200507", Ok(20_050_701_000_000));
        check("20050731", Ok(20_050_731_000_000));
        check("2005073123", Ok(20_050_731_230_000));
        check("200507312359", Ok(20_050_731_235_900));
        check("20050731235958", Ok(20_050_731_235_958));
        check("0000", Ok(101_000_000));
    }

    #[test]
    fn names_the_part_at_fault() {
        for text in ["", "200", "20050", "2005073123595", "200507312359580", "2005-07", "２００５"]
        {
            check(text, Err(InvalidDtm::Digits));
        }
        for text in ["200500", "200513", "20050700", "20050732", "20050431", "20230229", "19000229"]
        {
            check(text, Err(InvalidDtm::Date));
        }
        for text in ["2005073124", "200507312360", "20050731235960"] {
            check(text, Err(InvalidDtm::Clock));
        }
        check("20240229", Ok(20_240_229_000_000));
        check("20000229", Ok(20_000_229_000_000));
    }

    #[test]
    fn instants_are_written_to_the_second() {
        assert_eq!(Dtm::from_unix_seconds(0).unwrap().as_str(), "19700101000000");
        assert_eq!(Dtm::from_unix_seconds(-1).unwrap().as_str(), "19691231235959");
        assert_eq!(Dtm::from_unix_seconds(1_709_210_096).unwrap().as_str(), "20240229123456");
        assert_eq!(Dtm::from_unix_seconds(-70_000_000_000), Err(InvalidDtm::Date));
        assert_eq!(Dtm::from_unix_seconds(i64::MAX), Err(InvalidDtm::Date));
    }

    proptest! {
        #[test]
        fn what_an_instant_writes_is_read(seconds in -62_000_000_000i64..253_000_000_000) {
            let dtm = Dtm::from_unix_seconds(seconds).unwrap();
            prop_assert_eq!(dtm.sort_key().to_string(), dtm.as_str().trim_start_matches('0'));
            prop_assert_eq!(Dtm::parse(dtm.as_str()), Ok(dtm));
        }

        #[test]
        fn later_instants_have_greater_keys(
            seconds in -62_000_000_000i64..253_000_000_000,
            later in 1i64..100_000_000,
        ) {
            let dtm = Dtm::from_unix_seconds(seconds).unwrap();
            prop_assert!(dtm.sort_key() < Dtm::from_unix_seconds(seconds + later).unwrap().sort_key());
        }

        #[test]
        fn what_is_read_is_kept(text in "[0-9]{0,15}|\\PC{0,14}") {
            if let Ok(dtm) = Dtm::parse(&text) {
                prop_assert_eq!(dtm.to_string(), text);
            }
        }
    }
}
