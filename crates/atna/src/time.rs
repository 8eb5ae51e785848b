//! Times as foreign systems write them (RFC 3339, XML Schema `dateTime`).

use jiff::Timestamp;
use jiff::civil::DateTime;

/// Digits of a fraction that a [`Timestamp`] holds; further ones are dropped.
const MAX_FRACTION_DIGITS: usize = 9;

/// An instant with any offset; without one it is taken as UTC, because nothing else is known.
///
/// `None` for what has no date and time of day. Space and lower-case letters are let pass, fractions have
/// any length.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let (_date, time_of_day) = text.split_once(['T', 't', ' '])?;
    let shortened = shorten_fraction(text);
    let text = shortened.as_deref().unwrap_or(text);
    if time_of_day.contains(['Z', 'z', '+', '-', '\u{2212}']) {
        return text.parse().ok();
    }
    let without_offset: DateTime = text.parse().ok()?;
    without_offset.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|time| time.timestamp())
}

/// The text without the digits that are too many; `None` if there are none.
fn shorten_fraction(text: &str) -> Option<String> {
    let (whole, rest) = text.split_once(['.', ','])?;
    let n_digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if n_digits <= MAX_FRACTION_DIGITS {
        return None;
    }
    let (kept, offset) = (rest.get(..MAX_FRACTION_DIGITS)?, rest.get(n_digits..)?);
    Some(format!("{whole}.{kept}{offset}"))
}

#[cfg(test)]
mod tests {
    use super::read;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(read(text).map(|time| time.to_string()).as_deref(), expected, "{text}");
    }

    #[test]
    fn any_offset_and_any_fraction_are_read() {
        check("2026-04-01T09:30:00Z", Some("2026-04-01T09:30:00Z"));
        check("2026-04-01T09:30:00.5+09:00", Some("2026-04-01T00:30:00.5Z"));
        check("2026-04-01T09:30:00-0330", Some("2026-04-01T13:00:00Z"));
        check(" 2026-04-01t09:30:00z ", Some("2026-04-01T09:30:00Z"));
        check("2026-04-01 09:30:00,25Z", Some("2026-04-01T09:30:00.25Z"));
        check("2026-04-01T09:30:00.1234567891234Z", Some("2026-04-01T09:30:00.123456789Z"));
        check("2026-04-01T09:30:00.1234567891234+09:00", Some("2026-04-01T00:30:00.123456789Z"));
    }

    #[test]
    fn without_offset_it_is_utc() {
        check("2001-12-17T09:30:47", Some("2001-12-17T09:30:47Z"));
        check("2001-12-17T09:30:47.1234567891", Some("2001-12-17T09:30:47.123456789Z"));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "T",
            "-",
            "now",
            "2026-04-01",
            "2026-13-01T00:00:00Z",
            "2026-04-01T25:00:00",
            "2026-04-01T09:30:00+99:99",
            "2026-04-01T09:30:00.",
            "2026-04-01T09:30:00Z and more",
            "٢٠٢٦-04-01T09:30:00Z",
        ] {
            check(text, None);
        }
    }
}
