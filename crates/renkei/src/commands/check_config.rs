//! `renkei check-config`: is everything in a data folder right?

use clap::Args;
use config::Community;

use crate::cli::DataFolder;
use crate::error::CommandError;
use crate::issuer_dates;
use crate::output;

/// Check everything in the data folder and report all faults.
///
/// Reads the agreement, the code tables, the configuration of every actor and the
/// certificates, as a start would. Each fault is one line: file, line, key, what is wrong
/// and what would be right. Without fault it shows whose assertions are believed, and warns of
/// certificates that have expired or do so within 30 days.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei check-config
  renkei check-config --data /srv/north
  RENKEI_DATA=/srv/north renkei check-config")]
pub(crate) struct CheckConfig {
    #[command(flatten)]
    folder: DataFolder,
}

impl CheckConfig {
    pub(crate) fn run(self) -> Result<(), CommandError> {
        let data = self.folder.data;
        let community = match Community::load(&data) {
            Ok(community) => community,
            Err(faults) => return Err(CommandError::Faults { data, faults }),
        };
        let agreement = &community.agreement;
        output::line(format_args!(
            "{}: no fault; agreement {}, {} members, {} codes",
            data.display(),
            agreement.version_in_force(),
            agreement.members.len(),
            agreement.codes.count(),
        ));
        for issuer in &agreement.assertion_issuers {
            output::line(issuer_dates::line(issuer));
            issuer_dates::warn_of(issuer);
        }
        Ok(())
    }
}
