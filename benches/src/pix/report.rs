//! The figures of a run as a Markdown table, ratios first.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;

use super::task::Task;
use crate::machine;
use crate::measured::{Figures, Sample, Spread};

/// What one row is about.
#[derive(Clone)]
pub(super) struct Subject {
    pub(super) task: Task,
    pub(super) connections: u16,
    /// Patients of the manager.
    pub(super) n_patients: u64,
    /// With whom it is compared.
    pub(super) reference: String,
}

/// Everything that is printed at the end.
pub(super) struct Report {
    machine: String,
    syncs_per_second: f64,
    rows: String,
}

impl Report {
    /// Looks at the machine before there is load on it.
    pub(super) fn begin(folder: &Path) -> Result<Report> {
        let syncs_per_second = machine::syncs_per_second(folder)?;
        Ok(Report { machine: machine::description(), syncs_per_second, rows: String::new() })
    }

    /// Medians over the rounds.
    pub(super) fn add(&mut self, subject: &Subject, reference: &[Sample], manager: &[Sample]) {
        let throughput = Spread::of_ratios(reference, manager, Sample::requests_per_second);
        let cpu = Spread::of_ratios(reference, manager, Sample::cpu_us);
        let (of_reference, of_manager) = (Figures::of(reference), Figures::of(manager));
        let row = format!(
            "| {} | {} | {} | {} | **{:.2}** ({:.2} to {:.2}) | **{:.2}** ({:.2} to {:.2}) | \
             {:.0} / {:.0} | {:.0} / {:.0} | {:.2} / {:.2} | {:.2} / {:.2} |",
            subject.task.as_str(),
            subject.n_patients,
            subject.connections,
            subject.reference,
            throughput.median,
            throughput.low,
            throughput.high,
            cpu.median,
            cpu.low,
            cpu.high,
            of_manager.requests_per_second,
            of_reference.requests_per_second,
            of_manager.cpu_us,
            of_reference.cpu_us,
            of_manager.p50_ms,
            of_reference.p50_ms,
            of_manager.p99_ms,
            of_reference.p99_ms,
        );
        machine::progress(&format!("{row} load {}", machine::load()));
        // Writing to a text does not fail.
        let _ = writeln!(self.rows, "{row}");
    }

    /// Prints the table.
    pub(super) fn finish(&self) -> Result<()> {
        machine::say(&format!(
            "Machine: {}; at the end {}.\n\
             Disk: {:.0} appends of 4 KiB with fdatasync a second.\n\n\
             Manager / reference, medians over the rounds; in parentheses the lowest and the highest round. \
             Clients and servers share the processors.\n\n\
             | task | patients | connections | reference | throughput | CPU a message | messages/s | CPU us | p50 ms | p99 ms |\n\
             |---|---:|---:|---|---:|---:|---:|---:|---:|---:|\n{}",
            self.machine,
            machine::load(),
            self.syncs_per_second,
            self.rows,
        ))
    }
}
