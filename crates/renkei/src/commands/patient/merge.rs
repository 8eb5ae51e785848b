//! `renkei patient merge`: two numbers of one hospital were given to one patient.

use clap::Args;
use pix_manager::admin::{Done, MERGE_PATH, Merge};

use super::ChangeOptions;
use crate::admin::order;
use crate::cli::DataFolder;
use crate::error::CommandError;
use crate::output;
use crate::wire::RunningCommunity;

/// Merge a patient into another one of the same domain: the first number is used no more.
///
/// For a hospital that cannot send the merge (A40) itself. A merge cannot be taken back: to say that two numbers of
/// different domains are one person, use `renkei patient link`, which can.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei patient merge 4711@hospital-a 4712@hospital-a --reason 'registered twice, letter of 2026-04-01'")]
pub(crate) struct PatientMerge {
    /// The patient whose number is used no more: ID@DOMAIN, or ID^^^&OID&ISO.
    #[arg(value_name = "SUBSUMED")]
    subsumed: String,
    /// The patient who remains.
    #[arg(value_name = "SURVIVING")]
    surviving: String,
    #[command(flatten)]
    change: ChangeOptions,
    #[command(flatten)]
    folder: DataFolder,
}

impl PatientMerge {
    pub(crate) fn run(self) -> Result<(), CommandError> {
        let community = RunningCommunity::open(&self.folder.data)?;
        let about = Merge {
            subsumed: community.named_patient_id(&self.subsumed)?.to_cx(),
            surviving: community.named_patient_id(&self.surviving)?.to_cx(),
        };
        let Done { .. } = order(&self.folder.data, MERGE_PATH, &self.change.orderer()?, &about)?;
        output::line("merged: the first number is used no more");
        Ok(())
    }
}
