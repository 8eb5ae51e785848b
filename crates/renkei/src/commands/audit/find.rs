//! `renkei audit find`: a line for each event.

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::{patient_condition, type_condition, user_condition};
use crate::audit_trail::{Entity, Event, Period, local_time, outcome_word};
use crate::cli::DataFolder;
use crate::error::CommandError;
use crate::output::{self, plain};
use crate::table::aligned;
use crate::transactions::retrieve_atna_audit_event::retrieve_atna_audit_event;
use crate::wire::{RunningCommunity, block_on};

const HEAD: [&str; 7] = ["SEQUENCE", "TIME", "WHO", "FROM", "WHAT", "PATIENT", "OUTCOME"];

/// Find events in the audit trail of a running community (ITI-81), newest first.
///
/// All conditions must hold. Times are shown by the local clock with its offset. What was asked is recorded in
/// the trail itself. Says on standard error if there are more than --limit.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei audit find --patient JP0001
  renkei audit find --user drsato --since 2026-04-01 --until 2026-04-30
  renkei audit find --type ITI-43 --outcome failure --limit 20
  renkei audit find --since 2026-04-01T09:00+09:00 --json | jq -r '.[].id'")]
pub(crate) struct AuditFind {
    /// The patient: an identifier of the affinity domain, or ID^^^&OID&ISO.
    #[arg(long, value_name = "ID")]
    patient: Option<String>,
    /// UserID or UserName of a participant, as it was recorded.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    #[command(flatten)]
    period: Period,
    /// Code of the event or of its type: 110112, ITI-18, 110127.
    #[arg(long = "type", value_name = "CODE")]
    type_code: Option<String>,
    /// success, failure (of any kind), minor, serious or major.
    #[arg(long, value_name = "OUTCOME", hide_possible_values = true)]
    outcome: Option<OutcomeChoice>,
    /// Show so many at most.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Print JSON: the AuditEvents.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    folder: DataFolder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OutcomeChoice {
    Success,
    Failure,
    Minor,
    Serious,
    Major,
}

impl OutcomeChoice {
    fn codes(self) -> &'static str {
        match self {
            OutcomeChoice::Success => "0",
            OutcomeChoice::Failure => "4,8,12",
            OutcomeChoice::Minor => "4",
            OutcomeChoice::Serious => "8",
            OutcomeChoice::Major => "12",
        }
    }
}

impl AuditFind {
    pub(crate) fn run(self) -> Result<(), CommandError> {
        let community = RunningCommunity::open(&self.folder.data)?;
        let repository = community.audit_repository()?;
        let conditions = self.conditions(&community)?;
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let found = block_on(retrieve_atna_audit_event(&repository, &conditions, limit))?;
        if self.json {
            let resources = found.events.into_iter().map(|event| event.resource).collect();
            output::line(format_args!("{:#}", Value::Array(resources)));
        } else {
            lines(&found.events).into_iter().for_each(output::line);
        }
        if !found.is_complete {
            output::warning(format_args!(
                "there are more than {limit}; --limit shows more of them"
            ));
        }
        Ok(())
    }

    fn conditions(
        &self,
        community: &RunningCommunity,
    ) -> Result<Vec<(String, String)>, CommandError> {
        let mut conditions = self.period.conditions();
        if let Some(patient) = &self.patient {
            conditions.push(patient_condition(&community.patient_id(patient)?));
        }
        conditions.extend(self.user.as_deref().map(user_condition));
        conditions.extend(self.type_code.as_deref().map(type_condition));
        let outcome =
            self.outcome.map(|outcome| ("outcome".to_owned(), outcome.codes().to_owned()));
        conditions.extend(outcome);
        Ok(conditions)
    }
}

fn lines(events: &[Event]) -> Vec<String> {
    if events.is_empty() {
        return vec!["no events".to_owned()];
    }
    let mut rows = vec![HEAD.map(str::to_owned).to_vec()];
    rows.extend(events.iter().map(row));
    aligned(&rows)
}

fn row(event: &Event) -> Vec<String> {
    let patients: Vec<&str> = event.patients().iter().map(|it: &&Entity| it.id.as_str()).collect();
    let patients = if patients.is_empty() { "-".to_owned() } else { patients.join(", ") };
    vec![
        event.sequence.clone(),
        local_time(event.time),
        plain(&event.who()).into_owned(),
        plain(event.address().unwrap_or("-")).into_owned(),
        plain(&event.what()).into_owned(),
        plain(&patients).into_owned(),
        outcome_word(event.outcome.as_deref()).to_owned(),
    ]
}
