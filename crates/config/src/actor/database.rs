//! `[database]`: where an actor keeps its rows.

use std::fmt;
use std::path::Path;

use crate::reader::{Form, Section};

/// An SQLite file or a PostgreSQL database, as `store` opens it.
///
/// `Debug` hides it and there is no `Display`: a URL may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Reads `postgres://…`, `sqlite://PATH` or a plain path; relative paths count from
    /// `folder`. `None` for any other scheme and for a path that is not UTF-8.
    #[must_use]
    pub fn parse(text: &str, folder: &Path) -> Option<DatabaseUrl> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Some(DatabaseUrl(text.to_owned()));
        }
        let path = text.strip_prefix("sqlite://").unwrap_or(text);
        if path.is_empty() || path.contains("://") {
            return None;
        }
        folder.join(path).to_str().map(|path| DatabaseUrl(path.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseUrl(..)")
    }
}

/// The database of one actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseConfig {
    /// `url`. Default: an SQLite file named after the actor, beside this configuration.
    pub url: DatabaseUrl,
    /// `connections` that read at the same time. Default 8.
    pub connections: u32,
    /// `write_queue`: writes that wait for the next group commit; when it is full, requests
    /// are answered as busy. Default 1 024.
    pub write_queue: usize,
}

const URL: Form<String> = Form {
    read: |value| value.as_str().map(str::to_owned),
    wanted: "\"postgres://USER@HOST/NAME\" or the path of an SQLite file",
};

/// `default` is the SQLite file that an absent `url` means.
pub(super) fn read_database(
    section: &Section<'_>,
    folder: &Path,
    default: &str,
) -> Option<DatabaseConfig> {
    let url = section.optional("url", &URL).unwrap_or_else(|| default.to_owned());
    let url = DatabaseUrl::parse(&url, folder);
    if url.is_none() {
        section.refuse("url", "no database of a known kind", &format!("wanted: {}", URL.wanted));
    }
    let connections = section.number("connections", 8, 1..=1_000);
    let write_queue = section.count("write_queue", 1_024, 1..=1_000_000);
    let connections = u32::try_from(connections).unwrap_or(u32::MAX);
    Some(DatabaseConfig { url: url?, connections, write_queue })
}
