//! `renkei audit report day`: the summary of a day, as it is looked at every morning.

use std::collections::BTreeMap;

use clap::Args;
use fhir::date::DateParameter;
use jiff::Timestamp;

use super::all_events;
use crate::audit_trail::{Event, Period, day_of, hour_of, local_time, outcome_word};
use crate::cli::DataFolder;
use crate::error::CommandError;
use crate::output::{self, plain};
use crate::table::aligned;
use crate::wire::RunningCommunity;

/// Lines of each list; the day's numbers are complete.
const LISTED: usize = 20;

/// Who was busiest, and when.
const BUSIEST: usize = 5;

/// A day in numbers: types, outcomes, the busiest, failures, alerts.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei audit report day
  renkei audit report day 2026-04-01")]
pub(crate) struct DayReport {
    /// YYYY-MM-DD by the local clock; today if it is left out.
    #[arg(value_name = "DATE", value_parser = parse_day)]
    date: Option<DateParameter>,
    #[command(flatten)]
    folder: DataFolder,
}

impl DayReport {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let community = RunningCommunity::open(&self.folder.data)?;
        let today = || parse_day(&day_of(Timestamp::now())).map_err(|_year| CommandError::Clock);
        let day = match self.date {
            Some(day) => day,
            None => today()?,
        };
        let events = all_events(&community, &Period::of(day).conditions())?;
        let first = Timestamp::from_microsecond(day.first).map_err(|_year| CommandError::Clock)?;
        lines(&day_of(first), &events).into_iter().for_each(output::line);
        Ok(())
    }
}

fn parse_day(text: &str) -> Result<DateParameter, String> {
    if text.len() != "YYYY-MM-DD".len() {
        return Err("a day is YYYY-MM-DD".to_owned());
    }
    crate::audit_trail::parse_time(text)
}

fn lines(day: &str, events: &[Event]) -> Vec<String> {
    let mut lines = vec![format!("{day}: {} events", events.len())];
    let counted = |key: fn(&Event) -> String| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for event in events {
            let count = counts.entry(key(event)).or_default();
            *count = count.saturating_add(1);
        }
        let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts
    };
    section(&mut lines, "By type", &counted(Event::what), usize::MAX);
    let outcome = |event: &Event| outcome_word(event.outcome.as_deref()).to_owned();
    section(&mut lines, "By outcome", &counted(outcome), usize::MAX);
    section(&mut lines, "Busiest", &counted(Event::who), BUSIEST);
    let hour = |event: &Event| format!("{}:00", hour_of(event.time));
    section(&mut lines, "Busiest hours", &counted(hour), BUSIEST);
    list(&mut lines, "Failures", events.iter().filter(|event| event.is_failure()));
    list(&mut lines, "Alerts", events.iter().filter(|event| event.is_alert()));
    list(&mut lines, "Messages that cannot be read", events.iter().filter(|it| !it.is_readable));
    lines
}

fn section(lines: &mut Vec<String>, head: &str, counts: &[(String, usize)], limit: usize) {
    lines.extend([String::new(), head.to_owned()]);
    let row =
        |(what, count): &(String, usize)| vec![format!("  {count}"), plain(what).into_owned()];
    let rows: Vec<Vec<String>> = counts.iter().take(limit).map(row).collect();
    lines.extend(if rows.is_empty() { vec!["  none".to_owned()] } else { aligned(&rows) });
}

fn list<'e>(lines: &mut Vec<String>, head: &str, events: impl Iterator<Item = &'e Event>) {
    let events: Vec<&Event> = events.collect();
    lines.extend([String::new(), format!("{head}: {}", events.len())]);
    let row = |event: &&Event| {
        vec![
            format!("  {}", event.sequence),
            local_time(event.time),
            plain(&event.who()).into_owned(),
            plain(&event.what()).into_owned(),
            outcome_word(event.outcome.as_deref()).to_owned(),
            plain(event.outcome_text.as_deref().unwrap_or_default()).into_owned(),
        ]
    };
    let rows: Vec<Vec<String>> = events.iter().take(LISTED).map(row).collect();
    lines.extend(aligned(&rows));
    let n_others = events.len().saturating_sub(LISTED);
    if n_others > 0 {
        lines.push(format!("  and {n_others} more"));
    }
}
