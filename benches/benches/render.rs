//! What an answer costs to render, next to a copy of the same bytes and to an XML writer.
//!
//! The goal: 100 entries in at most 4 times the copy. The writer is the naive way, the one that `ebxml` has
//! for clients: domain objects, every value escaped, every tag pushed.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use benches::paired::{Paired, time};
use benches::synthetic::{Generator, Group, Population, Random};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ebxml::adhoc_query_response::{
    AdhocQueryResponse, read_adhoc_query_response, write_leaf_class,
};
use registry::answer::Answer;
use registry::dictionary::{AttributedCode, CodeNumbers, Dictionary};
use registry::leaf_class::{self, RenderContext, StoredObject};
use registry::record;
use registry::rules::coded_values;
use registry::transactions::{Found, QueryTransaction};
use xds::AvailabilityStatus;
use xds::query::ReturnType;

/// What a query would have found.
struct Selected {
    objects: Vec<StoredObject>,
    dictionary: Arc<Dictionary>,
    patient_id: String,
}

fn selected(n_entries: usize) -> Option<Selected> {
    let population = Population::new(4_000, &mut Random::new(1));
    let patient = population.of(Group::Average).next()?;
    let submission = Generator::new(1).submission(&patient.id, n_entries);
    let mut dictionary = Dictionary::default();
    let mut numbers = CodeNumbers::default();
    let mut next = 0;
    for (_, code) in coded_values(&submission) {
        if dictionary.number(&code).is_none() {
            let known: AttributedCode = code.clone();
            dictionary.extend([(next, known)]);
            numbers.insert(code, next);
            next += 1;
        }
    }
    let objects = (1_i64..).zip(&submission.entries).filter_map(|(seq, entry)| {
        let record = record::entry::encode(entry, entry.id.uuid()?, &numbers);
        let key = (1 << 20) | seq;
        Some(StoredObject {
            key,
            owner_no: 1,
            status: AvailabilityStatus::Approved,
            last_update_time: None,
            source_patient_id: None,
            record: record.into(),
        })
    });
    Some(Selected {
        objects: objects.collect(),
        dictionary: Arc::new(dictionary),
        patient_id: patient.id.to_cx(),
    })
}

impl Selected {
    fn answer(&self, return_type: ReturnType) -> Answer {
        let found = Found {
            transaction: QueryTransaction::RegistryStoredQuery,
            return_type,
            objects: self.objects.clone(),
            patients: BTreeMap::from([(1, self.patient_id.clone())]),
        };
        Answer::new(found, Arc::clone(&self.dictionary), Some("urn:uuid:1"))
    }

    fn whole(&self, return_type: ReturnType) -> String {
        whole(self.answer(return_type))
    }

    /// The templates alone, into a buffer of the right size.
    fn render(&self, n_bytes: usize, patient_id: &str) -> String {
        let mut out = String::with_capacity(n_bytes);
        let context = RenderContext { dictionary: &self.dictionary, patient_id };
        for object in &self.objects {
            #[expect(clippy::expect_used, reason = "the bench's own record")]
            leaf_class::render(&mut out, object, context).expect("a readable record");
        }
        out
    }
}

fn whole(answer: Answer) -> String {
    #[expect(clippy::expect_used, reason = "the bench's own records")]
    answer.whole().expect("readable records")
}

/// The answer as domain objects, as a registry without compact records would hold it.
fn read(envelope: &str) -> Option<AdhocQueryResponse> {
    let mut reader = xml::Reader::new(envelope, xml::Limits::default()).ok()?;
    soap::read_header(&mut reader).ok()?;
    let response = reader.next_child().ok()??;
    read_adhoc_query_response(&mut reader, &response).ok()
}

fn copy(bytes: &str) -> String {
    let mut out = String::with_capacity(bytes.len());
    out.push_str(bytes);
    out
}

/// Times the rendering only: the objects of an answer are cloned between the clock's ticks.
fn time_whole(selected: &Selected, return_type: ReturnType, n_times: u64) -> Duration {
    let mut elapsed = Duration::ZERO;
    for _ in 0..n_times {
        let answer = selected.answer(return_type);
        let started = Instant::now();
        black_box(whole(answer));
        elapsed += started.elapsed();
    }
    elapsed
}

fn answers(criterion: &mut Criterion, n_entries: usize) {
    let Some(selected) = selected(n_entries) else { return };
    let envelope = selected.whole(ReturnType::LeafClass);
    let Some(structs) = read(&envelope) else { return };
    assert_eq!(structs.entries.len(), n_entries, "the answer does not hold what was asked");
    let patient_id = xml::escape_attribute(&selected.patient_id).into_owned();
    let name = format!("{n_entries} entries, {} bytes", envelope.len());
    let mut of_answer = Paired::new(&format!("{name}/answer : copy"));
    let mut of_templates = Paired::new(&format!("{name}/templates : copy"));
    let mut of_writer = Paired::new(&format!("{name}/XML writer : templates"));
    let mut group = criterion.benchmark_group(&name);
    group.throughput(Throughput::Bytes(envelope.len().try_into().unwrap_or(u64::MAX)));
    group.bench_function("copy", |bencher| {
        bencher.iter_custom(|n_times| time(n_times, &mut || copy(black_box(&envelope))));
    });
    group.bench_function("templates", |bencher| {
        bencher.iter_custom(|n_times| {
            let subject = || selected.render(envelope.len(), &patient_id);
            of_templates.time(n_times, || copy(black_box(&envelope)), subject)
        });
    });
    group.bench_function("answer", |bencher| {
        bencher.iter_custom(|n_times| {
            let of_copy = time(n_times, &mut || copy(black_box(&envelope)));
            let elapsed = time_whole(&selected, ReturnType::LeafClass, n_times);
            of_answer.add(of_copy, elapsed);
            elapsed
        });
    });
    group.bench_function("XML writer", |bencher| {
        bencher.iter_custom(|n_times| {
            let reference = || selected.render(envelope.len(), &patient_id);
            of_writer.time(n_times, reference, || write_leaf_class(black_box(&structs)))
        });
    });
    group.finish();
    for pairs in [of_templates, of_answer, of_writer] {
        pairs.report();
    }
    references(criterion, &selected, n_entries);
}

fn references(criterion: &mut Criterion, selected: &Selected, n_entries: usize) {
    criterion.bench_function(&format!("{n_entries} references/answer"), |bencher| {
        bencher.iter_custom(|n_times| time_whole(selected, ReturnType::ObjectRef, n_times));
    });
}

fn all_sizes(criterion: &mut Criterion) {
    for n_entries in [10, 100, 1000] {
        answers(criterion, n_entries);
    }
}

fn configuration() -> Criterion {
    Criterion::default().sample_size(60).measurement_time(Duration::from_secs(3)).without_plots()
}

criterion_group! {
    name = render;
    config = configuration();
    targets = all_sizes
}
criterion_main!(render);
