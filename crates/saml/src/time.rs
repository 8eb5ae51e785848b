//! Times of SAML: XML Schema `dateTime` (SAML 2.0 core, section 1.3.3).

use jiff::Timestamp;

/// An instant. `None` without a zone: the specification demands UTC, and a guess could make a session longer.
/// Offsets are understood, more than nine digits of a fraction are not.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    let shape = "dddd-dd-ddTdd:dd:dd";
    let (date_time, rest) = text.split_at_checked(shape.len())?;
    let fits = |(shape, found): (u8, u8)| match shape {
        b'd' => found.is_ascii_digit(),
        _ => found == shape,
    };
    if !shape.bytes().zip(date_time.bytes()).all(fits) {
        return None;
    }
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    let n_digits = rest.len().saturating_sub(zone.len());
    let is_offset = |zone: &str| {
        let fits = |(shape, found): (u8, u8)| match shape {
            b'd' => found.is_ascii_digit(),
            b'+' => matches!(found, b'+' | b'-'),
            _ => found == shape,
        };
        zone.len() == "+dd:dd".len() && "+dd:dd".bytes().zip(zone.bytes()).all(fits)
    };
    let is_readable = n_digits != 1 && n_digits <= 10 && (zone == "Z" || is_offset(zone));
    if is_readable { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(read(text).map(|time| time.to_string()).as_deref(), expected, "{text}");
    }

    #[test]
    fn instants_with_a_zone_are_read() {
        check("2026-04-01T09:30:00Z", Some("2026-04-01T09:30:00Z"));
        check("2020-09-21T13:39:23.200Z", Some("2020-09-21T13:39:23.2Z"));
        check("2026-04-01T09:30:00.123456789+09:00", Some("2026-04-01T00:30:00.123456789Z"));
        check("2026-04-01T00:00:00-05:30", Some("2026-04-01T05:30:00Z"));
    }

    #[test]
    fn nothing_else_is_a_time() {
        let others = [
            "",
            "Z",
            "2026-04-01",
            "2026-04-01T09:30:00",
            "2026-04-01T09:30Z",
            "2026-04-01 09:30:00Z",
            "2026-04-01t09:30:00z",
            "2026-04-01T09:30:00.Z",
            "2026-04-01T09:30:00.1234567890Z",
            "2026-04-01T09:30:00,5Z",
            "2026-04-01T09:30:00+0900",
            "2026-04-01T09:30:00+09",
            "2026-04-01T09:30:00Z[Asia/Tokyo]",
            "2026-04-01T09:30:00+09:00[Asia/Tokyo]",
            "2026-13-01T09:30:00Z",
            "2026-04-01T25:30:00Z",
            "+2026-04-01T09:30:00Z",
            "-002026-04-01T09:30:00Z",
            "２026-04-01T09:30:00Z",
            "2026-04-01T09:30:00+99:00",
        ];
        for text in others {
            check(text, None);
        }
    }
}
