//! The servers of messages over MLLP: the PIX manager, one that sends fixed bytes, one that only keeps what it gets.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ::store::{AnyConnection, StoreError};
use anyhow::{Context, Result};
use benches::patients::{ManagerFolder, open_bare, raw_message};
use config::actor::{MllpAddress, Transport as ConfiguredTransport};
use config::agreement::PatientIds;
use diesel::prelude::*;
use net::mllp::{Answer, Frame, MllpConfig, MllpLimits, MllpServer};
use net::{Metrics, OnRefused, Transport};
use pix_manager::PixManagerServer;
use policy::Access;

use super::{Options, say, wait_for_end};

/// What answers hold that nobody made: what the clients look for, and as many bytes as are asked for.
const BEGINNING: &str = "MSA|AA|\rPID|";

/// The manager; without a registry it leaves the identifiers of the affinity domain to a feed.
pub(super) async fn serve_manager(options: &Options) -> Result<()> {
    let folder = ManagerFolder::open(&options.data)?;
    let mut config = folder.config(options.database.as_deref())?;
    config.process.transport = ConfiguredTransport::Plain;
    config.process.workers = options.workers;
    config.mllp.mllp = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    config.registry.feed = options.registry.map(|address| MllpAddress {
        transport: ConfiguredTransport::Plain,
        host: address.ip().to_string(),
        port: address.port(),
    });
    let mut agreement = folder.agreement()?;
    agreement.patient_ids = match options.registry {
        Some(_) => PatientIds::Manager,
        None => PatientIds::Feed,
    };
    let metrics = Metrics::new(&mut prometheus_client::registry::Registry::default());
    let server = PixManagerServer::start(&config, Arc::new(agreement), Access::Open, &metrics)?;
    let address = server.mllp_address().context("the manager has no MLLP listener")?;
    say(&address.to_string())?;
    wait_for_end().await?;
    server.stop().await;
    Ok(())
}

/// Answers each frame with as many bytes as are asked for; looks at nothing and keeps nothing.
pub(super) async fn serve_echo(options: &Options) -> Result<()> {
    let n_bytes = options.bytes.first().copied().unwrap_or_default();
    let answer = fixed(n_bytes);
    serve(Arc::new(move |_frame: Frame| {
        let answer = answer.clone();
        Box::pin(async move { answer })
    }))
    .await
}

/// Commits each frame as a row of numbers and bytes before it is answered; looks at nothing.
pub(super) async fn serve_bare(options: &Options) -> Result<()> {
    let database = Arc::new(open_bare(&options.data, options.database.as_deref())?);
    // A run goes on behind the rows of the one before.
    let first = database.read(|connection| {
        let last = raw_message::table.select(diesel::dsl::max(raw_message::sequence));
        let last: Result<Option<i64>, _> = last.get_result(connection);
        last.map_err(StoreError::Database)
    })?;
    let last = Arc::new(AtomicI64::new(first.unwrap_or(0)));
    let answer = fixed(options.bytes.first().copied().unwrap_or_default());
    serve(Arc::new(move |frame: Frame| {
        let sequence = last.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let kept = database.commit_trail(move |connection: &mut AnyConnection| {
            let row = (raw_message::sequence.eq(sequence), raw_message::raw.eq(frame.bytes));
            diesel::insert_into(raw_message::table).values(row).execute(connection)?;
            Ok::<_, StoreError>(())
        });
        let answer = answer.clone();
        Box::pin(
            async move { kept.await.map_or_else(|error| error.to_string().into(), |()| answer) },
        )
    }))
    .await
}

fn fixed(n_bytes: usize) -> Vec<u8> {
    let mut answer = BEGINNING.as_bytes().to_vec();
    answer.resize(n_bytes.max(answer.len()), b'x');
    answer
}

async fn serve(answer: Answer) -> Result<()> {
    let server = listen(answer)?;
    say(&server.address().to_string())?;
    wait_for_end().await?;
    server.stop().await;
    Ok(())
}

/// A listener on a free port.
pub(crate) fn listen(answer: Answer) -> Result<MllpServer> {
    let metrics = Metrics::new(&mut prometheus_client::registry::Registry::default());
    let config = MllpConfig {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        transport: Transport::Plain,
        limits: MllpLimits::default(),
        on_refused: OnRefused::default(),
    };
    Ok(MllpServer::start(config, metrics.mllp.clone(), answer)?)
}
