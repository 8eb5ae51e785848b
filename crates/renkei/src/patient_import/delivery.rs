//! From the file to the connections, and back to the position file.

use std::collections::VecDeque;
use std::path::Path;

use net::process::StopSignals;
use tokio::sync::mpsc;

use super::lane::{self, Job, Outcome, Verdict, WINDOW};
use super::{About, ImportError, Item, PatientFile, Position, Progress};
use crate::error::CommandError;
use crate::maintenance::progress::Progress as Bar;
use crate::output::plain;
use crate::transactions::hl7v2_message::client;
use crate::wire::MllpAddress;

/// Refusals that are shown; all are in the list.
const MAX_SHOWN: usize = 20;

/// How an import ended that came to the end of its file.
#[derive(Debug)]
pub(crate) struct Summary {
    /// The first ones of this run: line and text.
    pub(crate) refused: Vec<(u64, String)>,
}

/// Something of the file whose outcome is not known, or waits for what stands before it.
struct Waiting {
    line: u64,
    end: Position,
    verdict: Option<Verdict>,
}

struct Delivery<'a> {
    file: PatientFile<'a>,
    progress: &'a mut Progress,
    lanes: Vec<mpsc::UnboundedSender<Job>>,
    /// In the order of the file.
    waiting: VecDeque<Waiting>,
    /// Number of the first of them.
    first: u64,
    /// What was read and cannot be sent yet: it is about several patients.
    held: Option<Item>,
    /// Such a message is under way.
    is_alone: bool,
    is_at_end: bool,
    refused: Vec<(u64, String)>,
}

/// Sends all of a file over so many connections.
///
/// # Errors
/// [`ImportError`]; the position file says how far it went.
pub(crate) async fn deliver(
    (path, file): (&Path, PatientFile<'_>),
    (manager, n_lanes): (&MllpAddress, usize),
    progress: &mut Progress,
) -> Result<Summary, CommandError> {
    let n_bytes = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let mut signals = StopSignals::listen().map_err(CommandError::Runtime)?;
    let (answered, mut outcomes) = mpsc::unbounded_channel();
    let mut lanes = Vec::new();
    for _ in 0..n_lanes {
        let (sender, jobs) = mpsc::unbounded_channel();
        tokio::spawn(lane::run(client(manager)?, jobs, answered.clone()));
        lanes.push(sender);
    }
    let mut delivery = Delivery {
        file,
        progress,
        lanes,
        waiting: VecDeque::new(),
        first: 0,
        held: None,
        is_alone: false,
        is_at_end: false,
        refused: Vec::new(),
    };
    let mut bar = Bar::on_standard_error();
    let done = loop {
        if let Err(error) = delivery.fill(path).and_then(|()| delivery.settle()) {
            break Err(error);
        }
        if delivery.waiting.is_empty() && delivery.is_at_end && delivery.held.is_none() {
            break Ok(());
        }
        if delivery.waiting.is_empty() {
            continue;
        }
        let progress = &delivery.progress;
        let said =
            || format!("{} accepted, {} refused", progress.n_accepted(), progress.n_refused());
        bar.draw((progress.position().offset, n_bytes), said);
        tokio::select! {
            outcome = outcomes.recv() => match outcome {
                Some(outcome) => delivery.note(outcome),
                None => break Err(ImportError::Stopped),
            },
            () = signals.wait() => break Err(ImportError::Stopped),
        }
    };
    bar.clear();
    let Delivery { progress, refused, .. } = delivery;
    match done {
        Ok(()) => {
            progress.finish()?;
            Ok(Summary { refused })
        }
        Err(error) => {
            progress.note()?;
            Err(error.into())
        }
    }
}

impl Delivery<'_> {
    /// Reads on as far as may wait.
    fn fill(&mut self, path: &Path) -> Result<(), ImportError> {
        let n_most = self.lanes.len().saturating_mul(WINDOW).saturating_mul(2);
        if self.waiting.is_empty() {
            self.is_alone = false;
        }
        while self.waiting.len() < n_most && !self.is_alone {
            let next = match self.held.take() {
                Some(item) => Ok(Some(item)),
                None if self.is_at_end => return Ok(()),
                None => self.file.next(),
            };
            let next =
                next.map_err(|source| ImportError::Read { path: path.to_owned(), source })?;
            let Some(item) = next else {
                self.is_at_end = true;
                return Ok(());
            };
            let is_about_several =
                matches!(&item.content, Ok(message) if message.about == About::Several);
            if is_about_several && !self.waiting.is_empty() {
                self.held = Some(item);
                return Ok(());
            }
            self.is_alone = is_about_several;
            self.dispatch(item);
        }
        Ok(())
    }

    fn dispatch(&mut self, item: Item) {
        let n_waiting = u64::try_from(self.waiting.len()).unwrap_or(u64::MAX);
        let number = self.first.saturating_add(n_waiting);
        let Item { line, end, content } = item;
        let verdict = match content {
            Ok(message) => {
                let n_lanes = u64::try_from(self.lanes.len()).unwrap_or(1).max(1);
                let lane = match message.about {
                    About::OnePatient(digest) => digest.checked_rem(n_lanes).unwrap_or(0),
                    About::Several => 0,
                };
                let lane = usize::try_from(lane).unwrap_or(0);
                // A lane that has ended said so.
                let _ = self.lanes.get(lane).map(|lane| lane.send(Job { number, message }));
                None
            }
            Err(why) => Some(Verdict::Refused(why)),
        };
        self.waiting.push_back(Waiting { line, end, verdict });
    }

    fn note(&mut self, outcome: Outcome) {
        let place = outcome.number.checked_sub(self.first).map(usize::try_from);
        let waiting = place.and_then(Result::ok).and_then(|place| self.waiting.get_mut(place));
        if let Some(waiting) = waiting {
            waiting.verdict = Some(outcome.verdict);
        }
    }

    /// Moves the position over whatever is settled, in the order of the file.
    ///
    /// # Errors
    /// A message that cannot be settled now ends the import as soon as everything before it is settled. What is
    /// behind it may have been taken; it is sent again behind it, so that the order is kept.
    fn settle(&mut self) -> Result<(), ImportError> {
        while let Some(waiting) = self.waiting.pop_front_if(|it| it.verdict.is_some()) {
            self.first = self.first.saturating_add(1);
            match waiting.verdict {
                Some(Verdict::Accepted) => self.progress.accepted(waiting.end)?,
                Some(Verdict::Refused(why)) => {
                    let why = plain(&why.replace('\n', "; ")).into_owned();
                    self.progress.refused((waiting.line, &why), waiting.end)?;
                    if self.refused.len() < MAX_SHOWN {
                        self.refused.push((waiting.line, why));
                    }
                }
                Some(Verdict::NotNow) => return Err(ImportError::NotNow),
                Some(Verdict::Lost(error)) => return Err(ImportError::Lost(error)),
                None => {}
            }
        }
        Ok(())
    }
}
