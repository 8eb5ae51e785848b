//! Patient identity: feed events, identifiers and the assigning authorities that issue them.
//!
//! The values a Patient Identity Feed carries, whatever wire format it came in
//! (ITI-8, ITI-44, ITI-64), and the table that tells which authority a sender means.
//! Nothing here knows delimiters, XML or a database, and nothing here decides
//! which identifiers belong to one person.

mod answer;
mod authority;
mod contact;
mod demographics;
mod feed;
mod link_change;
mod local_id;
mod query;
mod visit;

pub use answer::{MatchPage, PatientMatch};
pub use authority::{AuthorityTable, InvalidAuthorityTable, Resolution};
pub use contact::{Address, Telecom, TelecomUsage};
pub use demographics::{Demographics, NameKind, NameRepresentation, PersonName, Sex};
pub use feed::{FeedEvent, IdentityManagement, PatientIdentityFeed};
pub use link_change::LinkChange;
pub use local_id::LocalId;
pub use query::{
    AuthorityName, ClinicianPart, ClinicianRole, Criterion, CrossReferenceQuery, DemographicsQuery,
    NameCriterion, TextPattern, VisitCriterion,
};
pub use visit::{Clinician, Visit, VisitLocation};
