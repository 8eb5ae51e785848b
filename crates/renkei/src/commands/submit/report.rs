//! What `renkei submit` says about a submission that is registered.

use std::path::Path;

use serde_json::{Value, json};
use xds::DocumentEntry;

use super::Prepared;
use crate::output::plain;
use crate::wire::{self, RegistryErrors};

/// One line for each document.
pub(super) fn lines(prepared: &Prepared) -> Vec<String> {
    let repository = &prepared.repository;
    documents(prepared)
        .map(|(file, entry)| {
            format!(
                "{}: entryUUID {}, uniqueId {}, repository {repository}",
                plain(&file.to_string_lossy()),
                entry.id,
                plain(entry.unique_id.value.as_str()),
            )
        })
        .collect()
}

/// The same for scripts.
pub(super) fn json(prepared: &Prepared, warnings: &RegistryErrors) -> String {
    let set = &prepared.submission.submission_set;
    let documents = documents(prepared).map(|(file, entry)| document(prepared, file, entry));
    let value = json!({
        "submissionSet": {
            "entryUUID": set.id.to_string(),
            "uniqueId": set.unique_id.value.as_str(),
        },
        "documents": documents.collect::<Vec<Value>>(),
        "warnings": warnings.0.iter().map(wire::error_line).collect::<Vec<String>>(),
    });
    format!("{value:#}")
}

fn document(prepared: &Prepared, file: &Path, entry: &DocumentEntry) -> Value {
    json!({
        "file": file.to_string_lossy(),
        "entryUUID": entry.id.to_string(),
        "uniqueId": entry.unique_id.value.as_str(),
        "repositoryUniqueId": prepared.repository.as_str(),
        "mimeType": entry.mime_type.as_str(),
        "size": entry.size,
        "hash": entry.hash.map(|hash| hash.to_string()),
    })
}

fn documents(prepared: &Prepared) -> impl Iterator<Item = (&Path, &DocumentEntry)> {
    let files = prepared.files.iter().map(|file| file.as_path());
    files.zip(&prepared.submission.entries)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use datatypes::RepositoryUniqueId;
    use xds::{ErrorCode, RegistryError};

    use super::*;
    use crate::submission::tests::{common, document};

    fn prepared() -> Prepared {
        let documents = [document(None), document(None)];
        Prepared {
            submission: crate::submission::submission(&common(), &documents),
            documents: Vec::new(),
            files: vec![PathBuf::from("a.pdf"), PathBuf::from("b\u{1b}.pdf")],
            repository: RepositoryUniqueId::parse("1.2.6").unwrap(),
        }
    }

    #[test]
    fn each_document_is_one_line() {
        let prepared = prepared();
        let lines = lines(&prepared);
        let entry = &prepared.submission.entries[0];
        let unique_id = entry.unique_id.value.as_str();
        let expected =
            format!("a.pdf: entryUUID {}, uniqueId {unique_id}, repository 1.2.6", entry.id);
        assert_eq!(lines[0], expected);
        assert!(lines[1].starts_with("b\u{fffd}.pdf: "), "{}", lines[1]);
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn json_holds_all_identifiers() {
        let prepared = prepared();
        let warnings =
            RegistryErrors(vec![RegistryError::warning(ErrorCode::ExtraMetadataNotSaved, "x")]);
        let value: Value = serde_json::from_str(&json(&prepared, &warnings)).unwrap();
        let set = &prepared.submission.submission_set;
        assert_eq!(value["submissionSet"]["entryUUID"], set.id.to_string());
        let entry = &prepared.submission.entries[1];
        let document = &value["documents"][1];
        assert_eq!(document["entryUUID"], entry.id.to_string());
        assert_eq!(document["uniqueId"], entry.unique_id.value.as_str());
        assert_eq!(document["repositoryUniqueId"], "1.2.6");
        assert_eq!(document["size"], 4);
        assert_eq!(document["hash"], "07".repeat(20));
        assert_eq!(value["warnings"][0], "XDSExtraMetadataNotSaved (warning): x");
    }
}
