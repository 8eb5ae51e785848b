//! What a step says of the assertion that goes with its request: how it is signed, and what is wrong with it.
//!
//! A step that says nothing is sent with an assertion in order. All texts are templates, in which `{assertion}`,
//! `{bare}` (without its signature), `{signature}`, `{other}` (another one, without signature) and pieces of them
//! may stand; the format is documented in `conformance/README.md`.

use serde::Deserialize;

/// The assertion of a request.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Presented {
    /// Assertions of one name have one ID; without it each message has an assertion of its own.
    pub name: Option<String>,
    /// By what it is signed.
    pub signing: Signing,
    /// Changes before it is signed; they keep to the canonical form.
    pub content: Vec<Change>,
    /// Changes of `ds:SignedInfo` before it is signed.
    pub signed_info: Vec<Change>,
    /// Changes of the signed assertion.
    pub signed: Vec<Change>,
    /// Changes of the other assertion, `{other}`.
    pub other: Vec<Change>,
    /// What the Security header holds; `{assertion}` if absent, and empty: there is none.
    pub security: Option<String>,
    /// Changes of the whole envelope at the end.
    pub envelope: Vec<Change>,
}

/// One change of a text, at the first place where something stands.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// What stands there.
    pub find: String,
    /// With everything up to the end of this text.
    pub until: Option<String>,
    /// What comes in its place.
    pub by: String,
}

/// How an assertion is signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signing {
    /// RSA with SHA-256, by the key of the issuer.
    #[default]
    RsaSha256,
    /// RSA with SHA-512.
    RsaSha512,
    /// RSA with SHA-1.
    RsaSha1,
    /// HMAC with SHA-256, whose key is the certificate of the issuer: what everybody has.
    HmacSha256,
    /// RSA with SHA-256, by a key that nobody knows, whose certificate is in `KeyInfo`.
    OtherKey,
    /// Not at all.
    Unsigned,
}
