//! Proving the whole store offline: chain, texts, index, checkpoints, retention.
//!
//! Reads one snapshot of the database, which may be in use, and the file of checkpoints. Nothing is trusted
//! but the certificates: every hash is computed again, every column extracted again, every signature checked.
//! What cannot be shown: that somebody who can write the database *and* the file cut off everything behind an
//! older checkpoint. A copy of the file that was kept elsewhere shows that as well.

mod checkpoints;
mod finding;
mod index;
mod records;
mod retention;

use std::path::PathBuf;
use std::time::Duration;

use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Public};
use openssl::x509::X509;
use store::{AnyConnection, StoreError, read_offline};

pub use finding::{Fault, Finding};

use crate::chain::{Hash, Head, digest};
use crate::checkpoint::FileError;
use crate::store::SCHEMA;

/// Findings that are kept; whoever rewrites everything is described well enough by so many.
const MAX_FINDINGS: usize = 100;

/// What is verified, and against what.
#[derive(Clone, Debug)]
pub struct Sources {
    /// As the actor's configuration has it.
    pub database_url: String,
    /// The repository's own file of checkpoints, in which none may be missing.
    pub checkpoint_file: Option<PathBuf>,
    /// Copies that were kept elsewhere; they may be older.
    pub copies: Vec<PathBuf>,
    /// PEM files of the certificates that checkpoints may be signed with.
    pub certificates: Vec<PathBuf>,
    /// How often checkpoints are made; records without one for longer are a fault.
    pub checkpoint_interval: Duration,
}

/// What the store holds, and everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub n_records: u64,
    /// Records of which retention has dropped the text.
    pub n_dropped: u64,
    pub n_checkpoints: u64,
    /// The end of the chain.
    pub head: Head,
    /// Records behind the last checkpoint: whether some are missing there nobody can tell.
    pub n_behind_last_checkpoint: u64,
    /// In the order of the records they are about; at most 100.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether everything holds together.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Why nothing could be said.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("the audit repository's database cannot be read")]
    Store(#[from] StoreError),
    #[error("the file of checkpoints cannot be read: {}", path.display())]
    CheckpointFile {
        path: PathBuf,
        #[source]
        source: FileError,
    },
    #[error("{}: not a certificate in PEM", path.display())]
    Certificate {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("OpenSSL failed")]
    OpenSsl(#[from] ErrorStack),
}

impl From<diesel::result::Error> for VerifyError {
    fn from(error: diesel::result::Error) -> VerifyError {
        VerifyError::Store(error.into())
    }
}

/// Verifies everything. Blocking, for as long as reading the whole database takes.
///
/// # Errors
/// [`VerifyError`] if something could not be read at all; what is wrong with what was read stands in the
/// report.
pub fn verify(sources: &Sources) -> Result<Report, VerifyError> {
    let certificates = load_certificates(&sources.certificates)?;
    read_offline(&sources.database_url, Some(SCHEMA), |connection| {
        verify_connection(connection, sources, &certificates)
    })
}

fn verify_connection(
    connection: &mut AnyConnection,
    sources: &Sources,
    certificates: &[Certificate],
) -> Result<Report, VerifyError> {
    let mut findings = Findings::default();
    let mut table = checkpoints::TableWalk::new(certificates);
    let walked = records::walk(connection, &mut table, &mut findings)?;
    table.finish(connection, &walked.head, &mut findings)?;
    for file in sources.checkpoint_file.iter().chain(&sources.copies) {
        let own = sources.checkpoint_file.as_ref() == Some(file);
        let completeness =
            if own { checkpoints::Completeness::Own } else { checkpoints::Completeness::Copy };
        let known = checkpoints::Known { head: &walked.head, certificates };
        checkpoints::compare_file(connection, file, completeness, (&known, &mut findings))?;
    }
    index::compare(connection, (&walked.index, walked.n_indexed), &mut findings)?;
    retention::compare(&walked.dropped, &walked.acts, &mut findings);
    let covered = table.last_sequence();
    if let Some(unsigned) = walked.unsigned_for_longer_than(covered, sources.checkpoint_interval) {
        findings.add(Some(unsigned), Fault::Unsigned);
    }
    let n_behind = walked.head.sequence.saturating_sub(covered);
    Ok(Report {
        n_records: walked.n_records,
        n_dropped: walked.n_dropped,
        n_checkpoints: table.n_checkpoints(),
        head: walked.head,
        n_behind_last_checkpoint: u64::try_from(n_behind).unwrap_or(0),
        findings: findings.sorted(),
    })
}

/// A certificate that may have signed.
pub(crate) struct Certificate {
    sha256: Hash,
    key: PKey<Public>,
}

fn load_certificates(paths: &[PathBuf]) -> Result<Vec<Certificate>, VerifyError> {
    paths.iter().map(load_certificate).collect()
}

fn load_certificate(path: &PathBuf) -> Result<Certificate, VerifyError> {
    let refused = |source| VerifyError::Certificate { path: path.clone(), source };
    let pem = std::fs::read(path).map_err(refused)?;
    let no_pem = |error: ErrorStack| refused(std::io::Error::other(error));
    let certificate = X509::from_pem(&pem).map_err(no_pem)?;
    Ok(Certificate { sha256: digest(&certificate.to_der()?), key: certificate.public_key()? })
}

/// What has been found so far: the first ones by record, since walks go upwards.
#[derive(Default)]
pub(crate) struct Findings(Vec<Finding>);

impl Findings {
    pub(crate) fn add(&mut self, sequence: Option<i64>, fault: Fault) {
        if self.0.len() < MAX_FINDINGS {
            self.0.push(Finding { sequence, fault });
        }
    }

    /// Whether the chain was seen to break at one of these records.
    fn has_break_between(&self, first: i64, last: i64) -> bool {
        self.0.iter().any(|finding| {
            let is_break =
                matches!(finding.fault, Fault::Chain | Fault::Missing { .. } | Fault::Inserted);
            is_break && finding.sequence.is_some_and(|at| (first..=last).contains(&at))
        })
    }

    fn sorted(mut self) -> Vec<Finding> {
        // What is about no record comes last.
        self.0.sort_by_key(|finding| (finding.sequence.is_none(), finding.sequence));
        self.0
    }
}
