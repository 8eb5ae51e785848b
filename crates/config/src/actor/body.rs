//! `[body]`: how much a request may hold.

use crate::reader::Section;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Sizes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyLimits {
    /// `root_bytes`: the SOAP envelope, in bytes, held in memory: metadata, and documents of up to
    /// 4 KiB of base64. Default 8 MiB.
    pub root_bytes: usize,
    /// `inline_bytes`: longer documents that stand in the envelope, in bytes, together; they are
    /// streamed. Default 32 MiB.
    pub inline_bytes: u64,
    /// `part_bytes`: one attached document, in bytes. Default 2 GiB.
    pub part_bytes: u64,
    /// `total_bytes`: everything together, in bytes. Default 4 GiB.
    pub total_bytes: u64,
    /// `parts`: attached documents in one request. Default 1 000.
    pub parts: usize,
}

/// The registry receives no documents: only the envelope has a limit of its own.
pub(super) fn read_envelope_limit(section: &Section<'_>) -> Option<usize> {
    Some(root_bytes(section, 32 * MIB))
}

/// The manager receives one patient or one question at a time.
pub(super) fn read_message_limit(section: &Section<'_>) -> Option<usize> {
    Some(root_bytes(section, MIB))
}

pub(super) fn read_body(section: &Section<'_>) -> Option<BodyLimits> {
    let limits = BodyLimits {
        root_bytes: root_bytes(section, 8 * MIB),
        inline_bytes: section.number("inline_bytes", 32 * MIB, 0..=1_024 * GIB),
        part_bytes: section.number("part_bytes", 2 * GIB, 1..=1_024 * GIB),
        total_bytes: section.number("total_bytes", 4 * GIB, 1..=1_024 * GIB),
        parts: section.count("parts", 1_000, 1..=100_000),
    };
    if limits.part_bytes > limits.total_bytes {
        let remedy = "a part is at most as large as the whole: raise total_bytes or lower this";
        section.refuse("part_bytes", "larger than total_bytes", remedy);
    }
    Some(limits)
}

fn root_bytes(section: &Section<'_>, default: u64) -> usize {
    section.count("root_bytes", default, 64 * 1_024..=GIB)
}
