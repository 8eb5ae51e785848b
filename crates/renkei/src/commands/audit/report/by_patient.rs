//! `renkei audit report patient`: who saw this patient?

use clap::Args;

use super::grouping::{CELLS, grouped};
use super::{Scope, all_events};
use crate::audit_trail::{Event, day_of};
use crate::commands::audit::patient_condition;
use crate::error::CommandError;
use crate::output::{self, plain};
use crate::table::aligned;
use crate::wire::RunningCommunity;

/// Who saw a patient's records: by day, person or node, and address.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei audit report patient JP0001
  renkei audit report patient JP0001 --since 2026-04-01 --until 2026-04-30")]
pub(crate) struct PatientReport {
    /// The patient: an identifier of the affinity domain, or ID^^^&OID&ISO.
    #[arg(value_name = "ID")]
    patient: String,
    #[command(flatten)]
    scope: Scope,
}

impl PatientReport {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let community = RunningCommunity::open(&self.scope.folder.data)?;
        let mut conditions = self.scope.period.conditions();
        conditions.push(patient_condition(&community.patient_id(&self.patient)?));
        let events = all_events(&community, &conditions)?;
        lines(&events).into_iter().for_each(output::line);
        Ok(())
    }
}

fn lines(events: &[Event]) -> Vec<String> {
    let groups = grouped(events, |event| {
        let address = event.address().unwrap_or("-").to_owned();
        vec![(day_of(event.time), event.who(), address)]
    });
    if groups.is_empty() {
        return vec!["no events".to_owned()];
    }
    let mut rows =
        vec![["DAY", "WHO", "FROM"].iter().chain(&CELLS).map(ToString::to_string).collect()];
    for ((day, who, address), group) in &groups {
        let mut row = vec![day.clone(), plain(who).into_owned(), plain(address).into_owned()];
        row.extend(group.cells());
        rows.push(row);
    }
    aligned(&rows)
}
