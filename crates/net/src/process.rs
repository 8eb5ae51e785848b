//! What every process of ours does beside serving: logs on standard error, and a graceful stop.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// The shape of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts logging to standard error: `info` and above, or what `RUST_LOG` says.
///
/// Does nothing when the process logs already.
pub fn start_logs(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // A second call finds a subscriber in place, which is what it wants.
    let _already_started = match format {
        LogFormat::Text => logs.with_ansi(false).try_init(),
        LogFormat::Json => logs.json().flatten_event(true).try_init(),
    };
}

/// The signals that ask a process to stop.
#[derive(Debug)]
pub struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    /// From now on the process stops when it is ready to, not when it is told to.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn listen() -> io::Result<StopSignals> {
        Ok(StopSignals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for SIGINT or SIGTERM.
    pub async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// How long a stop waits for what no connection waits for any more: worker threads that are just ending,
/// submissions whose senders hung up, records of answers that were broken off.
const RELEASE: Duration = Duration::from_secs(5);

/// Waits until nobody else works with an actor's state, for a while.
pub async fn await_release<T>(actor: &'static str, state: &Arc<T>) {
    let end = Instant::now() + RELEASE;
    while Arc::strong_count(state) > 1 {
        if Instant::now() >= end {
            tracing::warn!(actor, "stopped while work was still in hand");
            return;
        }
        tokio::time::sleep(RELEASE / 500).await;
    }
}

/// Lets an actor's state go where blocking is allowed: closing its stores waits for their last commits.
pub async fn close<T: Send + Sync + 'static>(actor: &'static str, state: Arc<T>) {
    if let Err(error) = tokio::task::spawn_blocking(move || drop(state)).await {
        tracing::error!(actor, %error, "the stores could not be closed");
    }
}
