//! Published messages, read in place from the collection beside the repository.

use std::fs;
use std::path::Path;

/// Larger files only slow a campaign down.
const MAX_SAMPLE_BYTES: usize = 64 * 1024;

/// All files in these folders, in the order of their names; none where the collection is not at hand.
pub(crate) fn read(folders: &[&str]) -> Vec<Vec<u8>> {
    let collection = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/samples"));
    folders.iter().flat_map(|folder| read_folder(&collection.join(folder))).collect()
}

fn read_folder(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    let files = paths.iter().filter_map(|path| fs::read(path).ok());
    files.filter(|bytes| bytes.len() <= MAX_SAMPLE_BYTES).collect()
}
