//! The figures of a run as a Markdown table, ratios first.

use std::io::{self, Write};
use std::path::Path;

use anyhow::Result;

use super::scenario::{Question, Reference};
use crate::machine;
use crate::measured::{Figures, Sample, Spread};

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

impl Row {
    pub(super) fn new(
        (transport, journal): (&'static str, &'static str),
        question: Question,
        n_bytes: usize,
        rounds: Vec<(Sample, Sample)>,
    ) -> Row {
        let (of_static, of_registry): (Vec<Sample>, Vec<Sample>) = rounds.into_iter().unzip();
        let ratio = |figure| Spread::of_ratios(&of_static, &of_registry, figure);
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

/// Everything that is printed at the end.
pub(super) struct Report {
    machine: String,
    reference: Reference,
    syncs_per_second: f64,
    rows: Vec<Row>,
}

impl Report {
    /// Looks at the machine before there is load on it.
    pub(super) fn begin(folder: &Path, reference: Reference) -> Result<Report> {
        let syncs_per_second = machine::syncs_per_second(folder)?;
        let machine = machine::description();
        Ok(Report { machine, reference, syncs_per_second, rows: Vec::new() })
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
             Registry / {}, medians over the rounds; in parentheses the lowest and the highest round. \
             Clients and servers share the processors.\n\n\
             | scenario | question, answer | throughput | CPU a request | requests/s | CPU us | p50 ms | p99 ms |\n\
             |---|---|---:|---:|---:|---:|---:|---:|",
            self.syncs_per_second,
            self.reference.as_str(),
        )?;
        for row in &self.rows {
            writeln!(out, "{}", row.to_markdown())?;
        }
        Ok(())
    }
}
