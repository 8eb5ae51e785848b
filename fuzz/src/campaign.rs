//! Running a target over its inputs and over changed ones, and making a failure small.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::dice::Dice;
use crate::mutation::Mutator;
use crate::{Target, Verdict};

/// What one run may take at least: an unoptimised reader on a busy machine.
const ALLOWED: Duration = Duration::from_secs(2);
/// And for each 64 KiB of input. A reader that is quadratic needs minutes for a flood.
const ALLOWED_PER_BLOCK: Duration = Duration::from_secs(1);
const BLOCK_BYTES: usize = 64 * 1024;

/// Inputs that ended in a new way, kept to be changed further.
const MAX_KEPT: usize = 1_000;
const MAX_KEPT_BYTES: usize = 64 * 1024;

/// Runs spent on making a failure small.
const MAX_SHRINKING: usize = 2_000;

/// When a campaign is over, unless it fails before.
#[derive(Clone, Copy, Debug)]
pub enum Stop {
    AfterCases(u64),
    After(Duration),
}

/// What a campaign saw.
#[derive(Debug, Default)]
pub struct Report {
    pub n_cases: u64,
    /// How often each verdict was given.
    pub accepted: BTreeMap<String, u64>,
    pub refused: BTreeMap<String, u64>,
    pub slowest: Duration,
    pub failure: Option<Failure>,
}

/// An input that the reader does not stand.
#[derive(Debug)]
pub struct Failure {
    pub what: String,
    /// As small as could be found in time.
    pub input: Vec<u8>,
}

/// Runs the inputs as they are, then changed ones; the same seed repeats a campaign.
#[must_use]
pub fn run(target: &Target, seed: u64, stop: Stop) -> Report {
    let mut campaign = Campaign::of(target);
    let started = Instant::now();
    let is_over = |report: &Report| match stop {
        Stop::AfterCases(n) => report.n_cases >= n,
        Stop::After(duration) => started.elapsed() >= duration,
    };
    campaign.begin();
    campaign.report.n_cases = 0;
    let mut mutator = Mutator { dice: Dice::new(seed), tokens: target.tokens };
    while campaign.report.failure.is_none() && !is_over(&campaign.report) {
        let base = campaign.choose(&mut mutator.dice);
        let other = campaign.choose(&mut mutator.dice);
        let changed = mutator.mutate(&base, &other);
        campaign.case(&changed);
    }
    campaign.report
}

/// Runs one input.
///
/// # Errors
/// What is wrong with the reader; the verdict on the input is the value.
pub fn run_once(target: &Target, input: &[u8]) -> Result<(Verdict, Duration), String> {
    let allowed = allowed(input);
    let (verdict, mut duration) = run_timed(target, input)?;
    // A machine that does something else now and then is no fault of the reader.
    for _ in 0..2 {
        if duration > allowed {
            duration = duration.min(run_timed(target, input)?.1);
        }
    }
    if duration > allowed {
        return Err(format!("{duration:?} for {} bytes", input.len()));
    }
    Ok((verdict, duration))
}

fn run_timed(target: &Target, input: &[u8]) -> Result<(Verdict, Duration), String> {
    let started = Instant::now();
    let verdict = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    match verdict {
        Ok(verdict) => Ok((verdict, started.elapsed())),
        Err(panic) => Err(panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_else(|| "a panic without words".to_owned())),
    }
}

fn allowed(input: &[u8]) -> Duration {
    let n_blocks = u32::try_from(input.len().div_ceil(BLOCK_BYTES)).unwrap_or(u32::MAX);
    ALLOWED.saturating_add(ALLOWED_PER_BLOCK.saturating_mul(n_blocks))
}

struct Campaign<'t> {
    target: &'t Target,
    /// The target's own inputs that are accepted, and one for each further way to be accepted.
    good: Vec<Vec<u8>>,
    /// One input for each way to be refused.
    bad: Vec<Vec<u8>>,
    report: Report,
}

impl<'t> Campaign<'t> {
    fn of(target: &'t Target) -> Campaign<'t> {
        Campaign { target, good: Vec::new(), bad: Vec::new(), report: Report::default() }
    }

    /// Runs the inputs as they are and keeps each that is accepted.
    fn begin(&mut self) {
        for input in self.target.inputs() {
            let n_refused = self.report.refused.values().sum::<u64>();
            self.case(&input);
            let is_accepted = self.report.refused.values().sum::<u64>() == n_refused;
            if is_accepted && self.good.last() != Some(&input) {
                self.good.push(input);
            }
        }
    }

    /// An input to be changed; mostly a good one, because the changes of a bad one are bad as well.
    fn choose(&self, dice: &mut Dice) -> Vec<u8> {
        let from = if dice.once_in(5) { &self.bad } else { &self.good };
        dice.pick(from).or_else(|| dice.pick(&self.good)).cloned().unwrap_or_default()
    }

    fn case(&mut self, input: &[u8]) {
        if self.report.failure.is_some() {
            return;
        }
        self.report.n_cases = self.report.n_cases.saturating_add(1);
        match run_once(self.target, input) {
            Ok((verdict, duration)) => {
                self.report.slowest = self.report.slowest.max(duration);
                self.note(verdict, input);
            }
            Err(what) => {
                let input = shrink(self.target, input.to_vec());
                self.report.failure = Some(Failure { what, input });
            }
        }
    }

    fn note(&mut self, verdict: Verdict, input: &[u8]) {
        let Report { accepted, refused, .. } = &mut self.report;
        let (count, kept) = match verdict {
            Ok(read) => (accepted.entry(read).or_default(), &mut self.good),
            Err(reason) => (refused.entry(reason).or_default(), &mut self.bad),
        };
        *count = count.saturating_add(1);
        if *count == 1 && input.len() <= MAX_KEPT_BYTES && kept.len() < MAX_KEPT {
            kept.push(input.to_vec());
        }
    }
}

/// Leaves out what the failure does not need, in halves, quarters and so on.
fn shrink(target: &Target, mut input: Vec<u8>) -> Vec<u8> {
    let mut n_runs = 0_usize;
    let mut length = input.len() / 2;
    while length > 0 {
        let mut start = 0_usize;
        while start < input.len() && n_runs < MAX_SHRINKING {
            let end = start.saturating_add(length).min(input.len());
            let mut shorter = input.clone();
            shorter.drain(start..end);
            n_runs = n_runs.saturating_add(1);
            if run_once(target, &shorter).is_err() {
                input = shorter;
            } else {
                start = end;
            }
        }
        length /= 2;
    }
    input
}
