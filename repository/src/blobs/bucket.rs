//! Documents as objects of an S3 store, under the same names as in a folder: `PREFIX/ab/cd/abcd…`.
//!
//! A document is uploaded in one request, or in parts, of which nothing is visible before the last is there.
//! What leaves is held against the digest that was computed when it arrived; each request carries the SHA-256 of
//! its bytes, and a store that received others refuses them. Then its size is asked for, and only then is it kept.
//!
//! "Not found" is what the store said so (404), and nothing else: a store that is away, or fails, has not lost
//! anything. Each request has its deadlines and is tried [`ATTEMPTS`] times, since all of them may be repeated.
//!
//! Blocking, on threads where that is allowed; connections live on the runtime that the store was opened on.

mod connection;
mod credentials;
mod digests;
mod listing;
mod reader;
mod upload;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use config::actor::S3Config;
use object_store::aws::{AmazonS3, AmazonS3Builder, Checksum};
use object_store::path::Path as Key;
use object_store::{BackoffConfig, ObjectStore as _, ObjectStoreExt as _, RetryConfig};
use tokio::runtime::Handle;

pub(super) use reader::ObjectReader;

use self::connection::OverOpenssl;
use self::credentials::Credentials;
use self::digests::OpensslDigests;
use super::{BlobError, OpenError, address_path};

/// How often a request is made before its failure counts.
const ATTEMPTS: u32 = 3;

/// The longest pause between two attempts.
const MAX_PAUSE: Duration = Duration::from_secs(1);

/// An S3 bucket with the documents below a prefix.
#[derive(Clone)]
pub struct Bucket {
    store: Arc<AmazonS3>,
    prefix: String,
    runtime: Handle,
    /// For one request with its repetitions.
    deadline: Duration,
}

/// What it is made of knows the credentials.
impl std::fmt::Debug for Bucket {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Bucket").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl Bucket {
    /// A client of the bucket; nobody is asked yet. Must be called inside a tokio runtime.
    pub(super) fn new(config: &S3Config) -> Result<Bucket, OpenError> {
        let credentials = Credentials::read(config.credentials.as_deref())?;
        let connections = OverOpenssl::new(config).map_err(OpenError::Client)?;
        let retries = ATTEMPTS.saturating_sub(1);
        let attempts = config.connect.saturating_add(config.response).saturating_mul(ATTEMPTS);
        let deadline = attempts.saturating_add(MAX_PAUSE.saturating_mul(retries));
        let store = AmazonS3Builder::new()
            .with_endpoint(&config.endpoint)
            .with_region(&config.region)
            .with_bucket_name(&config.bucket)
            .with_access_key_id(credentials.access_key_id)
            .with_secret_access_key(credentials.secret_access_key)
            // Plain connections are refused by the configuration, but for loopback.
            .with_allow_http(config.endpoint.starts_with("http://"))
            .with_checksum_algorithm(Checksum::SHA256)
            // Single deletions are what every store understands.
            .with_disable_bulk_delete(true)
            .with_crypto_provider(Arc::new(OpensslDigests))
            .with_http_connector(connections)
            .with_retry(RetryConfig {
                backoff: BackoffConfig { max_backoff: MAX_PAUSE, ..BackoffConfig::default() },
                max_retries: usize::try_from(retries).unwrap_or_default(),
                retry_timeout: deadline,
            })
            .build()
            .map_err(|error| OpenError::Client(failure(error)))?;
        let (store, prefix) = (Arc::new(store), config.prefix.clone());
        Ok(Bucket { store, prefix, runtime: Handle::current(), deadline })
    }

    /// Whether the store is there, with the bucket, and lets us read it.
    pub(super) fn ask(&self) -> io::Result<()> {
        self.wait(self.store.list_with_delimiter(Some(&self.key("")))).map(drop)
    }

    pub(super) fn keep(&self, file: &Path, sha256: &[u8; 32]) -> Result<(), BlobError> {
        let mut source = File::open(file).map_err(BlobError::Write)?;
        let size = source.metadata().map_err(BlobError::Write)?.len();
        self.upload(&mut source, size, sha256)?;
        if let Err(error) = fs::remove_file(file) {
            // It is kept; the next start removes what lies in the spool.
            tracing::warn!(%error, "the spool file of a document that was kept cannot be removed");
        }
        Ok(())
    }

    pub(super) fn put(&self, mut bytes: &[u8], sha256: &[u8; 32]) -> Result<(), BlobError> {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.upload(&mut bytes, size, sha256)
    }

    pub(super) fn locate(&self, sha256: &[u8; 32], size: u64) -> Result<PathBuf, BlobError> {
        let key = self.key(&address_path(sha256));
        let found = self.wait(self.store.head(&key)).map_err(BlobError::Read)?;
        if found.size == size { Ok(PathBuf::from(key.as_ref())) } else { Err(BlobError::Damaged) }
    }

    pub(super) fn reader(&self, sha256: &[u8; 32]) -> ObjectReader {
        ObjectReader::new(self.clone(), self.key(&address_path(sha256)))
    }

    pub(super) fn remove(&self, sha256: &[u8; 32]) -> Result<(), BlobError> {
        let key = self.key(&address_path(sha256));
        match self.wait(self.store.delete(&key)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(BlobError::Write(error)),
            _ => Ok(()),
        }
    }

    /// Below the prefix.
    fn key(&self, path: &str) -> Key {
        Key::from(format!("{}/{path}", self.prefix))
    }

    /// Waits for one answer of the store, on this thread.
    fn wait<T>(
        &self,
        answer: impl Future<Output = Result<T, object_store::Error>>,
    ) -> io::Result<T> {
        let deadline = self.deadline;
        let answered =
            self.runtime.block_on(async move { tokio::time::timeout(deadline, answer).await });
        match answered {
            Ok(answer) => answer.map_err(failure),
            Err(_elapsed) => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

/// Only what the store itself says is not there is `NotFound`.
fn failure(error: object_store::Error) -> io::Error {
    let kind = if matches!(error, object_store::Error::NotFound { .. }) {
        io::ErrorKind::NotFound
    } else {
        io::ErrorKind::Other
    };
    io::Error::new(kind, error)
}
