//! The development CA and the certificates it issues.
//!
//! **Development only**: the CA's key lies unencrypted in the data folder, and there is no
//! revocation. Certificates say so in their names. In production each member brings
//! certificates of an authority the members trust, named in the `[tls]` table of each actor.
//!
//! All keys are P-256 (national guideline, network chapter: ECDHE with P-256 or P-384).

mod authority;
mod folder;
mod issued;
mod verify;

pub use authority::Authority;
pub use folder::{ClientFiles, PkiFolder};
pub use issued::Issued;
pub use verify::{CertificateFault, verify_node};

use datatypes::HomeCommunityId;

use crate::actor::Actor;

/// Password of the PKCS#12 file that `init` writes; it protects nothing, since the key lies
/// beside it, but Java and browsers do not take an empty one.
pub const DEVELOPMENT_PASSWORD: &str = "renkei";

/// Name of the client certificate that `init` issues.
pub const FIRST_CLIENT: &str = "client";

/// The URI in the certificate of an actor: `urn:renkei:COMMUNITY:ACTOR`, where the
/// community is the OID of its homeCommunityId.
#[must_use]
pub fn node_uri(community: &HomeCommunityId, actor: Actor) -> String {
    format!("urn:renkei:{}:{actor}", community.oid())
}

/// The URI in a client certificate: `urn:renkei:COMMUNITY:client:NAME`.
#[must_use]
pub fn client_uri(community: &HomeCommunityId, name: &str) -> String {
    format!("urn:renkei:{}:client:{name}", community.oid())
}
