//! `[s3]` of `repository.toml`: documents in an S3 store instead of a folder.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::reader::{Form, Section};

/// Five minutes, in ms: a Document Source does not wait longer for its answer.
const MAX_CALL_MS: u64 = 300_000;

/// The S3 store of the documents; the program must have been built with its feature `s3`.
///
/// Secrets stand elsewhere: in the file named by `credentials`, or in the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Config {
    /// `bucket`; it must be there. Empty: documents lie in the folder `documents`. Default empty.
    pub bucket: String,
    /// `endpoint`, the URL without the bucket: `https://…`, or `http://…` on loopback. Needed
    /// with a bucket. Default empty.
    pub endpoint: String,
    /// `region`, as it goes into signatures. Default `us-east-1`.
    pub region: String,
    /// `prefix` of all keys, without a slash at its ends; the store has everything below it to
    /// itself. Default `documents`.
    pub prefix: String,
    /// `credentials`: a file, readable for its owner only, with `access_key_id` and
    /// `secret_access_key` in TOML. Default empty: the environment variables
    /// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
    pub credentials: Option<PathBuf>,
    /// `ca`: the authority of the endpoint's certificate, in PEM. Default empty: those that the
    /// system trusts.
    pub ca: Option<PathBuf>,
    /// `connect_timeout_ms`, handshake included. Default 5 000 ms.
    pub connect: Duration,
    /// `response_timeout_ms`: from the beginning of a request to the head of its answer; an
    /// upload is cut into requests of 5 MiB. Each is tried three times. Default 20 000 ms.
    pub response: Duration,
    /// `body_idle_timeout_ms`: between two pieces of an answer. Default 15 000 ms.
    pub body_idle: Duration,
    /// `pool_idle_timeout_ms`: an idle connection is kept this long. Default 15 000 ms.
    pub pool_idle: Duration,
}

const BUCKET: Form<String> = Form {
    read: |value| value.as_str().filter(|name| is_bucket(name)).map(str::to_owned),
    wanted: "the name of a bucket: 3 to 63 of a-z, 0-9, point and hyphen",
};

const ENDPOINT: Form<String> = Form {
    read: |value| value.as_str().filter(|url| is_endpoint(url)).map(str::to_owned),
    wanted: "a URL without a path: \"https://HOST\" or \"https://HOST:PORT\"; \"http://…\" on loopback only",
};

const REGION: Form<String> = Form {
    read: |value| value.as_str().filter(|name| is_plain(name)).map(str::to_owned),
    wanted: "the name of a region, for example \"us-east-1\"",
};

const PREFIX: Form<String> = Form {
    read: |value| value.as_str().filter(|prefix| is_prefix(prefix)).map(str::to_owned),
    wanted: "names of a-z, A-Z, 0-9, point, hyphen and underscore, with single slashes between them",
};

const FILE: Form<String> =
    Form { read: |value| value.as_str().map(str::to_owned), wanted: "the path of a file" };

/// `None` inside: no bucket is named.
pub(super) fn read_s3(section: &Section<'_>, folder: &Path) -> Option<Option<S3Config>> {
    let text = |key, form| section.optional(key, form).unwrap_or_default();
    let file = |key| {
        let path = section.optional(key, &FILE).filter(|path| !path.is_empty());
        path.map(|path| folder.join(path))
    };
    let ms = |key, default| section.duration(key, default, 1..=MAX_CALL_MS);
    let config = S3Config {
        bucket: text("bucket", &BUCKET),
        endpoint: text("endpoint", &ENDPOINT),
        region: section.optional("region", &REGION).unwrap_or_else(|| "us-east-1".to_owned()),
        prefix: section.optional("prefix", &PREFIX).unwrap_or_else(|| "documents".to_owned()),
        credentials: file("credentials"),
        ca: file("ca"),
        connect: ms("connect_timeout_ms", 5_000),
        response: ms("response_timeout_ms", 20_000),
        body_idle: ms("body_idle_timeout_ms", 15_000),
        pool_idle: ms("pool_idle_timeout_ms", 15_000),
    };
    match (config.bucket.is_empty(), config.endpoint.is_empty()) {
        (true, true) => Some(None),
        (false, false) => Some(Some(config)),
        // Half a store is none: documents must not lie where nobody meant them to.
        (true, false) => {
            section.refuse("bucket", "there is an endpoint without a bucket", BUCKET.wanted);
            None
        }
        (false, true) => {
            section.refuse("endpoint", "there is a bucket without an endpoint", ENDPOINT.wanted);
            None
        }
    }
}

fn is_bucket(name: &str) -> bool {
    let is_known = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-');
    name.is_empty() || (3..=63).contains(&name.len()) && name.bytes().all(is_known)
}

/// Without TLS, documents and the proof of who we are would be anybody's on the way.
fn is_endpoint(url: &str) -> bool {
    if url.is_empty() {
        return true;
    }
    if let Some(authority) = url.strip_prefix("https://") {
        return is_authority(authority);
    }
    url.strip_prefix("http://")
        .is_some_and(|authority| is_authority(authority) && is_loopback(host(authority)))
}

fn is_authority(text: &str) -> bool {
    let is_known =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
    !text.is_empty() && text.bytes().all(is_known)
}

/// Without the port.
pub(super) fn host(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

pub(super) fn is_loopback(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_plain(name: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    !name.is_empty() && name.bytes().all(is_known)
}

fn is_prefix(prefix: &str) -> bool {
    let is_name = |name: &str| is_plain(name) && name != "." && name != "..";
    !prefix.is_empty() && prefix.len() <= 200 && prefix.split('/').all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_tls_only_loopback_is_an_endpoint() {
        for url in [
            "",
            "https://s3.example.org",
            "https://s3.example.org:9000",
            "http://127.0.0.1:9000",
            "http://localhost:9000",
            "http://[::1]:9000",
        ] {
            assert!(is_endpoint(url), "{url}");
        }
        for url in [
            "http://s3.example.org",
            "http://127.0.0.1.example.org",
            "http://localhost@example.org",
            "https://example.org/bucket",
            "https://user:secret@example.org",
            "s3://bucket",
            "https://",
        ] {
            assert!(!is_endpoint(url), "{url}");
        }
    }

    #[test]
    fn a_prefix_leads_nowhere_else() {
        for prefix in ["documents", "renkei/north_1/documents"] {
            assert!(is_prefix(prefix), "{prefix}");
        }
        for prefix in ["", "/", "a/", "/a", "a//b", "a/../b", ".", "a b"] {
            assert!(!is_prefix(prefix), "{prefix}");
        }
    }
}
