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

impl Requester {
    /// How the audit record names the requester.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Requester::Node { peer } => peer,
        }
    }
}
