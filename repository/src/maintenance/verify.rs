//! Is every document there, byte for byte? And is nothing there that is no document?
//!
//! Documents are looked at in the order of their addresses, so that bytes that several of them share are read
//! once, and a verification can be taken up where it was broken off.

use std::io::{self, Read as _};
use std::num::NonZeroU64;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use audit::Journal;
use config::actor::RepositoryConfig;
use config::agreement::Agreement;
use openssl::sha::{Sha1, Sha256};
use policy::Permit;
use store::{AnyConnection, Database};

use super::job::{Finding, FindingKind, Job, Phase};
use super::orphans::{Unnamed, unnamed_in};
use super::pace::Pace;
use super::{MaintenanceError, record_begin, record_end};
use crate::Repository;
use crate::blobs::{Blobs, hex};
use crate::server::{StartError, open_database};
use crate::store::document::{self, KeptDocument, Place};

/// Documents that are read from the database at once.
const BATCH: i64 = 500;

/// Bytes that are read from a file at once; after each piece a stop is noticed.
const PIECE: usize = 128 * 1024;

/// What is verified, and how fast.
#[derive(Clone, Debug)]
pub struct VerifyOptions {
    pub bytes_per_second: NonZeroU64,
    /// The first address, or how it begins; empty for all.
    pub from: Vec<u8>,
    /// How old bytes without a document must be to be reported.
    pub grace: Duration,
}

/// The parts of a repository that a verification looks at, running or not.
pub struct VerifiedStore {
    pub database: Arc<Database>,
    pub blobs: Blobs,
    pub journal: Arc<Journal>,
    pub agreement_version: String,
}

impl VerifiedStore {
    /// Opens what a repository that does not run has left; blocking. Nothing is made that is not there.
    ///
    /// # Errors
    /// [`StartError`], among them that another process has the store open.
    pub fn open(
        config: &RepositoryConfig,
        agreement: &Agreement,
    ) -> Result<VerifiedStore, StartError> {
        let url = config.database.url.as_str();
        let file = Path::new(url.strip_prefix("sqlite://").unwrap_or(url));
        if !url.starts_with("postgres") && !file.is_file() {
            return Err(StartError::NoDatabase);
        }
        let database = open_database(config)?;
        Ok(VerifiedStore {
            database: Arc::new(database),
            blobs: Blobs::existing(config)?,
            journal: Arc::new(Journal::open(&config.journal)?),
            agreement_version: agreement.version_in_force(),
        })
    }

    pub(super) fn of(repository: &Repository) -> VerifiedStore {
        VerifiedStore {
            database: Arc::clone(&repository.database),
            blobs: repository.blobs.clone(),
            journal: Arc::clone(&repository.journal),
            agreement_version: repository.agreement.load().version_in_force(),
        }
    }
}

/// Verifies; what is found stands in the job.
///
/// # Errors
/// [`MaintenanceError`], if it cannot be told whether all is well.
pub async fn verify(
    store: VerifiedStore,
    options: VerifyOptions,
    job: &Arc<Job>,
) -> Result<Phase, MaintenanceError> {
    let (journal, version) = (Arc::clone(&store.journal), store.agreement_version.clone());
    record_begin(&journal, job.task(), &version).await?;
    let work = {
        let job = Arc::clone(job);
        move || Verification::new(&store, &options, &job).run()
    };
    let ended =
        tokio::task::spawn_blocking(work).await.unwrap_or(Err(MaintenanceError::Interrupted));
    record_end(&journal, job, &version, &ended).await?;
    ended
}

/// What lies under an address.
enum Content {
    Whole(Digests),
    Missing,
    /// Its document is gone as well.
    Released,
    Unreadable,
    /// The job was told to end while it was read.
    Unknown,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Digests {
    sha1: [u8; 20],
    sha256: [u8; 32],
    size: u64,
}

struct Verification<'v> {
    store: &'v VerifiedStore,
    options: &'v VerifyOptions,
    job: &'v Job,
    permit: Permit,
    pace: Pace,
    buffer: Vec<u8>,
}

impl Verification<'_> {
    fn new<'v>(
        store: &'v VerifiedStore,
        options: &'v VerifyOptions,
        job: &'v Job,
    ) -> Verification<'v> {
        Verification {
            store,
            options,
            job,
            permit: Permit::maintenance("operator", "verify store"),
            pace: Pace::new(options.bytes_per_second, Instant::now()),
            buffer: vec![0; PIECE],
        }
    }

    fn run(mut self) -> Result<Phase, MaintenanceError> {
        let from = &self.options.from;
        let n_documents = self.read(|connection| document::count_kept(connection, from))?;
        let n_documents = u64::try_from(n_documents).unwrap_or_default();
        self.job.count(|counts| counts.n_documents = n_documents);
        let phase = self.documents()?;
        if phase == Phase::Done { self.orphans() } else { Ok(phase) }
    }

    fn documents(&mut self) -> Result<Phase, MaintenanceError> {
        // Document numbers begin at 1.
        let mut place = Place { sha256: self.options.from.clone(), document_no: 0 };
        let mut last: Option<([u8; 32], Content)> = None;
        loop {
            let documents = self
                .read(|connection| document::kept_after(connection, &self.permit, &place, BATCH))?;
            let Some(end) = documents.last() else { return Ok(Phase::Done) };
            place = Place { sha256: end.sha256.clone(), document_no: end.document_no };
            for document in &documents {
                if self.job.is_stopped() {
                    return Ok(Phase::Stopped);
                }
                self.job.reach(&document.sha256);
                let Ok(address) = <[u8; 32]>::try_from(document.sha256.as_slice()) else {
                    self.find(FindingKind::Damaged, document);
                    continue;
                };
                let content = match last.take() {
                    Some((known, content)) if known == address => content,
                    _ => self.content_of(document, &address)?,
                };
                if matches!(content, Content::Unknown) {
                    return Ok(Phase::Stopped);
                }
                self.judge(document, &content);
                last = Some((address, content));
            }
        }
    }

    /// Missing bytes are missed only if they still are when a document names them: submissions come and go
    /// meanwhile.
    fn content_of(
        &mut self,
        document: &KeptDocument,
        address: &[u8; 32],
    ) -> Result<Content, MaintenanceError> {
        let content = self.content(address);
        let sha256 = &document.sha256;
        if !matches!(content, Content::Missing) {
            return Ok(content);
        }
        let is_named = self.read(|connection| document::is_named(connection, sha256))?;
        Ok(if is_named { self.content(address) } else { Content::Released })
    }

    fn judge(&self, document: &KeptDocument, content: &Content) {
        match content {
            Content::Whole(digests) if digests.are_of(document) => {}
            Content::Whole(_) => self.find(FindingKind::Damaged, document),
            Content::Unreadable => self.find(FindingKind::Unreadable, document),
            Content::Missing => self.find(FindingKind::Missing, document),
            Content::Released | Content::Unknown => {}
        }
        self.job.count(|counts| counts.n_checked = counts.n_checked.saturating_add(1));
    }

    fn content(&mut self, address: &[u8; 32]) -> Content {
        match self.digests(address) {
            Ok(Some(digests)) => Content::Whole(digests),
            Ok(None) => Content::Unknown,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Content::Missing,
            Err(error) => {
                let address = hex(address);
                tracing::error!(actor = "repository", address, %error, "a stored document cannot be read");
                Content::Unreadable
            }
        }
    }

    /// `None` if the job is to end now.
    fn digests(&mut self, address: &[u8; 32]) -> io::Result<Option<Digests>> {
        let mut bytes_there = self.store.blobs.bytes(address);
        let (mut sha1, mut sha256, mut size) = (Sha1::new(), Sha256::new(), 0_u64);
        loop {
            let n_read = bytes_there.read(&mut self.buffer)?;
            if n_read == 0 {
                let (sha1, sha256) = (sha1.finish(), sha256.finish());
                return Ok(Some(Digests { sha1, sha256, size }));
            }
            let bytes = self.buffer.get(..n_read).unwrap_or_default();
            sha1.update(bytes);
            sha256.update(bytes);
            let n_bytes = u64::try_from(n_read).unwrap_or(u64::MAX);
            size = size.saturating_add(n_bytes);
            self.job.count(|counts| counts.n_bytes = counts.n_bytes.saturating_add(n_bytes));
            std::thread::sleep(self.pace.take(n_bytes, Instant::now()));
            if self.job.is_stopped() {
                return Ok(None);
            }
        }
    }

    fn orphans(&self) -> Result<Phase, MaintenanceError> {
        let (folders, above) = self.store.blobs.folders()?;
        above.foreign.iter().for_each(|path| self.foreign(path));
        for folder in folders {
            if self.job.is_stopped() {
                return Ok(Phase::Stopped);
            }
            let (database, blobs) = (&self.store.database, &self.store.blobs);
            let Unnamed { orphans, foreign } =
                unnamed_in(database, blobs, &folder, self.options.grace)?;
            foreign.iter().for_each(|path| self.foreign(path));
            for bytes in orphans {
                let address = hex(&bytes.sha256);
                self.job.find(Finding { kind: FindingKind::Orphan, address, unique_id: None });
            }
        }
        Ok(Phase::Done)
    }

    fn foreign(&self, path: &Path) {
        let address = self.store.blobs.relative(path).display().to_string();
        self.job.find(Finding { kind: FindingKind::Foreign, address, unique_id: None });
    }

    fn find(&self, kind: FindingKind, document: &KeptDocument) {
        let address = hex(&document.sha256);
        self.job.find(Finding { kind, address, unique_id: Some(document.unique_id.clone()) });
    }

    fn read<T>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> diesel::QueryResult<T>,
    ) -> Result<T, MaintenanceError> {
        self.store.database.read(|connection| Ok(work(connection)?))
    }
}

impl Digests {
    fn are_of(&self, document: &KeptDocument) -> bool {
        self.sha256.as_slice() == document.sha256.as_slice()
            && self.sha1.as_slice() == document.sha1.as_slice()
            && u64::try_from(document.size) == Ok(self.size)
    }
}
