//! The URIs by which certificates of the development CA name whom they belong to (subjectAltName).
//!
//! An authority of one's own may write the same URIs: `COMMUNITY` is the OID of the homeCommunityId.
//!
//! | URI | names |
//! |---|---|
//! | `urn:renkei:COMMUNITY:ACTOR` | an actor of the community |
//! | `urn:renkei:COMMUNITY:client:NAME` | a client that belongs to no member |
//! | `urn:renkei:COMMUNITY:member:CODE:client:NAME` | a client of the member with this institution code |
//! | `urn:renkei:COMMUNITY:issuer` | the development issuer of assertions; not in a certificate, but in `saml:Issuer` |

use datatypes::{HomeCommunityId, Oid};

use super::folder::is_client_name;
use crate::actor::Actor;
use crate::agreement::is_member_code;

/// Whom a URI names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub community: HomeCommunityId,
    pub kind: Kind,
    /// The institution code of the member a client belongs to. Whether the agreement has such a member nobody
    /// has looked.
    pub member: Option<String>,
}

/// What it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Node(Actor),
    /// By its name.
    Client(String),
}

/// The URI of an actor.
#[must_use]
pub fn node_uri(community: &HomeCommunityId, actor: Actor) -> String {
    format!("urn:renkei:{}:{actor}", community.oid())
}

/// The URI of a client that belongs to no member.
#[must_use]
pub fn client_uri(community: &HomeCommunityId, name: &str) -> String {
    format!("urn:renkei:{}:client:{name}", community.oid())
}

/// The URI of a client of a member, by its institution code.
#[must_use]
pub fn member_client_uri(community: &HomeCommunityId, member: &str, name: &str) -> String {
    format!("urn:renkei:{}:member:{member}:client:{name}", community.oid())
}

/// The URI of the development issuer of assertions.
#[must_use]
pub fn issuer_uri(community: &HomeCommunityId) -> String {
    format!("urn:renkei:{}:issuer", community.oid())
}

/// Reads what the functions above write; `None` for every other URI, so that nothing is guessed.
#[must_use]
pub fn named_by(uri: &str) -> Option<Named> {
    let mut parts = uri.strip_prefix("urn:renkei:")?.split(':');
    let community = HomeCommunityId::new(Oid::parse(parts.next()?).ok()?);
    let rest: Vec<&str> = parts.collect();
    let client = |name: &str| is_client_name(name).then(|| Kind::Client(name.to_owned()));
    let (kind, member) = match rest.as_slice() {
        ["client", name] => (client(name)?, None),
        ["member", code, "client", name] if is_member_code(code) => {
            (client(name)?, Some((*code).to_owned()))
        }
        [actor] => {
            (Kind::Node(Actor::ALL.into_iter().find(|known| known.as_str() == *actor)?), None)
        }
        _ => return None,
    };
    Some(Named { community, kind, member })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn community() -> HomeCommunityId {
        HomeCommunityId::new(Oid::parse("1.2.392.999").unwrap())
    }

    #[test]
    fn an_actor_is_named_by_its_uri() {
        for actor in Actor::ALL {
            let named = Named { community: community(), kind: Kind::Node(actor), member: None };
            assert_eq!(named_by(&node_uri(&community(), actor)), Some(named));
        }
    }

    proptest! {
        #[test]
        fn a_client_is_named_by_its_uri(
            name in "[A-Za-z0-9_-][A-Za-z0-9._-]{0,20}",
            code in proptest::option::of("[A-Za-z0-9-]{1,32}"),
        ) {
            let uri = match &code {
                Some(code) => member_client_uri(&community(), code, &name),
                None => client_uri(&community(), &name),
            };
            let kind = Kind::Client(name);
            prop_assert_eq!(named_by(&uri), Some(Named { community: community(), kind, member: code }));
        }

        #[test]
        fn any_text_is_read_or_not(text in "(urn:renkei:)?[a-z0-9.:]{0,40}") {
            let _whatever = named_by(&text);
        }
    }

    #[test]
    fn nothing_else_names_anybody() {
        for uri in [
            "",
            "urn:renkei:",
            "urn:renkei:1.2.392.999",
            "urn:renkei:1.2.392.999:",
            "urn:renkei:1.2.392.999:issuer",
            "urn:renkei:1.2.392.999:Registry",
            "urn:renkei:1.2.392.999:registry:client:pacs",
            "urn:renkei:1.2.392.999:registry\0",
            "urn:renkei:01.2:registry",
            "urn:renkei:urn:oid:1.2:registry",
            "URN:renkei:1.2.392.999:registry",
            " urn:renkei:1.2.392.999:registry",
            "urn:renkei:1.2.392.999:client:",
            "urn:renkei:1.2.392.999:client:.hidden",
            "urn:renkei:1.2.392.999:client:a:b",
            "urn:renkei:1.2.392.999:client:患者",
            "urn:renkei:1.2.392.999:member:1319999999",
            "urn:renkei:1.2.392.999:member::client:pacs",
            "urn:renkei:1.2.392.999:member:1319999999:client:",
            "urn:renkei:1.2.392.999:member:1319999999:client:pacs:x",
            "urn:renkei:1.2.392.999:member:13 99:client:pacs",
            "urn:renkei:1.2.392.999:member:1319999999:registry",
        ] {
            assert_eq!(named_by(uri), None, "{uri}");
        }
    }
}
