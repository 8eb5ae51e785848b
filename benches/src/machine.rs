//! What a reader of the figures must know of the machine.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

/// How long the disk is measured.
const SYNCING: Duration = Duration::from_secs(1);

/// Processor, cores, kernel, load.
pub(crate) fn description() -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let n_processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    format!(
        "{}, {n_processors} processors, Linux {}, load {}",
        processor.as_deref().unwrap_or("unknown processor"),
        first_words("/proc/sys/kernel/osrelease", 1),
        load(),
    )
}

/// Load averages of 1, 5 and 15 minutes.
pub(crate) fn load() -> String {
    first_words("/proc/loadavg", 3)
}

fn first_words(file: &str, n_words: usize) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.split_ascii_whitespace().take(n_words).collect::<Vec<_>>().join(" ")
}

/// Appends of 4 KiB with fdatasync, in syncs per second.
pub(crate) fn syncs_per_second(folder: &Path) -> Result<f64> {
    let mut file = tempfile::tempfile_in(folder)?;
    let block = [0x5a; 4096];
    let started = Instant::now();
    let mut n_syncs = 0_u32;
    while started.elapsed() < SYNCING {
        append(&mut file, &block)?;
        n_syncs += 1;
    }
    Ok(f64::from(n_syncs) / started.elapsed().as_secs_f64())
}

fn append(file: &mut File, block: &[u8]) -> std::io::Result<()> {
    file.write_all(block)?;
    file.sync_data()
}

/// Says on standard error how far the run is; the report alone stands on standard output.
pub(crate) fn progress(text: &str) {
    // Whether anybody watches does not matter to the figures.
    drop(writeln!(std::io::stderr(), "{text}"));
}

/// Writes the report.
pub(crate) fn say(report: &str) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{report}")?)
}
