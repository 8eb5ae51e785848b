//! Where records are sent: `tls://HOST:PORT` or `udp://HOST:PORT`.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// Longest name that the domain name system knows.
const MAX_HOST_BYTES: usize = 253;

/// An audit record repository, as a sender reaches it. ITI TF-2: 3.20.4.1.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Destination {
    /// Syslog over TLS. RFC 5425.
    Tls {
        /// A name or an address; IPv6 without brackets.
        host: String,
        /// 6514 by convention.
        port: u16,
    },
    /// Syslog over UDP: one message per datagram, of which any may be lost. RFC 5426.
    Udp {
        /// A name or an address; IPv6 without brackets.
        host: String,
        /// 514 by convention.
        port: u16,
    },
}

/// Why a text is no destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDestination {
    /// It begins neither with `tls://` nor with `udp://`.
    #[error("a destination begins with tls:// or udp://")]
    Scheme,
    /// The host is no name and no address, or an IPv6 address without brackets.
    #[error("the host of a destination is a name, an IPv4 address or an IPv6 address in brackets")]
    Host,
    /// The port is missing or no number from 1 to 65535.
    #[error("a destination ends with a port")]
    Port,
}

impl Destination {
    fn parts(&self) -> (&'static str, &str, u16) {
        match self {
            Destination::Tls { host, port } => ("tls", host, *port),
            Destination::Udp { host, port } => ("udp", host, *port),
        }
    }

    /// What a file name may hold of it; two destinations of one file share it only if they are the same.
    #[must_use]
    pub fn key(&self) -> String {
        let (scheme, host, port) = self.parts();
        let host = host.to_ascii_lowercase().replace(':', "+");
        format!("{scheme}-{host}-{port}")
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host, port) = self.parts();
        if host.contains(':') {
            write!(formatter, "{scheme}://[{host}]:{port}")
        } else {
            write!(formatter, "{scheme}://{host}:{port}")
        }
    }
}

impl FromStr for Destination {
    type Err = InvalidDestination;

    fn from_str(text: &str) -> Result<Destination, InvalidDestination> {
        let (scheme, rest) = text.split_once("://").ok_or(InvalidDestination::Scheme)?;
        let (host, port) = rest.rsplit_once(':').ok_or(InvalidDestination::Port)?;
        let host = parse_host(host)?;
        let port = port_number(port).ok_or(InvalidDestination::Port)?;
        match scheme {
            "tls" => Ok(Destination::Tls { host, port }),
            "udp" => Ok(Destination::Udp { host, port }),
            _ => Err(InvalidDestination::Scheme),
        }
    }
}

fn parse_host(text: &str) -> Result<String, InvalidDestination> {
    let in_brackets = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if let Some(address) = in_brackets {
        let address: Ipv6Addr = address.parse().map_err(|_invalid| InvalidDestination::Host)?;
        return Ok(address.to_string());
    }
    let is_of_a_name =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if text.is_empty() || text.len() > MAX_HOST_BYTES || !text.bytes().all(is_of_a_name) {
        return Err(InvalidDestination::Host);
    }
    Ok(text.to_owned())
}

fn port_number(text: &str) -> Option<u16> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let port = is_number.then(|| text.parse().ok()).flatten()?;
    (port != 0).then_some(port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_and_written() {
        for text in ["tls://audit.example:6514", "udp://192.0.2.1:514", "tls://[2001:db8::1]:6514"]
        {
            let destination: Destination = text.parse().unwrap();
            assert_eq!(destination.to_string(), text);
            assert!(!destination.key().contains(['/', ':', '[']), "{}", destination.key());
        }
    }

    #[test]
    fn what_is_no_destination_is_refused_with_its_reason() {
        use InvalidDestination::{Host, Port, Scheme};
        for (text, reason) in [
            ("", Scheme),
            ("audit.example:6514", Scheme),
            ("https://audit.example:6514", Scheme),
            ("tls://audit.example", Port),
            ("tls://audit.example:", Port),
            ("tls://audit.example:0", Port),
            ("tls://audit.example:+1", Port),
            ("tls://audit.example:65536", Port),
            ("tls://:6514", Host),
            ("tls://2001:db8::1:6514", Host),
            ("tls://[audit.example]:6514", Host),
            ("tls://user@audit.example:6514", Host),
            ("udp://audit.example/path:514", Host),
        ] {
            assert_eq!(text.parse::<Destination>(), Err(reason), "{text}");
        }
    }
}
