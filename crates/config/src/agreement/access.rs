//! `[access]`: which systems and which persons may call what.
//!
//! It holds where access is required; with open access whoever connects may do everything.

use std::collections::HashSet;
use std::time::Duration;

use datatypes::Code;
use policy::{Transaction, Transactions};
use saml::{RequiredAttribute, Strength};

use super::Member;
use super::audit::COMMON_NAME;
use crate::reader::{Form, Item, NAME, Section, TEXT};

/// A working day and a night watch; an assertion that is valid for longer is a password.
const MAX_ASSERTION_MINUTES: u64 = 24 * 60;

/// What the members settled about access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRules {
    /// `notes`: for people; nothing evaluates it.
    pub notes: Option<String>,
    /// `clock_skew_s`: by how much the clocks of issuer and actor may differ. Default 60 s.
    pub clock_skew: Duration,
    /// `longest_assertion_minutes`: from NotBefore to NotOnOrAfter. Default 12 h.
    pub longest_assertion: Duration,
    /// `required_attributes`: what an assertion must say (ITI TF-2: 3.40.4.1.2.1 leaves it to the members).
    /// Default subject-id, organization-id, role and purpose-of-use.
    pub required_attributes: Vec<RequiredAttribute>,
    /// `[[access.nodes]]`.
    pub nodes: Vec<NodeRights>,
    /// `[[access.roles]]`.
    pub roles: Vec<RoleRights>,
}

/// A system, and what it may call when no person is behind the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRights {
    /// `certificate`: the common name of its certificate.
    pub certificate: String,
    /// `member`: the institution code of the member it belongs to. Persons of another institution cannot act
    /// through it. Absent: it belongs to none, as a portal of the whole region does.
    pub member: Option<String>,
    /// `transactions`. Default none.
    pub may: Transactions,
}

/// An occupation, and what a person who has it may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleRights {
    /// `name`.
    pub name: String,
    /// `codes`: `CODE^SYSTEM`, as assertions have them. A code belongs to one role.
    pub codes: Vec<Code>,
    /// `transactions`. Default none.
    pub may: Transactions,
    /// `least_strength`: how surely the person must have been authenticated for the role to count. Default
    /// possession, such as of a card or a certificate.
    pub least_strength: Strength,
}

const TRANSACTION: Form<Transaction> = Form {
    read: |value| Transaction::parse(value.as_str()?),
    wanted: "the name of a transaction, for example \"ITI-18\"",
};

const ATTRIBUTE: Form<RequiredAttribute> = Form {
    read: |value| match value.as_str()? {
        "subject-id" => Some(RequiredAttribute::SubjectId),
        "organization" => Some(RequiredAttribute::Organization),
        "organization-id" => Some(RequiredAttribute::OrganizationId),
        "home-community-id" => Some(RequiredAttribute::HomeCommunityId),
        "role" => Some(RequiredAttribute::Role),
        "purpose-of-use" => Some(RequiredAttribute::PurposeOfUse),
        "resource-id" => Some(RequiredAttribute::ResourceId),
        _ => None,
    },
    wanted: "\"subject-id\", \"organization\", \"organization-id\", \"home-community-id\", \"role\", \
             \"purpose-of-use\" or \"resource-id\"",
};

const STRENGTH: Form<Strength> = Form {
    read: |value| match value.as_str()? {
        "unspecified" => Some(Strength::Unspecified),
        "password" => Some(Strength::Password),
        "possession" => Some(Strength::Possession),
        "two-factors" => Some(Strength::TwoFactors),
        _ => None,
    },
    wanted: "\"unspecified\", \"password\", \"possession\" or \"two-factors\"",
};

const ROLE_CODE: Form<Code> = Form {
    read: |value| {
        let (code, scheme) = value.as_str()?.split_once('^')?;
        let is_there = |text: &str| !text.trim().is_empty() && !text.contains('^');
        let code =
            Code { code: code.to_owned(), scheme: scheme.to_owned(), display: String::new() };
        Some(code).filter(|code| is_there(&code.code) && is_there(&code.scheme))
    },
    wanted: "a code with its system, for example \"309343006^2.16.840.1.113883.6.96\"",
};

/// `members` are those of the agreement: nodes belong to them.
pub(super) fn read_access(section: &Section<'_>, members: &[Member]) -> Option<AccessRules> {
    let attributes = section.items("required_attributes", &ATTRIBUTE);
    let required_attributes = if section.is_absent("required_attributes") {
        use RequiredAttribute::{OrganizationId, PurposeOfUse, Role, SubjectId};
        vec![SubjectId, OrganizationId, Role, PurposeOfUse]
    } else {
        attributes.into_iter().map(|item| item.value).collect()
    };
    let minutes = section.number("longest_assertion_minutes", 12 * 60, 1..=MAX_ASSERTION_MINUTES);
    Some(AccessRules {
        notes: section.optional("notes", &TEXT),
        clock_skew: Duration::from_secs(section.number("clock_skew_s", 60, 0..=600)),
        longest_assertion: Duration::from_secs(minutes.saturating_mul(60)),
        required_attributes,
        nodes: read_nodes(section, members),
        roles: read_roles(section),
    })
}

fn read_nodes(section: &Section<'_>, members: &[Member]) -> Vec<NodeRights> {
    let mut taken = HashSet::new();
    section.tables("nodes", |section| {
        let certificate = section.required("certificate", &COMMON_NAME);
        if certificate.as_ref().is_some_and(|name| !taken.insert(name.clone())) {
            section.refuse("certificate", "listed before", "list each node once");
        }
        let member = section.optional("member", &TEXT);
        if member.as_ref().is_some_and(|code| members.iter().all(|member| member.code != *code)) {
            section.refuse("member", "no member has this code", "the code of one of [[members]]");
        }
        let may = transactions(section);
        Some(NodeRights { certificate: certificate?, member, may })
    })
}

fn read_roles(section: &Section<'_>) -> Vec<RoleRights> {
    let mut taken = HashSet::new();
    section.tables("roles", |section| {
        let name = section.required("name", &NAME);
        let mut codes = Vec::new();
        for item in section.items("codes", &ROLE_CODE) {
            let Item { value: code, .. } = &item;
            if taken.insert((code.code.to_lowercase(), code.scheme.clone())) {
                codes.push(code.clone());
            } else {
                section.refuse_item("codes", &item, "listed before", "a code means one role");
            }
        }
        let least_strength = section.optional("least_strength", &STRENGTH);
        let may = transactions(section);
        let least_strength = least_strength.unwrap_or(Strength::Possession);
        Some(RoleRights { name: name?, codes, may, least_strength })
    })
}

fn transactions(section: &Section<'_>) -> Transactions {
    section.items("transactions", &TRANSACTION).into_iter().map(|item| item.value).collect()
}
