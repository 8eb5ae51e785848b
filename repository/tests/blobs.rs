//! The content-addressed store: what is put comes back, whoever brings it how often.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use repository::blobs::{BlobError, Blobs};
use tempfile::TempDir;

struct Store {
    folder: TempDir,
    blobs: Blobs,
}

impl Store {
    fn new() -> Store {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("spool")).unwrap();
        let blobs = Blobs::open(&folder.path().join("documents")).unwrap();
        Store { folder, blobs }
    }

    fn spool(&self) -> PathBuf {
        self.folder.path().join("spool")
    }

    fn put(&self, bytes: &[u8]) -> Result<(), BlobError> {
        self.blobs.put(&self.spool(), bytes, &digest(bytes))
    }

    fn content(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let place = self.blobs.locate(&digest(bytes), size(bytes)).ok()?;
        Some(fs::read(place).unwrap())
    }

    fn n_spooled(&self) -> usize {
        fs::read_dir(self.spool()).unwrap().count()
    }
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    openssl::sha::sha256(bytes)
}

fn size(bytes: &[u8]) -> u64 {
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 8))]

    #[test]
    fn what_is_put_comes_back_until_it_is_removed(
        documents in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..2000), 1..6),
    ) {
        let store = Store::new();
        for bytes in documents.iter().chain(&documents) {
            store.put(bytes).unwrap();
        }
        let mut distinct = documents.clone();
        distinct.sort();
        distinct.dedup();
        prop_assert_eq!(files(&store.folder.path().join("documents")).len(), distinct.len());
        prop_assert_eq!(store.n_spooled(), 0);
        for bytes in &distinct {
            prop_assert_eq!(store.content(bytes), Some(bytes.clone()));
            store.blobs.remove(&digest(bytes)).unwrap();
            prop_assert_eq!(store.content(bytes), None);
        }
    }
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
    let store = Store::new();
    store.put(b"").unwrap();
    assert_eq!(store.content(b""), Some(Vec::new()));
}

#[test]
fn bytes_of_another_size_are_not_handed_out() {
    let store = Store::new();
    store.put(b"document").unwrap();
    let located = store.blobs.locate(&digest(b"document"), 7);
    assert!(matches!(located, Err(BlobError::Damaged)));
}

#[test]
fn bytes_that_are_not_there_are_not_located_and_can_be_removed() {
    let store = Store::new();
    assert!(matches!(store.blobs.locate(&digest(b"x"), 1), Err(BlobError::Read(_))));
    store.blobs.remove(&digest(b"x")).unwrap();
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
