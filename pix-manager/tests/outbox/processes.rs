//! Several managers on one database: one of them tells.

use std::time::Duration;

use diesel::prelude::*;
use store::AnyConnection;

use super::{TAG, await_told, number_of, operate, telling};
use crate::listening_stub::{Reply, Stub, control_id};
use crate::open_manager::{Place, mllp_address, on_each_backend};
use crate::rows::check_invariants;
use crate::scene::Scene;

#[test]
fn who_holds_the_lease_is_waited_for_and_no_longer() {
    on_each_backend(|place| {
        let registry = Stub::accepting();
        let node = place.start();
        let until = jiff::Timestamp::now().as_microsecond() + 2_500_000;
        operate(place, &node, move |connection: &mut AnyConnection| {
            let lease = format!("INSERT INTO lease VALUES ('registry', 'who died', {until})");
            diesel::sql_query(lease).execute(connection).map(|_rows| ())
        });
        place.stop(node);
        let node = telling(place, mllp_address(registry.address));
        Scene::new(&node, 1).tell_all("A1=taro");
        if place.is_shared() {
            std::thread::sleep(Duration::from_millis(700));
            assert_eq!(registry.heard().len(), 0);
        }
        await_told(&node);
        // An embedded database has one process: whoever held the lease before it is gone.
        let was_waited_for = jiff::Timestamp::now().as_microsecond() > until;
        assert!(was_waited_for || !place.is_shared());
        assert_eq!(registry.said(TAG), ["A04 P1"]);
        place.stop(node);
    });
}

#[test]
fn of_two_processes_one_tells_and_a_graceful_end_hands_over() {
    let Some(place) = Place::postgres() else {
        return eprintln!("skipped: RENKEI_TEST_POSTGRES not set");
    };
    let registry = Stub::accepting();
    let nodes = [0, 1].map(|_| telling(&place, mllp_address(registry.address)));
    std::thread::scope(|scope| {
        for (n, node) in nodes.iter().enumerate() {
            scope.spawn(move || {
                let scene = Scene::new(node, n);
                for number in 0..30 {
                    scene.tell_all(&format!("A{number}=p{number} B{number}=p{number}"));
                }
            });
        }
    });
    await_told(&nodes[0]);
    let ids: Vec<u64> =
        registry.heard_once().iter().map(|message| number_of(&control_id(message))).collect();
    assert_eq!(ids, (1..=60).collect::<Vec<u64>>(), "nothing is lost, and all in order");
    check_invariants(&nodes[0].manager().database);
    let [first, second] = nodes;
    place.stop(first);
    Scene::new(&second, 2).tell_all("A1=taro");
    let started = std::time::Instant::now();
    await_told(&second);
    assert!(started.elapsed() < Duration::from_secs(10), "the lease was released");
    place.stop(second);
}

#[test]
fn a_registry_that_is_slow_is_told_by_one_process_only() {
    let Some(place) = Place::postgres() else {
        return eprintln!("skipped: RENKEI_TEST_POSTGRES not set");
    };
    // Together longer than the lease.
    let registry = Stub::start(|_| Reply::Late(Duration::from_secs(6)));
    let nodes = [0, 1].map(|_| telling(&place, mllp_address(registry.address)));
    Scene::new(&nodes[0], 1).tell_all("A1=taro A2=jiro A3=goro");
    await_told(&nodes[1]);
    assert_eq!(registry.said(TAG), ["A04 P1", "A04 P2", "A04 P3"]);
    for node in nodes {
        place.stop(node);
    }
}
