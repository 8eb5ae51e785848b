//! The few values that random metadata and random queries share, so that they meet often.

use crate::dice::Dice;

/// Code, scheme and two display names: no query may look at the display name.
pub(super) const CODES: [[&str; 4]; 5] = [
    ["a", "1.2.1", "A", "エー"],
    ["a", "1.2.2", "A of another scheme", "A"],
    ["b", "1.2.1", "B", "B & <b>"],
    ["it's", "1.2.1", "quoted", "引用"],
    ["が", "1.2.2", "composed", "合成"],
];

/// A code that no metadata holds.
pub(super) const UNUSED_CODE: [&str; 2] = ["a", "1.2.3"];

pub(super) const PERSONS: [&str; 6] = [
    "^山田^太郎",
    "11375^Yamada^Taro^^^Dr^^^&1.2.392.200250.99.6&ISO",
    "^O'Hara^Scarlett",
    "^山^田",
    "D0042",
    "^がっこう^<&>",
];

/// Patterns for names; the last but one has a letter that is composed in the metadata.
pub(super) const PATTERNS: [&str; 12] = [
    "%Yamada%",
    "Yamada%",
    "%yamada%",
    "^山_^太郎",
    "%山%",
    "^山^_",
    "%O'Hara%",
    "_____",
    "%",
    "%<&>",
    "^か\u{3099}っこう%",
    "nobody",
];

/// Times of every precision, close to each other.
pub(super) const TIMES: [&str; 14] = [
    "2023",
    "202312",
    "20231231",
    "20231231235959",
    "2024",
    "202401",
    "20240101",
    "2024010100",
    "202401010000",
    "20240101000000",
    "20240101000001",
    "2024010109",
    "202402",
    "2025",
];

pub(super) const REFERENCE_IDS: [&str; 4] = [
    "2024-17^^^&1.2.392.200250.99.2&ISO^urn:ihe:iti:xds:2013:order",
    "2024_17^^^&1.2.392.200250.99.2&ISO^urn:ihe:iti:xds:2013:order",
    "2024-17^^^&1.2.392.200250.99.2&ISO^urn:ihe:iti:xds:2013:referral",
    "1.2.3.45.678^^^^urn:ihe:iti:xds:2016:studyInstanceUID",
];

pub(super) const SOURCES: [&str; 3] =
    ["1.2.392.200250.99.51", "1.2.392.200250.99.52", "1.2.392.200250.99.5"];

/// A moment in the past, in 14 digits.
pub(super) fn moment(dice: &mut Dice) -> String {
    let time = dice.one_of(&TIMES);
    full(time)
}

/// The first instant of the stated period (xds.md 6.4).
pub(super) fn full(time: &str) -> String {
    let rest = "00000101000000".get(time.len()..).unwrap();
    format!("{time}{rest}")
}
