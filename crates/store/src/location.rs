//! The database URL, read once: which back end, and where.

use std::path::{Path, PathBuf};

use crate::error::StoreError;

/// Where a database is. Neither `Debug` nor `Display`: a URL may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Location {
    /// File of an embedded database, absolute, symbolic links resolved.
    Sqlite(PathBuf),
    /// Connection URL of a PostgreSQL server.
    Postgres(String),
}

impl Location {
    /// Reads `sqlite://PATH`, a plain path, `postgres://…` or `postgresql://…`.
    pub(crate) fn parse(url: &str) -> Result<Location, StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Location::Postgres(url.to_owned()));
        }
        let path = url.strip_prefix("sqlite://").unwrap_or(url);
        // Another scheme must not silently become the name of an SQLite file.
        if path.is_empty() || path.contains("://") {
            return Err(StoreError::Url);
        }
        resolve(Path::new(path)).map(Location::Sqlite)
    }

    /// The same database seen from one schema: unqualified names lead there. A URL that sets `options`
    /// itself has decided otherwise and stays as it is.
    pub(crate) fn within(self, schema: Option<&str>) -> Location {
        match (self, schema) {
            (Location::Postgres(url), Some(schema)) if !url.contains("options=") => {
                let separator = if url.contains('?') { '&' } else { '?' };
                Location::Postgres(format!("{url}{separator}options=-csearch_path%3D{schema}"))
            }
            (location, _) => location,
        }
    }
}

/// One file must have one name, otherwise two processes would take two different locks.
/// An absolute path also takes the special meaning from names like `:memory:` or `file:x`.
fn resolve(path: &Path) -> Result<PathBuf, StoreError> {
    if let Ok(existing) = path.canonicalize() {
        return Ok(existing);
    }
    let name = path.file_name().ok_or(StoreError::Url)?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    Ok(folder.canonicalize().map_err(StoreError::File)?.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn sqlite_path(url: &str) -> PathBuf {
        match Location::parse(url) {
            Ok(Location::Sqlite(path)) => path,
            Ok(Location::Postgres(_)) | Err(_) => panic!("{url} is not an SQLite file"),
        }
    }

    #[test]
    fn every_name_of_a_file_gives_the_same_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap().join("a.db");
        std::fs::write(&path, b"").unwrap();
        std::os::unix::fs::symlink(&path, folder.path().join("link.db")).unwrap();
        let shown = folder.path().display();
        assert_eq!(sqlite_path(&format!("{shown}/a.db")), path);
        assert_eq!(sqlite_path(&format!("sqlite://{shown}/a.db")), path);
        assert_eq!(sqlite_path(&format!("{shown}/./link.db")), path);
    }

    #[test]
    fn special_names_of_sqlite_are_plain_files() {
        assert!(sqlite_path(":memory:").is_absolute());
        assert!(sqlite_path("file:x").is_absolute());
    }

    #[test]
    fn other_schemes_are_refused() {
        for url in ["", "sqlite://", "mysql://host/db", "http://host", ".."] {
            let parsed = Location::parse(url);
            assert!(url == ".." || matches!(parsed, Err(StoreError::Url)), "{url}");
        }
    }

    #[test]
    fn postgres_has_two_spellings() {
        for url in ["postgres://host/db", "postgresql://host/db"] {
            assert!(matches!(Location::parse(url), Ok(Location::Postgres(kept)) if kept == url));
        }
    }
}
