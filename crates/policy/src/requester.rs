//! Who asks.

/// Who is behind a request, as far as the transport and its assertions have proved it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requester {
    /// A system without a person: HL7 v2 and batch sources, and everybody in open mode.
    Node {
        /// Name in the node's certificate (CN), or its network address without one.
        peer: String,
    },
}

/// How far the transport has proved who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identification<'a> {
    /// A verified certificate with its common name, if it has one.
    Certificate(Option<&'a str>),
    /// No certificate, but from this machine.
    Loopback,
    /// Neither.
    None,
}

impl Requester {
    /// How the audit record names the requester.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Requester::Node { peer } => peer,
        }
    }
}
