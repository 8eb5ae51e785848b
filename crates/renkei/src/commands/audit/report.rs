//! `renkei audit report`: what auditors, privacy officers and patients ask of the trail.

mod by_patient;
mod by_user;
mod day;
mod emergency;
mod grouping;
mod own_view;

use clap::{Args, Subcommand};

use crate::audit_trail::{Event, Period};
use crate::cli::DataFolder;
use crate::error::CommandError;
use crate::transactions::retrieve_atna_audit_event::retrieve_atna_audit_event;
use crate::wire::{RunningCommunity, block_on};

/// Events of one report: held in memory, and more than anybody reads.
const LIMIT: usize = 100_000;

#[derive(Debug, Subcommand)]
pub(crate) enum ReportCommand {
    Patient(by_patient::PatientReport),
    User(by_user::UserReport),
    Emergency(emergency::EmergencyReport),
    Day(day::DayReport),
    OwnView(own_view::OwnView),
}

/// Period and community of a report.
#[derive(Debug, Args)]
struct Scope {
    #[command(flatten)]
    period: Period,
    #[command(flatten)]
    folder: DataFolder,
}

impl ReportCommand {
    pub(crate) fn run(self) -> Result<(), CommandError> {
        match self {
            ReportCommand::Patient(report) => report.run(),
            ReportCommand::User(report) => report.run(),
            ReportCommand::Emergency(report) => report.run(),
            ReportCommand::Day(report) => report.run(),
            ReportCommand::OwnView(report) => report.run(),
        }
    }
}

/// All events, newest first: a report that is not complete is none.
fn all_events(
    community: &RunningCommunity,
    conditions: &[(String, String)],
) -> Result<Vec<Event>, CommandError> {
    let repository = community.audit_repository()?;
    let found = block_on(retrieve_atna_audit_event(&repository, conditions, LIMIT))?;
    if !found.is_complete {
        return Err(CommandError::TooManyAuditRecords { limit: LIMIT });
    }
    Ok(found.events)
}
