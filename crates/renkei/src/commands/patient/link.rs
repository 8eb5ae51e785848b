//! `renkei patient link` and `unlink`: an operator decides who is one person.

use clap::Args;
use pix_manager::admin::{Done, LINK_PATH, Pair, UNLINK_PATH};

use super::ChangeOptions;
use crate::admin::order;
use crate::cli::DataFolder;
use crate::error::CommandError;
use crate::output;
use crate::wire::RunningCommunity;

/// Decide that two patients are one person.
///
/// For two whom the rules did not link. It holds until it is taken back, whatever is fed about them later; what
/// they submitted is shown together from then on. Who decided and why stands in the audit trail.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei patient link 4711@hospital-a 0815@clinic-b --reason 'insurance card seen, same person'
  renkei patient link 4711@hospital-a 0815@clinic-b --operator sato --reason 'asked the patient'")]
pub(crate) struct PatientLink {
    /// A patient: ID@DOMAIN, or ID^^^&OID&ISO.
    #[arg(value_name = "ID")]
    one: String,
    /// The other one.
    #[arg(value_name = "OTHER")]
    other: String,
    #[command(flatten)]
    change: ChangeOptions,
    #[command(flatten)]
    folder: DataFolder,
}

/// Decide that two patients are not one person.
///
/// Takes a link back, be it one that somebody decided or one that the rules made, and keeps the rules from making it
/// again. Everybody has the identifier in the affinity domain they had before the link, and what was submitted is
/// shown with those who were treated. With --all the patient is separated from everybody it is linked with.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei patient unlink 4711@hospital-a 0815@clinic-b --reason 'father and son'
  renkei patient unlink 4711@hospital-a --all --reason 'registered under another name'")]
pub(crate) struct PatientUnlink {
    /// A patient: ID@DOMAIN, or ID^^^&OID&ISO.
    #[arg(value_name = "ID")]
    one: String,
    /// The other one.
    #[arg(value_name = "OTHER", required_unless_present = "all", conflicts_with = "all")]
    other: Option<String>,
    /// Everybody else.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    change: ChangeOptions,
    #[command(flatten)]
    folder: DataFolder,
}

impl PatientLink {
    pub(crate) fn run(self) -> Result<(), CommandError> {
        let community = RunningCommunity::open(&self.folder.data)?;
        let one = community.named_patient_id(&self.one)?.to_cx();
        let other = community.named_patient_id(&self.other)?.to_cx();
        let about = Pair { one, other: Some(other) };
        let Done { .. } = order(&self.folder.data, LINK_PATH, &self.change.orderer()?, &about)?;
        output::line("linked: one person from now on");
        Ok(())
    }
}

impl PatientUnlink {
    pub(crate) fn run(self) -> Result<(), CommandError> {
        let community = RunningCommunity::open(&self.folder.data)?;
        let one = community.named_patient_id(&self.one)?.to_cx();
        let other = self.other.as_deref().map(|other| community.named_patient_id(other));
        let about = Pair { one, other: other.transpose()?.map(|other| other.to_cx()) };
        let Done { .. } = order(&self.folder.data, UNLINK_PATH, &self.change.orderer()?, &about)?;
        output::line("unlinked: not one person from now on");
        Ok(())
    }
}
