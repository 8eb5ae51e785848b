//! Queries while the worlds change: each answer shows one state of its world, no earlier one than the last
//! that was acknowledged before the query began, and nobody sees the world go backwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use registry::Registry;
use xds::query::AdhocQueryRequest;

use super::history::History;
use super::questions::Question;
use super::world::World;
use super::{
    Run, STEPS_PER_WORLD, asking, must_refer, must_show, number_of, oracle, processes, shown, told,
};
use crate::dice::Dice;
use crate::open_registry::{ask_in, on_each_backend, references};

/// Worlds that change at once, each by a writer of its own.
const N_WORLDS: usize = 2;
const N_READERS: u64 = 4;
/// How often a reader asks one question.
const ASKED_AGAIN: usize = 3;
/// A writer rests after a step for up to so many beginnings and ends of queries: what is wrong in memory
/// would be put right by the next commit.
const MOST_TICKS: usize = 16;

#[test]
fn queries_beside_commits_answer_a_state_that_never_goes_back() {
    let n_wanted = number_of("RENKEI_QUERY_CASES").unwrap_or(3_000);
    let first_seed = number_of("RENKEI_QUERY_SEED").unwrap_or(1);
    on_each_backend(|place| {
        let (mut n_asked, mut n_telling) = (0, 0);
        let mut seeds = first_seed..;
        // Each size of the cache has its turn.
        while n_asked < n_wanted || seeds.start < first_seed + 8 {
            let seed = seeds.start;
            let registries = processes(place, seed / 2);
            let new_run = |seed| Run::new(place, &registries, seed);
            let mut runs: Vec<Run<'_>> = seeds.by_ref().take(N_WORLDS).map(new_run).collect();
            let histories: Vec<History> =
                runs.iter().map(|run| History::new(run.world.clone())).collect();
            for (run, history) in runs.iter_mut().zip(&histories) {
                run.history = Some(history);
            }
            let asked = ask_beside(runs, &histories, &registries);
            for (number, history) in histories.iter().enumerate() {
                let of_world = asked.iter().filter(|asked| asked.world == number);
                n_telling += check(history, of_world.collect(), seed);
            }
            n_asked += u64::try_from(asked.len()).unwrap();
        }
        assert!(n_telling >= n_wanted / 100, "{n_telling} of {n_asked} queries met a change");
    });
}

/// One query, with what it may show.
struct Asked {
    /// Place of the world among those that change.
    world: usize,
    question: Arc<Question>,
    request: AdhocQueryRequest,
    answer: Result<Vec<String>, String>,
    /// Moments of beginning and end on a clock that all readers share.
    moments: (u64, u64),
    /// The last state acknowledged before the beginning, and the last begun before the end.
    states: (usize, usize),
}

/// Lets the worlds change, and readers ask about them until that ends.
fn ask_beside(
    runs: Vec<Run<'_>>,
    histories: &[History],
    registries: &[Arc<Registry>],
) -> Vec<Asked> {
    let seed = runs[0].seed;
    let n_writing = AtomicUsize::new(runs.len());
    let clock = AtomicU64::new(0);
    let write = |mut run: Run<'_>| {
        let _writing = Writing(&n_writing);
        for _ in 0..STEPS_PER_WORLD {
            run.step();
            let n_ticks = u64::try_from(run.dice.below(MOST_TICKS)).unwrap();
            await_clock(&clock, clock.load(Ordering::SeqCst) + n_ticks);
        }
    };
    let read = |number: u64| {
        let dice = Dice::new(seed * N_READERS + number);
        let mut reader = Reader { histories, registries, clock: &clock, dice };
        let mut asked = Vec::new();
        while n_writing.load(Ordering::SeqCst) > 0 {
            let (world, question) = reader.question();
            // What the first of them leaves in memory is what the others may find there.
            asked.extend((0..ASKED_AGAIN).map(|_| reader.ask(world, question.clone())));
        }
        asked
    };
    std::thread::scope(|scope| {
        for run in runs {
            scope.spawn(|| write(run));
        }
        let read = &read;
        let readers: Vec<_> =
            (0..N_READERS).map(|number| scope.spawn(move || read(number))).collect();
        readers.into_iter().flat_map(|reader| reader.join().unwrap()).collect()
    })
}

/// Waits until the readers have asked enough, or are all gone.
fn await_clock(clock: &AtomicU64, moment: u64) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while clock.load(Ordering::SeqCst) < moment && Instant::now() < deadline {
        std::thread::sleep(Duration::from_micros(100));
    }
}

/// A writer at work; readers must not wait for one that panicked.
struct Writing<'a>(&'a AtomicUsize);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Reader<'a> {
    histories: &'a [History],
    registries: &'a [Arc<Registry>],
    clock: &'a AtomicU64,
    dice: Dice,
}

impl Reader<'_> {
    /// A question about one of the worlds, not about both: mostly one that is answered from memory.
    fn question(&mut self) -> (usize, Arc<Question>) {
        let world = self.dice.below(self.histories.len());
        let (_, state) = self.histories[world].acknowledged();
        let is_find = self.dice.chance(60);
        loop {
            let question = asking::question(&state, &mut self.dice);
            let is_wanted = !is_find || question.query().0.starts_with("Find");
            if is_wanted && !is_about_everybody(&question) {
                return (world, Arc::new(question));
            }
        }
    }

    fn ask(&mut self, world: usize, question: Arc<Question>) -> Asked {
        let history = &self.histories[world];
        let registry = self.dice.pick(self.registries);
        let return_type = self.dice.one_of(&["ObjectRef", "LeafClass"]);
        let request = question.request(&mut self.dice, return_type);
        // What is acknowledged is looked up before the clock, what is begun after it.
        let (first, _) = history.acknowledged();
        let begun = self.clock.fetch_add(1, Ordering::SeqCst);
        let answer = ask_in(question.transaction(), registry, &request);
        let ended = self.clock.fetch_add(1, Ordering::SeqCst);
        let states = (first, history.begun());
        let read = if return_type == "ObjectRef" { references } else { shown };
        let answer = answer.map(|answer| read(&answer));
        Asked { world, question, request, answer, moments: (begun, ended), states }
    }
}

fn is_about_everybody(question: &Question) -> bool {
    if let Question::FindDocumentsForMultiplePatients(query) = question {
        return query.patients.is_empty();
    }
    matches!(question, Question::FindFoldersForMultiplePatients(query) if query.patients.is_empty())
}

/// What a registry answers in this state of the world.
fn expected(world: &World, asked: &Asked) -> Result<Vec<String>, String> {
    let found = oracle::answer(world, &asked.question);
    if asked.request.return_type == "ObjectRef" {
        return Ok(must_refer(&found));
    }
    if oracle::is_not_single_patient(world, &asked.question, &found) {
        return Err("XDSResultNotSinglePatient".to_owned());
    }
    Ok(must_show(world, &found))
}

/// Gives each answer the earliest state that it may show: one that it agrees with, and no earlier one than
/// any answer that had ended when the query began. If there are such states at all, these are. Returns how
/// many answers could have been different ones.
fn check(history: &History, mut asked: Vec<&Asked>, seed: u64) -> u64 {
    asked.sort_by_key(|asked| asked.moments.0);
    let mut n_telling = 0;
    // The state that has been shown for certain, and answers that had not ended yet.
    let mut shown = 0;
    let mut open: Vec<(u64, usize)> = Vec::new();
    for asked in asked {
        let (begun, ended) = asked.moments;
        for (_, state) in open.extract_if(.., |(ended, _)| *ended < begun) {
            shown = shown.max(state);
        }
        let (first, last) = asked.states;
        let possible: Vec<_> =
            (first..=last).map(|state| expected(&history.state(state), asked)).collect();
        n_telling += u64::from(possible.iter().any(|answer| *answer != possible[0]));
        let agrees = |state: &usize| possible[*state - first] == asked.answer;
        let state = (first.max(shown)..=last).find(agrees);
        let state = state.unwrap_or_else(|| {
            let earlier = (first..=last).find(agrees);
            panic!(
                "RENKEI_QUERY_SEED={seed} world {}: states {first} to {last} were possible, {shown} \
                 was shown before, the answer shows {earlier:?}\n{}\n{:#?}\n{possible:#?}",
                asked.world,
                told(&asked.request),
                asked.answer,
            )
        });
        open.push((ended, state));
    }
    n_telling
}
