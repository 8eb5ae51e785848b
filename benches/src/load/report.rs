//! The figures of a run as a Markdown table, ratios first.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::machine;
use super::scenario::{Question, Sample};

/// One question in one scenario: medians over the rounds.
pub(super) struct Row {
    transport: &'static str,
    journal: &'static str,
    question: Question,
    n_bytes: usize,
    /// Requests per second, registry by static, of each round.
    throughput: Spread,
    /// Processor time per request, registry by static, of each round.
    cpu: Spread,
    of_static: Figures,
    of_registry: Figures,
}

/// Median and extremes of the rounds.
#[derive(Clone, Copy)]
struct Spread {
    low: f64,
    median: f64,
    high: f64,
}

/// Medians of one server.
struct Figures {
    requests_per_second: f64,
    cpu_us: f64,
    p50_ms: f64,
    p99_ms: f64,
}

impl Row {
    pub(super) fn new(
        (transport, journal): (&'static str, &'static str),
        question: Question,
        n_bytes: usize,
        rounds: Vec<(Sample, Sample)>,
    ) -> Row {
        let (of_static, of_registry): (Vec<Sample>, Vec<Sample>) = rounds.into_iter().unzip();
        let ratio = |figure: fn(&Sample) -> f64| {
            let pairs = of_static.iter().zip(&of_registry);
            Spread::of(pairs.map(|(fixed, registry)| figure(registry) / figure(fixed)).collect())
        };
        Row {
            transport,
            journal,
            question,
            n_bytes,
            throughput: ratio(Sample::requests_per_second),
            cpu: ratio(Sample::cpu_us),
            of_static: Figures::of(&of_static),
            of_registry: Figures::of(&of_registry),
        }
    }

    pub(super) fn to_markdown(&self) -> String {
        let Row { transport, journal, question, throughput, cpu, of_static, of_registry, .. } =
            self;
        let answer_kb = self.n_bytes.div_ceil(100);
        format!(
            "| {transport}, journal {journal} | {}, {}.{} kB | **{:.0} %** ({:.0} to {:.0}) | \
             **{:.2}** ({:.2} to {:.2}) | {:.0} / {:.0} | {:.1} / {:.1} | {:.2} / {:.2} | {:.2} / {:.2} |",
            question.as_str(),
            answer_kb / 10,
            answer_kb % 10,
            throughput.median * 100.0,
            throughput.low * 100.0,
            throughput.high * 100.0,
            cpu.median,
            cpu.low,
            cpu.high,
            of_registry.requests_per_second,
            of_static.requests_per_second,
            of_registry.cpu_us,
            of_static.cpu_us,
            of_registry.p50_ms,
            of_static.p50_ms,
            of_registry.p99_ms,
            of_static.p99_ms,
        )
    }
}

impl Sample {
    fn n_requests(&self) -> f64 {
        u32::try_from(self.turn.latencies.len().max(1)).map_or(f64::MAX, f64::from)
    }

    fn requests_per_second(&self) -> f64 {
        self.n_requests() / self.turn.elapsed.as_secs_f64()
    }

    fn cpu_us(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.n_requests()
    }

    fn latency_ms(&self, percent: usize) -> f64 {
        let place = self.turn.latencies.len().saturating_mul(percent) / 100;
        let latency = self.turn.latencies.get(place).or(self.turn.latencies.last());
        latency.map_or(f64::NAN, Duration::as_secs_f64) * 1e3
    }
}

impl Figures {
    fn of(samples: &[Sample]) -> Figures {
        let median = |figure: &dyn Fn(&Sample) -> f64| {
            Spread::of(samples.iter().map(figure).collect()).median
        };
        Figures {
            requests_per_second: median(&Sample::requests_per_second),
            cpu_us: median(&Sample::cpu_us),
            p50_ms: median(&|sample| sample.latency_ms(50)),
            p99_ms: median(&|sample| sample.latency_ms(99)),
        }
    }
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Spread {
        values.sort_by(f64::total_cmp);
        let [first, last] =
            [values.first(), values.last()].map(|value| value.copied().unwrap_or(f64::NAN));
        let median = values.get(values.len() / 2).copied().unwrap_or(f64::NAN);
        Spread { low: first, median, high: last }
    }
}

/// Everything that is printed at the end.
pub(super) struct Report {
    machine: String,
    syncs_per_second: f64,
    rows: Vec<Row>,
}

impl Report {
    /// Looks at the machine before there is load on it.
    pub(super) fn begin(folder: &Path) -> Result<Report> {
        let syncs_per_second = machine::syncs_per_second(folder)?;
        Ok(Report { machine: machine::description(), syncs_per_second, rows: Vec::new() })
    }

    pub(super) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Prints the table.
    pub(super) fn finish(&self) -> Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "Machine: {}; at the end {}.", self.machine, machine::load())?;
        writeln!(
            out,
            "Disk: {:.0} appends of 4 KiB with fdatasync a second.\n\n\
             Registry / static, medians over the rounds; in parentheses the lowest and the highest round. \
             Clients and servers share the processors.\n\n\
             | scenario | question, answer | throughput | CPU a request | requests/s | CPU us | p50 ms | p99 ms |\n\
             |---|---|---:|---:|---:|---:|---:|---:|",
            self.syncs_per_second
        )?;
        for row in &self.rows {
            writeln!(out, "{}", row.to_markdown())?;
        }
        Ok(())
    }
}

/// Says on standard error how far the run is; the report alone stands on standard output.
pub(super) fn progress(text: &str) {
    // Whether anybody watches does not matter to the figures.
    drop(writeln!(io::stderr(), "{text}"));
}
