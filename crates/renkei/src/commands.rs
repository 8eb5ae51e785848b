//! What each command does; one file per command.

pub(crate) mod audit;
pub(crate) mod cert_client;
pub(crate) mod check_config;
pub(crate) mod codes_import;
pub(crate) mod fetch;
pub(crate) mod find;
pub(crate) mod init;
pub(crate) mod patient;
pub(crate) mod reconcile;
pub(crate) mod submit;
pub(crate) mod token;
pub(crate) mod trust_issuer;
pub(crate) mod up;
pub(crate) mod verify_audit;
pub(crate) mod verify_store;

use crate::cli::{AuditCommand, CertCommand, CodesCommand, Command, TrustCommand, VerifyCommand};
use crate::error::CommandError;

pub(crate) fn run(command: Command) -> Result<(), CommandError> {
    match command {
        Command::Init(init) => init.run(),
        Command::Up(up) => up.run(),
        Command::CheckConfig(check_config) => check_config.run(),
        Command::Codes(CodesCommand::Import(import)) => import.run(),
        Command::Cert(CertCommand::Client(client)) => client.run(),
        Command::Trust(TrustCommand::Issuer(issuer)) => issuer.run(),
        Command::Token(token) => token.run(),
        Command::Patient(patient) => patient.run(),
        Command::Submit(submit) => submit.run(),
        Command::Find(find) => find.run(),
        Command::Fetch(fetch) => fetch.run(),
        Command::Verify(VerifyCommand::Store(verify)) => verify.run(),
        Command::Verify(VerifyCommand::Audit(verify)) => verify.run(),
        Command::Reconcile(reconcile) => reconcile.run(),
        Command::Audit(AuditCommand::Find(find)) => find.run(),
        Command::Audit(AuditCommand::Show(show)) => show.run(),
        Command::Audit(AuditCommand::Report(report)) => report.run(),
    }
}
