//! `renkei cert client NAME`: one more client certificate of the development CA.

use clap::Args;
use config::agreement::{self, Agreement};
use config::pki::PkiFolder;

use crate::cli::DataFolder;
use crate::error::CommandError;
use crate::output;

/// Issue a client certificate of the development CA.
///
/// Writes pki/clients/NAME.pem and NAME-key.pem, and with --p12 also NAME.p12 for browsers
/// and Java. A client that has a certificate keeps it: nothing is overwritten.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei cert client pacs
  renkei cert client viewer --p12 secret
  RENKEI_P12_PASSWORD=secret renkei cert client viewer --data /srv/north")]
pub(crate) struct CertClient {
    /// Name of the client: ASCII letters, digits, dots, dashes, underscores.
    #[arg(value_name = "NAME")]
    name: String,
    /// Write a PKCS#12 file with this password too; the environment keeps it out of `ps`.
    #[arg(long, value_name = "PASSWORD", env = "RENKEI_P12_PASSWORD", hide_env_values = true)]
    p12: Option<String>,
    #[command(flatten)]
    folder: DataFolder,
}

impl CertClient {
    pub(crate) fn run(self) -> Result<(), CommandError> {
        let data = self.folder.data;
        let agreement = match Agreement::read(&data.join(agreement::FILE_NAME)) {
            Ok(agreement) => agreement,
            Err(faults) => return Err(CommandError::Faults { data, faults }),
        };
        let pki = PkiFolder::of(&data);
        let home = &agreement.home_community_id;
        for file in pki.issue_client(home, &self.name, self.p12.as_deref())? {
            output::line(file.display());
        }
        Ok(())
    }
}
