//! Identifiers, codes, names and times as XDS and HL7 write them; no IO.
//!
//! Every type is built by a parser only, so that holding one is the proof that
//! the text was legal. Parsing and rendering are inverse up to the case of hex
//! digits. Nothing here folds Unicode: texts are compared in normal form C by
//! those who search (ITI TF-3: Appendix F), and are kept as they were sent.
//!
//! Types that hold personal data have a redacted `Debug` and no `Display`; the
//! errors name the part at fault and never its value.

mod code;
mod community;
mod component;
mod dtm;
mod hash;
mod language;
mod mime;
mod names;
mod object_id;
mod oid;
mod patient_id;
mod reference_id;
mod telecommunication;
mod text;
mod unique_id;
mod uuid;

pub use code::Code;
pub use community::{HomeCommunityId, InvalidHomeCommunityId, RepositoryUniqueId};
pub use dtm::{Dtm, InvalidDtm};
pub use hash::{InvalidSha1Hash, Sha1Hash};
pub use language::{InvalidLanguageCode, LanguageCode};
pub use mime::{InvalidMimeType, MimeType};
pub use names::{InvalidXcn, InvalidXon, Xcn, Xon};
pub use object_id::{InvalidObjectId, InvalidSymbolicId, ObjectId, SymbolicId};
pub use oid::{AssigningAuthority, InvalidOid, Oid};
pub use patient_id::{InvalidPatientId, PatientId};
pub use reference_id::{InvalidReferenceId, ReferenceId};
pub use telecommunication::{InvalidXtn, Xtn};
pub use text::normalized;
pub use unique_id::{InvalidUniqueId, UniqueId};
pub use uuid::{EntryUuid, InvalidEntryUuid};
