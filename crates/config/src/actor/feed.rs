//! `[feed]` and `[mllp]`: MLLP listeners for what is said about patients.

use std::net::SocketAddr;
use std::time::Duration;

use crate::reader::{LISTENER, Section};

const MIB: u64 = 1 << 20;
/// A day, in ms.
const MAX_MS: u64 = 86_400_000;

/// Where patient identities are fed, and the manager is asked for them, and how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedConfig {
    /// `mllp`: without TLS, on loopback only, or `"off"`. Default `127.0.0.1:2577` for the registry,
    /// `127.0.0.1:2575` for the manager.
    pub mllp: Option<SocketAddr>,
    /// `mllps`: over TLS with client certificates, or `"off"`. Default `127.0.0.1:2578` for the
    /// registry, `127.0.0.1:2576` for the manager.
    pub mllps: Option<SocketAddr>,
    pub limits: FeedLimits,
}

/// Bounds of an MLLP listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedLimits {
    /// `frame_bytes`: one message; an ADT has some kB. Default 1 MiB.
    pub frame_bytes: usize,
    /// `frame_timeout_ms`: from the first byte of a message to its last. Default 30 000 ms.
    pub frame_timeout: Duration,
    /// `idle_timeout_ms`: between messages; senders keep connections open for hours.
    /// Default 3 600 000 ms.
    pub idle_timeout: Duration,
    /// `max_connections` at one time, per listener. Default 256.
    pub max_connections: usize,
}

pub(super) fn read_feed(section: &Section<'_>) -> Option<FeedConfig> {
    Some(read_listeners(section, 2577, 2578))
}

pub(super) fn read_manager_feed(section: &Section<'_>) -> Option<FeedConfig> {
    Some(read_listeners(section, 2575, 2576))
}

fn read_listeners(section: &Section<'_>, mllp_port: u16, mllps_port: u16) -> FeedConfig {
    let mllp = listener(section, "mllp", mllp_port);
    if mllp.is_some_and(|address| !address.ip().is_loopback()) {
        // Unauthenticated feeds let anybody on the network change identities unseen.
        let remedy = "plain MLLP is for the machine itself: use 127.0.0.1, or `mllps`";
        section.refuse("mllp", "reachable from outside without TLS", remedy);
    }
    let limits = FeedLimits {
        frame_bytes: section.count("frame_bytes", MIB, 4_096..=64 * MIB),
        frame_timeout: section.duration("frame_timeout_ms", 30_000, 100..=MAX_MS),
        idle_timeout: section.duration("idle_timeout_ms", 3_600_000, 100..=MAX_MS),
        max_connections: section.count("max_connections", 256, 1..=100_000),
    };
    let mllps = listener(section, "mllps", mllps_port);
    FeedConfig { mllp, mllps, limits }
}

fn listener(section: &Section<'_>, key: &'static str, default_port: u16) -> Option<SocketAddr> {
    let default = SocketAddr::from(([127, 0, 0, 1], default_port));
    section.optional(key, &LISTENER).unwrap_or(Some(default))
}
