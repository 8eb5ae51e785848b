//! Why an assertion was refused: one sentence for the outside, a precise cause for the audit.

use crate::rules::RequiredAttribute;

/// An assertion that was refused.
///
/// `Display` is the same for every cause, because it may reach the sender (ITI TF-2: 3.40.4.1.3 leaves the reason
/// to the server, and a difference would help who guesses). The audit record takes [`Refused::cause`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the assertion was not accepted")]
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

impl From<Cause> for Refused {
    fn from(cause: Cause) -> Refused {
        Refused { cause }
    }
}

/// The first thing that was wrong, in the order in which it is looked at. No value of the message is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    // Where it stands.
    #[error("not a SOAP 1.2 envelope with at most one header, before its body")]
    Envelope,
    #[error("two Security headers for one role")]
    SeveralSecurityHeaders,
    #[error("more than one assertion")]
    SeveralAssertions,
    #[error("a security token of another kind than a SAML 2.0 assertion")]
    UnsupportedToken,
    // Who made it.
    #[error("the issuer is not trusted")]
    UntrustedIssuer,
    #[error("signature: {0}")]
    Signature(xmldsig::Cause),
    // What it says.
    #[error("{part} is missing, repeated or malformed")]
    Malformed {
        /// The element or attribute, by the name of the specification.
        part: &'static str,
    },
    #[error("issued in the future")]
    IssuedInTheFuture,
    #[error("not valid yet")]
    NotYetValid,
    #[error("not valid any more")]
    Expired,
    #[error("valid for longer than allowed")]
    ValidTooLong,
    #[error("a condition that is not known")]
    UnknownCondition,
    #[error("the subject cannot be confirmed: neither bearer nor holder-of-key")]
    ConfirmationMethod,
    #[error("the subject cannot be confirmed any more, or not yet")]
    ConfirmationTime,
    #[error("the subject confirmation is for another recipient")]
    Recipient,
    #[error("the subject confirmation is for the holder of another key")]
    HolderOfKey,
    #[error("not restricted to an audience")]
    NoAudience,
    #[error("for another audience")]
    Audience,
    #[error("no statement on how the user was authenticated")]
    NoAuthnStatement,
    #[error("the user was authenticated in the future, or the session has ended")]
    AuthnTime,
    #[error("the user was not authenticated strongly enough")]
    WeakAuthentication,
    #[error("the attribute {0} is missing")]
    MissingAttribute(RequiredAttribute),
    #[error("an attribute with one value has several")]
    AmbiguousAttribute,
}
