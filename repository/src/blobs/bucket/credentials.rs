//! Who we are to the S3 store: a file of the owner's, or the environment. Never in a log, never in `Debug`.

use std::env;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use serde::Deserialize;

use super::super::OpenError;

/// Permission bits of the group and of everybody.
const OTHERS_MODE: u32 = 0o077;

/// Two short lines.
const MAX_FILE_BYTES: u64 = 4_096;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Credentials {
    pub(super) access_key_id: String,
    pub(super) secret_access_key: String,
}

impl Credentials {
    pub(super) fn read(file: Option<&Path>) -> Result<Credentials, OpenError> {
        let found = match file {
            Some(file) => Credentials::of_file(file),
            None => Credentials::of_environment(),
        };
        let is_given = |text: &str| !text.is_empty();
        found
            .filter(|found| is_given(&found.access_key_id) && is_given(&found.secret_access_key))
            .ok_or(OpenError::Credentials)
    }

    /// What is wrong with the file is not told in detail: the text of an error would quote it.
    fn of_file(file: &Path) -> Option<Credentials> {
        let file = File::open(file).ok()?;
        if file.metadata().ok()?.mode() & OTHERS_MODE != 0 {
            return None;
        }
        let mut text = String::new();
        file.take(MAX_FILE_BYTES).read_to_string(&mut text).ok()?;
        toml::from_str(&text).ok()
    }

    fn of_environment() -> Option<Credentials> {
        Some(Credentials {
            access_key_id: env::var("AWS_ACCESS_KEY_ID").ok()?,
            secret_access_key: env::var("AWS_SECRET_ACCESS_KEY").ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const TEXT: &str = "access_key_id = \"who\"\nsecret_access_key = \"hush\"\n";

    fn read(text: &str, mode: u32) -> Result<Credentials, OpenError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("credentials");
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        Credentials::read(Some(&file))
    }

    #[test]
    fn credentials_that_others_may_read_are_refused() {
        let found = read(TEXT, 0o600).ok().unwrap();
        assert_eq!(found.access_key_id, "who");
        assert_eq!(found.secret_access_key, "hush");
        for mode in [0o640, 0o604, 0o644] {
            assert!(matches!(read(TEXT, mode), Err(OpenError::Credentials)), "{mode:o}");
        }
    }

    #[test]
    fn a_fault_in_the_file_quotes_nothing_of_it() {
        for text in ["", "secret_access_key = \"hush", &format!("{TEXT}token = \"hush\"\n")] {
            let error = read(text, 0o600).err().unwrap();
            assert!(!format!("{error} {error:?}").contains("hush"));
        }
    }
}
