//! What it costs to register: encoding a record, and acknowledged documents next to the disk's own syncs.
//!
//! `synchronous=FULL`, one writer with group commit, audit records in the same commit. Each sample of a
//! submitter bench is preceded by a loop of 4 KiB appends with fdatasync in the same folder: disks, caches
//! and neighbours change by the second, and only the ratio of the two carries over to another machine. The
//! folder is a temporary one; `TMPDIR` chooses the disk.

use std::fs::File;
use std::future::Future;
use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use audit::{AuditRecord, Event, Outcome, Party};
use benches::paired::{Paired, time};
use benches::seeded::{self, Community};
use benches::synthetic::{Generator, Population, Random, submission};
use config::actor::Transport;
use criterion::{
    BenchmarkGroup, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
    measurement::WallTime,
};
use datatypes::Dtm;
use policy::{Access, Policy, Requester};
use registry::dictionary::CodeNumbers;
use registry::error::RegistrationError;
use registry::message;
use registry::record;
use registry::rules::coded_values;
use registry::store::register::{Registration, register};
use registry::store::{MIGRATIONS, patient};
use registry::transactions::register_document_set::register_document_set;
use store::{Database, Settings};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use xds::SubmissionDraft;

const SEED: u64 = 1;

/// Patients among whom the submissions go round.
const N_PATIENTS: usize = 1_000;

/// Syncs of a reference; more would only make the bench longer.
const MOST_SYNCS: u64 = 1_000;

/// How the documents come.
#[derive(Clone, Copy)]
struct Arrival {
    n_submitters: usize,
    /// Documents of one submission.
    n_entries: usize,
}

/// Makes drafts that were never registered before.
struct Source {
    generator: Generator,
    population: Population,
    n_made: usize,
}

impl Source {
    fn new() -> Source {
        let mut population = Population::new(40_000, &mut Random::new(SEED));
        population.patients.truncate(N_PATIENTS);
        Source { generator: Generator::new(SEED), population, n_made: 0 }
    }

    fn draft(&mut self, n_entries: usize) -> SubmissionDraft {
        let place = self.n_made % self.population.patients.len();
        self.n_made += 1;
        let draft = self.population.patients.get(place).and_then(|patient| {
            let made = self.generator.submission(&patient.id, n_entries);
            submission::read_envelope(&submission::envelope(&made)).ok()
        });
        #[expect(clippy::expect_used, reason = "the bench's own submission")]
        draft.expect("a readable submission")
    }
}

/// What the transaction hands to the store.
fn registration(draft: &SubmissionDraft) -> Result<Registration> {
    let (facts, faults) = message::structure(draft);
    ensure!(faults.is_empty(), "the generator made a faulty submission");
    let submission = draft.submission.clone().context("a draft without submission")?;
    let mut codes: Vec<_> = coded_values(&submission).into_iter().map(|(_, code)| code).collect();
    let mut seen = std::collections::HashSet::new();
    codes.retain(|code| seen.insert(code.clone()));
    Ok(Registration { submission, facts, codes, now: Dtm::parse("20260401120000")? })
}

/// Appends 4 KiB and syncs, `n_times`.
fn sync_appends(file: &mut File, n_times: u64) -> std::io::Result<Duration> {
    let block = [0x5a; 4096];
    let started = Instant::now();
    for _ in 0..n_times {
        file.write_all(&block)?;
        file.sync_data()?;
    }
    Ok(started.elapsed())
}

/// Lets `n_submitters` hand in all of `work`, each waiting for its acknowledgement before the next.
fn submit_all<T, F>(
    runtime: &Runtime,
    n_submitters: usize,
    work: Vec<T>,
    submit: impl Fn(T) -> F + Clone + Send + 'static,
) -> Duration
where
    T: Send + 'static,
    F: Future<Output = Result<(), RegistrationError>> + Send + 'static,
{
    let work = Arc::new(Mutex::new(work));
    let started = Instant::now();
    runtime.block_on(async {
        let mut submitters = JoinSet::new();
        for _ in 0..n_submitters {
            let (work, submit) = (Arc::clone(&work), submit.clone());
            submitters.spawn(async move {
                let next = || work.lock().unwrap_or_else(PoisonError::into_inner).pop();
                while let Some(item) = next() {
                    submit(item).await?;
                }
                Ok::<(), RegistrationError>(())
            });
        }
        while let Some(ended) = submitters.join_next().await {
            #[expect(clippy::expect_used, reason = "a refused submission makes the figure void")]
            ended.expect("a submitter that ends").expect("an accepted submission");
        }
    });
    started.elapsed()
}

/// One case: samples of submissions, each after a sample of syncs in the same folder.
fn bench_arrival(
    group: &mut BenchmarkGroup<'_, WallTime>,
    (name, arrival): (&str, Arrival),
    folder: &Path,
    mut submit: impl FnMut(u64) -> Duration,
) -> Result<()> {
    let mut file = File::create(folder.join("appends"))?;
    let n_entries = u32::try_from(arrival.n_entries)?;
    let mut pairs = Paired::new(&format!("{name}: documents per fdatasync"));
    group.throughput(Throughput::Elements(n_entries.into()));
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|n_times| {
            let n_syncs = n_times.clamp(1, MOST_SYNCS);
            #[expect(clippy::expect_used, reason = "without a disk there is no figure")]
            let of_syncs = sync_appends(&mut file, n_syncs).expect("a writable folder");
            let elapsed = submit(n_times);
            let one_sync = of_syncs.div_f64(u32::try_from(n_syncs).map_or(1.0, f64::from));
            let n_times = u32::try_from(n_times).unwrap_or(u32::MAX);
            pairs.add(elapsed, one_sync.saturating_mul(n_times).saturating_mul(n_entries));
            elapsed
        });
    });
    pairs.report();
    Ok(())
}

fn encode(criterion: &mut Criterion) {
    let mut source = Source::new();
    let draft = source.draft(1);
    let Some(submission) = draft.submission else { return };
    let mut numbers = CodeNumbers::default();
    for (number, (_, code)) in (0..).zip(coded_values(&submission)) {
        numbers.insert(code, number);
    }
    let Some((entry, uuid)) =
        submission.entries.first().and_then(|entry| Some((entry, entry.id.uuid()?)))
    else {
        return;
    };
    let n_bytes = record::entry::encode(entry, uuid, &numbers).len();
    let mut group = criterion.benchmark_group("record");
    group.bench_function(format!("encode an entry ({n_bytes} bytes)"), |bencher| {
        bencher.iter_custom(|n_times| {
            time(n_times, &mut || record::entry::encode(black_box(entry), uuid, &numbers))
        });
    });
    group.finish();
}

fn commits(criterion: &mut Criterion) {
    #[expect(clippy::expect_used, reason = "without a database there is no bench")]
    [store_only(criterion), with_drain(criterion)]
        .into_iter()
        .collect::<Result<()>>()
        .expect("a usable folder");
}

/// The store by itself: rows, audit record and commit.
fn store_only(criterion: &mut Criterion) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("registry.sqlite");
    let url = path.to_str().context("the folder's path is not UTF-8")?;
    let database = Arc::new(Database::open(url, MIGRATIONS, Settings::default())?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut source = Source::new();
    let requester = Requester::unknown_node("bench".to_owned());
    let policy = Policy::new(Access::Open);
    let permit = policy.permit_register(&requester)?;
    let ids: Vec<_> = source.population.patients.iter().map(|one| one.id.clone()).collect();
    runtime.block_on(database.commit(
        record_of(Event::FEED_V2_AT_REGISTRY),
        move |connection| {
            ids.iter().try_for_each(|id| patient::insert_if_unknown(connection, &permit, id))?;
            Ok::<(), RegistrationError>(())
        },
    ))?;
    let mut group = criterion.benchmark_group("register, SQLite FULL");
    group.sampling_mode(SamplingMode::Flat);
    for (name, arrival) in [
        ("1 submitter", Arrival { n_submitters: 1, n_entries: 1 }),
        ("16 submitters", Arrival { n_submitters: 16, n_entries: 1 }),
        ("64 submitters", Arrival { n_submitters: 64, n_entries: 1 }),
        ("1 submitter, 64 documents each", Arrival { n_submitters: 1, n_entries: 64 }),
    ] {
        let permit = Arc::new(policy.permit_register(&requester)?);
        let submit = |n_times: u64| {
            let mut made = || registration(&source.draft(arrival.n_entries));
            #[expect(clippy::expect_used, reason = "the bench's own submissions")]
            let work: Vec<_> =
                (0..n_times).map(|_| made()).collect::<Result<_>>().expect("submissions");
            let (database, permit) = (Arc::clone(&database), Arc::clone(&permit));
            submit_all(&runtime, arrival.n_submitters, work, move |registration: Registration| {
                let permit = Arc::clone(&permit);
                database.commit(record_of(Event::REGISTER_AT_REGISTRY), move |connection| {
                    register(connection, &permit, &registration).map(|_registered| ())
                })
            })
        };
        bench_arrival(&mut group, (name, arrival), folder.path(), submit)?;
    }
    group.finish();
    Ok(())
}

/// The whole transaction in a running registry, whose drain moves the audit records into the journal and
/// syncs that as well.
fn with_drain(criterion: &mut Criterion) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut source = Source::new();
    let server = runtime.block_on(async {
        let community = Community::open(&folder.path().join("data"))?;
        let server = community.start_registry(&community.registry_config(Transport::Plain)?)?;
        let ids: Vec<_> = source.population.patients.iter().map(|one| one.id.clone()).collect();
        seeded::feed(&server.state(), ids.into_iter()).await?;
        anyhow::Ok(server)
    })?;
    let mut group = criterion.benchmark_group("ITI-42 transaction, journal included");
    group.sampling_mode(SamplingMode::Flat);
    for (name, n_submitters) in [("16 submitters", 16), ("64 submitters", 64)] {
        let arrival = Arrival { n_submitters, n_entries: 1 };
        let registry = server.state();
        let submit = |n_times: u64| {
            let work: Vec<_> = (0..n_times).map(|_| source.draft(1)).collect();
            let registry = Arc::clone(&registry);
            submit_all(&runtime, n_submitters, work, move |draft| {
                let registry = Arc::clone(&registry);
                async move {
                    let origin = seeded::origin();
                    register_document_set(&registry, &origin, draft).await.map(|_registered| ())
                }
            })
        };
        bench_arrival(&mut group, (name, arrival), folder.path(), submit)?;
    }
    group.finish();
    runtime.block_on(server.stop());
    Ok(())
}

fn record_of(event: &'static Event) -> AuditRecord {
    AuditRecord {
        peer: Party::named("bench".to_owned()),
        ..AuditRecord::now(event, Outcome::Success)
    }
}

fn configuration() -> Criterion {
    Criterion::default().sample_size(30).measurement_time(Duration::from_secs(6)).without_plots()
}

criterion_group! {
    name = insert;
    config = configuration();
    targets = encode, commits
}
criterion_main!(insert);
