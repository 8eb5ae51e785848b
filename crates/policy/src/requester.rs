//! Who asks.

use std::fmt;
use std::sync::Arc;

use datatypes::{Code, PatientId};

use crate::transaction::{Transaction, Transactions};

/// Who is behind a request, as far as the transport and its assertions have proved it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requester {
    /// A system without a person: HL7 v2 and batch sources, and everybody in open mode.
    Node(Node),
    /// A person, whom an assertion names.
    Person(Arc<Person>),
}

/// The system at the other end of the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Name in the node's certificate (CN), or its network address without one.
    pub name: String,
    pub standing: Standing,
}

/// What a node is to the agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The agreement does not know it, or it showed no certificate.
    Unknown,
    /// An actor of this community.
    Own(OwnActor),
    /// A system that the agreement names.
    Listed {
        /// The institution code of the member it belongs to; a portal may belong to none.
        member: Option<String>,
        /// What it may call without a person.
        may: Transactions,
    },
}

/// The actors of a community, as certificates name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnActor {
    Registry,
    Repository,
    PixManager,
    AuditRepository,
}

/// A person, as an assertion that was accepted has it.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// The name of the subject. Personal data.
    pub user_id: String,
    /// `alias<user@issuer>` (ITI TF-2: 3.40.4.2). Personal data.
    pub user_name: String,
    /// The institution code of the member that the person acts for.
    pub institution: String,
    pub roles: Vec<Code>,
    pub purposes_of_use: Vec<Code>,
    /// What the roles may call.
    pub may: Transactions,
    /// The only patient that the assertion is for (resource-id), if it is for one.
    pub patient: Option<PatientId>,
    /// The assertion as it was sent, for an actor that asks another one on behalf of the person.
    pub assertion: Arc<str>,
    /// The system through which the person asks.
    pub node: Node,
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
    /// A node of which only the name is known.
    #[must_use]
    pub fn unknown_node(name: String) -> Requester {
        Requester::Node(Node { name, standing: Standing::Unknown })
    }

    /// How the audit record names the requester.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Requester::Node(node) => &node.name,
            Requester::Person(person) => &person.user_name,
        }
    }

    /// The system that asks, be it on behalf of a person.
    #[must_use]
    pub fn node(&self) -> &Node {
        match self {
            Requester::Node(node) => node,
            Requester::Person(person) => &person.node,
        }
    }

    #[must_use]
    pub fn person(&self) -> Option<&Arc<Person>> {
        match self {
            Requester::Node(_) => None,
            Requester::Person(person) => Some(person),
        }
    }

    /// By which rule the requester may, or may not, call the transaction.
    ///
    /// # Errors
    /// The rule by which it may not.
    pub fn may_call(&self, transaction: Transaction) -> Result<&'static str, &'static str> {
        match self {
            Requester::Node(Node { standing, .. }) => match standing {
                Standing::Unknown => Err("node-unknown"),
                Standing::Own(actor) if actor.calls(transaction) => Ok("own-actor"),
                Standing::Own(_) => Err("own-actor"),
                Standing::Listed { may, .. } if may.contains(transaction) => Ok("node-rights"),
                Standing::Listed { .. } => Err("node-rights"),
            },
            Requester::Person(person) => {
                let meant = match person.node.standing {
                    Standing::Own(actor) => actor.relays(transaction),
                    Standing::Unknown | Standing::Listed { .. } => transaction,
                };
                if person.may.contains(meant) { Ok("role-rights") } else { Err("role-rights") }
            }
        }
    }
}

impl OwnActor {
    /// What the actor does on its own account: the repository registers and settles what is in doubt, the
    /// manager tells the registry of patients.
    const fn calls(self, transaction: Transaction) -> bool {
        match self {
            OwnActor::Repository => matches!(transaction, Transaction::Iti42 | Transaction::Iti18),
            OwnActor::PixManager => matches!(transaction, Transaction::Iti8 | Transaction::Iti64),
            OwnActor::Registry | OwnActor::AuditRepository => false,
        }
    }

    /// Whether the actor calls this on behalf of a person: the repository asks the registry.
    #[must_use]
    pub const fn passes_on(self, transaction: Transaction) -> bool {
        matches!(
            (self, transaction),
            (OwnActor::Repository, Transaction::Iti42 | Transaction::Iti18)
        )
    }

    /// What a person did at this actor, when the actor calls another one on behalf of the person.
    const fn relays(self, transaction: Transaction) -> Transaction {
        match (self, transaction) {
            (OwnActor::Repository, Transaction::Iti42) => Transaction::Iti41,
            (OwnActor::Repository, Transaction::Iti18) => Transaction::Iti43,
            (_, transaction) => transaction,
        }
    }
}

/// Personal data is for the audit trail, not for logs.
impl fmt::Debug for Person {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Person")
            .field("institution", &self.institution)
            .field("node", &self.node)
            .finish_non_exhaustive()
    }
}
