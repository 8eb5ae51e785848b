//! `renkei trust issuer`: one more issuer of assertions in the agreement, or one more certificate of it.

use std::path::PathBuf;

use clap::Args;
use config::trust::{NewIssuer, Trusted, trust_issuer};

use crate::admin;
use crate::cli::DataFolder;
use crate::error::CommandError;
use crate::issuer_dates;
use crate::output;

/// Believe the assertions of an issuer.
///
/// Copies the certificate to trust/, adds the issuer to the agreement and raises its version. An issuer that is in
/// the agreement gets one more certificate, for rolling over to another key. A community that runs reads the
/// agreement again. To believe an issuer no longer, take it out of the agreement.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei trust issuer --uri https://idp.example/saml --cert idp.pem
  renkei trust issuer --uri urn:oid:1.2.392.999.7 --cert hospital.pem --member 1319999999
  renkei trust issuer --uri https://idp.example/saml --cert idp-next-year.pem --data /srv/north")]
pub(crate) struct TrustIssuer {
    /// The text of saml:Issuer in its assertions.
    #[arg(long, value_name = "URI")]
    uri: String,
    /// Its certificate in PEM: the one whose key signs, not that of an authority.
    #[arg(long, value_name = "FILE")]
    cert: PathBuf,
    /// Institution code of a member that it may speak for, may be repeated; without it, all members.
    #[arg(long = "member", value_name = "CODE")]
    members: Vec<String>,
    #[command(flatten)]
    folder: DataFolder,
}

impl TrustIssuer {
    pub(crate) fn run(self) -> Result<(), CommandError> {
        let data = self.folder.data;
        let new = NewIssuer { uri: &self.uri, certificate: &self.cert, members: &self.members };
        match trust_issuer(&data, &new)? {
            Trusted::Already => {
                output::line("nothing has changed: the issuer has this certificate");
                return Ok(());
            }
            Trusted::Issuer { certificate, version } => {
                output::line(certificate.display());
                output::line(format_args!("a new issuer in version {version} of the agreement"));
            }
            Trusted::Certificate { certificate, version } => {
                output::line(certificate.display());
                output::line(format_args!(
                    "one more certificate of the issuer in version {version} of the agreement"
                ));
            }
        }
        issuer_dates::warn_of_file(&self.cert);
        admin::reload_if_running(&data)
    }
}
