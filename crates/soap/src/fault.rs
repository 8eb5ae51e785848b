//! SOAP faults as values: code, reason, HTTP status.

use std::fmt;

/// WS-Addressing 1.0 SOAP binding, section 6: the action of its own faults.
const ADDRESSING_FAULT: &str = "http://www.w3.org/2005/08/addressing/fault";
/// The same section: the action of all other SOAP faults.
const SOAP_FAULT: &str = "http://www.w3.org/2005/08/addressing/soap/fault";

/// A SOAP fault, SOAP 1.2 part 1 section 5.4.
///
/// The reason is a fixed English sentence about the protocol. It never holds content of the
/// message: faults are logged on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Who is to blame, and for what.
    pub code: FaultCode,
    /// A sentence for people.
    pub reason: String,
}

/// SOAP 1.2 part 1, section 5.4.6. `DataEncodingUnknown` does not occur: no header of ours has
/// an encoding style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultCode {
    /// The root element is not a SOAP 1.2 `Envelope`.
    VersionMismatch,
    /// Header blocks for us that demand to be understood and are not.
    MustUnderstand {
        /// Namespace and local name of each block.
        not_understood: Vec<(String, String)>,
    },
    /// The message is wrong; sending it again does not help.
    Sender {
        /// What WS-Addressing or WS-Security calls the failure, if it is one of theirs.
        subcode: Option<Subcode>,
    },
    /// We failed; sending the message again may help.
    Receiver,
}

/// WS-Addressing 1.0 SOAP binding, section 6.4, and the one of SOAP Message Security 1.1, section 12.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subcode {
    /// 6.4.4: no transaction of this endpoint has this action.
    ActionNotSupported,
    /// 6.4.2: a header is missing that must be there.
    MessageAddressingHeaderRequired,
    /// 6.4.1: a header has no valid content.
    InvalidAddressingHeader,
    /// 6.4.1.3, below `InvalidAddressingHeader`: a header appears too often.
    InvalidCardinality,
    /// 6.4.1.4, below `InvalidAddressingHeader`: an endpoint reference without address.
    MissingAddressInEpr,
    /// 6.4.1.6, below `InvalidAddressingHeader`: the action does not fit the body.
    ActionMismatch,
    /// 6.4.1.7, below `InvalidAddressingHeader`: answers go to this connection only.
    OnlyAnonymousAddressSupported,
    /// Of WS-Security: whoever sent the message is not known, or not believed.
    FailedAuthentication,
}

impl Subcode {
    /// The local names of the nested subcodes, outermost first.
    pub(crate) const fn local_names(self) -> (&'static str, Option<&'static str>) {
        const INVALID: &str = "InvalidAddressingHeader";
        match self {
            Subcode::ActionNotSupported => ("ActionNotSupported", None),
            Subcode::MessageAddressingHeaderRequired => ("MessageAddressingHeaderRequired", None),
            Subcode::InvalidAddressingHeader => (INVALID, None),
            Subcode::InvalidCardinality => (INVALID, Some("InvalidCardinality")),
            Subcode::MissingAddressInEpr => (INVALID, Some("MissingAddressInEPR")),
            Subcode::ActionMismatch => (INVALID, Some("ActionMismatch")),
            Subcode::OnlyAnonymousAddressSupported => {
                (INVALID, Some("OnlyAnonymousAddressSupported"))
            }
            Subcode::FailedAuthentication => ("FailedAuthentication", None),
        }
    }
}

impl Fault {
    /// A fault of the sender without subcode.
    pub fn sender(reason: &str) -> Fault {
        Fault { code: FaultCode::Sender { subcode: None }, reason: reason.to_owned() }
    }

    /// A fault of the sender in its addressing headers.
    pub fn addressing(subcode: Subcode, reason: &str) -> Fault {
        Fault { code: FaultCode::Sender { subcode: Some(subcode) }, reason: reason.to_owned() }
    }

    /// The one fault for whoever is not let in. ITI TF-2: 3.40.4.1.3 leaves the reason to the server; it is the
    /// same for every cause, so that nobody learns from it what to try next.
    pub fn failed_authentication() -> Fault {
        Fault {
            code: FaultCode::Sender { subcode: Some(Subcode::FailedAuthentication) },
            reason: "The sender could not be authenticated.".to_owned(),
        }
    }

    /// A fault of ours; the reason must not tell the internal cause.
    pub fn receiver(reason: &str) -> Fault {
        Fault { code: FaultCode::Receiver, reason: reason.to_owned() }
    }

    /// `wsa:Action` of the envelope, and the `action` of its media type.
    pub const fn action(&self) -> &'static str {
        match self.code {
            FaultCode::Sender { subcode: None | Some(Subcode::FailedAuthentication) }
            | FaultCode::Receiver
            | FaultCode::VersionMismatch
            | FaultCode::MustUnderstand { .. } => SOAP_FAULT,
            FaultCode::Sender { subcode: Some(_) } => ADDRESSING_FAULT,
        }
    }

    /// SOAP 1.2 part 2, table 20: 400 for `Sender`, 500 for all others.
    pub const fn http_status(&self) -> u16 {
        match self.code {
            FaultCode::Sender { .. } => 400,
            FaultCode::VersionMismatch | FaultCode::MustUnderstand { .. } | FaultCode::Receiver => {
                500
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
}

impl std::error::Error for Fault {}

/// XML that cannot be read is the sender's fault; class and position help to find it.
impl From<xml::XmlError> for Fault {
    fn from(error: xml::XmlError) -> Fault {
        Fault::sender(&format!("The message could not be read: {error}."))
    }
}
