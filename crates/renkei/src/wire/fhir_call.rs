//! Searches and reads of FHIR resources.

use bytes::Bytes;
use client::{ClientTransport, RawAnswer, RawClient, Timeouts};
use serde_json::Value;

use super::error::{AnswerError, WireError};
use crate::output;

/// A FHIR server of the community.
#[derive(Debug)]
pub(crate) struct FhirEndpoint {
    pub(super) actor: &'static str,
    /// The base, without a slash at its end.
    pub(super) url: String,
    pub(super) transport: ClientTransport,
}

/// Resources of a search, and whether they are all.
#[derive(Debug)]
pub(crate) struct Searched {
    pub(crate) resources: Vec<Value>,
    pub(crate) is_complete: bool,
}

impl FhirEndpoint {
    /// Resources that a form of parameters finds, page by page, at most `limit`. What is searched for is in the
    /// body: URLs are logged by whatever stands between.
    ///
    /// # Errors
    /// [`WireError`].
    pub(crate) async fn search(
        &self,
        kind: &str,
        form: String,
        limit: usize,
    ) -> Result<Searched, WireError> {
        let client = self.client()?;
        let url = format!("{}/{kind}/_search", self.url);
        let media_type = "application/x-www-form-urlencoded";
        let headers = vec![("content-type".to_owned(), media_type.to_owned())];
        let answer = client.post_raw(&url, headers, form.into()).await;
        let mut page = self.read_answer(answer.map_err(|source| self.no_answer(source))?)?;
        let mut resources = Vec::new();
        loop {
            let next = next_link(&page);
            resources.extend(matches(&mut page));
            let Some(next) = next else { break };
            if resources.len() >= limit {
                resources.truncate(limit);
                return Ok(Searched { resources, is_complete: false });
            }
            // The certificate is shown to this server and to no other.
            if !next.starts_with(&format!("{}/", self.url)) {
                return Err(self.unbelievable(AnswerError::OtherServer));
            }
            page = self.get(&client, &next).await?;
        }
        let is_complete = resources.len() <= limit;
        resources.truncate(limit);
        Ok(Searched { resources, is_complete })
    }

    /// One resource.
    ///
    /// # Errors
    /// [`WireError`].
    pub(crate) async fn read(&self, kind: &str, id: &str) -> Result<Value, WireError> {
        self.get(&self.client()?, &format!("{}/{kind}/{id}", self.url)).await
    }

    fn client(&self) -> Result<RawClient, WireError> {
        Ok(RawClient::new(&self.transport, Timeouts::default())?)
    }

    async fn get(&self, client: &RawClient, url: &str) -> Result<Value, WireError> {
        let answer = client.request("GET", url, Vec::new(), Bytes::new()).await;
        self.read_answer(answer.map_err(|source| self.no_answer(source))?)
    }

    fn read_answer(&self, answer: RawAnswer) -> Result<Value, WireError> {
        let resource: Option<Value> = serde_json::from_slice(&answer.body).ok();
        match (answer.status, resource) {
            (200, Some(resource)) => Ok(resource),
            (200, None) => Err(self.unbelievable(AnswerError::Json)),
            (status, resource) => {
                let text = resource.as_ref().and_then(|it| it.pointer("/issue/0/diagnostics"));
                let reason = text.and_then(Value::as_str).unwrap_or("no reason given");
                let reason = output::plain(reason).into_owned();
                Err(WireError::Refused { actor: self.actor, status, reason })
            }
        }
    }

    fn no_answer(&self, source: client::CallError) -> WireError {
        WireError::Call { actor: self.actor, source }
    }

    fn unbelievable(&self, source: AnswerError) -> WireError {
        WireError::Answer { actor: self.actor, source }
    }
}

fn next_link(page: &Value) -> Option<String> {
    let links = page.get("link")?.as_array()?;
    let next = links.iter().find(|link| link.get("relation").is_some_and(|it| it == "next"))?;
    Some(next.get("url")?.as_str()?.to_owned())
}

fn matches(page: &mut Value) -> Vec<Value> {
    let Some(entries) = page.get_mut("entry").and_then(Value::as_array_mut) else {
        return Vec::new();
    };
    let is_match = |entry: &Value| entry.pointer("/search/mode").is_some_and(|it| it == "match");
    let entries = std::mem::take(entries).into_iter().filter(is_match);
    entries.filter_map(|mut entry| entry.get_mut("resource").map(Value::take)).collect()
}
