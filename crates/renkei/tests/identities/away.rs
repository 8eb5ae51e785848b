//! The registry is away, or deaf, or takes a message and says nothing: feeds are safe all the same, and in the end
//! it knows everything, in order.

use std::sync::{Arc, Mutex};

use crate::harness::community::Community;
use crate::harness::database::Database;
use crate::harness::feed::exchange;
use crate::harness::http::Connection;
use crate::harness::manager::{
    EAST, Facts, NORTH, SOUTH, accepted, await_that, check_documents, cx, hospitals, network_id,
    pair, refused, registration, replacing, settle, shown_id, submit_from, untold,
};
use crate::harness::peer::{Answer, Peer, control_id};
use crate::harness::pix;

/// What stands between manager and registry.
enum Way {
    Away,
    /// Messages reach the registry; its answers are lost.
    Deaf(Connection),
    There(Connection),
}

/// The way to the registry, as the manager knows it.
struct Gate {
    way: Arc<Mutex<Way>>,
    peer: Peer,
}

impl Gate {
    fn start() -> Gate {
        let way = Arc::new(Mutex::new(Way::Away));
        let passed = Arc::clone(&way);
        let peer = Peer::start(move |_, message| {
            let mut way = passed.lock().unwrap();
            let answer = match &mut *way {
                Way::Away => return Answer::HangUp,
                Way::Deaf(registry) | Way::There(registry) => {
                    exchange(registry, message.as_bytes()).unwrap()
                }
            };
            match &*way {
                Way::There(_) => Answer::Say(answer),
                Way::Away | Way::Deaf(_) => Answer::HangUp,
            }
        });
        Gate { way, peer }
    }

    fn set(&self, way: Way) {
        *self.way.lock().unwrap() = way;
    }

    /// The numbers of the messages that came, each once.
    #[track_caller]
    fn check_order(&self) {
        let mut numbers: Vec<u64> = Vec::new();
        for message in self.peer.heard() {
            let number = control_id(&message).strip_prefix('N').unwrap().parse().unwrap();
            if numbers.last() != Some(&number) {
                numbers.push(number);
            }
        }
        assert!(numbers.is_sorted(), "{numbers:?}");
    }
}

/// A community whose manager finds its registry through the gate.
fn start(database: Database) -> (Community, Gate) {
    let gate = Gate::start();
    let feed = format!("feed = \"mllp://{}\"", gate.peer.address);
    let mut setup = hospitals(database);
    let edits: [(&'static str, &'static str); 4] = [
        ("#feed = \"\"", feed.leak()),
        ("#announce_wait_ms = 2_000", "announce_wait_ms = 100"),
        ("#retry_min_ms = 1_000", "retry_min_ms = 10"),
        ("#retry_max_ms = 60_000", "retry_max_ms = 100"),
    ];
    let file = "pix-manager.toml";
    setup.edits.extend(edits.map(|(line, instead)| (file, line, instead)));
    (Community::start(setup), gate)
}

fn register(community: &Community, id: &str, family: &str) {
    let facts = Facts { family, birth: "19700401" };
    accepted(community, &registration("A04", id, facts));
}

#[test]
fn while_the_registry_is_away_feeds_are_taken_and_no_id_is_shown() {
    for database in Database::all() {
        let (mut community, gate) = start(database);
        let [north, second] = ["1", "2"].map(|id| cx(id, NORTH));
        let (south, east) = (cx("1", SOUTH), cx("1", EAST));
        for (id, family) in [(&north, "kita"), (&second, "ki"), (&south, "minami"), (&east, "kita")]
        {
            register(&community, id, family);
        }
        // North's first and east's are one person by the rules; then come a link, a merge and another name.
        accepted(&community, &pair("A24", &south, &second));
        accepted(&community, &replacing("A40", &second, &north));
        accepted(&community, &replacing("A47", &east, &cx("2", EAST)));
        let east = cx("2", EAST);
        for id in [&north, &south, &east] {
            assert_eq!(network_id(&community, id), None);
            let locals = pix::ask(&community, id, &[NORTH, SOUTH, EAST]).unwrap();
            assert_eq!(locals.len(), 2, "cross-references are known at once");
        }
        let first_id = cx("R0000000018", crate::harness::manager::NETWORK);
        refused(&community, &first_id);
        assert_eq!(pix::ask(&community, &first_id, &[]), Err("204".to_owned()));
        let (n_waiting, n_refused) = untold(&community);
        assert!(n_waiting >= 5 && n_refused == 0, "{n_waiting} wait, {n_refused} are refused");

        // Neither a stop nor a kill loses what waits.
        community.stop();
        community.up();
        community.kill();
        community.up();
        // Of whom the manager knows already nothing new is told.
        register(&community, &north, "kita");
        assert_eq!(network_id(&community, &north), None);

        gate.set(Way::There(community.mllp()));
        settle(&community);
        gate.check_order();
        let id = shown_id(&community, &north);
        for other in [&south, &east] {
            assert_eq!(network_id(&community, other).as_ref(), Some(&id));
        }
        let documents = [&north, &south, &east].map(|it| submit_from(&community, &id, it));
        let [one, two, three] = documents.each_ref().map(String::as_str);
        check_documents(&community, &id, &[(one, &north), (two, &south), (three, &east)]);

        gate.set(Way::Away);
        accepted(&community, &pair("A37", &north, &south));
        accepted(&community, &replacing("A47", &east, &cx("3", EAST)));
        let east = cx("3", EAST);
        gate.set(Way::There(community.mllp()));
        settle(&community);
        let own = shown_id(&community, &south);
        check_documents(&community, &own, &[(two, &south)]);
        check_documents(&community, &id, &[(one, &north), (three, &east)]);
    }
}

/// Each message arrives many times before its acknowledgement does.
#[test]
fn what_is_delivered_again_changes_nothing() {
    for database in Database::all() {
        let (community, gate) = start(database);
        let is_heard = |n_times: usize| {
            let n_before = gate.peer.heard().len();
            gate.set(Way::Deaf(community.mllp()));
            await_that("the registry hears", || gate.peer.heard().len() >= n_before + n_times);
        };
        let pass = || {
            gate.set(Way::There(community.mllp()));
            settle(&community);
            gate.check_order();
        };
        let (north, south) = (cx("1", NORTH), cx("1", SOUTH));
        register(&community, &north, "kita");
        is_heard(3);
        // The registry knows the identifier, but nobody knows that it does.
        assert_eq!(network_id(&community, &north), None);
        pass();
        register(&community, &south, "minami");
        let [id, other_id] = [&north, &south].map(|id| shown_id(&community, id));
        let [one, two] =
            [(&id, &north), (&other_id, &south)].map(|(id, it)| submit_from(&community, id, it));
        let (one, two) = ((one.as_str(), north.as_str()), (two.as_str(), south.as_str()));
        for _ in 0..2 {
            gate.set(Way::Away);
            accepted(&community, &pair("A24", &north, &south));
            is_heard(3);
            pass();
            check_documents(&community, &id, &[one, two]);
            gate.set(Way::Away);
            accepted(&community, &pair("A37", &north, &south));
            is_heard(3);
            pass();
            check_documents(&community, &id, &[one]);
            check_documents(&community, &other_id, &[two]);
        }
        // A merge, and a new name for the survivor.
        let (second, renamed) = (cx("2", SOUTH), cx("3", SOUTH));
        register(&community, &second, "higashi");
        gate.set(Way::Away);
        accepted(&community, &replacing("A40", &south, &second));
        accepted(&community, &replacing("A47", &second, &renamed));
        is_heard(3);
        pass();
        let survivor = shown_id(&community, &renamed);
        assert_ne!(survivor, other_id);
        check_documents(&community, &survivor, &[(two.0, &renamed)]);
        check_documents(&community, &other_id, &[]);
    }
}
