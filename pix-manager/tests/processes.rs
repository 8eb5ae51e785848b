//! `renkei-pix-manager` as a process of its own beside a registry that the test plays: two on one PostgreSQL are
//! one manager, and one that is killed has lost nothing.

mod process;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::peer::{Answer, Peer, acknowledgement, control_id};
use process::{Partner, Place, Process};

/// Nobody waits longer, on a busy machine either.
const DEADLINE: Duration = Duration::from_secs(60);

/// How long nobody else sends after the holder of a lease is gone, and some seconds.
const TAKEN_OVER: Duration = Duration::from_secs(15 + 10);

/// A registry that takes everything.
fn registry() -> Peer {
    Peer::start(|_, message| Answer::Say(acknowledgement(message, "AA")))
}

/// Two processes on a new database; `None` without a server.
fn pair(registry: &Peer) -> Option<(Place, [Process; 2])> {
    let place = Place::on_postgres()?;
    let processes = ["one", "other"].map(|name| place.start(name, registry.address));
    Some((place, processes))
}

/// Does something many times at once, by turns with each of the partners.
fn at_once(partners: [Partner; 2], n_times: usize, work: impl Fn(usize, Partner) + Sync) {
    let work = &work;
    std::thread::scope(|scope| {
        for n in 0..n_times {
            scope.spawn(move || work(n, partners[n % 2]));
        }
    });
}

/// What the registry was told, each message once; the first deliveries are in order.
#[track_caller]
fn told(registry: &Peer) -> Vec<String> {
    let mut told: BTreeMap<u64, String> = BTreeMap::new();
    let mut last = 0;
    for message in registry.heard() {
        let number = control_id(&message).strip_prefix('N').unwrap().parse().unwrap();
        if told.insert(number, message).is_none() {
            assert!(number > last, "{number} came after {last}");
            last = number;
        }
    }
    told.into_values().collect()
}

/// The identifier in the affinity domain as soon as it is shown; both partners say the same.
#[track_caller]
fn shown_id(partners: [Partner; 2], id: &str) -> String {
    let end = Instant::now() + DEADLINE;
    loop {
        let [one, other] = partners.map(|partner| partner.network_id(id).unwrap());
        if let (Some(one), Some(other)) = (one, other) {
            assert_eq!(one, other);
            return one;
        }
        assert!(Instant::now() < end, "nothing is shown of {id}");
    }
}

#[test]
fn of_one_new_patient_fed_at_once_two_processes_make_one_person() {
    let registry = registry();
    let Some((place, processes)) = pair(&registry) else { return };
    let partners = processes.each_ref().map(Process::partner);
    let north = process::north("1");
    at_once(partners, 64, |_, here| here.feed(&north, "Hitori").unwrap());
    let id = shown_id(partners, &north);
    assert_eq!(place.number("SELECT count(*) AS number FROM pix_manager.patient"), 1);
    assert_eq!(place.number("SELECT count(*) AS number FROM pix_manager.person"), 1);
    assert_eq!(told(&registry).len(), 1);

    // The same person in two hospitals, each by turns at either process.
    let both = [process::north("2"), process::south("2")];
    at_once(partners, 64, |n, here| here.feed(&both[n / 2 % 2], "Futari").unwrap());
    let ids = both.each_ref().map(|id| shown_id(partners, id));
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], id);
    assert_eq!(place.number("SELECT count(*) AS number FROM pix_manager.patient"), 3);
    assert_eq!(place.number("SELECT count(*) AS number FROM pix_manager.person"), 2);

    // Links and unlinks of the same two by both at once: afterwards both say the same.
    let strangers = [process::north("3"), process::south("3")];
    for (id, family) in strangers.iter().zip(["San", "Shi"]) {
        partners[0].feed(id, family).unwrap();
    }
    let own = strangers.each_ref().map(|id| shown_id(partners, id));
    at_once(partners, 16, |n, here| {
        let event = if n / 2 % 2 == 0 { "A24" } else { "A37" };
        here.pair(event, (&strangers[0], &strangers[1])).unwrap();
    });
    partners[1].pair("A37", (&strangers[0], &strangers[1])).unwrap();
    assert_eq!(strangers.each_ref().map(|id| shown_id(partners, id)), own);
    told(&registry);
}

#[test]
fn when_one_process_is_killed_the_other_announces() {
    let registry = registry();
    let Some((_place, mut processes)) = pair(&registry) else { return };
    // The one that came first announces.
    let doomed = 0;
    let partners = processes.each_ref().map(Process::partner);
    let staying = partners[1 - doomed];
    let is_over = AtomicBool::new(false);
    let n_fed = AtomicUsize::new(0);
    let feed = |n: usize, partner: Partner| {
        let mut fed = BTreeSet::new();
        while !is_over.load(Ordering::SeqCst) {
            let id = process::north(&format!("s{n}p{}", fed.len()));
            // What gets no answer may be known, and may not.
            if partner.feed(&id, &id.replace(['^', '&', '.'], "x")).is_err() {
                break;
            }
            fed.insert(id);
            n_fed.fetch_add(1, Ordering::SeqCst);
        }
        fed
    };
    let fed: BTreeSet<String> = std::thread::scope(|scope| {
        let feed = &feed;
        let feeding: Vec<_> =
            (0..4).map(|n| scope.spawn(move || feed(n, partners[n % 2]))).collect();
        await_more(&n_fed, 20);
        processes[doomed].kill();
        await_more(&n_fed, 20);
        is_over.store(true, Ordering::SeqCst);
        feeding.into_iter().flat_map(|feeding| feeding.join().unwrap()).collect()
    });
    let killed = Instant::now();
    for id in &fed {
        shown_id([staying; 2], id);
    }
    assert!(killed.elapsed() < TAKEN_OVER, "{:?}", killed.elapsed());
    processes[doomed].start();
    let partners = processes.each_ref().map(Process::partner);
    let ids: BTreeSet<String> = fed.iter().map(|id| shown_id(partners, id)).collect();
    assert_eq!(ids.len(), fed.len());
    let told = told(&registry);
    for id in &ids {
        let id = format!("|{id}|");
        assert_eq!(told.iter().filter(|message| message.contains(&id)).count(), 1);
    }
}

fn await_more(n_fed: &AtomicUsize, n_more: usize) {
    let n_wanted = n_fed.load(Ordering::SeqCst) + n_more;
    let end = Instant::now() + DEADLINE;
    while n_fed.load(Ordering::SeqCst) < n_wanted {
        assert!(Instant::now() < end, "only {} are fed", n_fed.load(Ordering::SeqCst));
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Kills of one process with a database of its own, each after some feeds and links.
const KILLS: usize = 40;

#[test]
fn a_process_that_is_killed_goes_on_at_once_and_repeats_nothing_new() {
    let registry = registry();
    let place = Place::on_sqlite();
    let mut process = place.start("one", registry.address);
    let mut linked = Vec::new();
    for round in 0..KILLS {
        let partner = process.partner();
        let ids = [process::north(&round.to_string()), process::south(&round.to_string())];
        for (id, family) in ids.iter().zip(["Kita", "Minami"]) {
            partner.feed(id, &format!("{family}x{round}x")).unwrap();
        }
        partner.pair("A24", (&ids[0], &ids[1])).unwrap();
        linked.push(ids);
        std::thread::sleep(Duration::from_millis(u64::try_from(round % 8).unwrap()));
        process.kill();
        process.start();
    }
    let partner = process.partner();
    // Nobody else can hold what the killed ones held: there is nothing to wait for.
    let started = Instant::now();
    let ids: BTreeSet<String> = linked
        .iter()
        .map(|pair| {
            let [one, other] = pair.each_ref().map(|id| shown_id([partner; 2], id));
            assert_eq!(one, other);
            one
        })
        .collect();
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    assert_eq!(ids.len(), KILLS);
    process.await_told(&registry, 3 * KILLS);
    let told = told(&registry);
    assert_eq!(told.len(), 3 * KILLS, "two identifiers and a link each");
    audit::verify(&process.journal()).unwrap();
}
