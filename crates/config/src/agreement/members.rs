//! The member institutions and the identifiers they submit under.

use std::collections::HashSet;
use std::hash::Hash;

use datatypes::{Oid, RepositoryUniqueId};

use crate::reader::{Form, Item, NAME, OID, Section};

/// Longest institution code, in characters; a Japanese medical-institution code has ten.
const MAX_CODE_CHARACTERS: usize = 32;

/// A member institution. No identifier belongs to two members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub name: String,
    /// The medical-institution code: prefecture, fee table and number, ten digits in Japan.
    pub code: String,
    /// OIDs that name the institution, as in XON.10 of an author institution.
    pub oids: Vec<Oid>,
    /// SubmissionSet.sourceId of its Document Sources.
    pub source_ids: Vec<Oid>,
    /// Document Repositories in its care.
    pub repositories: Vec<RepositoryUniqueId>,
}

const CODE: Form<String> = Form {
    read: |value| value.as_str().filter(|text| is_member_code(text)).map(str::to_owned),
    wanted: "an institution code as text, 1 to 32 ASCII letters, digits or dashes, \
             for example \"1319999999\"",
};

const REPOSITORY: Form<RepositoryUniqueId> = Form {
    read: |value| RepositoryUniqueId::parse(value.as_str()?).ok(),
    wanted: "a repositoryUniqueId as text: an OID without urn:oid:",
};

/// Every member; identifiers that two of them claim are faults.
pub(super) fn read_members(root: &Section<'_>) -> Vec<Member> {
    let mut taken = Taken::default();
    root.tables("members", |section| {
        let name = section.required("name", &NAME);
        let code = section.required("code", &CODE);
        if code.as_ref().is_some_and(|code| !taken.codes.insert(code.clone())) {
            section.refuse("code", "another member has this code", "list each member once");
        }
        let oids = unclaimed(section, "oids", &OID, &mut taken.oids);
        let source_ids = unclaimed(section, "source_ids", &OID, &mut taken.source_ids);
        let repositories = unclaimed(section, "repositories", &REPOSITORY, &mut taken.repositories);
        Some(Member { name: name?, code: code?, oids, source_ids, repositories })
    })
}

/// What members before this one have claimed.
#[derive(Default)]
struct Taken {
    codes: HashSet<String>,
    oids: HashSet<Oid>,
    source_ids: HashSet<Oid>,
    repositories: HashSet<RepositoryUniqueId>,
}

/// A list whose items nobody else may list: rights hang on who a submission comes from.
fn unclaimed<T: Clone + Eq + Hash>(
    section: &Section<'_>,
    key: &'static str,
    form: &Form<T>,
    taken: &mut HashSet<T>,
) -> Vec<T> {
    let claim = |item: Item<T>| {
        if !taken.insert(item.value.clone()) {
            section.refuse_item(key, &item, "listed before", "each belongs to one member, once");
        }
        item.value
    };
    section.items(key, form).into_iter().map(claim).collect()
}

/// Whether the text has the form of an institution code.
pub(crate) fn is_member_code(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=MAX_CODE_CHARACTERS).contains(&text.len()) && text.bytes().all(is_allowed)
}
