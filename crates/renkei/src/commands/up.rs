//! `renkei up`: all actors of a community in one process.

use std::path::PathBuf;

use actor::AccessChoice;
use atna::Destination;
use clap::{Args, ValueEnum};
use config::actor::Transport;

use crate::error::CommandError;
use crate::up::{self, Claim, Community};

/// Start a community: all its actors in one process, until SIGINT or SIGTERM.
///
/// Uses an initialised data folder and initialises an empty one with defaults. Once every port
/// answers, DIR/endpoints.json says where; it is removed at the stop.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei up
  renkei up --data /srv/north --port-base 18000
  renkei up --access open
  renkei up --access open --transport plain --port-base 0
  renkei up --access open --database postgres://renkei@127.0.0.1/renkei
  renkei up --access open --audit-to tls://audit.example:6514 --audit-ca audit-ca.pem
  renkei up --access open --data north --data south --port-base 18000")]
pub(crate) struct Up {
    /// Data folder of a community; several start several communities, each with 20 ports of its own.
    #[arg(long, value_name = "DIR", env = "RENKEI_DATA", default_value = "renkei-data")]
    data: Vec<PathBuf>,
    /// First of the ports, instead of those in the configuration; 0 takes any that are free.
    #[arg(long, value_name = "N")]
    port_base: Option<u16>,
    /// mtls: TLS with client certificates. plain: no TLS, on loopback only, for test tools.
    #[arg(long, value_name = "TRANSPORT")]
    transport: Option<TransportChoice>,
    /// required: systems and occupations may call what the agreement gives them, persons show an assertion.
    /// open: whoever connects may do everything; on loopback only, for development and test tools.
    #[arg(long, value_name = "ACCESS", default_value = "required")]
    access: AccessChoice,
    /// PostgreSQL database for all actors of the community, instead of the one in the configuration;
    /// each actor keeps its tables in a schema of its own.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Audit repository that the records are sent to (ITI-20), tls://HOST:PORT or udp://HOST:PORT,
    /// instead of those in the configuration; several get all records.
    #[arg(long, value_name = "URL")]
    audit_to: Vec<Destination>,
    /// Authority of the audit repositories' certificates, PEM, instead of the one in the configuration.
    #[arg(long, value_name = "FILE")]
    audit_ca: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TransportChoice {
    Mtls,
    Plain,
}

impl Up {
    pub(crate) fn run(self) -> Result<(), CommandError> {
        let access = policy::Access::from(self.access);
        if self.data.len() > 1 && self.database.is_some() {
            return Err(CommandError::OneDatabaseForSeveral);
        }
        let transport = self.transport.map(|choice| match choice {
            TransportChoice::Mtls => Transport::MutualTls,
            TransportChoice::Plain => Transport::Plain,
        });
        // Before anything that takes time or can fail, and until the end.
        let claims = self.data.iter().map(|data| Claim::take(data));
        let _claims = claims.collect::<Result<Vec<_>, _>>()?;
        let mut communities = Vec::new();
        for (place, data) in self.data.iter().enumerate() {
            let overrides = up::Overrides {
                access,
                port_base: self.port_base.map(|base| up::port_block(base, place)).transpose()?,
                transport,
                database: self.database.clone(),
                audit_to: self.audit_to.clone(),
                audit_ca: self.audit_ca.clone(),
            };
            communities.push(Community::load(data, &overrides)?);
        }
        up::serve(communities, access)
    }
}
