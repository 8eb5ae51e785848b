//! `renkei-load transfer`: documents to a community and files to a plain server, turn by turn.
//!
//! Both servers are processes of their own over the same `net::HttpServer`, on the same disk; the file server
//! does for each upload the file's own syncs and as many small ones as the databases behind an ITI-41
//! (`serve/files.rs`). The clients of this process send as soon as they are answered. Only the ratios within a
//! round are results.

mod message;
mod report;
mod scenario;
mod turn;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};

use crate::serve::TransportChoice;
use report::Report;
use scenario::{Age, Bench};
use turn::Operation;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei-load transfer
  renkei-load transfer --transport plain --sizes 1048576 --connections 4 --rounds 9
  renkei-load transfer --sizes 4096 --connections 2 --rounds 1 --seconds 0.2 --stores new    # does it run at all?

A run takes about 4 x sizes x connections x transports x (rounds + 1) x seconds, and what it sends stays on the
disk until its end: some ten GB by default.
Say about any figure that client and servers shared the machine.")]
pub(crate) struct Options {
    /// Which transports to measure.
    #[arg(long, value_enum, default_value = "both")]
    transport: Transports,
    /// Sizes of the documents, in bytes.
    #[arg(long, value_delimiter = ',', default_values_t = [102_400, 1_048_576])]
    sizes: Vec<usize>,
    /// What is done with them.
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["upload", "download"])]
    operations: Vec<Operation>,
    /// How old the stores look.
    #[arg(long, value_enum, default_value = "used")]
    stores: Age,
    /// Connections that are kept open, each with one transfer at a time.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 4, 16])]
    connections: Vec<u16>,
    /// Rounds that count; one more before them warms up and is dropped.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Length of each turn of a round, in seconds.
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// Worker threads of each server; registry and repository have so many each.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    workers: u16,
    /// Small synced writes that the file server does for each upload, as a community's databases do; 0 is an
    /// upload that is done when the file is durable.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(0..=16))]
    commits: u8,
    /// In which folder the servers' data lie, in a temporary folder of its own; otherwise that of the system.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Seed of the synthetic entries and documents.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Transports {
    Plain,
    Mtls,
    Both,
}

impl Transports {
    const fn choices(self) -> &'static [TransportChoice] {
        match self {
            Transports::Plain => &[TransportChoice::Plain],
            Transports::Mtls => &[TransportChoice::Mtls],
            Transports::Both => &[TransportChoice::Plain, TransportChoice::Mtls],
        }
    }
}

/// Runs everything and prints the report.
pub(crate) fn run(options: &Options) -> Result<()> {
    let turn = Duration::try_from_secs_f64(options.seconds).context("--seconds is no duration")?;
    let within = Duration::from_millis(50)..=Duration::from_secs(30);
    ensure!(within.contains(&turn), "--seconds must be from 0.05 to 30");
    let folder = options.data.clone().unwrap_or_else(std::env::temp_dir);
    let mut report = Report::begin(&folder)?;
    let logs = tempfile::tempdir()?;
    let bench = Bench {
        logs: logs.path().to_owned(),
        sizes: options.sizes.clone(),
        operations: options.operations.clone(),
        connections: options.connections.clone(),
        workers: options.workers,
        commits: options.commits,
        rounds: options.rounds,
        turn,
        seed: options.seed,
    };
    for transport in options.transport.choices() {
        let data = tempfile::Builder::new().prefix("renkei-load").tempdir_in(&folder)?;
        let many = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        many.block_on(scenario::prepare(data.path(), options.stores))?;
        // One thread: the clients must not take both processors from the servers.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        for row in runtime.block_on(bench.run(data.path(), *transport))? {
            report.add(row);
        }
    }
    report.finish()
}
