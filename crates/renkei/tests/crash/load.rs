//! One submitter: feeds and merges patients and submits documents until nobody answers any more.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Chance;
use crate::harness::community::Community;
use crate::harness::feed::{self, Acknowledgement};
use crate::harness::http::Connection;
use crate::harness::submission::Submission;
use crate::harness::transactions::{submit, submit_inline};

/// Documents of one submission.
const DOCUMENTS: u64 = 3;
/// Bytes of one document: none, some in one block of the spool, some beyond, and rarely in many of them.
const SMALL_BYTES: u64 = 4_000;
const BYTES: u64 = 300_000;
const LARGE_BYTES: u64 = 3_000_000;

/// What a submitter did. Only the last thing may be without an answer.
#[derive(Debug, Default)]
pub(crate) struct Work {
    /// CX of each patient that was acknowledged, and was not merged away.
    pub(crate) patients: Vec<String>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) merges: Vec<Merge>,
}

#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) submission: Submission,
    /// `false` if no answer came.
    pub(crate) is_acknowledged: bool,
}

/// Two patients who are one, as CX.
#[derive(Debug)]
pub(crate) struct Merge {
    pub(crate) subsumed: String,
    pub(crate) surviving: String,
    /// `false` if no answer came.
    pub(crate) is_acknowledged: bool,
}

impl Merge {
    /// ITI-8 A40; `None` if no answer comes.
    pub(crate) fn send(&self, feed: &mut Connection) -> Option<()> {
        let message = feed::merge("merge", &self.subsumed, &self.surviving);
        let answer = feed::exchange(feed, message.as_bytes()).ok()?;
        let ack = Acknowledgement::read(&String::from_utf8(answer).unwrap());
        assert_eq!((ack.code(), ack.control_id()), ("AA", "merge"));
        Some(())
    }
}

pub(crate) struct Submitter {
    name: String,
    authority: &'static str,
    feed: Connection,
    repository: Connection,
    chance: Chance,
}

impl Submitter {
    pub(crate) fn new(community: &Community, name: String, chance: Chance) -> Submitter {
        Submitter {
            name,
            authority: community.affinity_domain(),
            feed: community.mllp(),
            repository: community.repository(),
            chance,
        }
    }

    /// Works until a connection breaks, and counts what was answered.
    pub(crate) fn work(mut self, n_steps: &AtomicU64) -> Work {
        let mut work = Work::default();
        while self.step(&mut work).is_some() {
            n_steps.fetch_add(1, Ordering::Relaxed);
        }
        work
    }

    fn step(&mut self, work: &mut Work) -> Option<()> {
        let n_patients = work.patients.len();
        if n_patients == 0 || self.chance.below(4) == 0 {
            work.patients.push(self.feed_patient(n_patients + work.merges.len())?);
            return Some(());
        }
        if n_patients > 1 && self.chance.below(4) == 0 {
            return self.merge(work);
        }
        let patient = work.patients.get(self.place(n_patients)).unwrap().clone();
        let submission = self.invent(&patient);
        let answer = match self.chance.below(3) {
            0 => submit_inline(&mut self.repository, &submission),
            _ => submit(&mut self.repository, &submission),
        };
        work.attempts.push(Attempt { submission, is_acknowledged: answer.is_ok() });
        let reply = answer.ok()?;
        reply.assert_success();
        Some(())
    }

    fn place(&mut self, n_places: usize) -> usize {
        usize::try_from(self.chance.below(u64::try_from(n_places).unwrap())).unwrap()
    }

    fn merge(&mut self, work: &mut Work) -> Option<()> {
        let subsumed = work.patients.swap_remove(self.place(work.patients.len()));
        let surviving = work.patients.get(self.place(work.patients.len())).unwrap().clone();
        let mut merge = Merge { subsumed, surviving, is_acknowledged: false };
        let answer = merge.send(&mut self.feed);
        merge.is_acknowledged = answer.is_some();
        work.merges.push(merge);
        answer
    }

    fn feed_patient(&mut self, number: usize) -> Option<String> {
        let id = format!("{}p{number}", self.name);
        let message = feed::registration(&id, &id, self.authority);
        let answer = feed::exchange(&mut self.feed, message.as_bytes()).ok()?;
        let ack = Acknowledgement::read(&String::from_utf8(answer).unwrap());
        assert_eq!((ack.code(), ack.control_id()), ("AA", id.as_str()));
        Some(format!("{id}^^^&{}&ISO", self.authority))
    }

    fn invent(&mut self, patient: &str) -> Submission {
        let n_documents = 1 + self.chance.below(DOCUMENTS);
        let contents: Vec<Vec<u8>> = (0..n_documents).map(|_| self.content()).collect();
        let contents: Vec<&[u8]> = contents.iter().map(Vec::as_slice).collect();
        Submission::of(patient, &contents)
    }

    /// Mostly small; some have the bytes of another one.
    fn content(&mut self) -> Vec<u8> {
        if self.chance.below(5) == 0 {
            return b"the same bytes again and again".to_vec();
        }
        let limit = match self.chance.below(64) {
            0 => LARGE_BYTES,
            1..8 => BYTES,
            8..12 => 1,
            _ => SMALL_BYTES,
        };
        let size = self.chance.below(limit);
        let start = self.chance.below(1 << 40);
        let words = (0..size.div_ceil(8)).flat_map(|n| (start + n).to_le_bytes());
        words.take(usize::try_from(size).unwrap()).collect()
    }
}
