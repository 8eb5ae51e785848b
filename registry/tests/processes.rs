//! Two whole `renkei-registry` processes on one PostgreSQL: whichever a partner talks to, it is one registry.

mod process;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use datatypes::{EntryUuid, PatientId};
use hl7v2::AckCode;
use xds::{AssociationType, Submission};

use crate::feed::Acknowledged;
use crate::metadata::{self, document};
use crate::requests::patient;
use process::{Database, Outcome, Partner, Process};

/// Two processes on a new database; `None` without a server.
fn pair() -> Option<(Database, [Process; 2])> {
    let database = Database::create()?;
    let processes = ["one", "other"].map(|name| database.start(name));
    Some((database, processes))
}

fn known(partner: Partner, name: &str) -> PatientId {
    let patient = patient(name);
    assert_eq!(partner.announce(&patient).unwrap(), Acknowledged::accepted());
    patient
}

fn uuid(submission: &Submission) -> EntryUuid {
    submission.entries[0].id.uuid().unwrap()
}

/// Does something many times at once, by turns with each of the partners.
fn at_once<T: Send>(
    partners: [Partner; 2],
    n_times: usize,
    work: impl Fn(usize, Partner) -> T + Sync,
) -> Vec<T> {
    let work = &work;
    std::thread::scope(|scope| {
        let working: Vec<_> =
            (0..n_times).map(|n| scope.spawn(move || work(n, partners[n % 2]))).collect();
        working.into_iter().map(|working| working.join().unwrap()).collect()
    })
}

#[test]
fn what_one_process_acknowledged_the_other_shows_at_once() {
    let Some((_database, processes)) = pair() else { return };
    let partners = processes.each_ref().map(Process::partner);
    at_once(partners, 4, |n, here| {
        let there = partners[(n + 1) % 2];
        let [one, other] = ["a", "b"].map(|name| known(here, &format!("{name}-{n}")));
        let mut documents = BTreeSet::new();
        for round in 0..12 {
            let [here, there] = if round % 2 == 0 { [here, there] } else { [there, here] };
            let patient = if round % 3 == 0 { &other } else { &one };
            let submission = document(patient);
            assert_eq!(here.register(&submission).unwrap(), Ok(()));
            let found = there.approved(patient).unwrap();
            assert!(found.contains(&uuid(&submission)), "round {round}");
            documents.insert(uuid(&submission));
        }
        // Both have the sets of both patients in memory by now.
        assert_eq!(here.merge(&one, &other).unwrap(), Acknowledged::accepted());
        let of_both: Vec<EntryUuid> = documents.into_iter().collect();
        for partner in [there, here] {
            assert_eq!(partner.approved(&other).unwrap(), of_both);
            assert_eq!(partner.approved(&one).unwrap(), []);
        }
        let late = there.register(&document(&one)).unwrap();
        assert_eq!(late, Err(vec!["XDSUnknownPatientId".to_owned()]));
    });
}

/// Exactly one was registered, all others were refused for this reason; tells which one.
#[track_caller]
fn check_one_winner(outcomes: &[Outcome], refusal: &str) -> usize {
    let winners: Vec<usize> = (0..outcomes.len()).filter(|n| outcomes[*n].is_ok()).collect();
    assert_eq!(winners.len(), 1, "{outcomes:?}");
    for outcome in outcomes.iter().filter(|outcome| outcome.is_err()) {
        assert_eq!(*outcome, Err(vec![refusal.to_owned()]));
    }
    winners[0]
}

#[test]
fn of_what_contradicts_itself_two_processes_take_one() {
    let Some((_database, processes)) = pair() else { return };
    let partners = processes.each_ref().map(Process::partner);
    let patient = known(partners[0], "contended");
    let original = document(&patient);
    assert_eq!(partners[0].register(&original).unwrap(), Ok(()));
    let replacements: Vec<Submission> = (0..64)
        .map(|_| {
            let mut submission = document(&patient);
            let ends = (&submission.entries[0].id.clone(), &original.entries[0].id);
            metadata::relate(&mut submission, AssociationType::Replace, ends);
            submission
        })
        .collect();
    let outcomes = at_once(partners, 64, |n, here| here.register(&replacements[n]).unwrap());
    let winner = check_one_winner(&outcomes, "XDSRegistryDeprecatedDocumentError");
    let expected = [uuid(&replacements[winner])];
    assert_eq!(partners.map(|partner| partner.approved(&patient).unwrap()), [expected; 2]);

    for round in 0..8 {
        let names = ["c", "d"].map(|name| known(partners[0], &format!("{name}-{round}")));
        let unique_id = document(&names[0]).submission_set.unique_id;
        let outcomes = at_once(partners, 8, |n, here| {
            let mut submission = document(&names[n / 2 % 2]);
            submission.submission_set.unique_id = unique_id.clone();
            here.register(&submission).unwrap()
        });
        check_one_winner(&outcomes, "XDSDuplicateUniqueIdInRegistry");
    }
}

#[test]
fn of_patients_announced_or_merged_twice_two_processes_make_one() {
    let Some((database, processes)) = pair() else { return };
    let partners = processes.each_ref().map(Process::partner);
    let patient = patient("announced-twice");
    let acks = at_once(partners, 64, |_, here| here.announce(&patient).unwrap());
    assert!(acks.iter().all(|ack| *ack == Acknowledged::accepted()), "{acks:?}");
    let n_patients = "SELECT count(*) AS number FROM registry.patient";
    assert_eq!(database.number(n_patients), 1);

    for round in 0..8 {
        let pair = ["e", "f"].map(|name| known(partners[0], &format!("{name}-{round}")));
        let documents = pair.each_ref().map(document);
        for document in &documents {
            assert_eq!(partners[1].register(document).unwrap(), Ok(()));
        }
        // Each into the other one, at once.
        let acks = at_once(partners, 2, |n, here| here.merge(&pair[n], &pair[1 - n]).unwrap());
        let winners: Vec<usize> = (0..2).filter(|n| acks[*n].code == AckCode::AA).collect();
        assert_eq!(winners.len(), 1, "{acks:?}");
        let (subsumed, surviving) = (&pair[winners[0]], &pair[1 - winners[0]]);
        let mut of_both = documents.each_ref().map(uuid);
        of_both.sort();
        for partner in partners {
            assert_eq!(partner.approved(surviving).unwrap(), of_both);
            assert_eq!(partner.approved(subsumed).unwrap(), []);
        }
    }
}

#[test]
fn when_one_process_is_killed_the_other_goes_on() {
    let Some((_database, [mut doomed, staying])) = pair() else { return };
    let partners = [doomed.partner(), staying.partner()];
    let patients: Vec<PatientId> =
        (0..8).map(|n| known(partners[0], &format!("load-{n}"))).collect();
    let is_over = AtomicBool::new(false);
    // Registers for one patient until told to stop, or the partner is gone.
    let load = |n: usize, partner: Partner| {
        let mut acknowledged = Vec::new();
        while !is_over.load(Ordering::SeqCst) {
            let submission = document(&patients[n]);
            let Ok(outcome) = partner.register(&submission) else {
                return (acknowledged, Some(uuid(&submission)));
            };
            assert_eq!(outcome, Ok(()));
            acknowledged.push(uuid(&submission));
        }
        (acknowledged, None)
    };
    let done = std::thread::scope(|scope| {
        let load = &load;
        let working: Vec<_> =
            (0..8).map(|n| scope.spawn(move || load(n, partners[n % 2]))).collect();
        let n_before = await_more(partners[1], &patients[1], 5);
        doomed.kill();
        // The other one is not held up by what the killed one left behind.
        await_more(partners[1], &patients[1], n_before + 5);
        is_over.store(true, Ordering::SeqCst);
        working.into_iter().map(|working| working.join().unwrap()).collect::<Vec<_>>()
    });
    doomed.start();
    for (n, (acknowledged, unheard)) in done.into_iter().enumerate() {
        assert_eq!(unheard.is_some(), n % 2 == 0, "only the killed one breaks off");
        assert!(!acknowledged.is_empty());
        let found = partners.map(|partner| partner.approved(&patients[n]).unwrap());
        assert_eq!(found[0], found[1]);
        let mut expected: BTreeSet<EntryUuid> = acknowledged.into_iter().collect();
        expected.extend(unheard.filter(|unheard| found[0].contains(unheard)));
        assert_eq!(found[0], expected.into_iter().collect::<Vec<_>>());
    }
}

/// Waits until a patient has so many documents; tells how many there are then.
fn await_more(partner: Partner, patient: &PatientId, n_wanted: usize) -> usize {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        let n_found = partner.approved(patient).unwrap().len();
        if n_found >= n_wanted {
            return n_found;
        }
        assert!(std::time::Instant::now() < end, "{n_found} documents, not {n_wanted}");
    }
}
