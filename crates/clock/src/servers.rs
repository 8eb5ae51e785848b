//! The configured servers: when each may be asked, and what they say together.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::Instant;

use crate::probe::{ProbeError, probe};
use crate::sntp::{Kiss, Measurement, Refusal};

/// A server of somebody else's is not asked more often (RFC 4330 section 10).
const SHORTEST_PAUSE: Duration = Duration::from_secs(64);

/// A server that wants to be asked less often is asked at least this often.
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);

/// For so many pauses an answer counts: two lost packets are no news about the clock.
const PAUSES_AN_ANSWER_COUNTS: u32 = 3;

pub(crate) struct Servers {
    servers: Vec<Server>,
}

struct Server {
    /// `name:port`.
    name: String,
    pause: Duration,
    /// `None` if the server has sent us away for good.
    due: Option<Instant>,
    last: Option<(Measurement, Instant)>,
    is_failing: bool,
}

impl Servers {
    pub(crate) fn new(names: Vec<String>, interval: Duration) -> Servers {
        let due = Some(Instant::now());
        let server = |name: String| {
            let pause = if is_own(&name) { interval } else { interval.max(SHORTEST_PAUSE) };
            Server { name, pause, due, last: None, is_failing: false }
        };
        Servers { servers: names.into_iter().map(server).collect() }
    }

    /// When the next server may be asked.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.servers.iter().filter_map(|server| server.due).min()
    }

    /// Asks all that are due, at the same time, and tells how many told nothing.
    pub(crate) async fn ask(&mut self, deadline: Duration) -> usize {
        let now = Instant::now();
        let is_due = |server: &&mut Server| server.due.is_some_and(|due| due <= now);
        let due = self.servers.iter_mut().filter(is_due);
        let told = join_all(due.map(|server| server.ask(now, deadline))).await;
        told.into_iter().filter(|told| !told).count()
    }

    /// What they say together, if any of them says anything.
    pub(crate) fn measurement(&self) -> Option<Measurement> {
        let now = Instant::now();
        median(self.servers.iter().filter_map(|server| server.answer(now)).collect())
    }
}

impl Server {
    /// Whether the server told the time.
    async fn ask(&mut self, now: Instant, deadline: Duration) -> bool {
        let told = probe(&self.name, deadline).await;
        if let Err(ProbeError::Refused(Refusal::Kiss(kiss))) = &told {
            self.take_kiss(*kiss);
        }
        self.due = self.due.map(|_| now + self.pause);
        match told {
            Ok(measurement) => {
                self.last = Some((measurement, now));
                self.is_failing = false;
                true
            }
            Err(error) => {
                if !std::mem::replace(&mut self.is_failing, true) {
                    tracing::warn!(server = self.name, %error, "a time server does not tell the time");
                }
                false
            }
        }
    }

    fn take_kiss(&mut self, kiss: Kiss) {
        match kiss {
            Kiss::Deny => {
                tracing::error!(
                    server = self.name,
                    "a time server forbids to be asked: it is not asked until the next start"
                );
                self.due = None;
            }
            Kiss::Rate => self.pause = (self.pause * 2).min(LONGEST_PAUSE.max(self.pause)),
            Kiss::Other => {}
        }
    }

    fn answer(&self, now: Instant) -> Option<Measurement> {
        let (measurement, at) = self.last?;
        (now.duration_since(at) <= self.pause * PAUSES_AN_ANSWER_COUNTS).then_some(measurement)
    }
}

/// Whether the server runs on this machine: how often it is asked is its owner's choice, who wrote the interval.
fn is_own(name: &str) -> bool {
    name.parse::<SocketAddr>().is_ok_and(|address| address.ip().is_loopback())
}

/// The median of the offsets with the bound of its server; of two in the middle the smaller offset.
///
/// So an outlier does not decide, and the clock is called wrong only if more than half of the servers say so:
/// with two servers that contradict each other nobody knows which one is wrong.
#[must_use]
pub fn median(mut measurements: Vec<Measurement>) -> Option<Measurement> {
    measurements.sort_by_key(|measurement| measurement.offset);
    let n = measurements.len();
    let upper = measurements.get(n / 2)?;
    let lower = measurements.get(n.saturating_sub(1) / 2)?;
    Some(if lower.offset.abs() < upper.offset.abs() { *lower } else { *upper })
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;

    fn measured(offset_ms: i64) -> Measurement {
        let offset = SignedDuration::from_millis(offset_ms);
        Measurement { offset, error_bound: Duration::from_millis(1) }
    }

    #[track_caller]
    fn check(offsets_ms: &[i64], expected: Option<i64>) {
        let measurements = offsets_ms.iter().copied().map(measured).collect();
        assert_eq!(median(measurements), expected.map(measured));
    }

    #[test]
    fn an_outlier_does_not_decide() {
        check(&[], None);
        check(&[5_000], Some(5_000));
        check(&[5_000, 3], Some(3));
        check(&[-5_000, 3], Some(3));
        check(&[4, 900_000, 3], Some(4));
        check(&[-900_000, 4, 3], Some(3));
        check(&[5_000, 3, 5_001], Some(5_000));
        check(&[-5_000, -4_000, 1, 2], Some(1));
    }

    #[test]
    fn servers_of_others_are_asked_every_64_seconds_at_most() {
        let names = ["127.0.0.1:123", "192.0.2.1:123", "time.example:123"].map(str::to_owned);
        let servers = Servers::new(names.to_vec(), Duration::from_secs(1)).servers;
        let pauses: Vec<_> = servers.iter().map(|server| server.pause.as_secs()).collect();
        assert_eq!(pauses, [1, 64, 64]);
    }

    #[test]
    fn a_kiss_is_obeyed() {
        let mut servers = Servers::new(vec!["192.0.2.1:123".to_owned()], Duration::from_secs(60));
        for expected in [128, 256, 512, 1_024, 2_048, 3_600, 3_600] {
            servers.servers[0].take_kiss(Kiss::Rate);
            assert_eq!(servers.servers[0].pause.as_secs(), expected);
        }
        assert!(servers.next_due().is_some());
        servers.servers[0].take_kiss(Kiss::Deny);
        assert_eq!(servers.next_due(), None);
    }

    proptest! {
        #[test]
        fn only_more_than_half_call_the_clock_wrong(
            offsets in proptest::collection::vec(-3_000_i64..3_000, 1..9),
        ) {
            let limit = SignedDuration::from_secs(1);
            let is_wrong = |measurement: &Measurement| measurement.offset.abs() > limit;
            let all: Vec<_> = offsets.into_iter().map(measured).collect();
            let n_wrong = all.iter().filter(|measurement| is_wrong(measurement)).count();
            let n = all.len();
            if is_wrong(&median(all).unwrap()) {
                prop_assert!(2 * n_wrong > n, "{n_wrong} of {n}");
            }
        }
    }
}
