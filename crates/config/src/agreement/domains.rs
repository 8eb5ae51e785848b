//! Patient identification domains: assigning authorities with a name for people.

use std::collections::HashSet;

use datatypes::{AssigningAuthority, Oid};

use super::Feeders;
use super::feeders::read_feeders;
use crate::reader::{Form, NAME, OID, SWITCH, Section};

/// Longest key of a domain, in characters.
const MAX_NAME_CHARACTERS: usize = 64;

/// HD.1 of HL7 v2.5 chapter 2 has 20 characters; longer ones occur, delimiters must not.
const MAX_NAMESPACE_CHARACTERS: usize = 64;

/// A domain in which patient identifiers are given out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// The name in `endpoints.json` and on the command line.
    pub name: String,
    pub authority: AssigningAuthority,
    /// `sources` and `certificates`: who may feed it. Of the affinity domain nobody: its
    /// identifiers reach the registry in the way that `patient_ids` says.
    pub feeders: Feeders,
    /// `sensitive`: having an identifier here tells something about a person. None is shown in
    /// answers and notifications, and the domain cannot be asked for. Default false.
    pub sensitive: bool,
    /// `strong`: an identifier belongs to a person for life or at least to one person only, such
    /// as an insurer's number. It comes as one more identifier with the patients of other domains,
    /// is never fed on its own, and link rules may use it. Default false.
    pub strong: bool,
}

/// Why a text of the form `NAME=OID[,NAMESPACE]` is no domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDomain {
    #[error("a domain is written NAME=OID or NAME=OID,NAMESPACE")]
    Form,
    #[error("the name of a domain is 1 to 64 letters, digits, dots, dashes or underscores")]
    Name,
    #[error("the OID of a domain is digits and dots, without urn:oid:")]
    Oid,
    #[error("a namespace is 1 to 64 characters without spaces and without ^ ~ \\ & | , =")]
    Namespace,
}

impl Domain {
    /// Reads the form of the command line, `NAME=OID[,NAMESPACE]`.
    ///
    /// # Errors
    /// [`InvalidDomain`] names the part at fault.
    pub fn parse(text: &str) -> Result<Domain, InvalidDomain> {
        let (name, authority) = text.split_once('=').ok_or(InvalidDomain::Form)?;
        let (oid, namespace) = match authority.split_once(',') {
            Some((oid, namespace)) => (oid, Some(namespace)),
            None => (authority, None),
        };
        if !is_domain_name(name) {
            return Err(InvalidDomain::Name);
        }
        if !namespace.is_none_or(is_namespace) {
            return Err(InvalidDomain::Namespace);
        }
        let oid = Oid::parse(oid).map_err(|_invalid| InvalidDomain::Oid)?;
        let authority = AssigningAuthority { namespace: namespace.map(str::to_owned), oid };
        Ok(Domain::plain(name.to_owned(), authority))
    }

    /// One that nobody feeds, neither sensitive nor strong.
    fn plain(name: String, authority: AssigningAuthority) -> Domain {
        let feeders = Feeders::default();
        Domain { name, authority, feeders, sensitive: false, strong: false }
    }
}

const DOMAIN_NAME: Form<String> = Form {
    read: |value| value.as_str().filter(|text| is_domain_name(text)).map(str::to_owned),
    wanted: "a name of 1 to 64 letters, digits, dots, dashes or underscores",
};

const NAMESPACE: Form<String> = Form {
    read: |value| value.as_str().filter(|text| is_namespace(text)).map(str::to_owned),
    wanted: "an HL7 namespace id: 1 to 64 characters without spaces and without ^ ~ \\ & | , =",
};

/// The domain of the affinity domain itself; no other may have its name.
pub(super) fn read_affinity_domain(section: &Section<'_>, seen: &mut Seen) -> Option<Domain> {
    let name = section.required("name", &NAME);
    seen.names.extend(name.clone());
    let authority = read_authority(section, seen);
    Some(Domain::plain(name?, authority?))
}

/// The other domains; their names are keys.
pub(super) fn read_domains(root: &Section<'_>, seen: &mut Seen) -> Vec<Domain> {
    root.tables("domains", |section| {
        let name = section.required("name", &DOMAIN_NAME);
        if name.as_ref().is_some_and(|name| !seen.names.insert(name.clone())) {
            section.refuse("name", "another domain has this name", "give each its own name");
        }
        let authority = read_authority(section, seen);
        let feeders = read_feeders(section, &seen.feeders);
        let sensitive = section.optional("sensitive", &SWITCH).unwrap_or(false);
        let strong = section.optional("strong", &SWITCH).unwrap_or(false);
        if strong && feeders.are_named() {
            let remedy = "its identifiers come with those of other domains: leave out `sources` \
                          and `certificates`";
            section.refuse("strong", "a strong domain is not fed", remedy);
        }
        seen.feeders.push(feeders.clone());
        Some(Domain { name: name?, authority: authority?, feeders, sensitive, strong })
    })
}

/// What must be different in all domains, that of the affinity domain included.
#[derive(Default)]
pub(super) struct Seen {
    names: HashSet<String>,
    oids: HashSet<Oid>,
    namespaces: HashSet<String>,
    feeders: Vec<Feeders>,
}

/// Two domains with one OID or one namespace would mix up the patients of both.
fn read_authority(section: &Section<'_>, seen: &mut Seen) -> Option<AssigningAuthority> {
    let oid = section.required("oid", &OID);
    let namespace = section.optional("namespace", &NAMESPACE);
    if oid.as_ref().is_some_and(|oid| !seen.oids.insert(oid.clone())) {
        section.refuse("oid", "another domain has this OID", "give each domain its own OID");
    }
    if namespace.as_ref().is_some_and(|name| !seen.namespaces.insert(name.clone())) {
        section.refuse("namespace", "another domain has this namespace", "give each its own");
    }
    Some(AssigningAuthority { namespace, oid: oid? })
}

fn is_domain_name(text: &str) -> bool {
    let is_allowed = |character: char| character.is_alphanumeric() || "._-".contains(character);
    (1..=MAX_NAME_CHARACTERS).contains(&text.chars().count()) && text.chars().all(is_allowed)
}

/// No HL7 delimiter, and none of the command line.
fn is_namespace(text: &str) -> bool {
    let is_refused = |character: char| {
        character.is_control() || character.is_whitespace() || "^~\\&|,=".contains(character)
    };
    let fits = (1..=MAX_NAMESPACE_CHARACTERS).contains(&text.chars().count());
    fits && !text.contains(is_refused)
}
