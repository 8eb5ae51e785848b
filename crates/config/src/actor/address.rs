//! Addresses of other systems that are told something.
//!
//! Without TLS only this machine is told: what is said are identities.

use std::fmt;

use atna::Destination;

use super::Transport;
use super::repository::is_http_url;
use super::s3::{host, is_loopback};

/// The MLLP listener of another system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MllpAddress {
    /// Mutual TLS (`mllps`) or none (`mllp`).
    pub transport: Transport,
    /// A name or an address; IPv6 without brackets.
    pub host: String,
    pub port: u16,
}

/// Where a consumer is told what has changed; the scheme says in which version of HL7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsumerAddress {
    /// `mllp://HOST:PORT` or `mllps://HOST:PORT`: HL7 v2, ITI-10.
    Mllp(MllpAddress),
    /// `http://…` or `https://…`: HL7 v3, ITI-46.
    Soap(String),
}

impl MllpAddress {
    pub(super) fn parse(text: &str) -> Option<MllpAddress> {
        let (transport, rest) = match text.split_once("://")? {
            ("mllps", rest) => (Transport::MutualTls, rest),
            ("mllp", rest) => (Transport::Plain, rest),
            _ => return None,
        };
        // A host with a port is what an audit repository has as well.
        let (host, port) = match format!("tls://{rest}").parse().ok()? {
            Destination::Tls { host, port } | Destination::Udp { host, port } => (host, port),
        };
        let may_be_told = transport == Transport::MutualTls || is_loopback(&host);
        may_be_told.then_some(MllpAddress { transport, host, port })
    }
}

impl fmt::Display for MllpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.transport {
            Transport::MutualTls => "mllps",
            Transport::Plain => "mllp",
        };
        if self.host.contains(':') {
            write!(f, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}

impl ConsumerAddress {
    pub(super) fn parse(text: &str) -> Option<ConsumerAddress> {
        if text.starts_with("http") {
            let may_be_told = is_http_url(text) && (is_https(text) || is_of_loopback(text));
            return may_be_told.then(|| ConsumerAddress::Soap(text.to_owned()));
        }
        MllpAddress::parse(text).map(ConsumerAddress::Mllp)
    }

    /// Whether this node shows its certificate there.
    #[must_use]
    pub fn transport(&self) -> Transport {
        match self {
            ConsumerAddress::Mllp(address) => address.transport,
            ConsumerAddress::Soap(url) if is_https(url) => Transport::MutualTls,
            ConsumerAddress::Soap(_) => Transport::Plain,
        }
    }
}

fn is_https(url: &str) -> bool {
    url.starts_with("https://")
}

fn is_of_loopback(url: &str) -> bool {
    let rest = url.strip_prefix("http://").unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    is_loopback(host(authority))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        for text in [
            "mllps://registry.example:2578",
            "mllps://192.0.2.1:2578",
            "mllps://[2001:db8::1]:2578",
            "mllp://localhost:2577",
            "mllp://127.0.0.1:2577",
            "mllp://[::1]:2577",
        ] {
            assert_eq!(MllpAddress::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn without_tls_only_this_machine_is_told() {
        for text in [
            "mllp://registry.example:2577",
            "mllp://192.0.2.1:2577",
            "mllp://127.0.0.1.example:2577",
            "http://consumer.example/pix",
            "http://localhost@consumer.example/pix",
            "http://127.0.0.1:80@consumer.example/pix",
            "http://localhost.example/pix",
            "http://localhost\\@consumer.example/pix",
        ] {
            assert_eq!(ConsumerAddress::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "localhost:2577",
            "mllps://localhost",
            "mllps://localhost:0",
            "mllps://localhost:2577/",
            "mllps://a b:2577",
            "tls://localhost:2577",
            "https://",
            "https://a b",
            "httpsx://consumer.example",
        ] {
            assert_eq!(ConsumerAddress::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_scheme_says_how_the_peer_is_recognised() {
        let transport = |text: &str| ConsumerAddress::parse(text).unwrap().transport();
        for text in ["mllps://consumer.example:2575", "https://consumer.example/pix"] {
            assert_eq!(transport(text), Transport::MutualTls, "{text}");
        }
        for text in ["mllp://[::1]:2575", "http://[::1]:8080/pix", "http://localhost"] {
            assert_eq!(transport(text), Transport::Plain, "{text}");
        }
    }
}
