//! How long is kept what is not kept for ever.

use std::num::NonZeroU32;

use crate::reader::Section;

/// A hundred years: what is kept longer is kept for ever.
const MAX_DAYS: u64 = 36_500;

/// `[retention]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// `audit_days`: the audit repository drops the text of older records, and records that it did.
    /// `None`, written as 0: kept for ever. Default 0.
    pub audit_days: Option<NonZeroU32>,
}

pub(super) fn read_retention(section: &Section<'_>) -> Option<Retention> {
    let audit_days = section.number("audit_days", 0, 0..=MAX_DAYS);
    Some(Retention { audit_days: u32::try_from(audit_days).ok().and_then(NonZeroU32::new) })
}
