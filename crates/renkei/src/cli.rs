//! The shape of the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands::audit::report::ReportCommand;
use crate::commands::audit::{find::AuditFind, show::AuditShow};
use crate::commands::cert_client::CertClient;
use crate::commands::check_config::CheckConfig;
use crate::commands::codes_import::CodesImport;
use crate::commands::fetch::Fetch;
use crate::commands::find::Find;
use crate::commands::init::Init;
use crate::commands::patient::PatientCommand;
use crate::commands::reconcile::Reconcile;
use crate::commands::submit::Submit;
use crate::commands::token::Token;
use crate::commands::trust_issuer::TrustIssuer;
use crate::commands::up::Up;
use crate::commands::verify_audit::VerifyAudit;
use crate::commands::verify_store::VerifyStore;

/// Renkei: the server side of a regional health-information exchange.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = "Examples:
  renkei init renkei-data
  renkei check-config
  renkei codes import codes.xml
  renkei token --role nurse
  renkei patient add JP0001
  renkei patient find --name '山田*'
  renkei submit report.pdf --patient JP0001
  renkei find --patient JP0001
  renkei fetch 2.25.329800735698586629295641978511506172918
  renkei verify store
  renkei verify audit
  renkei audit find --patient JP0001
  renkei audit report day
  renkei reconcile --dry-run")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(Init),
    Up(Up),
    CheckConfig(CheckConfig),
    /// Code tables of the affinity domain.
    #[command(subcommand, after_help = "Examples:\n  renkei codes import codes.xml")]
    Codes(CodesCommand),
    /// Certificates of the development CA.
    #[command(subcommand, after_help = "Examples:\n  renkei cert client pacs")]
    Cert(CertCommand),
    /// Whose word counts.
    #[command(
        subcommand,
        after_help = "Examples:\n  \
        renkei trust issuer --uri https://idp.example/saml --cert idp.pem --member 1319999999"
    )]
    Trust(TrustCommand),
    Token(Box<Token>),
    /// Patients of a running community: make them known, find them, link them.
    #[command(
        subcommand,
        after_help = "Examples:\n  renkei patient add JP0001\n  \
        renkei patient add 4711 --domain hospital-a --name '山田^太郎'\n  \
        renkei patient find --name '山田*'\n  renkei patient import patients.csv"
    )]
    Patient(PatientCommand),
    Submit(Box<Submit>),
    Find(Box<Find>),
    Fetch(Fetch),
    /// Is everything there that should be?
    #[command(subcommand, after_help = "Examples:\n  renkei verify store\n  renkei verify audit")]
    Verify(VerifyCommand),
    Reconcile(Reconcile),
    /// Read the audit trail of a running community (ITI-81).
    #[command(
        subcommand,
        after_help = "Examples:\n  renkei audit find --patient JP0001\n  \
        renkei audit show 4711\n  renkei audit report day"
    )]
    Audit(AuditCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    Find(AuditFind),
    Show(AuditShow),
    /// Who saw whom, emergencies, a day, and what a patient is told.
    #[command(
        subcommand,
        after_help = "Examples:\n  renkei audit report patient JP0001\n  \
        renkei audit report user drsato --since 2026-04-01\n  renkei audit report emergency\n  \
        renkei audit report day 2026-04-01\n  renkei audit report own-view JP0001"
    )]
    Report(ReportCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum CodesCommand {
    Import(CodesImport),
}

#[derive(Debug, Subcommand)]
pub(crate) enum CertCommand {
    Client(CertClient),
}

#[derive(Debug, Subcommand)]
pub(crate) enum TrustCommand {
    Issuer(TrustIssuer),
}

#[derive(Debug, Subcommand)]
pub(crate) enum VerifyCommand {
    Store(VerifyStore),
    Audit(VerifyAudit),
}

/// Which community a command is about.
#[derive(Debug, Args)]
pub(crate) struct DataFolder {
    /// Data folder of the community.
    #[arg(long, value_name = "DIR", env = "RENKEI_DATA", default_value = "renkei-data")]
    pub(crate) data: PathBuf,
}
