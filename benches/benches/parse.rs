//! What reading a request costs, next to what finding its tags alone would cost.
//!
//! The reference of every ratio is quick-xml's plain reader over the same text: no namespaces, no checks, no
//! values. A stored query must be read in at most 2.5 times that.

use std::hint::black_box;
use std::time::Duration;

use benches::paired::{Paired, time};
use benches::synthetic::question::{self, Condition};
use benches::synthetic::{Generator, Group, Population, Random, submission};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use soap::Incoming;
use xds::query::{AdhocQueryRequest, ReturnType, StoredQuery};

/// Finds every tag; the number of events.
fn tokenise(text: &str) -> usize {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut n_events = 0_usize;
    while let Ok(event) = reader.read_event() {
        if event == quick_xml::events::Event::Eof {
            break;
        }
        black_box(&event);
        n_events += 1;
    }
    n_events
}

/// Reads every event of the reader that the registry uses, and nothing behind it.
fn events(text: &str) -> usize {
    let mut n_events = 0_usize;
    let Ok(mut reader) = xml::Reader::new(text, xml::Limits::default()) else { return 0 };
    while let Ok(event) = reader.next() {
        if matches!(event, xml::Event::Eof) {
            break;
        }
        black_box(&event);
        n_events += 1;
    }
    n_events
}

/// The envelope up to the parameters as text, as the endpoint reads it.
fn read_request(text: &str) -> AdhocQueryRequest {
    let read = || {
        let mut incoming = Incoming::open(text, xml::Limits::default()).ok()?;
        incoming.expect(ebxml::namespace::QUERY, "AdhocQueryRequest").ok()?;
        let request = ebxml::read_adhoc_query_request(&mut incoming.reader).ok()?;
        incoming.close().ok()?;
        Some(request)
    };
    #[expect(clippy::expect_used, reason = "the bench's own request; without it there is no bench")]
    read().expect("a readable request")
}

fn read_query(text: &str) -> StoredQuery {
    #[expect(clippy::expect_used, reason = "the bench's own request; without it there is no bench")]
    StoredQuery::parse(&read_request(text)).expect("a stored query")
}

fn read_submission(text: &str) -> xds::SubmissionDraft {
    #[expect(clippy::expect_used, reason = "the bench's own request; without it there is no bench")]
    submission::read_envelope(text).expect("a submission")
}

fn bench<T>(
    criterion: &mut Criterion,
    name: (&str, &str),
    text: &str,
    subject: impl Fn(&str) -> T,
) {
    let (group, function) = name;
    let mut pairs = Paired::new(&format!("{group}/{function} : tokenise only"));
    let mut group = criterion.benchmark_group(group);
    group.throughput(Throughput::Bytes(text.len().try_into().unwrap_or(u64::MAX)));
    group.bench_function(function, |bencher| {
        bencher.iter_custom(|n_times| {
            pairs.time(n_times, || tokenise(black_box(text)), || subject(black_box(text)))
        });
    });
    group.finish();
    pairs.report();
}

fn bench_bound(criterion: &mut Criterion, group: &str, text: &str) {
    let mut group = criterion.benchmark_group(group);
    group.throughput(Throughput::Bytes(text.len().try_into().unwrap_or(u64::MAX)));
    group.bench_function("tokenise only", |bencher| {
        bencher.iter_custom(|n_times| time(n_times, &mut || tokenise(black_box(text))));
    });
    group.finish();
}

fn stored_queries(criterion: &mut Criterion) {
    let population = Population::new(4_000, &mut Random::new(1));
    let Some(patient) = population.of(Group::Average).next() else { return };
    for (name, condition) in
        [("FindDocuments", Condition::FewCodes), ("FindDocuments, 40 codes", Condition::ManyCodes)]
    {
        let request = question::find_documents(&patient.id, condition, ReturnType::LeafClass);
        let text = question::envelope(&request);
        let group = format!("{name}, {} bytes", text.len());
        bench_bound(criterion, &group, &text);
        bench(criterion, (&group, "events"), &text, events);
        bench(criterion, (&group, "request"), &text, read_request);
        bench(criterion, (&group, "request and query"), &text, read_query);
    }
}

fn submissions(criterion: &mut Criterion) {
    let population = Population::new(4_000, &mut Random::new(1));
    let Some(patient) = population.of(Group::Average).next() else { return };
    for n_entries in [1, 50] {
        let made = Generator::new(1).submission(&patient.id, n_entries);
        let text = submission::envelope(&made);
        let group = format!("ITI-42, {n_entries} documents, {} bytes", text.len());
        bench_bound(criterion, &group, &text);
        bench(criterion, (&group, "events"), &text, events);
        bench(criterion, (&group, "submission"), &text, read_submission);
    }
}

fn configuration() -> Criterion {
    // Enough for a steady median; the pairs, not the length, take the noise out.
    Criterion::default().sample_size(60).measurement_time(Duration::from_secs(3)).without_plots()
}

criterion_group! {
    name = parse;
    config = configuration();
    targets = stored_queries, submissions
}
criterion_main!(parse);
