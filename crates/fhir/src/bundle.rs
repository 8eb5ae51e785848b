//! Bundle of type searchset.

use serde_json::{Map, Value, json};

/// The answer to a search.
#[derive(Clone, Debug, Default)]
pub struct SearchSet {
    /// How many there are on all pages; `None` if they were not counted.
    pub total: Option<u64>,
    pub self_link: String,
    pub next_link: Option<String>,
    /// Full URL and resource.
    pub matches: Vec<(String, Value)>,
    /// An OperationOutcome about the search itself.
    pub outcome: Option<Value>,
}

impl SearchSet {
    /// The resource.
    #[must_use]
    pub fn into_json(self) -> Value {
        let mut bundle = Map::new();
        bundle.insert("resourceType".to_owned(), json!("Bundle"));
        bundle.insert("type".to_owned(), json!("searchset"));
        if let Some(total) = self.total {
            bundle.insert("total".to_owned(), json!(total));
        }
        let mut links = vec![json!({ "relation": "self", "url": self.self_link })];
        links.extend(self.next_link.map(|url| json!({ "relation": "next", "url": url })));
        bundle.insert("link".to_owned(), Value::Array(links));
        let matched = self.matches.into_iter().map(|(url, resource)| {
            json!({ "fullUrl": url, "resource": resource, "search": { "mode": "match" } })
        });
        let outcome = self.outcome.into_iter();
        let outcome =
            outcome.map(|outcome| json!({ "resource": outcome, "search": { "mode": "outcome" } }));
        let entries: Vec<Value> = matched.chain(outcome).collect();
        // FHIR has no empty arrays.
        if !entries.is_empty() {
            bundle.insert("entry".to_owned(), Value::Array(entries));
        }
        Value::Object(bundle)
    }
}
