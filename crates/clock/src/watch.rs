//! The task that looks at the clock as long as the actor runs.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use atna::Outcome;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::judgement::{ClockFault, ClockState, Reading, Rules, fault};
use crate::kernel::{KernelState, kernel_state};
use crate::metrics::ActorClockMetrics;
use crate::servers::Servers;

/// For one question to a server, unless a test is in a hurry: twice around the earth, and a slow name server.
pub const PROBE_DEADLINE: Duration = Duration::from_secs(3);

/// Whom to ask, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Time servers, each `name:port`; without any only the kernel is asked.
    pub servers: Vec<String>,
    /// Between two looks at the kernel, and at servers on this machine. Other servers are asked every 64 s at
    /// most.
    pub interval: Duration,
    /// For one question to a server.
    pub probe_deadline: Duration,
}

/// What the clock has become; [`fmt::Display`] is for the audit trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockAlert {
    /// It was right, or nobody had looked.
    Wrong(ClockFault),
    /// It was wrong.
    Right,
}

impl ClockAlert {
    /// As its record in the audit trail ends.
    #[must_use]
    pub const fn outcome(self) -> Outcome {
        match self {
            ClockAlert::Wrong(_) => Outcome::SeriousFailure,
            ClockAlert::Right => Outcome::Success,
        }
    }
}

impl fmt::Display for ClockAlert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClockAlert::Wrong(fault) => fault.fmt(f),
            ClockAlert::Right => f.write_str("the clock is right again"),
        }
    }
}

/// The last look.
#[derive(Clone, Copy)]
struct Seen {
    state: ClockState,
    verdict: Result<(), ClockFault>,
}

/// A running watch over the clock.
pub struct ClockWatch {
    seen: Arc<ArcSwap<Seen>>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl ClockWatch {
    /// Starts the task; needs a tokio runtime. `rules` tells those in force, at every look; `on_change` is
    /// awaited once whenever a right clock turns wrong or a wrong one right.
    pub fn start<R, C, F>(
        settings: Settings,
        metrics: ActorClockMetrics,
        rules: R,
        on_change: C,
    ) -> ClockWatch
    where
        R: Fn() -> Rules + Send + 'static,
        C: Fn(ClockAlert) -> F + Send + 'static,
        F: Future<Output = ()> + Send,
    {
        let state = state_of(kernel_state(), None);
        metrics.show(&state);
        // Shown from the beginning: a series that begins with its first failure shows no rise.
        metrics.count_failed(0);
        // Nobody has asked the servers yet: good enough for readiness where nobody must vouch, and no alert.
        let seen = Seen { state, verdict: fault(&state, &rules()) };
        let seen = Arc::new(ArcSwap::from_pointee(seen));
        let watcher = Watcher { metrics, rules, on_change, seen: Arc::clone(&seen) };
        let (stop, mut stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            tokio::select! {
                () = watcher.watch(settings) => {}
                _ = stopped.changed() => {}
            }
        });
        ClockWatch { seen, stop, task }
    }

    /// The last look.
    #[must_use]
    pub fn state(&self) -> ClockState {
        self.seen.load().state
    }

    /// For `/readyz`: whether the clock was right at the last look.
    pub fn readiness(&self) -> impl Fn() -> Result<(), String> + Send + Sync + use<> {
        let seen = Arc::clone(&self.seen);
        move || seen.load().verdict.map_err(|fault| fault.to_string())
    }

    /// Ends the task at once.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the watch over the clock failed");
        }
    }
}

/// What the task holds.
struct Watcher<R, C> {
    metrics: ActorClockMetrics,
    rules: R,
    on_change: C,
    seen: Arc<ArcSwap<Seen>>,
}

impl<R, C, F> Watcher<R, C>
where
    R: Fn() -> Rules,
    C: Fn(ClockAlert) -> F,
    F: Future<Output = ()>,
{
    /// Looks without end.
    async fn watch(self, settings: Settings) {
        let mut servers = Servers::new(settings.servers, settings.interval);
        let mut was_right = true;
        loop {
            let next_look = Instant::now() + settings.interval;
            self.metrics.count_failed(servers.ask(settings.probe_deadline).await);
            let state = state_of(kernel_state(), servers.measurement().map(Reading::from));
            let verdict = fault(&state, &(self.rules)());
            self.metrics.show(&state);
            self.seen.store(Arc::new(Seen { state, verdict }));
            if let Some(alert) = change(was_right, verdict) {
                (self.on_change)(alert).await;
            }
            was_right = verdict.is_ok();
            let next = servers.next_due().map_or(next_look, |due| due.min(next_look));
            sleep_until(next).await;
        }
    }
}

fn state_of(kernel: KernelState, servers: Option<Reading>) -> ClockState {
    let own = match kernel {
        KernelState::Synchronised(errors) => {
            Some(Reading { offset: errors.offset, error_bound: errors.maximum })
        }
        KernelState::Unsynchronised | KernelState::Unknown => None,
    };
    ClockState { kernel, reading: servers.or(own), at: Timestamp::now() }
}

fn change(was_right: bool, verdict: Result<(), ClockFault>) -> Option<ClockAlert> {
    match verdict {
        Err(fault) if was_right => Some(ClockAlert::Wrong(fault)),
        Ok(()) if !was_right => Some(ClockAlert::Right),
        Ok(()) | Err(_) => None,
    }
}
