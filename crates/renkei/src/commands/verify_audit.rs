//! `renkei verify audit`: was the audit trail changed after it was written?

use std::path::{Path, PathBuf};

use audit::JournalError;
use audit_repository::verify::{Report, Sources, verify};
use clap::Args;
use config::Community;
use config::actor::{Actor, AuditRepositoryConfig, DatabaseConfig, DatabaseUrl};

use crate::cli::DataFolder;
use crate::error::CommandError;
use crate::maintenance::load;
use crate::output;

/// Verify the audit trail: the journal of each actor, and the audit repository with its checkpoints.
///
/// Reads only, while the community runs or does not. What is wrong is one line each, the first bad record
/// first. Ends with 0 only if everything holds together. That lines are missing at the end of a journal only
/// shows against what was forwarded; that records are missing at the end of the repository, against a copy of
/// the file of checkpoints that was kept elsewhere.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei verify audit
  renkei verify audit --data /srv/north --checkpoints /mnt/worm/audit-checkpoints.jsonl
  renkei verify audit --lane registry.journal.2026 --lane repository.journal.2026")]
pub(crate) struct VerifyAudit {
    #[command(flatten)]
    folder: DataFolder,
    /// Further journals, as those of other machines or other times.
    #[arg(long = "lane", value_name = "FILE")]
    lanes: Vec<PathBuf>,
    /// Copies of the file of checkpoints that were kept elsewhere; they may be older.
    #[arg(long, value_name = "FILE")]
    checkpoints: Vec<PathBuf>,
    /// Certificates in PEM that checkpoints may be signed with, beside the one of the configuration.
    #[arg(long = "certificate", value_name = "FILE")]
    certificates: Vec<PathBuf>,
    /// PostgreSQL database that the community is started with, if the configuration does not name it.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

/// A journal with what is known about it.
struct Lane {
    name: String,
    file: PathBuf,
    /// Row numbers of the outbox have no gaps: an embedded database, written by this lane alone.
    rows_are_contiguous: bool,
    /// Whether the actor has run, so that there must be a journal.
    must_exist: bool,
}

impl VerifyAudit {
    pub(crate) fn run(self) -> Result<(), CommandError> {
        let community = load(&self.folder.data)?;
        let mut is_intact = true;
        for lane in self.lanes(&community) {
            is_intact &= verify_lane(&lane);
        }
        if let Some(config) = &community.audit_repository {
            is_intact &= self.verify_repository(config)?;
        }
        if is_intact { Ok(()) } else { Err(CommandError::AuditNotIntact) }
    }

    fn lanes(&self, community: &Community) -> Vec<Lane> {
        let own = |actor: Actor, file: &Path, database: &DatabaseConfig| {
            let url = database.url.as_str();
            let is_server = self.database.is_some() || url.starts_with("postgres");
            Lane {
                name: actor.to_string(),
                file: file.to_owned(),
                rows_are_contiguous: !is_server,
                must_exist: is_server || Path::new(url).exists(),
            }
        };
        let registry = community.registry.as_ref();
        let registry =
            registry.map(|config| own(Actor::Registry, &config.journal, &config.database));
        let repository = community.repository.as_ref();
        let repository =
            repository.map(|config| own(Actor::Repository, &config.journal, &config.database));
        let named = self.lanes.iter().map(|file| Lane {
            name: file.display().to_string(),
            file: file.clone(),
            rows_are_contiguous: false,
            must_exist: true,
        });
        let manager = community.pix_manager.as_ref();
        let manager =
            manager.map(|config| own(Actor::PixManager, &config.journal, &config.database));
        registry.into_iter().chain(repository).chain(manager).chain(named).collect()
    }

    fn verify_repository(&self, config: &AuditRepositoryConfig) -> Result<bool, CommandError> {
        let database_url = match &self.database {
            None => config.database.url.clone(),
            Some(url) => {
                let url = Some(url).filter(|url| url.starts_with("postgres"));
                let url = url.and_then(|url| DatabaseUrl::parse(url, &self.folder.data));
                url.ok_or(CommandError::DatabaseUrl)?
            }
        };
        let is_server = database_url.as_str().starts_with("postgres");
        if !is_server
            && !Path::new(database_url.as_str()).exists()
            && !config.checkpoints.file.exists()
        {
            output::line("audit-repository: nothing was received here yet");
            return Ok(true);
        }
        let certificate = config.process.tls.certificate.clone();
        let sources = Sources {
            database_url: database_url.as_str().to_owned(),
            checkpoint_file: Some(config.checkpoints.file.clone()),
            copies: self.checkpoints.clone(),
            certificates: self.certificates.iter().cloned().chain([certificate]).collect(),
            checkpoint_interval: config.checkpoints.interval,
        };
        let report = verify(&sources)?;
        report_repository(&report);
        Ok(report.is_intact())
    }
}

fn report_repository(report: &Report) {
    for finding in &report.findings {
        output::line(format_args!("audit-repository: {finding}"));
    }
    output::line(format_args!(
        "audit-repository: {} records, of which {} lost their text by rule; {} checkpoints; \
         {} records since the last one: {}",
        report.n_records,
        report.n_dropped,
        report.n_checkpoints,
        report.n_behind_last_checkpoint,
        if report.is_intact() { "intact" } else { "NOT INTACT" },
    ));
}

/// Says how a journal is; true if it holds together.
fn verify_lane(lane: &Lane) -> bool {
    let Lane { name, .. } = lane;
    let report = match audit::verify(&lane.file) {
        Ok(report) => report,
        Err(JournalError::Open(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            let say = if lane.must_exist { "the journal is MISSING" } else { "no journal yet" };
            output::line(format_args!("{name}: {say}"));
            return !lane.must_exist;
        }
        Err(error) => {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            output::line(format_args!("{name}: {error}{}: NOT INTACT", cause.unwrap_or_default()));
            return false;
        }
    };
    if let Some(row) = report.missing_row.filter(|_| lane.rows_are_contiguous) {
        output::line(format_args!("{name}: row {row} of the outbox is missing: NOT INTACT"));
        return false;
    }
    let last_hash = report.last_hash.as_deref().unwrap_or("none");
    let n_records = report.n_records;
    output::line(format_args!("{name}: {n_records} records, last hash {last_hash}: intact"));
    true
}
