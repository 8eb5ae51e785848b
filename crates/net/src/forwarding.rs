//! ITI-20 of an actor: its journal on the way to audit record repositories, watched.
//!
//! The sending is the `audit` crate's; here it gets its TLS, its metrics and its end.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use audit::forwarding::{
    Connect, Destination, DestinationStatus, ForwardingError, Limits, RenderError, Settings,
};
use audit::rendering::Recorder;
use audit::{AuditRecord, Forwarder, ForwarderHandle, Journal};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::metrics::Metrics;
use crate::tls::{Tls, TlsFiles};
use crate::transport::TransportError;

/// Pause between two looks at how the destinations are doing.
const LOOK: Duration = Duration::from_secs(5);

/// Where the records of an actor go.
#[derive(Clone, Debug)]
pub struct ForwardingConfig {
    /// As in metrics, `registry` for instance.
    pub actor: &'static str,
    pub journal: PathBuf,
    pub recorder: Recorder,
    pub destinations: Vec<Destination>,
    /// This node's certificate, and the authority of the receivers.
    pub tls: TlsFiles,
}

/// Why nothing is forwarded; the actor must not serve then.
#[derive(Debug, thiserror::Error)]
pub enum StartForwardingError {
    #[error("the TLS of the audit repositories cannot be set up")]
    Transport(#[from] TransportError),
    #[error("the audit records cannot be forwarded")]
    Forwarding(#[from] ForwardingError),
}

/// The running forwarder of an actor.
pub struct Forwarding {
    tls: Option<Tls>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl ForwardingConfig {
    /// As the configuration has it: records of the community `home` (its homeCommunityId as a URN).
    #[must_use]
    pub fn of_actor(
        actor: &'static str,
        home: &str,
        journal: &Path,
        (audit, tls): (&config::actor::ForwardingConfig, &config::actor::TlsFiles),
    ) -> ForwardingConfig {
        ForwardingConfig {
            actor,
            journal: journal.to_owned(),
            recorder: Recorder::new(actor, home),
            destinations: audit.destinations.clone(),
            tls: TlsFiles { ca: audit.ca.clone(), ..TlsFiles::from(tls) },
        }
    }
}

impl Forwarding {
    /// Starts; needs a tokio runtime. Without destinations there is nothing to do, and nothing is lost.
    ///
    /// # Errors
    /// [`StartForwardingError`].
    pub fn start(
        config: &ForwardingConfig,
        journal: &Journal,
        metrics: &Metrics,
    ) -> Result<Forwarding, StartForwardingError> {
        let is_tls = |it: &Destination| matches!(it, Destination::Tls { .. });
        let tls = Some(Tls::from(config.tls.clone()));
        let tls = tls.filter(|_| config.destinations.iter().any(is_tls));
        let connect = tls.as_ref().map(connect).transpose()?;
        let with_connect = |destination: &Destination| {
            let connect = connect.clone().filter(|_| is_tls(destination));
            (destination.clone(), connect)
        };
        let settings = Settings {
            journal: config.journal.clone(),
            destinations: config.destinations.iter().map(with_connect).collect(),
            render: render(config.recorder.clone()),
            limits: Limits::default(),
        };
        let handle = Forwarder::start(settings, journal)?;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(watch(handle, (config.actor, metrics.clone()), stopped));
        Ok(Forwarding { tls, stop, task })
    }

    /// The TLS of the destinations, for [`crate::TlsWatch`].
    #[must_use]
    pub fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// Sends what is there for a bounded time and ends the sessions in order, so that the last record arrives.
    pub async fn stop(self) {
        // A task that is gone has failed, which is said below.
        let _ = self.stop.send(());
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the forwarding of audit records failed");
        }
    }
}

/// Sessions are short: each begins with what is in force then.
fn connect(tls: &Tls) -> Result<Arc<Connect>, TransportError> {
    tls.in_force()?;
    let tls = tls.clone();
    Ok(Arc::new(move || tls.connector().map_err(io::Error::other)))
}

fn render(recorder: Recorder) -> Arc<audit::forwarding::Render> {
    Arc::new(move |json: &str| {
        let record = AuditRecord::from_json(json)
            .map_err(|_not_a_record| RenderError { reason: "not a record of this version" })?;
        Ok(recorder.syslog(&record))
    })
}

async fn watch(
    handle: ForwarderHandle,
    (actor, metrics): (&'static str, Metrics),
    mut stopped: oneshot::Receiver<()>,
) {
    let mut looks = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            _ = looks.tick() => show(&metrics, actor, &handle.status()),
            _ = &mut stopped => break,
        }
    }
    handle.stop().await;
}

fn show(metrics: &Metrics, actor: &'static str, destinations: &[DestinationStatus]) {
    for status in destinations {
        metrics.forwarding.show(actor, status);
    }
}
