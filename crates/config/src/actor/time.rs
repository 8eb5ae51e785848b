//! `[time]`: who tells the time, to compare this machine's clock with (ITI-1).
//!
//! How wrong the clock may be is the members' matter and stands in the agreement.

use std::time::Duration;

use crate::reader::{Form, Section};

/// An hour, in ms: a clock that nobody looks at for longer is not watched.
const MAX_INTERVAL_MS: u64 = 3_600_000;

/// More servers tell nothing more; each is asked at every round.
const MAX_SERVERS: usize = 16;

/// Longest name of the domain name system, in characters.
const MAX_NAME_CHARACTERS: usize = 253;

/// Time servers of one actor, and how often they are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeConfig {
    /// `servers`: time servers that answer NTP, each `NAME:PORT`. Nothing is set by them: they
    /// are compared with the clock. Default none: only the kernel of this machine is asked.
    pub servers: Vec<String>,
    /// `interval_ms`: between two looks at the clock. Servers on other machines are asked every
    /// 64 s at most, as RFC 4330 wants it. Default 60 000 ms.
    pub interval: Duration,
}

const SERVER: Form<String> = Form {
    read: |value| value.as_str().filter(|server| is_server(server)).map(str::to_owned),
    wanted: "a time server with its port, for example \"ntp.example:123\" or \"[2001:db8::1]:123\"",
};

pub(super) fn read_time(section: &Section<'_>) -> Option<TimeConfig> {
    let mut servers: Vec<String> = Vec::new();
    for server in section.items("servers", &SERVER) {
        if servers.contains(&server.value) {
            let remedy = "name each server once: one that is named twice would have two votes";
            section.refuse_item("servers", &server, "named twice", remedy);
        }
        servers.push(server.value);
    }
    if servers.len() > MAX_SERVERS {
        let remedy = format!("wanted: up to {MAX_SERVERS} servers");
        section.refuse("servers", "too many", &remedy);
    }
    let interval = section.duration("interval_ms", 60_000, 1_000..=MAX_INTERVAL_MS);
    Some(TimeConfig { servers, interval })
}

fn is_server(text: &str) -> bool {
    let Some((name, port)) = text.rsplit_once(':') else { return false };
    let is_port = port.parse::<u16>().is_ok_and(|port| port != 0);
    let is_address = text.parse::<std::net::SocketAddr>().is_ok();
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_name = (1..=MAX_NAME_CHARACTERS).contains(&name.len()) && name.chars().all(is_letter);
    is_port && (is_address || is_name)
}
