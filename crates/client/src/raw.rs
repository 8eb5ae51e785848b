//! Any HTTP request, well-formed SOAP or not: for the conformance runner and for tests.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, Request};
use net::{Transport, TransportError};

use crate::error::CallError;
use crate::http::{Answer, Exchange, Timeouts, Upload};

/// Largest answer kept in memory.
const ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// Sends what it is given and returns what comes back.
#[derive(Clone, Debug)]
pub struct RawClient {
    exchange: Exchange,
}

/// An HTTP answer as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawAnswer {
    /// HTTP status.
    pub status: u16,
    /// Names in lower case, in the order of the answer; values that are not text are left out.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Bytes,
}

impl RawAnswer {
    /// The first header of this name, given in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl RawClient {
    /// # Errors
    /// [`TransportError`] when certificate, key or CA cannot be used.
    pub fn new(transport: &Transport, timeouts: Timeouts) -> Result<RawClient, TransportError> {
        Ok(RawClient { exchange: Exchange::new(transport, timeouts)? })
    }

    pub(crate) fn over(exchange: Exchange) -> RawClient {
        RawClient { exchange }
    }

    /// Posts `body` with exactly these headers; `Host` and `Content-Length` are added.
    ///
    /// # Errors
    /// [`CallError`]; an HTTP status of any kind is an answer.
    pub async fn post_raw(
        &self,
        url: &str,
        headers: Vec<(String, String)>,
        body: Bytes,
    ) -> Result<RawAnswer, CallError> {
        self.request("POST", url, headers, body).await
    }

    /// The same with any method.
    ///
    /// # Errors
    /// [`CallError`]; an HTTP status of any kind is an answer.
    pub async fn request(
        &self,
        method: &str,
        url: &str,
        headers: Vec<(String, String)>,
        body: Bytes,
    ) -> Result<RawAnswer, CallError> {
        let method = Method::from_bytes(method.as_bytes())
            .map_err(|_invalid| CallError::InvalidRequest("method"))?;
        let body = Full::new(body).map_err(|never| match never {}).boxed_unsync();
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = self.exchange.uri(url)?;
        for (name, value) in headers {
            let name = HeaderName::try_from(name)
                .map_err(|_invalid| CallError::InvalidRequest("header name"))?;
            let value = HeaderValue::try_from(value)
                .map_err(|_invalid| CallError::InvalidRequest("header value"))?;
            request.headers_mut().append(name, value);
        }
        let upload = Upload::new();
        upload.ended();
        collect(self.exchange.send(request, &upload).await?).await
    }
}

async fn collect(mut answer: Answer) -> Result<RawAnswer, CallError> {
    let headers = answer
        .response
        .headers()
        .iter()
        .filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        })
        .collect();
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if chunk.len() > ANSWER_BYTES.saturating_sub(body.len()) {
            return Err(CallError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(RawAnswer { status: answer.response.status().as_u16(), headers, body: body.into() })
}
