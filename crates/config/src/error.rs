//! Why a folder of a community could not be created or changed.

use std::io;
use std::path::PathBuf;

use crate::codes_xml::InvalidCodesXml;
use crate::fault::Faults;

/// Failures of the operations on a data folder; what is wrong *in* its files is [`Faults`].
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{} is not empty; a community is initialised in a new or empty folder", folder.display())]
    NotEmpty { folder: PathBuf },
    #[error("{} could not be read", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{} could not be written", path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{} exists already; nothing was overwritten", path.display())]
    Exists { path: PathBuf },
    #[error("{} is not a list of codes as the XDS Toolkit writes it", path.display())]
    CodesXml {
        path: PathBuf,
        #[source]
        source: InvalidCodesXml,
    },
    #[error("{} is not what endpoints.json must be", path.display())]
    Endpoints {
        path: PathBuf,
        #[source]
        source: serde_json::Error,
    },
    #[error("a certificate could not be made")]
    Certificate(#[source] openssl::error::ErrorStack),
    #[error("the system gave no random bytes")]
    Random(#[source] openssl::error::ErrorStack),
    #[error("{} holds no PEM of the kind that is needed", path.display())]
    NotPem {
        path: PathBuf,
        #[source]
        source: openssl::error::ErrorStack,
    },
    #[error("a client name is 1 to 64 ASCII letters, digits, dots, dashes or underscores")]
    ClientName,
    #[error("no community was created; its agreement would have faults")]
    NewCommunity(#[source] Faults),
}
