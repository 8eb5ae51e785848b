//! Patient identity: feed events, identifiers and the assigning authorities that issue them.
//!
//! The values a Patient Identity Feed carries, whatever wire format it came in
//! (ITI-8, ITI-44, ITI-64), and the table that tells which authority a sender means.
//! And pure functions over them: how names are compared, who meets a question, under which keys
//! an index finds them, which patients are one person.
//! Nothing here knows delimiters, XML or a database.

mod answer;
mod authority;
mod cluster;
mod comparison;
mod contact;
mod demographics;
mod feed;
mod fold;
mod index;
mod kanji_variants;
mod link_change;
mod link_rules;
mod local_id;
mod pattern;
mod placeholder;
mod query;
mod telephone;
mod visit;

pub use answer::{MatchPage, PatientMatch};
pub use authority::{AuthorityTable, InvalidAuthorityTable, Resolution};
pub use cluster::{Links, Member, cluster};
pub use comparison::{PatientFacts, meets};
pub use contact::{Address, Telecom, TelecomUsage};
pub use demographics::{Demographics, NameKind, NameRepresentation, PersonName, Sex};
pub use feed::{FeedEvent, IdentityManagement, PatientIdentityFeed};
pub use fold::{fold, fold_variants, representation};
pub use index::{Lookup, lookup, search_keys, strong_id_key};
pub use link_change::LinkChange;
pub use link_rules::{LinkFacts, LinkRules};
pub use local_id::LocalId;
pub use query::{
    AuthorityName, ClinicianPart, ClinicianRole, Criterion, CrossReferenceQuery, DemographicsQuery,
    NameCriterion, TextPattern, VisitCriterion,
};
pub use visit::{Clinician, Visit, VisitLocation};
