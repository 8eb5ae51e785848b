//! `[http]`: how long a peer may take, how many there may be, and who may speak for others.

use std::time::Duration;

use crate::reader::{Form, NAME, Section};

/// An hour, in ms: nothing on this port may last longer.
const MAX_MS: u64 = 3_600_000;

/// Deadlines and bounds of an HTTP listener, and the proxy before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpLimits {
    /// `request_head_timeout_ms`: for the head of a request to arrive. Default 10 000 ms.
    pub request_head_timeout: Duration,
    /// `body_idle_timeout_ms`: between two pieces of a body. Default 15 000 ms.
    pub body_idle_timeout: Duration,
    /// `body_total_timeout_ms`: for a whole body; documents of 100 MB over slow lines need
    /// minutes. Default 600 000 ms.
    pub body_total_timeout: Duration,
    /// `keep_alive_ms`: an idle connection is kept this long; a new one costs a handshake, as
    /// much as 45 queries. Default 75 000 ms.
    pub keep_alive: Duration,
    /// `max_connections` at one time, over all workers. Default 1 024.
    pub max_connections: usize,
    /// `shutdown_timeout_ms`: for requests in flight when the process is told to stop.
    /// Default 15 000 ms.
    pub shutdown_timeout: Duration,
    /// `trusted_proxy`: common names of the certificates of proxies that end TLS before us and hand on the
    /// certificates of clients; `"loopback"` for whatever connects from this machine without TLS. Default none.
    pub trusted_proxy: Vec<String>,
    /// `trusted_proxy_header`: where a proxy puts the client's certificate, PEM in percent-encoding. Default
    /// `X-Client-Cert`.
    pub trusted_proxy_header: String,
}

const HEADER: Form<String> = Form {
    read: |value| value.as_str().filter(|name| is_header(name)).map(str::to_owned),
    wanted: "the name of a header: letters, digits and hyphens, for example \"X-Client-Cert\"",
};

fn is_header(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=64).contains(&name.len()) && name.bytes().all(is_plain)
}

pub(super) fn read_http(section: &Section<'_>) -> Option<HttpLimits> {
    let proxies = section.items("trusted_proxy", &NAME).into_iter();
    let header = section.optional("trusted_proxy_header", &HEADER);
    Some(HttpLimits {
        request_head_timeout: section.duration("request_head_timeout_ms", 10_000, 100..=MAX_MS),
        body_idle_timeout: section.duration("body_idle_timeout_ms", 15_000, 100..=MAX_MS),
        body_total_timeout: section.duration("body_total_timeout_ms", 600_000, 1_000..=MAX_MS),
        keep_alive: section.duration("keep_alive_ms", 75_000, 0..=MAX_MS),
        max_connections: section.count("max_connections", 1_024, 1..=1_000_000),
        shutdown_timeout: section.duration("shutdown_timeout_ms", 15_000, 0..=MAX_MS),
        trusted_proxy: proxies.map(|item| item.value).collect(),
        trusted_proxy_header: header.unwrap_or_else(|| "X-Client-Cert".to_owned()),
    })
}
