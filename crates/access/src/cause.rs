//! Why somebody was not let in: one fault for the outside, a precise cause for the audit.

use audit::Event;
use net::soap_endpoint::Unreadable;
use soap::{Fault, Subcode};

/// A request that was not let in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the sender could not be authenticated")]
pub struct Refused {
    cause: Cause,
}

impl Refused {
    /// What was wrong, for the audit.
    #[must_use]
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// The fault to answer with: the same for every cause, but where the message lacks what has nothing to do
    /// with who sent it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self.cause {
            Cause::NoMessageId => Fault::addressing(
                Subcode::MessageAddressingHeaderRequired,
                "The request has no wsa:MessageID.",
            ),
            Cause::NoAssertion
            | Cause::NodeUnknown
            | Cause::Unreadable(_)
            | Cause::Assertion(_)
            | Cause::Institution
            | Cause::IssuerScope
            | Cause::OtherInstitution
            | Cause::WeakAuthentication
            | Cause::SameId
            | Cause::OtherNode
            | Cause::OneTimeUse
            | Cause::MessageIdRepeated
            | Cause::TooLong
            | Cause::NoRelay
            | Cause::MemoryFull => Fault::failed_authentication(),
        }
    }
}

/// What is answered is told to the sender, the cause to the trail.
impl From<Refused> for Unreadable {
    fn from(refused: Refused) -> Unreadable {
        Unreadable {
            fault: refused.fault(),
            event: Some(Event::AUTHENTICATION_FAILURE),
            cause: Some(refused.cause.to_string()),
        }
    }
}

impl From<Cause> for Refused {
    fn from(cause: Cause) -> Refused {
        Refused { cause }
    }
}

impl From<saml::Refused> for Refused {
    fn from(refused: saml::Refused) -> Refused {
        Cause::Assertion(refused.cause()).into()
    }
}

/// The first thing that was wrong. No value of the message is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    #[error("no assertion, and the node may not call this without a person")]
    NoAssertion,
    #[error("the agreement does not know the node through which the person asks")]
    NodeUnknown,
    #[error("the message cannot be read: {0}")]
    Unreadable(xml::XmlErrorKind),
    #[error("assertion: {0}")]
    Assertion(saml::Cause),
    #[error("assertion: the organization is no member of the agreement, or several are named")]
    Institution,
    #[error("assertion: its issuer may not speak for the organization")]
    IssuerScope,
    #[error("the person belongs to another member than the node")]
    OtherInstitution,
    #[error("assertion: the person was not authenticated strongly enough for any of the roles")]
    WeakAuthentication,
    #[error("replay: an assertion of this ID with other content was shown before")]
    SameId,
    #[error("replay: another node has shown this assertion first")]
    OtherNode,
    #[error("replay: an assertion for one use was used before")]
    OneTimeUse,
    #[error("replay: a message of this wsa:MessageID has come before")]
    MessageIdRepeated,
    #[error("a request that changes something has no wsa:MessageID")]
    NoMessageId,
    #[error("the Security header is too long")]
    TooLong,
    #[error("this actor asks nothing on behalf of a person")]
    NoRelay,
    #[error("more assertions or messages are in use than can be remembered")]
    MemoryFull,
}
