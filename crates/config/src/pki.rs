//! The development CA and the certificates it issues.
//!
//! **Development only**: the CA's key lies unencrypted in the data folder, and there is no
//! revocation. Certificates say so in their names. In production each member brings
//! certificates of an authority the members trust, named in the `[tls]` table of each actor.
//!
//! Keys of TLS are P-256 (national guideline, network chapter: ECDHE with P-256 or P-384). The issuer of
//! assertions signs by RSA 2048, which every SAML stack verifies.

mod authority;
mod folder;
mod issued;
mod names;
mod validity;
mod verify;

pub use authority::Authority;
pub use folder::{ClientFiles, NewClient, PkiFolder};
pub use issued::Issued;
pub use names::{Kind, Named, client_uri, issuer_uri, member_client_uri, named_by, node_uri};
pub use validity::not_after;
pub use verify::{CertificateFault, verify_node};

/// Password of the PKCS#12 file that `init` writes; it protects nothing, since the key lies
/// beside it, but Java and browsers do not take an empty one.
pub const DEVELOPMENT_PASSWORD: &str = "renkei";

/// Where `init` puts the certificate of the development issuer for the agreement, relative to the data folder.
pub const DEVELOPMENT_ISSUER_TRUST: &str = "trust/development-issuer.pem";

/// Name of the client certificate that `init` issues.
pub const FIRST_CLIENT: &str = "client";
