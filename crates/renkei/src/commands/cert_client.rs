//! `renkei cert client NAME`: one more client certificate of the development CA.

use clap::Args;
use config::agreement::{self, Agreement};
use config::pki::{NewClient, PkiFolder};

use crate::cli::DataFolder;
use crate::error::CommandError;
use crate::output;

/// Issue a client certificate of the development CA.
///
/// Writes pki/clients/NAME.pem and NAME-key.pem, and with --p12 also NAME.p12 for browsers
/// and Java. A client that has a certificate keeps it: nothing is overwritten. With --member the
/// certificate says to which member of the agreement the client belongs, as the URI
/// urn:renkei:COMMUNITY:member:CODE:client:NAME.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei cert client pacs
  renkei cert client pacs --member 1319999999
  renkei cert client viewer --p12 secret
  RENKEI_P12_PASSWORD=secret renkei cert client viewer --data /srv/north")]
pub(crate) struct CertClient {
    /// Name of the client: ASCII letters, digits, dots, dashes, underscores.
    #[arg(value_name = "NAME")]
    name: String,
    /// Institution code of the member it belongs to; without it the client belongs to none.
    #[arg(long, value_name = "CODE")]
    member: Option<String>,
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
        let is_known = |code: &String| agreement.members.iter().any(|it| it.code == *code);
        if let Some(code) = self.member.clone().filter(|code| !is_known(code)) {
            return Err(CommandError::UnknownMember { code });
        }
        let client = NewClient {
            name: &self.name,
            member: self.member.as_deref(),
            password: self.p12.as_deref(),
        };
        for file in pki.issue_new_client(home, client)? {
            output::line(file.display());
        }
        Ok(())
    }
}
