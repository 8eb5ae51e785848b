//! The journal's line: lane, sequence, hash of the previous line, record, own hash.
//!
//! `{"lane":"…","sequence":7,"previous":"…","row":12,"record":{…},"hash":"…"}`
//!
//! `hash` is the SHA-256 of every byte before `,"hash":`, and the next line repeats it as
//! `previous`; the first line of a lane has 64 zeros there. `row` is the number of the
//! outbox row that the record came from, and is absent for what came by `append`. A lane
//! is one journal file; it goes on when the file is opened again.

use openssl::sha::sha256;
use serde::Deserialize;
use uuid::Uuid;

use super::MAX_LINE_BYTES;

const RECORD_KEY: &str = ",\"record\":";
const HASH_KEY: &str = ",\"hash\":\"";
const LINE_TAIL: &str = "\"}";

/// `,"hash":"`, 64 hexadecimal digits, `"}`.
const HASH_FIELD_BYTES: usize = HASH_KEY.len() + 64 + LINE_TAIL.len();

/// What is left of a line for the record: the other fields need fewer than 512 bytes.
pub(super) const MAX_RECORD_BYTES: usize = MAX_LINE_BYTES - 512;

/// A record to be written.
pub(super) struct Entry {
    /// Number of the outbox row, if it was one.
    pub(super) row: Option<i64>,
    /// The record, one line of JSON.
    pub(super) json: String,
}

/// Where a chain stands: what the next line must continue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chain {
    pub(super) lane: Uuid,
    /// Number of the newest line; 0 before the first.
    pub(super) sequence: u64,
    /// Hash of the newest line, 64 lower-case hexadecimal digits.
    pub(super) hash: String,
}

/// What is wrong with a line. No variant shows its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BrokenLine {
    /// Not a line of this format.
    #[error("the line is not readable")]
    Format,
    /// The line does not match its own hash.
    #[error("the line was changed")]
    Hash,
    /// The line belongs to another lane.
    #[error("the line is of another lane")]
    Lane,
    /// The line before it is not the one it was written after.
    #[error("a line is missing, added or moved")]
    Sequence,
}

impl Chain {
    pub(super) fn begin(lane: Uuid) -> Chain {
        Chain { lane, sequence: 0, hash: "0".repeat(64) }
    }

    /// Appends the entry's line, line end included, and moves on to it.
    pub(super) fn write(&mut self, entry: &Entry, out: &mut String) {
        use std::fmt::Write as _;

        let start = out.len();
        self.sequence = self.sequence.saturating_add(1);
        let Chain { lane, sequence, hash } = &*self;
        let row = entry.row.map(|row| format!(",\"row\":{row}")).unwrap_or_default();
        let record = &entry.json;
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "{{\"lane\":\"{lane}\",\"sequence\":{sequence},\"previous\":\"{hash}\"{row},\"record\":{record}"
        );
        self.hash = hex(sha256(out.as_bytes().get(start..).unwrap_or_default()));
        out.push_str(HASH_KEY);
        out.push_str(&self.hash);
        out.push_str(LINE_TAIL);
        out.push('\n');
    }

    /// Checks that the line (without line end) continues the chain, and moves on to it.
    pub(super) fn follow(&mut self, line: &[u8]) -> Result<Uuid, BrokenLine> {
        let (fields, hash) = read(line)?;
        if fields.lane != self.lane.to_string() {
            return Err(BrokenLine::Lane);
        }
        if Some(fields.sequence) != self.sequence.checked_add(1) || fields.previous != self.hash {
            return Err(BrokenLine::Sequence);
        }
        self.sequence = fields.sequence;
        self.hash = hash;
        parse_uuid(fields.record.id)
    }

    /// Takes the line (without line end) as where the chain stands, its past unknown.
    pub(super) fn adopt(line: &[u8]) -> Result<(Chain, Uuid), BrokenLine> {
        let (fields, hash) = read(line)?;
        let lane = parse_uuid(fields.lane)?;
        Ok((Chain { lane, sequence: fields.sequence, hash }, parse_uuid(fields.record.id)?))
    }

    /// Takes the first line of a file: its lane is new, its past must be empty.
    pub(super) fn first(line: &[u8]) -> Result<(Chain, Uuid), BrokenLine> {
        let (fields, _) = read(line)?;
        let mut chain = Chain::begin(parse_uuid(fields.lane)?);
        let id = chain.follow(line)?;
        Ok((chain, id))
    }
}

/// The id of a record that stands as JSON in an outbox row.
///
/// A row is data of another store: a line end between its tokens is legal JSON, but would
/// end the journal's line in the middle of the record.
pub(super) fn record_id(json: &str) -> Result<Uuid, serde_json::Error> {
    use serde::de::Error as _;

    if json.contains('\n') {
        return Err(serde_json::Error::custom("the record is more than one line"));
    }
    let record: RecordKey = serde_json::from_str(json)?;
    Uuid::parse_str(record.id).map_err(|_invalid| serde_json::Error::custom("id is not a UUID"))
}

/// A line as whoever passes its record on sees it.
#[derive(Debug)]
pub(crate) struct LineView<'a> {
    pub(crate) lane: &'a str,
    pub(crate) sequence: u64,
    pub(crate) hash: String,
    /// JSON.
    pub(crate) record: &'a str,
}

/// Reads a line (without line end) that matches its own hash; whether it follows another is not asked.
pub(crate) fn view(line: &[u8]) -> Result<LineView<'_>, BrokenLine> {
    let (fields, hash) = read(line)?;
    let text = std::str::from_utf8(line).map_err(|_invalid| BrokenLine::Format)?;
    // Before the record stand a UUID, numbers and a hash.
    let (_, rest) = text.split_once(RECORD_KEY).ok_or(BrokenLine::Format)?;
    let end = rest.len().checked_sub(HASH_FIELD_BYTES).ok_or(BrokenLine::Format)?;
    let (record, _) = rest.split_at_checked(end).ok_or(BrokenLine::Format)?;
    Ok(LineView { lane: fields.lane, sequence: fields.sequence, hash, record })
}

#[derive(Deserialize)]
struct Fields<'a> {
    lane: &'a str,
    sequence: u64,
    previous: &'a str,
    #[serde(borrow)]
    record: RecordKey<'a>,
}

/// The one field of a record that the journal itself reads.
#[derive(Deserialize)]
struct RecordKey<'a> {
    id: &'a str,
}

/// Splits a line into its fields and its hash, which has been checked.
fn read(line: &[u8]) -> Result<(Fields<'_>, String), BrokenLine> {
    let split = line.len().checked_sub(HASH_FIELD_BYTES).ok_or(BrokenLine::Format)?;
    let (body, hash_field) = line.split_at_checked(split).ok_or(BrokenLine::Format)?;
    let hash = hex(sha256(body));
    if hash_field != format!("{HASH_KEY}{hash}{LINE_TAIL}").as_bytes() {
        return Err(BrokenLine::Hash);
    }
    let text = std::str::from_utf8(line).map_err(|_invalid| BrokenLine::Format)?;
    let fields = serde_json::from_str(text).map_err(|_invalid| BrokenLine::Format)?;
    Ok((fields, hash))
}

fn parse_uuid(text: &str) -> Result<Uuid, BrokenLine> {
    Uuid::parse_str(text).map_err(|_invalid| BrokenLine::Format)
}

/// Digit by digit: formatting each byte costs several times as much.
pub(super) fn hex(digest: [u8; 32]) -> String {
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let mut text = String::with_capacity(64);
    text.extend(digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)));
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{AuditRecord, Event, Outcome, Party};

    fn entry(text: &str, row: Option<i64>) -> Entry {
        let record = AuditRecord {
            peer: Party::named(text.to_owned()),
            message_id: Some(text.to_owned()),
            ..AuditRecord::now(Event::STORED_QUERY_AT_REGISTRY, Outcome::Success)
        };
        Entry { row, json: record.to_json().unwrap() }
    }

    proptest! {
        #[test]
        fn every_written_line_is_followed(
            records in prop::collection::vec((any::<String>(), any::<Option<i64>>()), 1..8),
        ) {
            let mut written = Chain::begin(Uuid::new_v4());
            let mut text = String::new();
            for (content, row) in &records {
                written.write(&entry(content, *row), &mut text);
            }
            prop_assert_eq!(text.lines().count(), records.len());
            for (line, (content, _)) in text.split_terminator('\n').zip(&records) {
                let record: serde_json::Value =
                    serde_json::from_str(view(line.as_bytes()).unwrap().record).unwrap();
                prop_assert_eq!(record["peer"]["user_id"].as_str().unwrap(), content);
            }
            let mut lines = text.split_terminator('\n').map(str::as_bytes);
            let (mut followed, _id) = Chain::first(lines.next().unwrap()).unwrap();
            for line in lines {
                followed.follow(line).unwrap();
            }
            prop_assert_eq!(followed, written);
        }

        #[test]
        fn foreign_bytes_are_refused_without_panic(line in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(Chain::adopt(&line).is_err());
        }
    }

    #[test]
    fn the_first_line_has_no_past() {
        let mut chain = Chain::begin(Uuid::new_v4());
        let mut text = String::new();
        chain.write(&entry("", None), &mut text);
        let second = text.len();
        chain.write(&entry("", None), &mut text);
        let (first, second) = text.split_at(second);
        assert!(first.contains(&format!("\"sequence\":1,\"previous\":\"{}\"", "0".repeat(64))));
        assert_eq!(Chain::first(second.trim_end().as_bytes()), Err(BrokenLine::Sequence));
    }

    #[test]
    fn a_number_that_was_left_out_shows_although_the_hashes_fit() {
        let mut chain = Chain { sequence: 1, ..Chain::begin(Uuid::new_v4()) };
        let mut text = String::new();
        chain.write(&entry("", None), &mut text);
        assert_eq!(Chain::first(text.trim_end().as_bytes()), Err(BrokenLine::Sequence));
    }

    #[test]
    fn a_line_of_another_lane_is_refused() {
        let (mut ours, mut theirs) = (Chain::begin(Uuid::new_v4()), Chain::begin(Uuid::new_v4()));
        let mut text = String::new();
        theirs.write(&entry("", None), &mut text);
        assert_eq!(ours.follow(text.trim_end().as_bytes()), Err(BrokenLine::Lane));
    }

    #[test]
    fn the_longest_record_fits_a_line() {
        let mut chain = Chain { sequence: u64::MAX - 1, ..Chain::begin(Uuid::new_v4()) };
        let mut text = String::new();
        let json = "x".repeat(MAX_RECORD_BYTES);
        chain.write(&Entry { row: Some(i64::MIN), json }, &mut text);
        assert!(text.len() <= MAX_LINE_BYTES);
    }

    #[test]
    fn a_row_without_a_record_is_refused() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert!(record_id(&format!(r#"{{"id":"{id}"}}"#)).is_ok());
        for json in ["", "{}", r#"{"id":"1"}"#, "[]", &format!("{{\"id\":\n\"{id}\"}}")] {
            assert!(record_id(json).is_err(), "{json}");
        }
    }
}
