//! `endpoints.json`: where a running community is reached.
//!
//! Written once every port answers; scripts and the tests of other people read it. The keys
//! are an interface: they are added to, never renamed.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::agreement::Agreement;
use crate::durable;
use crate::error::ConfigError;
use crate::pki::{FIRST_CLIENT, PkiFolder};

/// Name of the file in a data folder.
pub const FILE_NAME: &str = "endpoints.json";

/// Where the actors of a community are reached; absent actors are absent keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Endpoints {
    #[serde(flatten)]
    pub addresses: Addresses,
    /// OID of the affinity domain's assigning authority.
    pub affinity_domain: String,
    /// Names and OIDs of the other domains.
    pub domains: BTreeMap<String, String>,
    /// `urn:oid:…`.
    pub home_community_id: String,
    /// OID of the community's repository.
    pub repository_unique_id: String,
    /// The audience of assertions.
    pub audience: String,
    /// Absolute paths of PEM files, and of the same client as PKCS#12 with the password
    /// [`crate::pki::DEVELOPMENT_PASSWORD`].
    pub ca: String,
    pub client_cert: String,
    pub client_key: String,
    pub client_p12: String,
}

/// URLs, and `HOST:PORT` where the protocol is not HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Addresses {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pix_v3: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pdq_v3: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mllp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mllps: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry_mllp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry_mllps: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry_pix_v3: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xca_initiating: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xca_responding: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xcpd_initiating: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xcpd_responding: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_tls: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_udp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_fhir: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fhir: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mhd: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admin: Option<String>,
}

impl Endpoints {
    /// What the agreement and the files of `data` say, with the addresses that were bound.
    #[must_use]
    pub fn new(data: &Path, agreement: &Agreement, addresses: Addresses) -> Endpoints {
        let pki = PkiFolder::of(data);
        let client = pki.client(FIRST_CLIENT);
        let domains = agreement.domains.iter();
        Endpoints {
            addresses,
            affinity_domain: agreement.affinity_domain.authority.oid.to_string(),
            domains: domains
                .map(|domain| (domain.name.clone(), domain.authority.oid.to_string()))
                .collect(),
            home_community_id: agreement.home_community_id.as_urn(),
            repository_unique_id: agreement.repository_unique_id.to_string(),
            audience: agreement.audience(),
            ca: absolute(&pki.ca_certificate()),
            client_cert: absolute(&client.certificate),
            client_key: absolute(&client.key),
            client_p12: absolute(&client.pkcs12),
        }
    }

    /// Writes the file of a data folder: a reader sees the old or the new one.
    ///
    /// # Errors
    /// [`ConfigError::Write`] if the folder does not take the file.
    pub fn write(&self, data: &Path) -> Result<(), ConfigError> {
        let path = data.join(FILE_NAME);
        let mut json = serde_json::to_vec_pretty(self)
            .map_err(|source| ConfigError::Endpoints { path: path.clone(), source })?;
        json.push(b'\n');
        durable::replace(&path, &json)
    }

    /// Reads the file of a data folder; `None` if there is none, as when nothing runs.
    ///
    /// # Errors
    /// [`ConfigError::Read`] if it cannot be read, [`ConfigError::Endpoints`] if it is not JSON
    /// of this shape.
    pub fn read(data: &Path) -> Result<Option<Endpoints>, ConfigError> {
        let path = data.join(FILE_NAME);
        let json = match fs::read(&path) {
            Ok(json) => json,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(ConfigError::Read { path, source }),
        };
        serde_json::from_slice(&json)
            .map(Some)
            .map_err(|source| ConfigError::Endpoints { path, source })
    }

    /// Removes the file, when the community stops.
    ///
    /// # Errors
    /// [`ConfigError::Write`]; a file that is not there is no error.
    pub fn remove(data: &Path) -> Result<(), ConfigError> {
        let path = data.join(FILE_NAME);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(|source| ConfigError::Write { path, source }),
        }
    }
}

/// Readers have another working directory.
fn absolute(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_no_directory| path.to_owned());
    absolute.to_string_lossy().into_owned()
}
