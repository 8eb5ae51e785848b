//! Periods of time, and times as the reader's clock shows them.

use clap::Args;
use fhir::date::{DateParameter, Prefix};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A period of the trail.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Period {
    /// From this time on: YYYY-MM-DD, or YYYY-MM-DDThh:mm[:ss] with Z or an offset; without one in local time.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) since: Option<DateParameter>,
    /// Up to this time; a day is meant to its end.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) until: Option<DateParameter>,
}

impl Period {
    /// As parameters of ITI-81, which demands a date.
    pub(crate) fn conditions(&self) -> Vec<(String, String)> {
        let first = self.since.map_or(0, |since| since.first);
        let mut conditions = vec![("date".to_owned(), format!("ge{}", instant(first)))];
        conditions.extend(
            self.until.map(|until| ("date".to_owned(), format!("lt{}", instant(until.end)))),
        );
        conditions
    }

    /// One day, or whatever the text stands for.
    pub(crate) fn of(day: DateParameter) -> Period {
        Period { since: Some(day), until: Some(day) }
    }

    /// This one, or the last days if nothing is said.
    pub(crate) fn or_last_days(self, n_days: i64) -> Period {
        if self.since.is_some() || self.until.is_some() {
            return self;
        }
        let now = Timestamp::now().as_microsecond();
        let first = now.saturating_sub(n_days.saturating_mul(86_400_000_000));
        let since = DateParameter { prefix: Prefix::Equal, first, end: now };
        Period { since: Some(since), until: None }
    }
}

/// A time on the command line.
pub(crate) fn parse_time(text: &str) -> Result<DateParameter, String> {
    if text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return Err("a time begins with its year".to_owned());
    }
    DateParameter::parse(text, &TimeZone::system()).map_err(|invalid| invalid.to_string())
}

fn instant(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
}

/// `2026-04-01 09:30:00+09:00`.
pub(crate) fn local_time(time: Timestamp) -> String {
    shown(time, "%Y-%m-%d %H:%M:%S%:z")
}

/// `2026-04-01`, by the local clock.
pub(crate) fn day_of(time: Timestamp) -> String {
    shown(time, "%Y-%m-%d")
}

/// `09`, by the local clock.
pub(crate) fn hour_of(time: Timestamp) -> String {
    shown(time, "%H")
}

fn shown(time: Timestamp, format: &str) -> String {
    time.to_zoned(TimeZone::system()).strftime(format).to_string()
}
