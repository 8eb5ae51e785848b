//! One submitter: feeds patients and submits documents until nobody answers any more.

use super::Chance;
use crate::harness::community::Community;
use crate::harness::feed::{self, Acknowledgement};
use crate::harness::http::Connection;
use crate::harness::submission::Submission;
use crate::harness::transactions::submit;

/// Documents of one submission.
const DOCUMENTS: u64 = 3;
/// Bytes of one document: some in one block of the spool, some beyond.
const BYTES: u64 = 300_000;

/// What a submitter did.
#[derive(Debug, Default)]
pub(crate) struct Work {
    /// CX of each patient that was acknowledged.
    pub(crate) patients: Vec<String>,
    pub(crate) attempts: Vec<Attempt>,
}

#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) submission: Submission,
    /// `false` if no answer came.
    pub(crate) is_acknowledged: bool,
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

    /// Works until a connection breaks.
    pub(crate) fn work(mut self) -> Work {
        let mut work = Work::default();
        while self.step(&mut work).is_some() {}
        work
    }

    fn step(&mut self, work: &mut Work) -> Option<()> {
        let n_patients = u64::try_from(work.patients.len()).unwrap();
        if n_patients == 0 || self.chance.below(4) == 0 {
            work.patients.push(self.feed_patient(n_patients)?);
            return Some(());
        }
        let place = usize::try_from(self.chance.below(n_patients)).unwrap();
        let patient = work.patients.get(place).unwrap().clone();
        let submission = self.invent(&patient);
        let answer = submit(&mut self.repository, &submission);
        work.attempts.push(Attempt { submission, is_acknowledged: answer.is_ok() });
        let reply = answer.ok()?;
        reply.assert_success();
        Some(())
    }

    fn feed_patient(&mut self, number: u64) -> Option<String> {
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
        let limit = if self.chance.below(8) == 0 { BYTES } else { 4_000 };
        let size = self.chance.below(limit);
        let start = self.chance.below(1 << 40);
        let words = (0..size.div_ceil(8)).flat_map(|n| (start + n).to_le_bytes());
        words.take(usize::try_from(size).unwrap()).collect()
    }
}
