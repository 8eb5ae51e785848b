//! `renkei patient outbox`: what registry and consumers are still to be told.

use clap::Args;
use pix_manager::admin::{
    ANNOUNCEMENTS_PATH, AnnouncementNumber, AnnouncementShown, DROP_PATH, Done, Everything,
    Overview, RETRY_PATH,
};

use super::OperatorOption;
use crate::admin::order;
use crate::cli::DataFolder;
use crate::error::CommandError;
use crate::output::{self, plain};
use crate::table::aligned;

/// Show what registry and consumers are still to be told, and decide about what they refuse.
///
/// What waits is delivered by itself. What is refused stops everything about the same patients until it is tried
/// again (--retry), once the destination takes it, or given up (--drop): then the destination never hears of it.
/// Ends with 1 while something is refused. Lists are cut; numbers are not.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei patient outbox
  renkei patient outbox --retry 17 --reason 'the registry knows the domain now'
  renkei patient outbox --drop 17 --reason 'the portal was shut down'")]
pub(crate) struct PatientOutbox {
    /// Try the announcement with this number again.
    #[arg(long, value_name = "NUMBER", requires = "reason", conflicts_with = "drop")]
    retry: Option<i64>,
    /// Give the announcement with this number up.
    #[arg(long, value_name = "NUMBER", requires = "reason")]
    drop: Option<i64>,
    /// Why, for the audit trail.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    operator: OperatorOption,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    folder: DataFolder,
}

/// Something waits for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{n_refused} refused: decide by --retry or --drop")]
pub(crate) struct SomethingRefused {
    n_refused: i64,
}

impl PatientOutbox {
    pub(crate) fn run(self) -> Result<(), CommandError> {
        let reason = self.reason.unwrap_or_else(|| "looked at on the command line".to_owned());
        let orderer = self.operator.because(reason)?;
        let data = &self.folder.data;
        let decided = match (self.retry, self.drop) {
            (Some(number), _) => Some((RETRY_PATH, number, "is tried again")),
            (None, Some(number)) => Some((DROP_PATH, number, "is given up")),
            (None, None) => None,
        };
        if let Some((path, number, said)) = decided {
            let Done { .. } = order(data, path, &orderer, &AnnouncementNumber { number })?;
            output::line(format_args!("announcement {number} {said}"));
            return Ok(());
        }
        let overview: Overview = order(data, ANNOUNCEMENTS_PATH, &orderer, &Everything {})?;
        if self.json {
            output::line(format_args!("{:#}", serde_json::json!(overview)));
        } else {
            lines(&overview).into_iter().for_each(output::line);
        }
        match overview.destinations.iter().map(|it| it.n_refused).sum() {
            0 => Ok(()),
            n_refused => Err(SomethingRefused { n_refused }.into()),
        }
    }
}

fn lines(overview: &Overview) -> Vec<String> {
    if overview.destinations.is_empty() {
        return vec!["everything is told".to_owned()];
    }
    let mut lines = Vec::new();
    let mut rows = Vec::new();
    for told in &overview.destinations {
        lines.push(format!(
            "{}: {} waiting, {} refused",
            plain(&told.destination),
            told.n_waiting,
            told.n_refused
        ));
        rows.extend(told.announcements.iter().map(|shown| row(&told.destination, shown)));
    }
    lines.extend(aligned(&rows));
    lines
}

fn row(destination: &str, shown: &AnnouncementShown) -> Vec<String> {
    let state = match (shown.is_refused, &shown.refusal) {
        (true, Some(refusal)) => format!("refused: {refusal}"),
        (true, None) => "refused".to_owned(),
        (false, _) => "waiting".to_owned(),
    };
    let number = shown.number.to_string();
    let patients = shown.patients.join(" ");
    [number.as_str(), destination, &shown.transaction, &state, &patients]
        .map(|cell| plain(cell).into_owned())
        .to_vec()
}
