//! `renkei audit report user`: whom did this person or node see?

use clap::Args;

use super::grouping::{CELLS, grouped};
use super::{Scope, all_events};
use crate::audit_trail::{Entity, Event, day_of};
use crate::commands::audit::user_condition;
use crate::error::CommandError;
use crate::output::{self, plain};
use crate::table::aligned;
use crate::wire::RunningCommunity;

/// What a person or node did: by day and patient.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei audit report user drsato
  renkei audit report user '<drsato@https://idp.example>' --since 2026-04-01")]
pub(crate) struct UserReport {
    /// UserID or UserName, as it was recorded.
    #[arg(value_name = "NAME")]
    user: String,
    #[command(flatten)]
    scope: Scope,
}

impl UserReport {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let community = RunningCommunity::open(&self.scope.folder.data)?;
        let mut conditions = self.scope.period.conditions();
        conditions.push(user_condition(&self.user));
        let events = all_events(&community, &conditions)?;
        lines(&events).into_iter().for_each(output::line);
        Ok(())
    }
}

fn lines(events: &[Event]) -> Vec<String> {
    let groups = grouped(events, |event| {
        let day = day_of(event.time);
        let patients: Vec<String> = event.patients().into_iter().map(Entity::cx).collect();
        if patients.is_empty() {
            return vec![(day, "-".to_owned())];
        }
        patients.into_iter().map(|patient| (day.clone(), patient)).collect()
    });
    if groups.is_empty() {
        return vec!["no events".to_owned()];
    }
    let mut rows = vec![["DAY", "PATIENT"].iter().chain(&CELLS).map(ToString::to_string).collect()];
    for ((day, patient), group) in &groups {
        let mut row = vec![day.clone(), plain(patient).into_owned()];
        row.extend(group.cells());
        rows.push(row);
    }
    aligned(&rows)
}
