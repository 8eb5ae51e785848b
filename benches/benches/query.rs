//! What a stored query costs between its reader and its rendering: policy, SQLite, filter.
//!
//! Warm pages, one thread, 20 000 entries; patients in rotation, so that no query finds the rows of the one
//! before in the processor's cache.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use benches::paired::time;
use benches::seeded::{self, Community};
use benches::synthetic::question::{self, Condition};
use benches::synthetic::{Group, Population, Random};
use config::actor::Transport;
use criterion::{
    BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime,
};
use registry::Registry;
use registry::record;
use registry::transactions::{Found, Origin, QueryTransaction};
use xds::query::{AdhocQueryRequest, Parameter, ReturnType};

const N_ENTRIES: usize = 20_000;
const SEED: u64 = 1;

/// Documents that are asked for by id.
const N_DOCUMENTS: usize = 500;

struct Bench<'a> {
    registry: &'a Registry,
    origin: Origin,
}

impl Bench<'_> {
    fn ask(&self, request: &AdhocQueryRequest) -> Found {
        #[expect(clippy::expect_used, reason = "the bench's own question")]
        QueryTransaction::RegistryStoredQuery
            .ask(self.registry, &self.origin, request)
            .and_then(|asked| asked.answer(self.registry))
            .expect("an answered question")
    }

    /// Objects of an answer on average.
    fn n_objects(&self, requests: &[AdhocQueryRequest]) -> f64 {
        let count = |n: usize| u32::try_from(n).map_or(f64::INFINITY, f64::from);
        let n_objects: usize = requests.iter().map(|request| self.ask(request).objects.len()).sum();
        count(n_objects) / count(requests.len().max(1))
    }

    fn bench(
        &self,
        group: &mut BenchmarkGroup<'_, WallTime>,
        name: &str,
        requests: &[AdhocQueryRequest],
    ) {
        let name = format!("{name} ({:.1} objects on average)", self.n_objects(requests));
        let mut rotation = requests.iter().cycle();
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|n_times| {
                time(n_times, &mut || rotation.next().map(|request| self.ask(black_box(request))))
            });
        });
    }
}

fn queries(criterion: &mut Criterion) {
    #[expect(clippy::expect_used, reason = "without a seeded registry there is no bench")]
    run(criterion).expect("a seeded registry");
}

fn run(criterion: &mut Criterion) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let population = Population::new(N_ENTRIES, &mut Random::new(SEED));
    let server = runtime.block_on(async {
        let community = Community::open(&folder.path().join("data"))?;
        let config = community.registry_config(Transport::Plain)?;
        let server = community.start_registry(&config)?;
        seeded::fill(&server.state(), &population, SEED).await?;
        anyhow::Ok(server)
    })?;
    let registry = server.state();
    measure(criterion, &registry, &population)?;
    drop(registry);
    runtime.block_on(server.stop());
    Ok(())
}

fn measure(
    criterion: &mut Criterion,
    registry: &Arc<Registry>,
    population: &Population,
) -> Result<()> {
    let bench = Bench { registry, origin: seeded::origin() };
    let mut group = criterion.benchmark_group("registry_stored_query");
    let leaf_class = ReturnType::LeafClass;
    for (name, patients, condition) in [
        ("FindDocuments, average patient, all", Group::Average, Condition::All),
        ("FindDocuments, average patient, 40 codes", Group::Average, Condition::ManyCodes),
        ("FindDocuments, heaviest patient, 40 codes", Group::Heaviest, Condition::ManyCodes),
        ("FindDocuments, heaviest patient, all", Group::Heaviest, Condition::All),
    ] {
        let requests: Vec<_> = population
            .of(patients)
            .map(|patient| question::find_documents(&patient.id, condition, leaf_class))
            .collect();
        bench.bench(&mut group, name, &requests);
    }
    let (by_uuid, by_unique_id) = documents(&bench, population)?;
    bench.bench(&mut group, "GetDocuments by entryUUID", &by_uuid);
    bench.bench(&mut group, "GetDocuments by uniqueId", &by_unique_id);
    group.finish();
    Ok(())
}

type Requests = Vec<AdhocQueryRequest>;

/// Questions for single documents of many patients.
fn documents(bench: &Bench<'_>, population: &Population) -> Result<(Requests, Requests)> {
    let (mut by_uuid, mut by_unique_id) = (Vec::new(), Vec::new());
    for patient in population.of(Group::Average) {
        let request = question::find_documents(&patient.id, Condition::All, ReturnType::LeafClass);
        for object in bench.ask(&request).objects.into_iter().take(2) {
            let uuid = record::uuid(&object.record)?;
            by_uuid.push(question::get_documents(
                Parameter::DocumentEntryEntryUuid,
                &uuid.to_string(),
            ));
        }
    }
    for patient in population.patients.iter().filter(|patient| patient.group == Group::Few) {
        let request = question::find_documents(&patient.id, Condition::All, ReturnType::LeafClass);
        let Some(object) = bench.ask(&request).objects.into_iter().next() else { continue };
        let unique_id = unique_id(bench, &object).context("an entry without uniqueId")?;
        by_unique_id.push(question::get_documents(Parameter::DocumentEntryUniqueId, &unique_id));
    }
    by_uuid.truncate(N_DOCUMENTS);
    by_unique_id.truncate(N_DOCUMENTS);
    Ok((by_uuid, by_unique_id))
}

/// The uniqueId of an entry, as its rendering shows it.
fn unique_id(bench: &Bench<'_>, object: &registry::leaf_class::StoredObject) -> Option<String> {
    let dictionary = bench.registry.dictionary.load_full();
    let context = registry::leaf_class::RenderContext { dictionary: &dictionary, patient_id: "" };
    let mut out = String::new();
    registry::leaf_class::render(&mut out, object, context).ok()?;
    // The scheme of XDSDocumentEntry.uniqueId, ITI TF-3: Table 4.2.5.1-2; its value follows.
    let (_, rest) = out.split_once("urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab\" value=\"")?;
    rest.split_once('"').map(|(unique_id, _)| unique_id.to_owned())
}

fn configuration() -> Criterion {
    Criterion::default().sample_size(60).measurement_time(Duration::from_secs(4)).without_plots()
}

criterion_group! {
    name = query;
    config = configuration();
    targets = queries
}
criterion_main!(query);
