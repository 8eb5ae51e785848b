//! `renkei patient …`: what a registration desk and the operator of the manager do.

pub(crate) mod add;
pub(crate) mod find;
pub(crate) mod import;
pub(crate) mod link;
pub(crate) mod merge;
pub(crate) mod names;
pub(crate) mod outbox;
pub(crate) mod show;

use clap::{Args, Subcommand};

use crate::admin::{OrderError, Orderer};
use crate::error::CommandError;

#[derive(Debug, Subcommand)]
pub(crate) enum PatientCommand {
    Add(Box<add::PatientAdd>),
    Find(Box<find::PatientFind>),
    Show(show::PatientShow),
    Link(link::PatientLink),
    Unlink(link::PatientUnlink),
    Merge(merge::PatientMerge),
    Outbox(outbox::PatientOutbox),
    Import(import::PatientImport),
}

impl PatientCommand {
    pub(crate) fn run(self) -> Result<(), CommandError> {
        match self {
            PatientCommand::Add(add) => add.run(),
            PatientCommand::Find(find) => find.run(),
            PatientCommand::Show(show) => show.run(),
            PatientCommand::Link(link) => link.run(),
            PatientCommand::Unlink(unlink) => unlink.run(),
            PatientCommand::Merge(merge) => merge.run(),
            PatientCommand::Outbox(outbox) => outbox.run(),
            PatientCommand::Import(import) => import.run(),
        }
    }
}

/// Who orders a change, and why: it stands in the audit trail.
#[derive(Debug, Args)]
struct ChangeOptions {
    /// Why, for the audit trail.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    operator: OperatorOption,
}

#[derive(Debug, Args)]
struct OperatorOption {
    /// Who orders it, for the audit trail; without it the name of the login.
    #[arg(long, value_name = "NAME")]
    operator: Option<String>,
}

impl ChangeOptions {
    fn orderer(self) -> Result<Orderer, OrderError> {
        self.operator.because(self.reason)
    }
}

impl OperatorOption {
    fn because(self, reason: String) -> Result<Orderer, OrderError> {
        let login = || ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
        let operator = self.operator.or_else(login).ok_or(OrderError::NoOperator)?;
        Ok(Orderer { operator, reason })
    }
}
