//! What consumers are told, free of the wire format.

use crate::demographics::Demographics;
use crate::local_id::LocalId;
use crate::visit::Visit;

/// A patient, or a visit of one, that was asked for by demographics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatientMatch {
    /// Namespace (where the domain has one) and OID are both given; those of one domain stand together.
    pub identifiers: Vec<LocalId>,
    pub demographics: Demographics,
    /// If visits were asked for.
    pub visit: Option<Visit>,
    /// 0 to 100: how well it meets the question.
    pub confidence: u8,
}

/// One page of matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchPage {
    pub matches: Vec<PatientMatch>,
    /// All matches, those of other pages included.
    pub n_total: usize,
    /// Behind this page.
    pub n_remaining: usize,
    /// By which the next page is asked for; absent on the last one.
    pub pointer: Option<String>,
}
