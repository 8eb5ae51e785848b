//! `renkei-load pix`: what the PIX manager adds to answering a frame and to keeping its bytes, and whether it
//! stays as fast among a million patients.

mod report;
mod scenario;
mod task;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;

use report::Report;
use scenario::Bench;
use task::Task;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei-load pix
  renkei-load pix --patients 1000000 --tasks pix-query --connections 1,4,16,64 --rounds 9
  scripts/with-postgres.sh sh -c 'renkei-load pix --database \"$RENKEI_TEST_POSTGRES\" --patients 10000,100000'
  renkei-load pix --patients 60,90 --connections 2 --rounds 1 --seconds 0.1    # does it run at all?

A run takes about connections x tasks x (2 + sizes) x (rounds + 1) x seconds, and before it the filling: a minute or
more for 100,000 patients, once if --keep is given. With --database, a database is made for each size, and stays.
Say about any figure that client and servers shared the machine.")]
pub(crate) struct Options {
    /// Patients that are known to the manager before; one manager for each number.
    #[arg(long, value_delimiter = ',', default_values_t = [10_000, 100_000, 1_000_000])]
    patients: Vec<u64>,
    /// What is asked or fed.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Task::ALL)]
    tasks: Vec<Task>,
    /// Connections that are kept open, each with one message at a time.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 4, 16, 64])]
    connections: Vec<u16>,
    /// Rounds that count; one more before them warms up and is dropped.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Length of each turn of a round, in seconds.
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// URL of a PostgreSQL server's own database; otherwise SQLite.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// In which folder the data lie, in a temporary folder of its own; otherwise that of the system.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A folder in which filled databases stay for the next run, instead of a temporary one.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["data", "database"])]
    keep: Option<PathBuf>,
}

/// Runs everything and prints the report.
pub(crate) fn run(options: &Options) -> Result<()> {
    let turn = Duration::try_from_secs_f64(options.seconds).context("--seconds is no duration")?;
    let within = Duration::from_millis(50)..=Duration::from_secs(30);
    ensure!(within.contains(&turn), "--seconds must be from 0.05 to 30");
    ensure!(options.patients.iter().all(|number| *number > 0), "--patients must not be 0");
    let temporary = tempfile::Builder::new()
        .prefix("renkei-load")
        .tempdir_in(options.data.clone().unwrap_or_else(std::env::temp_dir))?;
    let folder = options.keep.as_deref().unwrap_or(temporary.path());
    std::fs::create_dir_all(folder)?;
    let mut report = Report::begin(folder)?;
    let bench = Bench {
        folder: folder.to_owned(),
        database: options.database.clone(),
        patients: options.patients.clone(),
        tasks: options.tasks.clone(),
        connections: options.connections.clone(),
        rounds: options.rounds,
        turn,
    };
    let many = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    many.block_on(bench.prepare())?;
    drop(many);
    // One thread: the clients must not take both processors from the servers.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(bench.run(&mut report))?;
    report.finish()
}
