//! `[syslog]`: where audit messages are received (ITI-20), and how much.

use std::net::SocketAddr;
use std::time::Duration;

use crate::reader::{LISTENER, Section};

const MIB: u64 = 1 << 20;
/// A day, in ms.
const MAX_MS: u64 = 86_400_000;

/// The listeners of an Audit Record Repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyslogConfig {
    /// `tls`: syslog over mutual TLS (RFC 5425), or `"off"`. Always TLS, whatever `transport` says: a
    /// sender without a certificate has no name. Default `127.0.0.1:6514`.
    pub tls: Option<SocketAddr>,
    /// `udp`: one message per datagram (RFC 5426), from whoever sends, unencrypted; an address or
    /// `"off"`. Default off.
    pub udp: Option<SocketAddr>,
    pub limits: SyslogLimits,
}

/// Bounds of the listeners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyslogLimits {
    /// `message_bytes`: one message. Default 1 MiB.
    pub message_bytes: usize,
    /// `message_timeout_ms`: from the first byte of a message to its last, and for the TLS handshake.
    /// Default 30 000 ms.
    pub message_timeout: Duration,
    /// `idle_timeout_ms`: between messages; senders keep connections open for hours. Default
    /// 3 600 000 ms.
    pub idle_timeout: Duration,
    /// `max_connections` at one time. Default 256.
    pub max_connections: usize,
    /// `max_connections_per_address`: of these, from one address. Default 32.
    pub max_connections_per_address: usize,
    /// `queue`: messages of one connection that wait to be stored; it is not read further meanwhile. They
    /// are stored together as well when they have `message_bytes`. Default 64.
    pub queue: usize,
    /// `datagram_queue`: datagrams that wait to be stored; one more is lost, as datagrams are. Default 1 024.
    pub datagram_queue: usize,
}

pub(super) fn read_syslog(section: &Section<'_>) -> Option<SyslogConfig> {
    let default = SocketAddr::from(([127, 0, 0, 1], 6514));
    let limits = SyslogLimits {
        // RFC 5425: 4.3.1 demands 2 048 and recommends 8 192.
        message_bytes: section.count("message_bytes", MIB, 8_192..=64 * MIB),
        message_timeout: section.duration("message_timeout_ms", 30_000, 100..=MAX_MS),
        idle_timeout: section.duration("idle_timeout_ms", 3_600_000, 100..=MAX_MS),
        max_connections: section.count("max_connections", 256, 1..=100_000),
        max_connections_per_address: section.count("max_connections_per_address", 32, 1..=100_000),
        queue: section.count("queue", 64, 1..=1_024),
        datagram_queue: section.count("datagram_queue", 1_024, 1..=100_000),
    };
    Some(SyslogConfig {
        tls: section.optional("tls", &LISTENER).unwrap_or(Some(default)),
        udp: section.optional("udp", &LISTENER).unwrap_or(None),
        limits,
    })
}
