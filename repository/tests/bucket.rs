//! What only an S3 store can do: be away, be slow, lose objects, and get other bytes than were sent.

use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use repository::blobs::{BlobError, OpenError};

use crate::blobs::{Store, digest, size};
use crate::s3_server::{Road, TestBucket, Way, key_of};

const PART: usize = 5 * 1024 * 1024;

/// No test waits longer for a store that is away.
const SOON: Duration = Duration::from_secs(30);

/// A store that is reached over a road that can be cut.
fn over_road(bucket: &TestBucket) -> (Road, Store) {
    let road = Road::to(bucket.server());
    let settings = |folder: &std::path::Path| {
        let mut config = bucket.config_over(road.address, folder);
        config.connect = Duration::from_millis(500);
        config.response = Duration::from_millis(500);
        config.body_idle = Duration::from_millis(500);
        config
    };
    let store = Store::in_bucket(settings).unwrap();
    (road, store)
}

/// Bytes that are not the same in every part.
fn large(n_parts: usize) -> Vec<u8> {
    (0..n_parts * PART).map(|at| (at / 1000).to_le_bytes()[0]).collect()
}

#[test]
fn objects_have_the_names_of_files() {
    let Some(bucket) = TestBucket::new() else { return };
    let store = Store::in_bucket(|folder| bucket.config(folder)).unwrap();
    let documents = [b"one".to_vec(), b"two".to_vec(), Vec::new(), large(2)];
    for bytes in &documents {
        store.keep(bytes).unwrap();
        assert_eq!(bucket.get(&key_of(bytes)).as_ref(), Some(bytes));
    }
    assert_eq!(bucket.keys().len(), documents.len());
    assert_eq!(bucket.unfinished(), [""; 0]);
    bucket.delete(&key_of(b"one"));
    let located = store.blobs.locate(&digest(b"one"), 3);
    let Err(BlobError::Read(error)) = located else { panic!("{located:?}") };
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
}

/// The move between the two stores, as docs/operations.md tells it: names and bytes are the same.
#[test]
fn a_copied_folder_is_a_bucket_and_a_copied_bucket_a_folder() {
    let Some(bucket) = TestBucket::new() else { return };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("documents");
    let local = repository::blobs::Blobs::open(&root).unwrap();
    let documents: [&[u8]; 3] = [b"one", b"two", b""];
    for bytes in documents {
        local.put(folder.path(), bytes, &digest(bytes)).unwrap();
        let file = local.locate(&digest(bytes), size(bytes)).unwrap();
        let name = file.strip_prefix(&root).unwrap().to_str().unwrap();
        bucket.put(&format!("north/documents/{name}"), &fs::read(&file).unwrap());
    }
    let store = Store::in_bucket(|folder| bucket.config(folder)).unwrap();
    assert_eq!(store.listed().1, 0);
    assert_eq!(store.listed().0.len(), 3);
    fs::remove_dir_all(&root).unwrap();
    for bytes in documents {
        assert_eq!(store.content(bytes).as_deref(), Some(bytes));
        let name = key_of(bytes).strip_prefix("north/documents/").unwrap().to_owned();
        let file = root.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, bucket.get(&key_of(bytes)).unwrap()).unwrap();
        let mut content = Vec::new();
        let mut document = local.open_document(&digest(bytes), size(bytes)).unwrap();
        document.read_to_end(&mut content).unwrap();
        assert_eq!(content, bytes);
    }
}

#[test]
fn changed_objects_are_not_handed_out_and_are_healed_by_intact_bytes() {
    let Some(bucket) = TestBucket::new() else { return };
    let store = Store::in_bucket(|folder| bucket.config(folder)).unwrap();
    for (bytes, changed) in [(b"dose: 10 mg".to_vec(), b"dose: 90 mg".to_vec()), {
        let (bytes, mut changed) = (large(2), large(2));
        *changed.last_mut().unwrap() ^= 1;
        (bytes, changed)
    }] {
        store.keep(&bytes).unwrap();
        bucket.put(&key_of(&bytes), &changed);
        let mut document = store.blobs.open_document(&digest(&bytes), size(&bytes)).unwrap();
        let mut content = Vec::new();
        let error = document.read_to_end(&mut content).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!(content.len() < bytes.len());
        store.keep(&bytes).unwrap();
        assert_eq!(store.content(&bytes), Some(bytes));
    }
}

#[test]
fn what_others_put_there_is_told_apart() {
    let Some(bucket) = TestBucket::new() else { return };
    let store = Store::in_bucket(|folder| bucket.config(folder)).unwrap();
    store.put(b"document").unwrap();
    let key = key_of(b"document");
    let elsewhere = key.replacen("documents/", "documents/00/", 1);
    for foreign in
        ["north/documents/note", "north/documents/notes/a", &elsewhere, &format!("{key}x")]
    {
        bucket.put(foreign, b"x");
    }
    // Below another prefix nothing is looked at.
    bucket.put("north/documents2/ab", b"x");
    bucket.put("south", b"x");
    assert_eq!(store.listed(), (vec![digest(b"document")], 4));
}

#[test]
fn a_store_that_is_away_has_lost_nothing_and_got_nothing() {
    let Some(bucket) = TestBucket::new() else { return };
    let (road, store) = over_road(&bucket);
    store.put(b"before").unwrap();
    for way in [Way::Cut, Way::Busy, Way::Silent] {
        road.set(way);
        let begin = Instant::now();
        assert!(matches!(store.put(b"lost"), Err(BlobError::Write(_))), "{way:?}");
        assert!(matches!(store.keep(b"lost"), Err(BlobError::Write(_))), "{way:?}");
        assert!(matches!(store.blobs.remove(&digest(b"before")), Err(BlobError::Write(_))));
        assert!(matches!(store.blobs.folders(), Err(BlobError::Read(_))));
        let located = store.blobs.locate(&digest(b"before"), 6);
        let Err(BlobError::Read(error)) = located else { panic!("{way:?}: {located:?}") };
        assert_ne!(error.kind(), io::ErrorKind::NotFound, "{way:?}");
        let error = store.blobs.bytes(&digest(b"before")).read(&mut [0]).unwrap_err();
        assert_ne!(error.kind(), io::ErrorKind::NotFound, "{way:?}");
        assert!(begin.elapsed() < SOON, "{way:?}: {:?}", begin.elapsed());
        road.set(Way::Open);
        assert_eq!(store.content(b"before").as_deref(), Some(b"before".as_slice()));
        assert_eq!(store.content(b"lost"), None);
    }
    store.put(b"lost").unwrap();
    assert_eq!(store.content(b"lost").as_deref(), Some(b"lost".as_slice()));
}

#[test]
fn an_upload_that_fails_half_way_is_not_there() {
    let Some(bucket) = TestBucket::new() else { return };
    let store = Store::in_bucket(|folder| bucket.config(folder)).unwrap();
    let bytes = large(3);
    // The spool has other bytes than arrived, which shows after the last part.
    let file = store.spool().join("arrived");
    fs::write(&file, &bytes).unwrap();
    let kept = store.blobs.keep(&file, &digest(b"what arrived"));
    assert!(matches!(kept, Err(BlobError::Write(_))));
    assert_eq!(bucket.keys(), [""; 0]);
    assert_eq!(bucket.unfinished(), [""; 0]);
    // In one request it is not even begun.
    fs::write(&file, b"other bytes").unwrap();
    assert!(store.blobs.keep(&file, &digest(b"what arrived")).is_err());
    assert_eq!(bucket.keys(), [""; 0]);
    store.keep(&bytes).unwrap();
    assert_eq!(store.content(&bytes), Some(bytes));
}

/// A real store refuses such bytes; this one does not look, and still nobody is given them.
#[test]
fn bytes_that_change_on_their_way_are_not_handed_out() {
    let Some(bucket) = TestBucket::new() else { return };
    let (road, store) = over_road(&bucket);
    road.set(Way::Garbled);
    let kept = store.put(b"dose: 10 mg");
    road.set(Way::Open);
    assert!(kept.is_err() || store.content(b"dose: 10 mg").is_none());
    let heads = road.heads();
    let upload = heads.iter().find(|head| head.starts_with("PUT ")).unwrap();
    for checksum in
        ["\r\nx-amz-checksum-sha256: ", "\r\nx-amz-content-sha256: ", "\r\nauthorization: "]
    {
        assert!(upload.contains(checksum), "{upload}");
    }
}

#[test]
fn a_large_download_is_taken_up_where_it_broke() {
    let Some(bucket) = TestBucket::new() else { return };
    let (road, store) = over_road(&bucket);
    let bytes = large(4);
    store.keep(&bytes).unwrap();
    let mut document = store.blobs.open_document(&digest(&bytes), size(&bytes)).unwrap();
    let mut content = vec![0; 1_000];
    document.read_exact(&mut content).unwrap();
    road.set(Way::Open);
    document.read_to_end(&mut content).unwrap();
    assert!(content == bytes);
}

#[test]
fn a_store_is_opened_only_if_it_is_there() {
    let Some(bucket) = TestBucket::new() else { return };
    let opened = Store::in_bucket(|folder| {
        let mut config = bucket.config(folder);
        config.bucket = "nobody-made-this".to_owned();
        config
    });
    assert!(matches!(opened.err(), Some(OpenError::Bucket(_))));
    let opened = Store::in_bucket(|folder| {
        let config = bucket.config(folder);
        let file = config.credentials.as_ref().unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
        config
    });
    assert!(matches!(opened.err(), Some(OpenError::Credentials)));
}

#[test]
fn nothing_that_is_shown_has_the_secret() {
    let Some(bucket) = TestBucket::new() else { return };
    let (road, store) = over_road(&bucket);
    road.set(Way::Busy);
    let error = store.put(b"x").unwrap_err();
    let shown = format!("{:?} {error:?} {error}", store.blobs);
    assert!(!shown.contains("invented"), "{shown}");
}
