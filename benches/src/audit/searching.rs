//! Searching: one patient with the same number of records among few and among many, in turns.

use std::path::Path;
use std::time::{Duration, Instant};

use ::store::StoreError;
use anyhow::{Context, Result, ensure};
use audit_repository::AuditRepositoryServer;
use audit_repository::extract::Term;
use audit_repository::store::search::{EventSearch, PageLimits, page, stored_event};

use super::Options;
use super::message::{Messages, patient};
use super::store::{Keeper, start};
use crate::machine;
use crate::measured::Spread;

/// Records of the smaller store.
const FEW: u32 = 10_000;
/// Of the larger one, unless it is said.
const MANY: u32 = 1_000_000;

/// Patients who are searched for, and records of each, spread over the whole store.
const N_SOUGHT: u32 = 100;
const N_HITS: u32 = 20;

const LIMITS: PageLimits = PageLimits { records: 25, rows: 1_000 };

/// Records of a batch and of a round of filling.
const BATCH: usize = 4_096;
const FILLING: u32 = 32_768;

/// Medians of one round, of one store.
struct Sample {
    /// A page of records.
    page: Duration,
    /// The page, and the messages of its records.
    messages: Duration,
}

pub(super) async fn run(options: &Options, folder: &Path) -> Result<String> {
    let many = options.before.unwrap_or(MANY);
    ensure!(many >= FEW, "--before must be {FEW} at least");
    let few = filled(options, &folder.join("few"), (FEW, "audit_small")).await?;
    let many_records = filled(options, &folder.join("many"), (many, "audit_repository")).await?;
    let mut samples = Vec::new();
    for round in 0..=options.rounds {
        let sample = (sample(&few)?, sample(&many_records)?);
        if round > 0 {
            samples.push(sample);
        }
    }
    few.stop().await;
    many_records.stop().await;
    Ok(report(options, many, &samples))
}

fn sought(number: u32) -> String {
    patient(&format!("sought{number}"))
}

async fn filled(
    options: &Options,
    folder: &Path,
    (n_records, schema): (u32, &str),
) -> Result<AuditRepositoryServer> {
    let database = options.database.as_deref().map(|url| (url, schema));
    let server = start(folder, database).await?;
    let keeper = Keeper::Repository(server.state());
    let mut messages = Messages::new(options.seed);
    let every = n_records / (N_SOUGHT * N_HITS);
    let mut n_filled = 0;
    let started = Instant::now();
    while n_filled < n_records {
        let next = n_records.min(n_filled.saturating_add(FILLING));
        let made: Vec<Vec<u8>> = (n_filled..next)
            .map(|number| {
                let (turn, is_sought) = (number / every, number % every == 0);
                if is_sought && turn < N_SOUGHT * N_HITS {
                    messages.about(&sought(turn % N_SOUGHT))
                } else {
                    messages.next()
                }
            })
            .collect();
        let batches = made.chunks(BATCH).map(|some| (0, some.to_vec())).collect();
        keeper.keep(batches, 4).await?;
        n_filled = next;
    }
    let elapsed = started.elapsed().as_secs_f64();
    machine::progress(&format!("filled with {n_records} records in {elapsed:.1} s"));
    Ok(server)
}

fn sample(server: &AuditRepositoryServer) -> Result<Sample> {
    let repository = server.state();
    let (mut pages, mut messages) = (Vec::new(), Vec::new());
    for number in 0..N_SOUGHT {
        let terms = vec![vec![Term::patient(&sought(number))]];
        let search = EventSearch { terms, ..EventSearch::default() };
        let started = Instant::now();
        let (n_found, of_page) =
            repository.database.read(|connection| -> Result<_, StoreError> {
                let found = page(connection, &repository.recent, &search, None, LIMITS)?;
                let of_page = started.elapsed();
                for row in &found.records {
                    stored_event(connection, row.sequence)?;
                }
                Ok((found.records.len(), of_page))
            })?;
        ensure!(n_found == usize::try_from(N_HITS)?, "a search found {n_found} records");
        pages.push(of_page);
        messages.push(started.elapsed());
    }
    Ok(Sample { page: median(pages)?, messages: median(messages)? })
}

fn median(mut times: Vec<Duration>) -> Result<Duration> {
    times.sort_unstable();
    times.get(times.len() / 2).copied().context("nothing was measured")
}

fn report(options: &Options, many: u32, samples: &[(Sample, Sample)]) -> String {
    let row = |name: &str, figure: fn(&Sample) -> Duration| {
        let spread =
            |of: &dyn Fn(&(Sample, Sample)) -> f64| Spread::of(samples.iter().map(of).collect());
        let ratio = spread(&|(few, many)| figure(many).div_duration_f64(figure(few)));
        let us = |duration: Duration| duration.as_secs_f64() * 1e6;
        format!(
            "| {name} | **{:.2}** ({:.2} to {:.2}) | {:.0} / {:.0} |\n",
            ratio.median,
            ratio.low,
            ratio.high,
            spread(&|(_, many)| us(figure(many))).median,
            spread(&|(few, _)| us(figure(few))).median,
        )
    };
    format!(
        "One of {N_SOUGHT} patients with {N_HITS} records each among {many} and among {FEW}, {}, medians over {} \
         rounds.\n\n| search | cost | us |\n|---|---:|---:|\n{}{}",
        if options.database.is_some() { "PostgreSQL" } else { "SQLite" },
        options.rounds,
        row("a page of records", |sample| sample.page),
        row("with their messages", |sample| sample.messages),
    )
}
