//! What is kept of a record that is longer than the journal's lines may be.
//!
//! Records are bounded where they are made; this is for the one that was not. It stands in an outbox
//! already, for work that is done: refusing it would keep every record behind it out of the journal, and
//! leave no trace of its own. What is kept says that it was shortened, why, where, and what the whole of
//! it was.

use openssl::sha::sha256;
use serde_json::{Map, Value, json};

use super::line::{MAX_RECORD_BYTES, hex};

/// Characters that are kept of a text: more than any identifier of the profiles has.
const TEXT_CHARACTERS: usize = 256;

/// Elements that are kept of a list; with two lists of the longest texts the record still fits a line.
const LIST_LENGTH: usize = 1_000;

/// The fields that a record must have, whatever else is left out; all of them are short.
const CORE: [&str; 6] = ["id", "time", "event", "action", "outcome", "process_id"];

/// A record of at most [`MAX_RECORD_BYTES`] in the place of one that is longer.
pub(super) fn shortened(record: &str) -> Result<String, serde_json::Error> {
    let mut fields: Map<String, Value> = serde_json::from_str(record)?;
    let names = fields.iter_mut().filter_map(|(name, value)| shorten(value).then_some(name));
    let names: Vec<String> = names.cloned().collect();
    let text = with_note(fields, record, json!(names))?;
    if text.len() <= MAX_RECORD_BYTES {
        return Ok(text);
    }
    let mut fields: Map<String, Value> = serde_json::from_str(&text)?;
    fields.retain(|name, _| CORE.contains(&name.as_str()));
    with_note(fields, record, json!("all that are missing"))
}

/// Says at the end of the record what was done to it; the digest tells whether a whole one is this one.
fn with_note(
    mut fields: Map<String, Value>,
    record: &str,
    names: Value,
) -> Result<String, serde_json::Error> {
    let note = json!({
        "reason": "the record is longer than a line of the journal",
        "size_bytes": record.len(),
        "sha256": hex(sha256(record.as_bytes())),
        "fields": names,
    });
    fields.insert("shortened".to_owned(), note);
    serde_json::to_string(&fields)
}

/// Shortens a text or a list, and tells whether anything was left out.
fn shorten(value: &mut Value) -> bool {
    match value {
        Value::String(text) => {
            let end = text.char_indices().nth(TEXT_CHARACTERS).map(|(end, _)| end);
            if let Some(end) = end {
                text.truncate(end);
            }
            end.is_some()
        }
        Value::Array(elements) => {
            let is_long = elements.len() > LIST_LENGTH;
            elements.truncate(LIST_LENGTH);
            elements.iter_mut().fold(is_long, |any, element| shorten(element) || any)
        }
        Value::Object(fields) => {
            let n_cut = fields.values_mut().map(shorten).filter(|is_cut| *is_cut).count();
            n_cut > 0
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AuditRecord, Event, Object, Outcome, Party, Patient};

    fn record() -> AuditRecord {
        AuditRecord {
            peer: Party::named("node-a".to_owned()),
            patients: vec![Patient::concerned("TEST-1^^^&1.2.3&ISO".to_owned())],
            ..AuditRecord::now(Event::REGISTER_AT_REGISTRY, Outcome::Success)
        }
    }

    #[track_caller]
    fn check(record: &AuditRecord, names: &Value) -> Value {
        let whole = record.to_json().unwrap();
        assert!(whole.len() > MAX_RECORD_BYTES);
        let text = shortened(&whole).unwrap();
        assert!(text.len() <= MAX_RECORD_BYTES, "{}", text.len());
        assert!(!text.contains('\n'));
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["id"], record.id.to_string());
        assert_eq!((&value["event"], &value["outcome"]), (&json!("ITI-42/registry"), &json!(0)));
        let note = &value["shortened"];
        assert_eq!(note["size_bytes"], whole.len());
        assert_eq!(note["sha256"], hex(sha256(whole.as_bytes())));
        assert_eq!(&note["fields"], names);
        value
    }

    #[test]
    fn an_endless_text_is_cut_and_the_rest_stays() {
        let message_id = Some("\u{1}".repeat(MAX_RECORD_BYTES));
        let value = check(&AuditRecord { message_id, ..record() }, &json!(["message_id"]));
        assert_eq!(value["message_id"], "\u{1}".repeat(TEXT_CHARACTERS));
        assert_eq!(value["patients"], json!([{"id": "TEST-1^^^&1.2.3&ISO"}]));
        assert_eq!(value["peer"]["user_id"], "node-a");
    }

    #[test]
    fn endless_lists_of_endless_texts_are_cut() {
        let endless = "\u{1}".repeat(TEXT_CHARACTERS + 1);
        let patients = vec![Patient::concerned(endless.clone()); 2 * LIST_LENGTH];
        let objects = vec![Object::SubmissionSet { unique_id: endless }; 2 * LIST_LENGTH];
        let record = AuditRecord { patients, objects, ..record() };
        let value = check(&record, &json!(["objects", "patients"]));
        assert_eq!(value["objects"].as_array().unwrap().len(), LIST_LENGTH);
    }

    #[test]
    fn what_is_too_long_all_the_same_keeps_its_core() {
        let whole = record().to_json().unwrap();
        let more: Vec<_> =
            (0..20_000).map(|n| format!("\"{n}\":\"{}\"", "x".repeat(600))).collect();
        let whole = whole.replacen('{', &format!("{{{},", more.join(",")), 1);
        let text = shortened(&whole).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        let names: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
        for name in CORE {
            assert!(names.contains(&name), "{names:?}");
        }
        assert_eq!(names.len(), CORE.len() + 1);
    }
}
