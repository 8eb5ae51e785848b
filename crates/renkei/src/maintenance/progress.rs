//! How far a job is, on standard error: a bar on a terminal, else a line every few seconds.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use repository::maintenance::job::{Counts, Status, Task};

/// Between two lines that stay.
const LINE: Duration = Duration::from_secs(5);

/// Characters of a full bar.
const WIDTH: u64 = 30;

const MIB: u64 = 1024 * 1024;

pub(super) struct Progress {
    is_terminal: bool,
    begin: Instant,
    shown: Instant,
}

impl Progress {
    pub(super) fn on_standard_error() -> Progress {
        let now = Instant::now();
        Progress { is_terminal: io::stderr().is_terminal(), begin: now, shown: now }
    }

    pub(super) fn show(&mut self, status: &Status) {
        if self.is_terminal {
            // Whatever stood there before is cleared to the end of the line.
            say(&format!("\r{} {}\x1b[K", bar(&status.counts), text(status)));
        } else if self.shown.elapsed() >= LINE {
            self.shown = Instant::now();
            say(&format!("{} s: {}\n", self.begin.elapsed().as_secs(), text(status)));
        }
    }

    /// Makes room for the result.
    pub(super) fn clear(&self) {
        if self.is_terminal {
            say("\r\x1b[K");
        }
    }
}

/// The work goes on, whether or not somebody looks.
fn say(text: &str) {
    drop(io::stderr().write_all(text.as_bytes()));
}

fn bar(counts: &Counts) -> String {
    let done = counts.n_checked.min(counts.n_documents).saturating_mul(WIDTH);
    let n_full = done.checked_div(counts.n_documents).unwrap_or_default();
    let bar = (0..WIDTH).map(|place| if place < n_full { '#' } else { '.' });
    bar.collect()
}

/// The address is where a verification may be taken up again, should this process be ended.
fn text(status: &Status) -> String {
    let counts = &status.counts;
    match status.task {
        Task::VerifyStore => format!(
            "{} of {} documents, {} MiB, at {}",
            counts.n_checked,
            counts.n_documents,
            counts.n_bytes / MIB,
            status.address.get(..16).unwrap_or_default(),
        ),
        Task::Reconcile => format!("{} documents in doubt asked for", counts.n_checked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_full_at_the_end_and_never_fuller() {
        let of =
            |n_checked, n_documents| bar(&Counts { n_checked, n_documents, ..Counts::default() });
        assert_eq!(of(0, 0), ".".repeat(30));
        assert_eq!(of(1, 2), format!("{}{}", "#".repeat(15), ".".repeat(15)));
        assert_eq!(of(2, 2), "#".repeat(30));
        // Documents came in meanwhile.
        assert_eq!(of(3, 2), "#".repeat(30));
        assert_eq!(of(u64::MAX, u64::MAX).len(), 30);
    }
}
