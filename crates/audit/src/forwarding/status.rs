//! How one destination is doing, for metrics, readiness and the log.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;

use super::position::Position;
use super::{Destination, Limits, SendError};
use crate::journal::Synced;

/// Between two lines of the log about messages that no datagram can hold.
const TOO_LONG_PAUSE: Duration = Duration::from_secs(60);

/// How one destination is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestinationStatus {
    /// Where records are sent.
    pub destination: Destination,
    /// Records that are not known to have arrived.
    pub n_waiting: u64,
    /// Bytes of the journal that these take.
    pub waiting_bytes: u64,
    /// Whether a connection is open. Without anything to send there is none.
    pub is_connected: bool,
    /// Since when nothing has arrived although it was tried; `None` if the last try succeeded.
    pub failing_since: Option<Timestamp>,
    /// Records that have arrived since the start, or that the system has taken if it is UDP.
    pub n_confirmed: u64,
    /// Records stepped over since the start because they could not be rendered, or their line was changed.
    pub n_unrenderable: u64,
    /// Messages left out since the start because no datagram can hold them.
    pub n_too_long: u64,
    /// [`Limits::alarm_bytes`] is exceeded.
    pub has_backlog_alarm: bool,
    /// [`Limits::alarm_after`] is exceeded, or messages were left out.
    pub has_failure_alarm: bool,
}

/// What the task tells and the handle reads.
pub(super) struct Watched {
    pub(super) destination: Destination,
    synced: watch::Receiver<Synced>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// How far it is confirmed.
    confirmed: Synced,
    is_connected: bool,
    failing: Option<(Timestamp, Instant)>,
    n_confirmed: u64,
    n_unrenderable: u64,
    n_too_long: u64,
    too_long_logged: Option<Instant>,
    has_backlog_alarm: bool,
    has_failure_alarm: bool,
}

impl Watched {
    pub(super) fn new(
        destination: Destination,
        position: Option<&Position>,
        synced: watch::Receiver<Synced>,
    ) -> Watched {
        let confirmed = position.map(synced_at).unwrap_or_default();
        let state = Mutex::new(State { confirmed, ..State::default() });
        Watched { destination, synced, state }
    }

    /// Nothing panics while it is held, and numbers are never half-written.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn status(&self) -> DestinationStatus {
        let waiting = self.waiting();
        let state = self.state();
        DestinationStatus {
            destination: self.destination.clone(),
            n_waiting: waiting.sequence,
            waiting_bytes: waiting.n_bytes,
            is_connected: state.is_connected,
            failing_since: state.failing.map(|(since, _)| since),
            n_confirmed: state.n_confirmed,
            n_unrenderable: state.n_unrenderable,
            n_too_long: state.n_too_long,
            has_backlog_alarm: state.has_backlog_alarm,
            has_failure_alarm: state.has_failure_alarm || state.n_too_long > 0,
        }
    }

    fn waiting(&self) -> Synced {
        let synced = *self.synced.borrow();
        let confirmed = self.state().confirmed;
        Synced {
            n_bytes: synced.n_bytes.saturating_sub(confirmed.n_bytes),
            sequence: synced.sequence.saturating_sub(confirmed.sequence),
        }
    }

    pub(super) fn connected(&self) {
        self.state().is_connected = true;
    }

    pub(super) fn disconnected(&self) {
        self.state().is_connected = false;
    }

    pub(super) fn confirmed(&self, position: &Position) {
        let mut state = self.state();
        let confirmed = synced_at(position);
        let n_more = confirmed.sequence.saturating_sub(state.confirmed.sequence);
        state.n_confirmed = state.n_confirmed.saturating_add(n_more);
        state.confirmed = confirmed;
    }

    /// A session has ended in order.
    pub(super) fn succeeded(&self) {
        if self.state().failing.take().is_some() {
            tracing::info!(destination = %self.destination, "audit records are forwarded again");
        }
    }

    pub(super) fn failed(&self, error: &SendError) {
        let mut state = self.state();
        if state.failing.is_none() {
            state.failing = Some((Timestamp::now(), Instant::now()));
            let reason: &dyn std::error::Error = error;
            tracing::warn!(destination = %self.destination, reason, "audit records cannot be forwarded; they wait");
        }
    }

    /// `what` is the number of the record, or its place if the number cannot be read.
    pub(super) fn stepped_over(&self, what: StepOver) {
        self.state().n_unrenderable += 1;
        let destination = &self.destination;
        match what {
            StepOver::Record { sequence, reason } => {
                tracing::error!(%destination, sequence, reason, "an audit record is not forwarded");
            }
            StepOver::Line { offset } => {
                tracing::error!(%destination, offset, "a broken line of the journal is not forwarded");
            }
        }
    }

    pub(super) fn too_long(&self, sequence: u64, size_bytes: usize) {
        let mut state = self.state();
        state.n_too_long += 1;
        let now = Instant::now();
        if state.too_long_logged.is_none_or(|logged| now - logged >= TOO_LONG_PAUSE) {
            state.too_long_logged = Some(now);
            let (destination, n_too_long) = (&self.destination, state.n_too_long);
            tracing::error!(%destination, sequence, size_bytes, n_too_long, "an audit message is longer than a datagram and is not sent there");
        }
    }

    /// Raises and lifts the alarms, and says so once.
    pub(super) fn weigh(&self, limits: &Limits) {
        let waiting_bytes = self.waiting().n_bytes;
        let destination = &self.destination;
        let mut state = self.state();
        let has_backlog = waiting_bytes > limits.alarm_bytes;
        if has_backlog && !state.has_backlog_alarm {
            tracing::error!(%destination, waiting_bytes, "too many audit records wait to be forwarded");
        }
        let failed_for = state.failing.map(|(_, since)| since.elapsed());
        let fails_long = failed_for.is_some_and(|time| time >= limits.alarm_after);
        if fails_long && !state.has_failure_alarm {
            let duration_ms = failed_for.map(|time| time.as_millis());
            tracing::error!(%destination, duration_ms, "audit records have not been forwarded for too long");
        }
        (state.has_backlog_alarm, state.has_failure_alarm) = (has_backlog, fails_long);
    }
}

/// What is not forwarded.
pub(super) enum StepOver {
    Record { sequence: u64, reason: &'static str },
    Line { offset: u64 },
}

fn synced_at(position: &Position) -> Synced {
    Synced { n_bytes: position.end, sequence: position.sequence }
}
