//! `renkei audit report emergency`: every use of emergency access, for its review.

use clap::Args;

use super::{Scope, all_events};
use crate::audit_trail::{Entity, Event, local_time, outcome_word};
use crate::error::CommandError;
use crate::output::{self, plain};
use crate::table::aligned;
use crate::wire::RunningCommunity;

/// Emergency Override Started and Stopped (DICOM PS3.16, CID 401).
const OVERRIDES: [&str; 2] = ["110127", "110138"];

/// Purposes of use that stand for an emergency: HL7 v3 ActReason, XSPA.
const PURPOSES: [&str; 3] = ["ETREAT", "BTG", "EMERGENCY"];

/// What is looked at if nothing else is said.
const DAYS: i64 = 30;

/// Uses of emergency access: alerts, and whatever was done for an emergency's purpose.
///
/// Looks at the last 30 days, unless --since or --until is given. The purpose is no condition of a search: all
/// events of the period are read.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei audit report emergency
  renkei audit report emergency --since 2026-04-01 --until 2026-04-30")]
pub(crate) struct EmergencyReport {
    #[command(flatten)]
    scope: Scope,
}

impl EmergencyReport {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let community = RunningCommunity::open(&self.scope.folder.data)?;
        let conditions = self.scope.period.or_last_days(DAYS).conditions();
        let events = all_events(&community, &conditions)?;
        lines(&events).into_iter().for_each(output::line);
        Ok(())
    }
}

fn is_emergency(event: &Event) -> bool {
    let is_override = event.subtypes.iter().any(|it| OVERRIDES.contains(&it.code.as_str()));
    is_override || event.purposes.iter().any(|it| PURPOSES.contains(&it.code.as_str()))
}

fn lines(events: &[Event]) -> Vec<String> {
    let head =
        ["SEQUENCE", "TIME", "WHO", "FROM", "WHAT", "PURPOSE", "PATIENT", "OUTCOME", "REASON"];
    let mut rows = vec![head.iter().map(ToString::to_string).collect()];
    rows.extend(events.iter().filter(|event| is_emergency(event)).map(row));
    if rows.len() == 1 {
        return vec!["no use of emergency access".to_owned()];
    }
    aligned(&rows)
}

fn row(event: &Event) -> Vec<String> {
    let patients: Vec<String> = event.patients().into_iter().map(Entity::cx).collect();
    let purposes: Vec<&str> = event.purposes.iter().map(|it| it.code.as_str()).collect();
    let details = event.entities.iter().flat_map(|entity| &entity.details);
    let reason = details.filter(|(kind, _)| kind == "Alert Description").map(|(_, text)| text);
    let reasons: Vec<&str> = reason.map(String::as_str).collect();
    let cells = [
        event.sequence.clone(),
        local_time(event.time),
        event.who(),
        event.address().unwrap_or_default().to_owned(),
        event.what(),
        purposes.join(", "),
        patients.join(", "),
        outcome_word(event.outcome.as_deref()).to_owned(),
        reasons.join("; "),
    ];
    let shown =
        |cell: String| if cell.is_empty() { "-".to_owned() } else { plain(&cell).into_owned() };
    cells.into_iter().map(shown).collect()
}
