//! The figures of a run as a Markdown table, ratios first.

use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Result;

use super::turn::Operation;
use crate::machine;
use crate::measured::{Figures, Sample, Spread};

/// What one row is about.
#[derive(Clone, Copy)]
pub(super) struct Subject {
    pub(super) transport: &'static str,
    pub(super) operation: Operation,
    pub(super) n_bytes: usize,
    pub(super) connections: u16,
}

/// Medians over the rounds.
pub(super) struct Row {
    subject: Subject,
    /// Transfers per second, community by files, of each round.
    throughput: Spread,
    /// Processor time per transfer, community by files, of each round.
    cpu: Spread,
    of_files: Figures,
    of_community: Figures,
}

impl Row {
    pub(super) fn new(subject: Subject, rounds: Vec<(Sample, Sample)>) -> Row {
        let (of_files, of_community): (Vec<Sample>, Vec<Sample>) = rounds.into_iter().unzip();
        let ratio = |figure| Spread::of_ratios(&of_files, &of_community, figure);
        Row {
            subject,
            throughput: ratio(Sample::requests_per_second),
            cpu: ratio(Sample::cpu_us),
            of_files: Figures::of(&of_files),
            of_community: Figures::of(&of_community),
        }
    }

    pub(super) fn to_markdown(&self) -> String {
        let Row { subject, throughput, cpu, of_files, of_community } = self;
        let transaction = match subject.operation {
            Operation::Upload => "ITI-41",
            Operation::Download => "ITI-43",
        };
        format!(
            "| {transaction}, {} KiB, {} | {} | **{:.2}** ({:.2} to {:.2}) | \
             **{:.2}** ({:.2} to {:.2}) | {:.0} / {:.0} | {:.0} / {:.0} | {:.2} / {:.2} | {:.2} / {:.2} |",
            subject.n_bytes / 1024,
            subject.transport,
            subject.connections,
            throughput.median,
            throughput.low,
            throughput.high,
            cpu.median,
            cpu.low,
            cpu.high,
            of_community.requests_per_second,
            of_files.requests_per_second,
            of_community.cpu_us,
            of_files.cpu_us,
            of_community.p50_ms,
            of_files.p50_ms,
            of_community.p99_ms,
            of_files.p99_ms,
        )
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
             Community / files, medians over the rounds; in parentheses the lowest and the highest round. \
             Clients and servers share the processors.\n\n\
             | transfer | connections | throughput | CPU a transfer | transfers/s | CPU us | p50 ms | p99 ms |\n\
             |---|---:|---:|---:|---:|---:|---:|---:|",
            self.syncs_per_second
        )?;
        for row in &self.rows {
            writeln!(out, "{}", row.to_markdown())?;
        }
        Ok(())
    }
}
