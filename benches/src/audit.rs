//! `renkei-load audit`: what the audit repository adds to storing bytes, and whether searches stay as fast.

mod message;
mod searching;
mod store;
mod storing;

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::machine;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei-load audit
  renkei-load audit --before 1000000 --rounds 9
  renkei-load audit --search
  scripts/with-postgres.sh sh -c 'renkei-load audit --database \"$RENKEI_TEST_POSTGRES\"'
  renkei-load audit --before 0 --records 2000 --rounds 1    # does it run at all?

Two of the schemas audit_repository, audit_bare and audit_small are made in the database, and stay there.")]
pub(crate) struct Options {
    /// Instead of storing: the cost of a search among few and among many records.
    #[arg(long)]
    search: bool,
    /// URL of a PostgreSQL database, empty; otherwise SQLite.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Records of each turn of a round.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    records: u32,
    /// Records that are there before anything is measured; with --search, those of the larger store.
    #[arg(long)]
    before: Option<u32>,
    /// Rounds that count; one more before them warms up and is dropped.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Senders, each of which waits until what it sent is stored.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=256))]
    senders: u32,
    /// Records that a sender hands over at once.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=4_096))]
    batch: u32,
    /// In which folder the data lie, in a temporary folder of its own; otherwise that of the system.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Seed of the messages.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Options {
    fn batch_size(&self) -> usize {
        usize::try_from(self.batch).unwrap_or(usize::MAX)
    }
}

/// Runs everything and prints the report.
pub(crate) fn run(options: &Options) -> Result<()> {
    let folder = options.data.clone().unwrap_or_else(std::env::temp_dir);
    let data = tempfile::Builder::new().prefix("renkei-load").tempdir_in(folder)?;
    let machine = machine::description();
    let syncs_per_second = machine::syncs_per_second(data.path())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(async {
        if options.search {
            searching::run(options, data.path()).await
        } else {
            storing::run(options, data.path()).await
        }
    })?;
    machine::say(&format!(
        "Machine: {machine}; at the end {}.\n\
         Disk: {syncs_per_second:.0} appends of 4 KiB with fdatasync a second.\n\n{report}",
        machine::load()
    ))
}
