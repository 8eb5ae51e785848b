//! The content-addressed store: what is put comes back, whoever brings it how often. In a folder always, in a bucket
//! where there is a server.

use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use repository::blobs::{BlobError, Blobs};
use tempfile::TempDir;

/// One empty store with its spool.
pub(crate) struct Store {
    pub(crate) folder: TempDir,
    pub(crate) blobs: Blobs,
    /// Connections of a bucket live on it.
    #[cfg(feature = "s3")]
    _runtime: Option<tokio::runtime::Runtime>,
}

impl Store {
    fn new() -> Store {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("spool")).unwrap();
        let blobs = Blobs::open(&folder.path().join("documents")).unwrap();
        Store {
            folder,
            blobs,
            #[cfg(feature = "s3")]
            _runtime: None,
        }
    }

    #[cfg(feature = "s3")]
    pub(crate) fn in_bucket(
        settings: impl FnOnce(&Path) -> config::actor::S3Config,
    ) -> Result<Store, repository::blobs::OpenError> {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("spool")).unwrap();
        let data = folder.path().join("data");
        config::init::init(&data, &config::init::NewCommunity::generate()).unwrap();
        let mut config = config::Community::load(&data).unwrap().repository.unwrap();
        config.s3 = Some(settings(folder.path()));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let opening = runtime.spawn_blocking(move || Blobs::of(&config));
        let blobs = runtime.block_on(opening).unwrap()?;
        Ok(Store { folder, blobs, _runtime: Some(runtime) })
    }

    pub(crate) fn spool(&self) -> PathBuf {
        self.folder.path().join("spool")
    }

    pub(crate) fn put(&self, bytes: &[u8]) -> Result<(), BlobError> {
        self.blobs.put(&self.spool(), bytes, &digest(bytes))
    }

    /// As a document that was streamed into the spool.
    pub(crate) fn keep(&self, bytes: &[u8]) -> Result<(), BlobError> {
        let file = self.spool().join("arrived");
        fs::write(&file, bytes).unwrap();
        self.blobs.keep(&file, &digest(bytes))
    }

    /// What is handed out of it, to the end.
    pub(crate) fn content(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut document = self.blobs.open_document(&digest(bytes), size(bytes)).ok()?;
        let mut content = Vec::new();
        document.read_to_end(&mut content).ok()?;
        Some(content)
    }

    /// The addresses of everything that it lists, and the number of what is foreign to it.
    pub(crate) fn listed(&self) -> (Vec<[u8; 32]>, usize) {
        let (folders, above) = self.blobs.folders().unwrap();
        let mut n_foreign = above.foreign.len();
        let mut addresses = Vec::new();
        for folder in folders {
            let listing = self.blobs.listing(&folder).unwrap();
            n_foreign += listing.foreign.len();
            addresses.extend(listing.stored.iter().map(|stored| stored.sha256));
        }
        (addresses, n_foreign)
    }

    pub(crate) fn n_spooled(&self) -> usize {
        fs::read_dir(self.spool()).unwrap().count()
    }
}

/// Runs the test on a folder, then on a bucket.
fn on_each_store(test: impl Fn(&Store)) {
    test(&Store::new());
    #[cfg(feature = "s3")]
    if let Some(bucket) = crate::s3_server::TestBucket::new() {
        test(&Store::in_bucket(|folder| bucket.config(folder)).unwrap());
    }
}

pub(crate) fn digest(bytes: &[u8]) -> [u8; 32] {
    openssl::sha::sha256(bytes)
}

pub(crate) fn size(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap()
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// Sorted, each once.
fn distinct(documents: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut distinct = documents.to_vec();
    distinct.sort();
    distinct.dedup();
    distinct
}

fn check_round_trip(store: &Store, documents: &[Vec<u8>]) {
    for bytes in documents {
        store.put(bytes).unwrap();
        store.keep(bytes).unwrap();
    }
    assert_eq!(store.n_spooled(), 0);
    let mut addresses: Vec<_> = distinct(documents).iter().map(|bytes| digest(bytes)).collect();
    addresses.sort_unstable();
    assert_eq!(store.listed(), (addresses, 0));
    for bytes in &distinct(documents) {
        assert_eq!(store.content(bytes).as_ref(), Some(bytes));
        store.blobs.remove(&digest(bytes)).unwrap();
        assert_eq!(store.content(bytes), None);
    }
    assert_eq!(store.listed(), (vec![], 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 8))]

    #[test]
    fn what_is_put_comes_back_until_it_is_removed(
        documents in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..2000), 1..6),
    ) {
        let store = Store::new();
        check_round_trip(&store, &documents);
    }
}

#[test]
fn documents_of_every_size_come_back() {
    on_each_store(|store| {
        const PART: usize = 5 * 1024 * 1024;
        let sizes = [0, 1, 65_536, PART - 1, PART, PART + 1, 2 * PART, 2 * PART + 4_711];
        let document = |size: &usize| (0..*size).map(|at| at.to_le_bytes()[0]).collect();
        let documents: Vec<Vec<u8>> = sizes.iter().map(document).collect();
        check_round_trip(store, &documents);
    });
}

#[test]
fn a_document_lies_under_its_digest_for_nobody_else_to_read() {
    let store = Store::new();
    store.put(b"document").unwrap();
    let name: String = digest(b"document").iter().map(|byte| format!("{byte:02x}")).collect();
    let documents = store.folder.path().join("documents");
    let place = documents.join(name.get(..2).unwrap()).join(name.get(2..4).unwrap()).join(&name);
    assert_eq!(files(&documents), std::slice::from_ref(&place));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place), 0o600);
    for folder in place.ancestors().skip(1).take(3) {
        assert_eq!(mode(folder), 0o700, "{}", folder.display());
    }
}

#[test]
fn an_empty_document_is_a_document() {
    on_each_store(|store| {
        store.put(b"").unwrap();
        assert_eq!(store.content(b""), Some(Vec::new()));
        assert!(store.blobs.locate(&digest(b""), 0).is_ok());
    });
}

#[test]
fn bytes_of_another_size_are_not_handed_out() {
    on_each_store(|store| {
        store.put(b"document").unwrap();
        let located = store.blobs.locate(&digest(b"document"), 7);
        assert!(matches!(located, Err(BlobError::Damaged)));
    });
}

#[test]
fn bytes_that_are_not_there_are_not_located_and_can_be_removed() {
    on_each_store(|store| {
        let not_found = |error: io::Error| assert_eq!(error.kind(), io::ErrorKind::NotFound);
        match store.blobs.locate(&digest(b"x"), 1) {
            Err(BlobError::Read(error)) => not_found(error),
            other => panic!("{other:?}"),
        }
        not_found(store.blobs.bytes(&digest(b"x")).read(&mut [0]).unwrap_err());
        store.blobs.remove(&digest(b"x")).unwrap();
    });
}

#[test]
fn what_cannot_be_written_leaves_nothing_behind() {
    let store = Store::new();
    // Where the folder of the document should be, there is a file.
    let name: String = digest(b"document").iter().map(|byte| format!("{byte:02x}")).collect();
    let documents = store.folder.path().join("documents");
    fs::write(documents.join(name.get(..2).unwrap()), b"in the way").unwrap();
    assert!(matches!(store.put(b"document"), Err(BlobError::Write(_))));
    assert_eq!(store.n_spooled(), 0);
    assert_eq!(store.content(b"document"), None);
}

#[test]
fn a_store_is_opened_again_with_what_it_held() {
    let store = Store::new();
    store.put(b"document").unwrap();
    let again = Blobs::open(&store.folder.path().join("documents")).unwrap();
    let place = again.locate(&digest(b"document"), 8).unwrap();
    assert_eq!(fs::read(place).unwrap(), b"document");
}

#[test]
fn errors_name_no_path() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), b"").unwrap();
    let error = Blobs::open(&folder.path().join("file/below")).unwrap_err();
    assert!(!error.to_string().contains("below"), "{error}");
}
