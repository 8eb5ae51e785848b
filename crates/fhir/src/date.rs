//! Search parameters of type date (FHIR R4, search, section "date").
//!
//! A value stands for an interval as long as it is precise: `2026-04` for a month. The times it is compared
//! with are instants in microseconds.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan};

/// Digits of a fraction that count; an instant here has no more.
const FRACTION_DIGITS: usize = 6;

/// No country is further from UTC, in minutes.
const MAX_OFFSET_MINUTES: i32 = 14 * 60;

/// How an instant is compared with the interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// Inside of it.
    Equal,
    /// Not before its beginning.
    GreaterOrEqual,
    /// Behind its end; also written `sa`, which is the same for an instant.
    Greater,
    /// Before its end.
    LessOrEqual,
    /// Before its beginning; also written `eb`.
    Less,
}

/// A date with its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateParameter {
    pub prefix: Prefix,
    /// The interval: its first microsecond since 1970, UTC.
    pub first: i64,
    /// The microsecond behind it.
    pub end: i64,
}

/// Why a text is no date that can be searched by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDate {
    #[error("the prefix is none of eq, ge, gt, le, lt, sa, eb")]
    Prefix,
    #[error(
        "wanted: YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm[:ss[.f]], with Z or an offset if there is a time"
    )]
    Date,
}

impl DateParameter {
    /// Reads `[prefix]date`. What has no offset is taken in `zone` (FHIR: the server's local time).
    ///
    /// # Errors
    /// [`InvalidDate`].
    pub fn parse(text: &str, zone: &TimeZone) -> Result<DateParameter, InvalidDate> {
        let has_prefix = text.starts_with(|first: char| first.is_ascii_alphabetic());
        let (prefix, date) = match text.split_at_checked(2).filter(|_| has_prefix) {
            None if has_prefix => return Err(InvalidDate::Prefix),
            None => (Prefix::Equal, text),
            Some((prefix, date)) => (read_prefix(prefix).ok_or(InvalidDate::Prefix)?, date),
        };
        let (first, end) = interval(date, zone).ok_or(InvalidDate::Date)?;
        Ok(DateParameter { prefix, first, end })
    }

    /// The first instant that fulfils it; `None` if there is no earliest.
    #[must_use]
    pub fn from(&self) -> Option<i64> {
        match self.prefix {
            Prefix::Equal | Prefix::GreaterOrEqual => Some(self.first),
            Prefix::Greater => Some(self.end),
            Prefix::LessOrEqual | Prefix::Less => None,
        }
    }

    /// The first instant that is too late for it; `None` if there is none.
    #[must_use]
    pub fn before(&self) -> Option<i64> {
        match self.prefix {
            Prefix::Equal | Prefix::LessOrEqual => Some(self.end),
            Prefix::Less => Some(self.first),
            Prefix::GreaterOrEqual | Prefix::Greater => None,
        }
    }
}

fn read_prefix(text: &str) -> Option<Prefix> {
    match text {
        "eq" => Some(Prefix::Equal),
        "ge" => Some(Prefix::GreaterOrEqual),
        "gt" | "sa" => Some(Prefix::Greater),
        "le" => Some(Prefix::LessOrEqual),
        "lt" | "eb" => Some(Prefix::Less),
        // `ne` and `ap` make no sense for a trail that is read by periods.
        _ => None,
    }
}

/// First microsecond, and the one behind the last.
fn interval(text: &str, zone: &TimeZone) -> Option<(i64, i64)> {
    let Some((date, time)) = text.split_once('T') else { return of_date(text, zone) };
    let (time, zone) = split_offset(time, zone)?;
    let (time, length) = read_time(time)?;
    let (date, _next) = read_date(date).filter(|_| date.len() == "YYYY-MM-DD".len())?;
    let first = instant(date.to_datetime(time), &zone)?;
    Some((first, first.saturating_add(length)))
}

fn of_date(text: &str, zone: &TimeZone) -> Option<(i64, i64)> {
    let (first, next) = read_date(text)?;
    // By the calendar: a day of summer time's beginning has 23 hours.
    let end = next.and_then(|next| instant(next.to_datetime(Time::midnight()), zone));
    Some((instant(first.to_datetime(Time::midnight()), zone)?, end.unwrap_or(i64::MAX)))
}

/// The first day of what is named, and the first day behind it, if the calendar has one.
fn read_date(text: &str) -> Option<(Date, Option<Date>)> {
    let mut parts = text.split('-');
    let year = i16::try_from(digits(parts.next()?, 4)?).ok()?;
    let (month, day) = (parts.next(), parts.next());
    if parts.next().is_some() {
        return None;
    }
    let part = |text: Option<&str>| match text {
        Some(text) => i8::try_from(digits(text, 2)?).ok(),
        None => Some(1),
    };
    let first = Date::new(year, part(month)?, part(day)?).ok()?;
    let span = match (month, day) {
        (None, _) => 1.year(),
        (Some(_), None) => 1.month(),
        (Some(_), Some(_)) => 1.day(),
    };
    Some((first, first.checked_add(span).ok()))
}

/// Time of day, and the microseconds that it stands for.
fn read_time(text: &str) -> Option<(Time, i64)> {
    let mut parts = text.split(':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next());
    if parts.next().is_some() {
        return None;
    }
    let (second, fraction) = match second {
        None => (None, None),
        Some(text) => match text.split_once('.') {
            None => (Some(text), None),
            Some((second, fraction)) => (Some(second), Some(fraction)),
        },
    };
    let part = |text: &str| i8::try_from(digits(text, 2)?).ok();
    let (micros, length) = match (second, fraction) {
        (None, _) => (0, 60_000_000),
        (Some(_), None) => (0, 1_000_000),
        (Some(_), Some(fraction)) => read_fraction(fraction)?,
    };
    let nanos = i32::try_from(micros.checked_mul(1_000)?).ok()?;
    let time = Time::new(part(hour)?, part(minute)?, second.map_or(Some(0), part)?, nanos).ok()?;
    Some((time, length))
}

/// Microseconds, and how many of them the fraction leaves open.
fn read_fraction(text: &str) -> Option<(i64, i64)> {
    if text.is_empty() || text.len() > 9 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let counted = text.get(..FRACTION_DIGITS.min(text.len()))?;
    let missing = u32::try_from(FRACTION_DIGITS.saturating_sub(counted.len())).ok()?;
    let unit = 10_i64.pow(missing);
    Some((counted.parse::<i64>().ok()?.checked_mul(unit)?, unit))
}

/// A `+` that was not escaped in a URL arrives as a space.
fn split_offset<'t>(time: &'t str, zone: &TimeZone) -> Option<(&'t str, TimeZone)> {
    if let Some(time) = time.strip_suffix('Z') {
        return Some((time, TimeZone::UTC));
    }
    let Some(place) = time.find(['+', '-', ' ']) else { return Some((time, zone.clone())) };
    let (time, offset) = time.split_at_checked(place)?;
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let minutes = digits(minutes, 2).filter(|minutes| *minutes < 60)?;
    let offset = digits(hours, 2)?.checked_mul(60)?.checked_add(minutes)?;
    if offset > MAX_OFFSET_MINUTES {
        return None;
    }
    let offset = Offset::from_seconds(offset.checked_mul(60 * sign)?).ok()?;
    Some((time, TimeZone::fixed(offset)))
}

fn digits(text: &str, n_digits: usize) -> Option<i32> {
    let is_number = text.len() == n_digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

/// A time that summer time skips is taken as the one that clocks showed instead.
fn instant(time: DateTime, zone: &TimeZone) -> Option<i64> {
    let instant: Timestamp = zone.to_ambiguous_timestamp(time).compatible().ok()?;
    Some(instant.as_microsecond())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokyo() -> TimeZone {
        TimeZone::fixed(Offset::from_hours(9).unwrap())
    }

    fn micros(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_microsecond()
    }

    #[track_caller]
    fn check(text: &str, from: Option<&str>, before: Option<&str>) {
        let date = DateParameter::parse(text, &tokyo()).unwrap();
        assert_eq!((date.from(), date.before()), (from.map(micros), before.map(micros)), "{text}");
    }

    #[test]
    fn a_date_is_as_long_as_it_is_precise() {
        check("2026", Some("2026-01-01T00:00:00+09:00"), Some("2027-01-01T00:00:00+09:00"));
        check("eq2026-04", Some("2026-04-01T00:00:00+09:00"), Some("2026-05-01T00:00:00+09:00"));
        check("2026-04-30", Some("2026-04-30T00:00:00+09:00"), Some("2026-05-01T00:00:00+09:00"));
        check("2026-04-01T09:30Z", Some("2026-04-01T09:30:00Z"), Some("2026-04-01T09:31:00Z"));
        check(
            "2026-04-01T09:30:15-03:30",
            Some("2026-04-01T13:00:15Z"),
            Some("2026-04-01T13:00:16Z"),
        );
        check(
            "2026-04-01T09:30:15.25",
            Some("2026-04-01T00:30:15.25Z"),
            Some("2026-04-01T00:30:15.26Z"),
        );
        check(
            "2026-04-01T00:30:15.123456789Z",
            Some("2026-04-01T00:30:15.123456Z"),
            Some("2026-04-01T00:30:15.123457Z"),
        );
        // The plus that a client forgot to escape.
        check("ge2026-04-01T09:30:00 09:00", Some("2026-04-01T00:30:00Z"), None);
    }

    #[test]
    fn prefixes_look_at_the_beginning_or_at_the_end() {
        check("ge2026-04-01", Some("2026-04-01T00:00:00+09:00"), None);
        check("gt2026-04-01", Some("2026-04-02T00:00:00+09:00"), None);
        check("sa2026-04-01", Some("2026-04-02T00:00:00+09:00"), None);
        check("le2026-04-01", None, Some("2026-04-02T00:00:00+09:00"));
        check("lt2026-04-01", None, Some("2026-04-01T00:00:00+09:00"));
        check("eb2026-04-01", None, Some("2026-04-01T00:00:00+09:00"));
        assert!(DateParameter::parse("9999", &tokyo()).unwrap().before() == Some(i64::MAX));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "ge",
            "x",
            "ne2026",
            "ap2026",
            "GE2026",
            "26",
            "20260401",
            "2026-4-1",
            "2026-02-30",
            "2026-04-01T",
            "2026-04-01T09",
            "2026-04-01T24:00",
            "2026-04-01T09:60",
            "2026-04T09:30",
            "2026-04-01T09:30:00.",
            "2026-04-01T09:30:00.1234567890",
            "2026-04-01T09:30+15:00",
            "2026-04-01T09:30+9",
            "2026-04-01T09:30:00:00",
            "2026-04-01-01",
            "+026",
            "２０２６",
            "ge 2026",
            "2026-04-01T09:30ZZ",
            "2026-13",
            "髙",
        ] {
            assert!(DateParameter::parse(text, &tokyo()).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            let _ = DateParameter::parse(&text, &tokyo());
        }

        #[test]
        fn whatever_looks_like_a_date_is_an_interval_or_refused(
            text in "(eq|ge|gt|le|lt|sa|eb|ne|ap|)[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,10})?)?(Z|[+ -][0-9]{2}:[0-9]{2}|))?)?)?"
        ) {
            if let Ok(date) = DateParameter::parse(&text, &tokyo()) {
                prop_assert!(date.first < date.end);
            }
        }
    }
}
