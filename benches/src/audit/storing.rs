//! Storing: the bare table and the audit repository in turns, the same messages for both.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::Options;
use super::message::Messages;
use super::store::{Batch, Keeper, open_bare, start};
use crate::machine;
use crate::measured::Spread;
use crate::server::cpu_of;

/// Records that are there before, unless it is said.
const BEFORE: u32 = 200_000;

/// Records that are made and stored at once where nothing is measured.
const FILLING: u32 = 20_000;

/// One turn.
#[derive(Clone, Copy)]
struct Sample {
    elapsed: Duration,
    /// Of this process: PostgreSQL's own is not in it.
    cpu: Duration,
}

pub(super) async fn run(options: &Options, folder: &Path) -> Result<String> {
    let database = options.database.as_deref().map(|url| (url, "audit_repository"));
    let server = start(&folder.join("community"), database).await?;
    let repository = Keeper::Repository(server.state());
    let bare = Keeper::Bare(Arc::new(open_bare(folder, options)?));
    let mut source = Source { messages: Messages::new(options.seed), n_made: 0 };
    let before = options.before.unwrap_or(BEFORE);
    let mut n_filled = 0;
    while n_filled < before {
        let n_records = FILLING.min(before.saturating_sub(n_filled));
        let batches = source.batches(n_records, 2_048);
        bare.keep(batches.clone(), 4).await?;
        repository.keep(batches, 4).await?;
        n_filled = n_filled.saturating_add(n_records);
    }
    machine::progress(&format!("{before} records are there; {}", machine::load()));
    let mut samples = Vec::new();
    for round in 0..=options.rounds {
        let batches = source.batches(options.records, options.batch_size());
        let of_bare = sample(&bare, batches.clone(), options).await?;
        let of_repository = sample(&repository, batches, options).await?;
        let ratio = of_bare.elapsed.div_duration_f64(of_repository.elapsed);
        machine::progress(&format!("round {round}: {ratio:.2} of bare; {}", machine::load()));
        if round > 0 {
            samples.push((of_bare, of_repository));
        }
    }
    drop(repository);
    server.stop().await;
    Ok(report(options, before, &samples))
}

/// Numbers the messages.
struct Source {
    messages: Messages,
    n_made: i64,
}

impl Source {
    fn batches(&mut self, n_records: u32, size: usize) -> Vec<Batch> {
        let all: Vec<Vec<u8>> = (0..n_records).map(|_| self.messages.next()).collect();
        let mut batches = Vec::new();
        for messages in all.chunks(size) {
            batches.push((self.n_made.saturating_add(1), messages.to_vec()));
            let n_messages = i64::try_from(messages.len()).unwrap_or(i64::MAX);
            self.n_made = self.n_made.saturating_add(n_messages);
        }
        batches
    }
}

async fn sample(keeper: &Keeper, batches: Vec<Batch>, options: &Options) -> Result<Sample> {
    let cpu = cpu_of(std::process::id())?;
    let started = Instant::now();
    keeper.keep(batches, options.senders).await?;
    let elapsed = started.elapsed();
    Ok(Sample { elapsed, cpu: cpu_of(std::process::id())?.saturating_sub(cpu) })
}

fn report(options: &Options, before: u32, samples: &[(Sample, Sample)]) -> String {
    let n_records = f64::from(options.records);
    let spread = |figure: &dyn Fn(&(Sample, Sample)) -> f64| {
        Spread::of(samples.iter().map(figure).collect())
    };
    let throughput = spread(&|(bare, audit)| bare.elapsed.div_duration_f64(audit.elapsed));
    let cpu = spread(&|(bare, audit)| audit.cpu.div_duration_f64(bare.cpu));
    let per_second = |sample: &Sample| n_records / sample.elapsed.as_secs_f64();
    let cpu_us = |sample: &Sample| sample.cpu.as_secs_f64() * 1e6 / n_records;
    format!(
        "Audit repository / bare table, medians over {} rounds of {} records each, {before} before; {} senders, \
         batches of {}.\n\n\
         | database | throughput | CPU a record | records/s | CPU us |\n|---|---:|---:|---:|---:|\n\
         | {} | **{:.2}** ({:.2} to {:.2}) | **{:.2}** ({:.2} to {:.2}) | {:.0} / {:.0} | {:.0} / {:.0} |\n",
        options.rounds,
        options.records,
        options.senders,
        options.batch,
        if options.database.is_some() { "PostgreSQL" } else { "SQLite" },
        throughput.median,
        throughput.low,
        throughput.high,
        cpu.median,
        cpu.low,
        cpu.high,
        spread(&|(_, audit)| per_second(audit)).median,
        spread(&|(bare, _)| per_second(bare)).median,
        spread(&|(_, audit)| cpu_us(audit)).median,
        spread(&|(bare, _)| cpu_us(bare)).median,
    )
}
