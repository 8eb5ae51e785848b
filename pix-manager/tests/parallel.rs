//! Feeds that arrive at once. On SQLite one process has the database; on PostgreSQL two do.

use std::collections::BTreeSet;

use config::agreement::{Domain, PatientIds};

use crate::listening_stub::Stub;
use crate::messages::{ANYBODY, acknowledged, feed};
use crate::open_manager::{Node, Place, Setup, await_that, mllp_address, on_each_backend};
use crate::rows::{self, check_invariants};
use crate::scene::Scene;

const N_FEEDS: usize = 64;

/// As many processes as the database allows, here two, or one.
fn nodes(place: &Place, change: impl Fn(&mut Setup)) -> Vec<Node> {
    let n = if place.is_shared() { 2 } else { 1 };
    (0..n).map(|_| place.start_with(&change)).collect()
}

fn untold(setup: &mut Setup) {
    setup.agreement.patient_ids = PatientIds::Feed;
}

/// Sends all messages at once, by turns to each node; how each is acknowledged.
fn send_all(nodes: &[Node], messages: &[String]) -> Vec<String> {
    std::thread::scope(|scope| {
        let sending: Vec<_> = messages
            .iter()
            .zip(nodes.iter().cycle())
            .map(|(message, node)| scope.spawn(|| acknowledged(message, &node.send(message))))
            .collect();
        sending.into_iter().map(|sending| sending.join().unwrap()).collect()
    })
}

fn count(node: &Node, table: &str) -> i64 {
    rows::number(&node.manager().database, &format!("SELECT count(*) AS number FROM {table}"))
}

fn stop(place: &Place, nodes: Vec<Node>) {
    check_invariants(&nodes[0].manager().database);
    for node in nodes {
        place.stop(node);
    }
}

#[test]
fn feeds_of_one_new_patient_make_one_person() {
    on_each_backend(|place| {
        let registry = Stub::accepting();
        let address = mllp_address(registry.address);
        let nodes = nodes(place, |setup| setup.config.registry.feed = Some(address.clone()));
        let scene = Scene::new(&nodes[0], 1);
        let messages: Vec<String> = (0..N_FEEDS).map(|_| scene.message("A1=taro")).collect();
        assert_eq!(send_all(&nodes, &messages), vec!["AA"; N_FEEDS]);
        assert_eq!((count(&nodes[0], "patient"), count(&nodes[0], "person")), (1, 1));
        await_that("the registry is told", || count(&nodes[0], "announcement") == 0);
        assert_eq!(registry.heard().len(), 1);
        stop(place, nodes);
    });
}

#[test]
fn feeds_of_one_person_in_many_domains_make_one_person() {
    on_each_backend(|place| {
        let registry = Stub::accepting();
        let address = mllp_address(registry.address);
        let oid = |n: usize| format!("1.2.392.200250.99.100.{n}");
        let nodes = nodes(place, |setup| {
            setup.config.registry.feed = Some(address.clone());
            let domain = |n| Domain::parse(&format!("many-{n}={},MANY-{n}", oid(n))).unwrap();
            setup.agreement.domains.extend((0..N_FEEDS).map(domain));
        });
        let scene = Scene::new(&nodes[0], 1);
        let message = |n| {
            let cx = format!("{n}^^^&{}&ISO", oid(n));
            feed(ANYBODY, "A04", &cx, &scene.demographics("taro"))
        };
        let messages: Vec<String> = (0..N_FEEDS).map(message).collect();
        assert_eq!(send_all(&nodes, &messages), vec!["AA"; N_FEEDS]);
        let patients = rows::patients(&nodes[0].manager().database);
        let persons: BTreeSet<i64> = patients.iter().map(|row| row.person_no).collect();
        assert_eq!((patients.len(), persons.len()), (N_FEEDS, 1));
        await_that("the registry is told", || count(&nodes[0], "announcement") == 0);
        assert_eq!(registry.heard().len(), 1);
        stop(place, nodes);
    });
}

#[test]
fn no_feed_of_many_is_lost() {
    on_each_backend(|place| {
        let registry = Stub::accepting();
        let address = mllp_address(registry.address);
        let nodes = nodes(place, |setup| setup.config.registry.feed = Some(address.clone()));
        let scene = Scene::new(&nodes[0], 1);
        let steps = (0..N_FEEDS).map(|n| scene.message(&format!("A{n}=p{n}")));
        assert_eq!(send_all(&nodes, &steps.collect::<Vec<_>>()), vec!["AA"; N_FEEDS]);
        let linked = (0..N_FEEDS).map(|n| scene.message(&format!("B{n}=p{n}")));
        assert_eq!(send_all(&nodes, &linked.collect::<Vec<_>>()), vec!["AA"; N_FEEDS]);
        await_that("the registry is told", || count(&nodes[0], "announcement") == 0);
        assert_eq!(registry.heard().len(), N_FEEDS);
        for n in 0..N_FEEDS {
            assert!(scene.others(&format!("A{n}")).starts_with(&format!("B{n} N:")));
        }
        stop(place, nodes);
    });
}

#[test]
fn of_two_merges_that_exclude_each_other_one_happens() {
    on_each_backend(|place| {
        let nodes = nodes(place, untold);
        for number in 0..8 {
            let scene = Scene::new(&nodes[0], number);
            scene.tell_all("A1=taro A2=jiro B1=taro");
            let messages = ["A1>A2", "A2>A1"].map(|step| scene.message(step));
            let mut ends = send_all(&nodes, &messages);
            ends.sort();
            assert_eq!(ends, ["AA", "AE 204 PID^1^3^1^1"]);
            let classes = scene.classes();
            assert!(["A1+B1", "A2+B1"].contains(&classes.as_str()), "{classes}");
        }
        stop(place, nodes);
    });
}

#[test]
fn merges_links_and_corrections_at_once_leave_classes() {
    on_each_backend(|place| {
        let nodes = nodes(place, untold);
        let scene = Scene::new(&nodes[0], 1);
        for n in 0..12 {
            scene.tell_all(&format!("A{n}=p{n} B{n}=p{n} C{n}=p{}", n / 2));
        }
        let steps = (0..12_usize).flat_map(|n| {
            let (next, far) = ((n + 1) % 12, (n + 5) % 12);
            [
                format!("A{n}>A{next}"),
                format!("B{n}~C{far}"),
                format!("A{n}!B{n}"),
                format!("C{n}=p{far}"),
                format!("B{n}->B{}", n + 20),
            ]
        });
        let messages: Vec<String> = steps.map(|step| scene.message(&step)).collect();
        for end in send_all(&nodes, &messages) {
            assert!(end == "AA" || end.starts_with("AE 20"), "{end}");
        }
        stop(place, nodes);
    });
}
