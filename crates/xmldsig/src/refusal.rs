//! Why a signature was not accepted: one sentence for the outside, a precise cause for the audit.

/// A signature that was not accepted.
///
/// `Display` is the same for every cause, because it may reach the sender, who would learn from the difference
/// how far a forgery got. The audit record takes [`Refused::cause`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature was not accepted")]
pub struct Refused {
    pub(crate) cause: Cause,
}

impl Refused {
    /// What was wrong, for the audit.
    #[must_use]
    pub const fn cause(self) -> Cause {
        self.cause
    }
}

/// The first thing that was wrong with a signature, in the order in which it is looked at. No value of the
/// message is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    #[error("not signed")]
    Unsigned,
    #[error("more than one signature")]
    SeveralSignatures,
    #[error("no ID that a signature could refer to")]
    Id,
    #[error("the ID occurs more than once in the document")]
    DuplicateId,
    #[error("the signature has another structure than the profile's")]
    Structure,
    #[error("canonical form of SignedInfo not allowed")]
    CanonicalizationMethod,
    #[error("signature algorithm not allowed")]
    SignatureMethod,
    #[error("the reference is not to the parent of the signature")]
    Reference,
    #[error("transforms not allowed")]
    Transforms,
    #[error("digest algorithm not allowed")]
    DigestMethod,
    #[error("a value is not base64, or not of the length of its algorithm")]
    Encoding,
    #[error("no trusted key for the issuer")]
    NoTrustedKey,
    #[error("the signature names certificates, and none of them is trusted")]
    ForeignCertificate,
    #[error("no trusted key is of the kind that the algorithm needs")]
    KeyKind,
    #[error("no trusted key has made the signature")]
    Signature,
    #[error("the element is not the one that was signed")]
    Digest,
}

impl Cause {
    pub(crate) const fn refused(self) -> Refused {
        Refused { cause: self }
    }
}
