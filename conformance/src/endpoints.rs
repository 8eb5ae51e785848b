//! The endpoints file of the server under test: addresses, identifiers and certificates.
//!
//! Its keys are those of the `endpoints.json` that Renkei writes into its data folder. A file for
//! any other server is written by hand; absent actors are absent keys, and keys this program does
//! not know are ignored, because the file belongs to the server.

use datatypes::Oid;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// The keys whose values are OIDs.
const OIDS: &[&str] = &[
    "affinity_domain",
    "repository_unique_id",
    "first_domain",
    "second_domain",
    "first_device",
    "second_device",
];

/// What the endpoints file says.
#[derive(Debug)]
pub struct Endpoints {
    folder: PathBuf,
    values: Map<String, Value>,
}

/// Where a message goes, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// SOAP over HTTP or HTTPS: the whole URL.
    Http(String),
    /// MLLP on a plain socket: `host:port`.
    Mllp(String),
    /// MLLP over TLS: `host:port`.
    MllpOverTls(String),
}

/// Why an endpoints file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EndpointsError {
    /// The file cannot be read.
    #[error("{0} cannot be read")]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// The file is not a JSON object.
    #[error("{0} is not a JSON object")]
    NotAnObject(PathBuf, #[source] serde_json::Error),
    /// An identifier that messages are made of is not an OID.
    #[error("`{0}` is not an OID")]
    NotAnOid(&'static str),
    /// The address has a scheme that no step can use.
    #[error("the address of `{0}` has an unknown scheme")]
    Scheme(String),
}

impl Endpoints {
    /// Reads the file; file names in it are relative to its folder.
    ///
    /// # Errors
    /// [`EndpointsError`] when the file is not readable, no JSON object, or names a wrong OID.
    pub fn read(file: &Path) -> Result<Endpoints, EndpointsError> {
        let text = std::fs::read_to_string(file)
            .map_err(|source| EndpointsError::Unreadable(file.to_owned(), source))?;
        let folder = file.parent().unwrap_or(Path::new("")).to_owned();
        let values = serde_json::from_str(&text)
            .map_err(|source| EndpointsError::NotAnObject(file.to_owned(), source))?;
        Endpoints::new(folder, values)
    }

    /// Endpoints whose file names are relative to `folder`.
    ///
    /// # Errors
    /// [`EndpointsError::NotAnOid`] for an identifier that is not an OID.
    pub fn new(folder: PathBuf, values: Map<String, Value>) -> Result<Endpoints, EndpointsError> {
        let endpoints = Endpoints { folder, values };
        for key in OIDS {
            if endpoints.text(key).is_some_and(|value| Oid::parse(value).is_err()) {
                return Err(EndpointsError::NotAnOid(key));
            }
        }
        Ok(endpoints)
    }

    /// Puts a value in place of what the file says.
    pub fn replace(&mut self, key: &str, value: String) {
        self.values.insert(key.to_owned(), Value::String(value));
    }

    /// A value that is not empty; `null` and the empty text count as absent.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.values.get(key).and_then(Value::as_str).filter(|value| !value.is_empty())
    }

    /// A file named by a key.
    #[must_use]
    pub fn file(&self, key: &str) -> Option<PathBuf> {
        self.text(key).map(|name| self.folder.join(name))
    }

    /// True when a case that needs `key` can be run. A plain MLLP port may be replaced by one
    /// over TLS: `registry_mllps` meets the need for `registry_mllp`.
    #[must_use]
    pub fn meets(&self, key: &str) -> bool {
        self.text(key).is_some() || (is_mllp(key) && self.text(&format!("{key}s")).is_some())
    }

    /// The address of an endpoint; `None` when it is absent.
    ///
    /// # Errors
    /// [`EndpointsError::Scheme`] when the address cannot be used.
    pub fn address(&self, key: &str) -> Result<Option<Address>, EndpointsError> {
        let over_tls = format!("{key}s");
        let (key, text) = match (self.text(key), self.text(&over_tls)) {
            (Some(text), _) => (key, text),
            (None, Some(text)) if is_mllp(key) => (over_tls.as_str(), text),
            (None, _) => return Ok(None),
        };
        let address = match text.split_once("://") {
            Some(("http" | "https", _)) => Address::Http(text.to_owned()),
            Some(("mllp", rest)) => Address::Mllp(host_and_port(rest)),
            Some(("mllps", rest)) => Address::MllpOverTls(host_and_port(rest)),
            None if key.ends_with("mllps") => Address::MllpOverTls(host_and_port(text)),
            None if is_mllp(key) => Address::Mllp(host_and_port(text)),
            Some(_) | None => return Err(EndpointsError::Scheme(key.to_owned())),
        };
        Ok(Some(address))
    }
}

fn is_mllp(key: &str) -> bool {
    key.ends_with("mllp")
}

fn host_and_port(text: &str) -> String {
    text.trim_end_matches('/').to_owned()
}
