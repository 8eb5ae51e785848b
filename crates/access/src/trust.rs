//! Whom the agreement knows: issuers, nodes, members, occupations. Made once for each version of it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use config::actor::Actor;
use config::agreement::{AccessRules, Agreement, AssertionIssuer, Member};
use config::pki::{self, Kind, Named};
use datatypes::{Code, HomeCommunityId};
use jiff::SignedDuration;
use net::Peer;
use policy::{Access, Node, OwnActor, Standing, Transactions};
use saml::{Assertion, RequiredAttribute, Strength, TrustedIssuers};
use xmldsig::{Certificate, InvalidKey, TrustedKey};

use crate::cause::Cause;

/// The OID under which the ten-digit institution codes stand as identifiers of organizations: the code follows
/// as the last digits of the arc (national extension; JP Core's naming system of medical institutions).
const JAPANESE_INSTITUTIONS: &str = "1.2.392.100495.20.3.51.1";

/// What is made of the agreement to know people and nodes by.
pub(crate) struct Trust {
    pub(crate) access: Access,
    pub(crate) issuers: TrustedIssuers,
    assertion_issuers: Vec<AssertionIssuer>,
    pub(crate) audiences: Vec<String>,
    pub(crate) skew: SignedDuration,
    pub(crate) longest_validity: SignedDuration,
    pub(crate) required: Vec<RequiredAttribute>,
    community: HomeCommunityId,
    members: Vec<Member>,
    nodes: HashMap<String, Listed>,
    roles: HashMap<RoleKey, Role>,
    /// Tells what was verified under these keys from what was under others.
    pub(crate) generation: u64,
}

struct Listed {
    member: Option<String>,
    may: Transactions,
}

/// A code as it is compared: capitals and repeated spaces do not matter in names of qualifications.
#[derive(PartialEq, Eq, Hash)]
struct RoleKey {
    code: String,
    scheme: String,
}

struct Role {
    may: Transactions,
    least_strength: Strength,
}

/// An issuer of the agreement cannot be trusted as it stands there.
#[derive(Debug, thiserror::Error)]
#[error("a certificate of the assertion issuer {issuer} cannot be used")]
pub struct InvalidTrust {
    issuer: String,
    #[source]
    source: InvalidKey,
}

static GENERATIONS: AtomicU64 = AtomicU64::new(0);

impl Trust {
    /// # Errors
    /// [`InvalidTrust`] if a key is none that signatures are verified with.
    pub(crate) fn new(agreement: &Agreement, access: Access) -> Result<Trust, InvalidTrust> {
        let mut issuers = TrustedIssuers::new();
        for issuer in &agreement.assertion_issuers {
            let key = |der: &Vec<u8>| Certificate::from_der(der).and_then(TrustedKey::new);
            let keys = issuer.certificates.iter().map(key).collect::<Result<Vec<_>, _>>();
            let keys =
                keys.map_err(|source| InvalidTrust { issuer: issuer.uri.clone(), source })?;
            issuers.insert(issuer.uri.clone(), keys);
        }
        let rules = &agreement.access;
        Ok(Trust {
            access,
            issuers,
            assertion_issuers: agreement.assertion_issuers.clone(),
            audiences: vec![agreement.audience()],
            skew: SignedDuration::try_from(rules.clock_skew).unwrap_or(SignedDuration::ZERO),
            longest_validity: SignedDuration::try_from(rules.longest_assertion)
                .unwrap_or(SignedDuration::ZERO),
            required: rules.required_attributes.clone(),
            community: agreement.home_community_id.clone(),
            members: agreement.members.clone(),
            nodes: nodes(rules),
            roles: roles(rules),
            generation: GENERATIONS.fetch_add(1, Ordering::Relaxed),
        })
    }

    /// The node at the other end of a connection, by its certificate.
    ///
    /// An actor of this community shows that in a URI which only its authority can have given it. Any other node
    /// is one that the agreement lists by common name, or a client whose certificate names a member.
    pub(crate) fn node(&self, peer: &Peer) -> Node {
        Node { name: peer.name(), standing: self.standing(peer) }
    }

    fn standing(&self, peer: &Peer) -> Standing {
        let Some(certificate) = &peer.certificate else { return Standing::Unknown };
        let names: Vec<Named> =
            certificate.uris.iter().filter_map(|uri| pki::named_by(uri)).collect();
        // Whoever is somebody in another community has a name there, whatever the same name means here.
        if names.iter().any(|named| named.community != self.community) {
            return Standing::Unknown;
        }
        if let [Named { kind: Kind::Node(actor), .. }] = names.as_slice() {
            return Standing::Own(own_actor(*actor));
        }
        let named = names.iter().find_map(|named| named.member.as_ref());
        let listed = certificate.common_name.as_ref().and_then(|name| self.nodes.get(name));
        if let Some(Listed { member, may }) = listed {
            // Certificate and agreement contradict each other: whoever it is, it is not the listed one.
            if named.is_some_and(|named| Some(named) != member.as_ref()) {
                return Standing::Unknown;
            }
            return Standing::Listed { member: member.clone(), may: *may };
        }
        match names.as_slice() {
            [Named { member: Some(code), .. }] if self.member(code).is_some() => {
                Standing::Listed { member: Some(code.clone()), may: Transactions::NONE }
            }
            _ => Standing::Unknown,
        }
    }

    fn member(&self, code: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.code == code)
    }

    /// The member for which a person acts, as organization-id says it.
    pub(crate) fn institution(&self, assertion: &Assertion) -> Result<&Member, Cause> {
        let mut found: Option<&Member> = None;
        for organization in &assertion.attributes.organization_ids {
            let member = self.member_of(organization).ok_or(Cause::Institution)?;
            if found.is_some_and(|found| found.code != member.code) {
                return Err(Cause::Institution);
            }
            found = Some(member);
        }
        let member = found.ok_or(Cause::Institution)?;
        let issuer = self.assertion_issuers.iter().find(|issuer| issuer.uri == assertion.issuer);
        if issuer.is_none_or(|issuer| issuer.speaks_for(&member.code)) {
            Ok(member)
        } else {
            Err(Cause::IssuerScope)
        }
    }

    fn member_of(&self, organization: &str) -> Option<&Member> {
        let oid = organization.strip_prefix("urn:oid:").unwrap_or(organization);
        self.members.iter().find(|member| {
            member.oids.iter().any(|own| own.as_str() == oid)
                || oid.strip_prefix(JAPANESE_INSTITUTIONS) == Some(&*member.code)
        })
    }

    /// What the roles of a person may call: of those that the agreement has, each counts if the person was
    /// authenticated surely enough for it. A role that is not known grants nothing.
    pub(crate) fn rights(&self, roles: &[Code], strength: Strength) -> Result<Transactions, Cause> {
        let known = roles.iter().filter_map(|role| self.roles.get(&RoleKey::of(role)));
        let (mut may, mut n_known, mut n_weak) = (Transactions::NONE, 0_usize, 0_usize);
        for role in known {
            n_known = n_known.saturating_add(1);
            if strength < role.least_strength {
                n_weak = n_weak.saturating_add(1);
            } else {
                may = may.or(role.may);
            }
        }
        let is_too_weak = n_known > 0 && n_weak == n_known;
        if is_too_weak { Err(Cause::WeakAuthentication) } else { Ok(may) }
    }
}

impl RoleKey {
    fn of(code: &Code) -> RoleKey {
        let words: Vec<String> = code.code.split_whitespace().map(str::to_lowercase).collect();
        let scheme = code.scheme.strip_prefix("urn:oid:").unwrap_or(&code.scheme);
        RoleKey { code: words.join(" "), scheme: scheme.to_owned() }
    }
}

fn nodes(rules: &AccessRules) -> HashMap<String, Listed> {
    let listed = rules.nodes.iter().map(|node| {
        (node.certificate.clone(), Listed { member: node.member.clone(), may: node.may })
    });
    listed.collect()
}

fn roles(rules: &AccessRules) -> HashMap<RoleKey, Role> {
    let mut roles = HashMap::new();
    for role in &rules.roles {
        for code in &role.codes {
            let rights = Role { may: role.may, least_strength: role.least_strength };
            roles.insert(RoleKey::of(code), rights);
        }
    }
    roles
}

fn own_actor(actor: Actor) -> OwnActor {
    match actor {
        Actor::Registry => OwnActor::Registry,
        Actor::Repository => OwnActor::Repository,
        Actor::PixManager => OwnActor::PixManager,
        Actor::AuditRepository => OwnActor::AuditRepository,
    }
}
