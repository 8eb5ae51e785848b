//! `renkei-load load`: two servers, the same clients, turn by turn.
//!
//! Both servers are processes of their own over the same `net::HttpServer`; the clients of this process keep
//! their connections open and ask again as soon as they are answered (closed loop). What a machine allows is
//! different on every machine and in every minute; therefore each round asks the static server and the
//! registry one after the other, and only the ratios within a round are results.

mod report;
mod scenario;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use benches::seeded::{self, Community};
use benches::synthetic::question::{self, Condition};
use benches::synthetic::{Generator, Group, Population, Random, submission};
use clap::{Args, ValueEnum};
use config::actor::Transport;
use xds::query::ReturnType;

use crate::machine;
use crate::serve::TransportChoice;
use report::Report;
use scenario::{Bench, Question, Reference, Scenario};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei-load load
  renkei-load load --baseline
  renkei-load load --audit --connections 64
  renkei-load load --entries 100000 --transport plain --rounds 9 --data /srv/load
  renkei-load load --entries 2000 --seconds 0.5 --rounds 3    # does it run at all?

A run takes about (6 x transports, 6 more with --baseline) x rounds x seconds, plus filling.
Say about any figure that client and servers shared the machine.")]
pub(crate) struct Options {
    /// DocumentEntries in the registry; patients have 20 on average, one has 1740.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
    entries: u32,
    /// Which transports to measure.
    #[arg(long, value_enum, default_value = "both")]
    transport: Transports,
    /// Also with the audit journal in memory (/dev/shm), over plain HTTP: the difference is what the sync
    /// before each answer costs. Nobody may serve so: a record that power loss takes is no record.
    #[arg(long)]
    baseline: bool,
    /// Instead of the static server, a registry of the same entries that keeps no audit records: the ratios
    /// say what they cost.
    #[arg(long, conflicts_with = "baseline")]
    audit: bool,
    /// Rounds that count; one more before them warms up and is dropped.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Length of each turn of a round, in seconds.
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Connections that are kept open, each with one request at a time.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1_024))]
    connections: u16,
    /// Worker threads of each server.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    workers: u16,
    /// Keeps the filled registry in this folder and uses it again; without it a temporary folder serves.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Seed of the synthetic entries.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Transports {
    Plain,
    Mtls,
    Both,
}

/// Where the journal of the `--baseline` runs lies: a file system in memory, where a sync costs nothing.
const IN_MEMORY: &str = "/dev/shm";

/// Runs everything and prints the report.
pub(crate) fn run(options: &Options) -> Result<()> {
    let turn = Duration::try_from_secs_f64(options.seconds).context("--seconds is no duration")?;
    // While one server has its turn, the other's connections are silent; half a minute is not too long.
    let within = Duration::from_millis(50)..=Duration::from_secs(30);
    ensure!(within.contains(&turn), "--seconds must be from 0.05 to 30");
    let temporary = tempfile::tempdir()?;
    let folder = options.data.clone().unwrap_or_else(|| temporary.path().join("data"));
    std::fs::create_dir_all(&folder)?;
    let population =
        Population::new(usize::try_from(options.entries)?, &mut Random::new(options.seed));
    let reference = if options.audit { Reference::WithoutAudit } else { Reference::Static };
    let mut report = Report::begin(&folder, reference)?;
    // One thread: the clients must not take both processors from the servers.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    filled(&folder, &population, options)?;
    let twin = temporary.path().join("twin");
    if options.audit {
        copy(&folder.join("community"), &twin)?;
    }
    let bench = Bench {
        data: folder.join("community"),
        reference,
        twin,
        logs: temporary.path().to_owned(),
        population,
        workers: options.workers,
        connections: options.connections,
        rounds: options.rounds,
        turn,
    };
    for scenario in scenarios(options)? {
        for row in runtime.block_on(bench.run(&scenario))? {
            report.add(row);
        }
    }
    report.finish()
}

/// The community's folder with the registry filled; one that is there already must have been filled alike.
fn filled(folder: &Path, population: &Population, options: &Options) -> Result<()> {
    let mark = folder.join("filled");
    let wanted = format!(
        "entries={} seed={} generator={}",
        options.entries,
        options.seed,
        generator_fingerprint(population)
    );
    if let Ok(found) = std::fs::read_to_string(&mark) {
        ensure!(found == wanted, "{} holds a registry with {found}", folder.display());
        return Ok(());
    }
    machine::progress(&format!(
        "filling: {} entries of {} patients",
        options.entries,
        population.patients.len()
    ));
    let started = Instant::now();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let community = Community::open(&folder.join("community"))?;
        let server = community.start_registry(&community.registry_config(Transport::Plain)?)?;
        let filled = seeded::fill(&server.state(), population, options.seed).await;
        server.stop().await;
        filled
    })?;
    machine::progress(&format!("filled in {:.1} s", started.elapsed().as_secs_f64()));
    Ok(std::fs::write(&mark, wanted)?)
}

/// A folder with all that is in it: two registries cannot have one database.
fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Tells data apart that another version of the generator made: its questions would find something else.
fn generator_fingerprint(population: &Population) -> String {
    let mut generator = Generator::new(0);
    let patient = population.patients.iter().find(|patient| patient.group == Group::Average);
    let made = patient.map(|patient| {
        let asked =
            question::find_documents(&patient.id, Condition::ManyCodes, ReturnType::LeafClass);
        let submitted = submission::envelope(&generator.submission(&patient.id, 3));
        submitted + &question::envelope(&asked)
    });
    let digest = openssl::sha::sha256(made.unwrap_or_default().as_bytes());
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

fn scenarios(options: &Options) -> Result<Vec<Scenario>> {
    let transports: &[TransportChoice] = match options.transport {
        Transports::Plain => &[TransportChoice::Plain],
        Transports::Mtls => &[TransportChoice::Mtls],
        Transports::Both => &[TransportChoice::Plain, TransportChoice::Mtls],
    };
    let on_disk = |transport: &TransportChoice| Scenario { transport: *transport, journal: None };
    let mut scenarios: Vec<Scenario> = transports.iter().map(on_disk).collect();
    if options.baseline {
        let folder = tempfile::Builder::new()
            .prefix("renkei-load")
            .tempdir_in(IN_MEMORY)
            .context("--baseline needs a file system in memory at /dev/shm")?;
        scenarios.push(Scenario { transport: TransportChoice::Plain, journal: Some(folder) });
    }
    Ok(scenarios)
}

/// The three questions of the goals.
const QUESTIONS: [Question; 3] = [Question::Filtered, Question::Everything, Question::References];
