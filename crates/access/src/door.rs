//! What each request of an actor passes first.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use arc_swap::ArcSwap;
use config::agreement::Agreement;
use jiff::{SignedDuration, Timestamp};
use net::Peer;
use openssl::sha::sha256;
use policy::{Access, Node, Person, Requester, Standing, Transaction};
use saml::{Rules, Strength, Verified};
use soap::{Incoming, SecurityBlock};
use xmldsig::Certificate;

use crate::cause::{Cause, Refused};
use crate::memory::{Assertions, Known, Messages, Presenter};
use crate::trust::{InvalidTrust, Trust};

/// For how long a request that changes something must not come again.
const MESSAGE_MEMORY: SignedDuration = SignedDuration::from_mins(10);

/// Longest Security block. National programmes send some twenty kilobytes, chains of certificates included.
const MAX_SECURITY_BYTES: usize = 64 * 1024;

/// The door of one actor, with what it remembers.
pub struct Door {
    trust: ArcSwap<Trust>,
    /// The URLs under which the actor is known.
    recipients: OnceLock<Vec<String>>,
    assertions: Mutex<Assertions>,
    messages: Mutex<Messages>,
    known: Mutex<Known<Acquaintance>>,
}

/// A person who was let in before, and may come again with the same header.
struct Acquaintance {
    verified: Verified,
    person: Arc<Person>,
    /// [`Trust::generation`]
    generation: u64,
}

/// A request as it stands before the door.
#[derive(Clone, Copy)]
pub struct Presented<'a> {
    pub peer: &'a Peer,
    /// The envelope.
    pub text: &'a str,
    /// Those by which the envelope is read.
    pub limits: xml::Limits,
    pub security: Option<&'a SecurityBlock>,
    pub message_id: Option<&'a str>,
    pub transaction: Transaction,
    pub now: Timestamp,
}

impl<'a> Presented<'a> {
    /// A request whose header has been read.
    #[must_use]
    pub fn of(
        incoming: &'a Incoming<'_>,
        peer: &'a Peer,
        (text, limits): (&'a str, xml::Limits),
        transaction: Transaction,
    ) -> Presented<'a> {
        Presented {
            peer,
            text,
            limits,
            security: incoming.security.as_ref(),
            message_id: incoming.message_id.as_deref(),
            transaction,
            now: Timestamp::now(),
        }
    }
}

impl Door {
    /// # Errors
    /// [`InvalidTrust`].
    pub fn new(agreement: &Agreement, access: Access) -> Result<Door, InvalidTrust> {
        Ok(Door {
            trust: ArcSwap::from_pointee(Trust::new(agreement, access)?),
            recipients: OnceLock::new(),
            assertions: Mutex::new(Assertions::new()),
            messages: Mutex::new(Messages::new()),
            known: Mutex::new(Known::new()),
        })
    }

    /// Says at which URL the actor serves; once.
    pub fn serves_at(&self, url: &str) {
        let _only_the_first = self.recipients.set(vec![url.to_owned()]);
    }

    /// Puts another version of the agreement in force. What was remembered stays remembered.
    ///
    /// # Errors
    /// [`InvalidTrust`]; the version in force then stays.
    pub fn reload(&self, agreement: &Agreement) -> Result<(), InvalidTrust> {
        let access = self.access();
        self.trust.store(Arc::new(Trust::new(agreement, access)?));
        Ok(())
    }

    /// The access mode in force.
    #[must_use]
    pub fn access(&self) -> Access {
        self.trust.load().access
    }

    /// The node at the other end of a connection that carries no assertions.
    #[must_use]
    pub fn node(&self, peer: &Peer) -> Requester {
        Requester::Node(self.trust.load().node(peer))
    }

    /// Says who is behind a request over SOAP.
    ///
    /// With open access that is the node, whoever it is; an assertion is not looked at.
    ///
    /// # Errors
    /// [`Refused`]; the request must then be answered with its fault, and recorded with its cause.
    pub fn admit(&self, presented: &Presented<'_>) -> Result<Requester, Refused> {
        let trust = self.trust.load();
        let trust = trust.as_ref();
        let node = trust.node(presented.peer);
        if trust.access == Access::Open {
            return Ok(Requester::Node(node));
        }
        let requester = match self.person(trust, presented, &node)? {
            Some(person) => Requester::Person(person),
            None => Requester::Node(node),
        };
        let may_call = requester.may_call(presented.transaction).is_ok();
        if requester.person().is_none() && !may_call {
            return Err(Cause::NoAssertion.into());
        }
        // Whoever may not call it has changed nothing, and must not use up somebody's message.
        if may_call && presented.transaction.changes_something() {
            self.is_first(presented)?;
        }
        Ok(requester)
    }

    /// The person whose assertion came with the request, if one did.
    fn person(
        &self,
        trust: &Trust,
        presented: &Presented<'_>,
        node: &Node,
    ) -> Result<Option<Arc<Person>>, Refused> {
        let Some(block) = presented.security else { return Ok(None) };
        if block.text.len() > MAX_SECURITY_BYTES {
            return Err(Cause::TooLong.into());
        }
        let is_relayed = match node.standing {
            Standing::Own(actor) if actor.passes_on(presented.transaction) => true,
            // Of the others nobody asks on behalf of a person.
            Standing::Own(_) => return Err(Cause::NoRelay.into()),
            Standing::Unknown | Standing::Listed { .. } => false,
        };
        let digest = sha256(block.text.as_bytes());
        let known = lock(&self.known).get(&digest);
        let known = known.filter(|known| known.generation == trust.generation);
        let needs_presenter = known.as_ref().is_none_or(|known| known.verified.is_bound_to_key());
        let presenter = needs_presenter.then(|| presenter(presented.peer)).flatten();
        let recipients = self.recipients.get().map_or(&[][..], Vec::as_slice);
        let rules = Rules {
            issuers: &trust.issuers,
            audiences: &trust.audiences,
            recipients,
            skew: trust.skew,
            longest_validity: trust.longest_validity,
            required: &trust.required,
            least_strength: Strength::Unspecified,
            presenter: presenter.as_ref(),
            is_relayed,
            now: presented.now,
        };
        let known = match known {
            Some(known) => {
                known.verified.holds(&rules)?;
                known
            }
            None => match self.meet(trust, presented, &rules, node)? {
                Some(met) => {
                    let met = Arc::new(met);
                    let n_bytes = block.text.len().saturating_mul(2);
                    lock(&self.known).keep(digest, Arc::clone(&met), n_bytes);
                    met
                }
                None => return Ok(None),
            },
        };
        check_node(presented.peer, node, &known.person)?;
        let key = identity(presented.peer);
        let by = if is_relayed { Presenter::OwnActor } else { Presenter::Node(&key) };
        lock(&self.assertions).used(&known.verified, by, presented.now)?;
        if known.person.node == *node {
            return Ok(Some(Arc::clone(&known.person)));
        }
        Ok(Some(Arc::new(Person { node: node.clone(), ..Person::clone(&known.person) })))
    }

    /// Verifies an assertion that was not seen before.
    fn meet(
        &self,
        trust: &Trust,
        presented: &Presented<'_>,
        rules: &Rules<'_>,
        node: &Node,
    ) -> Result<Option<Acquaintance>, Refused> {
        let Presented { text, limits, .. } = *presented;
        let unreadable = |error: xml::XmlError| Refused::from(Cause::Unreadable(error.kind));
        let document = saml::read_envelope(text, limits).map_err(unreadable)?;
        let carried = saml::carried(&document).map_err(Cause::Assertion)?;
        let Some(carried) = carried else { return Ok(None) };
        let verified = saml::judge(carried, rules)?;
        let assertion = verified.assertion();
        let institution = trust.institution(assertion)?.code.clone();
        let may = trust.rights(&assertion.attributes.roles, assertion.strength())?;
        let relayed = saml::relayed(text, limits, carried).map_err(unreadable)?;
        let relayed = relayed.ok_or(Cause::Assertion(saml::Cause::Envelope))?;
        let person = Person {
            user_id: assertion.subject.value.clone(),
            user_name: assertion.user_name(),
            institution,
            roles: assertion.attributes.roles.clone(),
            purposes_of_use: assertion.attributes.purposes_of_use.clone(),
            may,
            patient: assertion.attributes.resource_id.clone(),
            assertion: Arc::from(relayed),
            node: node.clone(),
        };
        Ok(Some(Acquaintance { person: Arc::new(person), verified, generation: trust.generation }))
    }

    fn is_first(&self, presented: &Presented<'_>) -> Result<(), Cause> {
        let message_id = presented.message_id.ok_or(Cause::NoMessageId)?;
        let now = presented.now;
        let until = now.checked_add(MESSAGE_MEMORY).unwrap_or(Timestamp::MAX);
        lock(&self.messages).first(message_id, until, now)
    }
}

/// Persons come through nodes that the agreement knows, of their own institution if the node is of one. Without
/// TLS, which is on this machine only, nobody can tell.
fn check_node(peer: &Peer, node: &Node, person: &Person) -> Result<(), Cause> {
    match &node.standing {
        Standing::Unknown if peer.certificate.is_some() || !peer.address.ip().is_loopback() => {
            Err(Cause::NodeUnknown)
        }
        Standing::Listed { member: Some(member), .. } if *member != person.institution => {
            Err(Cause::OtherInstitution)
        }
        Standing::Unknown | Standing::Own(_) | Standing::Listed { .. } => Ok(()),
    }
}

/// What tells one node from another: the key it shows, not the name on it.
fn identity(peer: &Peer) -> Vec<u8> {
    peer.certificate.as_ref().map(|it| it.fingerprint().to_vec()).unwrap_or_default()
}

fn presenter(peer: &Peer) -> Option<Certificate> {
    let certificate = peer.certificate.as_ref()?;
    Certificate::from_der(&certificate.der).ok()
}

/// What is remembered is whole after a panic as well: each change is one insertion.
fn lock<T>(memory: &Mutex<T>) -> MutexGuard<'_, T> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}
