//! `fuzz [TARGET]... [--seconds N | --cases N] [--seed N]`, and `fuzz TARGET --input FILE` to run one input.
#![expect(clippy::print_stdout, reason = "the report is the output of this program")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use fuzz::campaign::{self, Failure, Report, Stop};
use fuzz::{TARGETS, Target};

/// Feeds damaged and hostile messages to the readers of foreign bytes.
#[derive(Parser)]
struct Arguments {
    /// Names of targets; all without any.
    targets: Vec<String>,
    /// Time for each target.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Changed inputs for each target, instead of a time.
    #[arg(long)]
    cases: Option<u64>,
    /// Repeats a campaign; the clock's by default.
    #[arg(long)]
    seed: Option<u64>,
    /// Where inputs that fail are kept.
    #[arg(long, default_value = "target/fuzz")]
    keep: PathBuf,
    /// Runs this one input instead of a campaign.
    #[arg(long)]
    input: Option<PathBuf>,
    /// Tells every verdict and how often it was given.
    #[arg(long)]
    verdicts: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let targets = chosen(&arguments.targets)?;
    if let Some(path) = &arguments.input {
        let input = fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        for target in targets {
            println!("{}: {:?}", target.name, campaign::run_once(target, &input));
        }
        return Ok(());
    }
    let seed = arguments.seed.unwrap_or_else(seed_of_now);
    let stop = match arguments.cases {
        Some(n) => Stop::AfterCases(n),
        None => Stop::After(Duration::from_secs(arguments.seconds)),
    };
    println!("seed {seed}");
    let mut n_failed = 0_usize;
    for target in targets {
        let report = campaign::run(target, seed, stop);
        show(target, &report, arguments.verdicts);
        if let Some(failure) = &report.failure {
            n_failed = n_failed.saturating_add(1);
            keep(target, failure, &arguments.keep)?;
        }
    }
    if n_failed > 0 {
        bail!("{n_failed} targets failed");
    }
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<&'static Target>> {
    if names.is_empty() {
        return Ok(TARGETS.iter().collect());
    }
    let find = |name: &String| {
        let known = || TARGETS.iter().map(|target| target.name).collect::<Vec<_>>().join(", ");
        fuzz::target(name).with_context(|| format!("no target {name}; there are {}", known()))
    };
    names.iter().map(find).collect()
}

fn seed_of_now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_nanos() & u128::from(u64::MAX)).unwrap_or(0)
}

fn show(target: &Target, report: &Report, verdicts: bool) {
    let Report { n_cases, accepted, refused, slowest, .. } = report;
    let n_accepted: u64 = accepted.values().sum();
    println!(
        "{:24} {n_cases:>9} cases, {n_accepted} accepted, {} ways to accept, {} to refuse, slowest {slowest:?}",
        target.name,
        accepted.len(),
        refused.len(),
    );
    if verdicts {
        for (kind, counts) in [("accepted", accepted), ("refused", refused)] {
            for (verdict, n) in counts {
                println!("    {n:>9} {kind}: {verdict}");
            }
        }
    }
}

fn keep(target: &Target, failure: &Failure, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let path = folder.join(format!("{}.input", target.name));
    fs::write(&path, &failure.input)?;
    println!("FAILED {}: {}", target.name, failure.what);
    println!("    again by: fuzz {} --input {}", target.name, path.display());
    Ok(())
}
