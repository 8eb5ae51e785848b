//! How far a job is, on standard error: a bar on a terminal, else a line every few seconds.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use repository::maintenance::job::{Status, Task};

/// Between two lines that stay.
const LINE: Duration = Duration::from_secs(5);

/// Characters of a full bar.
const WIDTH: u64 = 30;

const MIB: u64 = 1024 * 1024;

pub(crate) struct Progress {
    is_terminal: bool,
    begin: Instant,
    shown: Instant,
}

impl Progress {
    pub(crate) fn on_standard_error() -> Progress {
        let now = Instant::now();
        Progress { is_terminal: io::stderr().is_terminal(), begin: now, shown: now }
    }

    pub(super) fn show(&mut self, status: &Status) {
        let counts = &status.counts;
        self.draw((counts.n_checked, counts.n_documents), || text(status));
    }

    /// So much is done of so much.
    pub(crate) fn draw(&mut self, (n_done, n_all): (u64, u64), text: impl FnOnce() -> String) {
        if self.is_terminal {
            // Whatever stood there before is cleared to the end of the line.
            say(&format!("\r{} {}\x1b[K", bar(n_done, n_all), text()));
        } else if self.shown.elapsed() >= LINE {
            self.shown = Instant::now();
            say(&format!("{} s: {}\n", self.begin.elapsed().as_secs(), text()));
        }
    }

    /// Makes room for the result.
    pub(crate) fn clear(&self) {
        if self.is_terminal {
            say("\r\x1b[K");
        }
    }
}

/// The work goes on, whether or not somebody looks.
fn say(text: &str) {
    drop(io::stderr().write_all(text.as_bytes()));
}

fn bar(n_done: u64, n_all: u64) -> String {
    let n_full = n_done.min(n_all).saturating_mul(WIDTH).checked_div(n_all).unwrap_or_default();
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
        assert_eq!(bar(0, 0), ".".repeat(30));
        assert_eq!(bar(1, 2), format!("{}{}", "#".repeat(15), ".".repeat(15)));
        assert_eq!(bar(2, 2), "#".repeat(30));
        // Documents came in meanwhile.
        assert_eq!(bar(3, 2), "#".repeat(30));
        assert_eq!(bar(u64::MAX, u64::MAX).len(), 30);
    }
}
