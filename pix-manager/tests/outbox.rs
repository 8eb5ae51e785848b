//! What registry and consumers are told: nothing is lost, nothing comes before what it builds on.

mod consumers;
mod processes;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use config::actor::MllpAddress;
use pix_manager::error::ManagementFault;
use pix_manager::store::announcement;
use store::AnyConnection;

use crate::listening_stub::{Reply, Stub, control_id};
use crate::open_manager::{Node, Place, await_that, mllp_address, nowhere, on_each_backend};
use crate::rows::{self, check_invariants};
use crate::scene::Scene;

const TAG: &str = "k1k";

/// A manager that gives identifiers and tells this registry.
fn telling(place: &Place, registry: MllpAddress) -> Node {
    place.start_with(|setup| setup.config.registry.feed = Some(registry))
}

fn n_waiting(node: &Node) -> i64 {
    rows::number(&node.manager().database, "SELECT count(*) AS number FROM announcement")
}

/// The number in a control id of the manager.
fn number_of(control_id: &str) -> u64 {
    control_id.strip_prefix('N').unwrap().parse().unwrap()
}

#[track_caller]
fn await_told(node: &Node) {
    await_that("everything is told", || n_waiting(node) == 0);
}

/// What an operator does about one announcement.
fn operate(
    place: &Place,
    node: &Node,
    work: impl FnOnce(&mut AnyConnection) -> diesel::QueryResult<()> + Send + 'static,
) {
    let work = move |connection: &mut AnyConnection| Ok::<_, ManagementFault>(work(connection)?);
    place.runtime.block_on(node.manager().database.commit_trail(work)).unwrap();
}

#[test]
fn the_registry_is_told_of_everything_in_order() {
    on_each_backend(|place| {
        let registry = Stub::accepting();
        let node = telling(place, mllp_address(registry.address));
        let scene = Scene::new(&node, 1);
        scene.tell_all("A1=taro B1=taro C1=jiro A2=goro");
        await_told(&node);
        assert_eq!(
            registry.said(TAG),
            ["A04 P1", "A04 P2", "A04 P3"],
            "a linked one is no new person"
        );
        // Linked, unlinked, renamed, merged.
        scene.tell_all("A1~C1 A1!C1 B1->B9 A2>A1");
        await_told(&node);
        let said = registry.said(TAG);
        assert_eq!(
            said[3..],
            [
                "A43 P1,C1 < P2",
                "A43 P2,C1 < P1",
                "A43 P1,B9 < P1,B1",
                "A40 P1 < P3",
                "A43 P1,A1 < P1,A2",
            ]
        );
        assert_eq!(scene.others("A1"), format!("B9 N:{}", pix_manager::network_id::of(1)));
        // Who is linked has left an identifier that is nobody's, until the link is taken back.
        let network = |number| {
            let id = pix_manager::network_id::of(number);
            let question = format!("{id}^^^&{}&ISO", crate::open_manager::NETWORK);
            let question = crate::messages::pix_query(crate::messages::ANYBODY, &question, "");
            let answer = String::from_utf8(node.send(&question)).unwrap();
            if answer.contains("|204^") { "unknown" } else { "known" }
        };
        assert_eq!([network(1), network(2), network(3)], ["known", "known", "unknown"]);
        scene.tell_all("A1~C1");
        assert_eq!([network(1), network(2)], ["known", "unknown"]);
        scene.tell_all("A1!C1");
        assert_eq!([network(1), network(2)], ["known", "known"]);
        check_invariants(&node.manager().database);
        place.stop(node);
    });
}

#[test]
fn nothing_is_lost_while_the_registry_is_down_and_the_manager_restarts() {
    on_each_backend(|place| {
        let registry = nowhere();
        let node = telling(place, registry.clone());
        let scene = Scene::new(&node, 1);
        scene.tell_all("A1=taro A2=jiro B1=jiro A1>A2");
        assert_eq!(scene.others("B1"), "A2", "what the registry does not know is not shown");
        let waiting = n_waiting(&node);
        assert_eq!(waiting, 4);
        place.stop(node);
        let node = telling(place, registry.clone());
        let scene = Scene::new(&node, 1);
        assert_eq!(n_waiting(&node), waiting);
        scene.tell_all("C1=goro");
        let address = format!("{}:{}", registry.host, registry.port).parse().unwrap();
        let stub = Stub::at(address, |_| Reply::Accept);
        await_told(&node);
        assert_eq!(
            stub.said(TAG),
            ["A04 P1", "A04 P2", "A40 P2 < P1", "A43 P2,A2 < P2,A1", "A04 P3"]
        );
        let ids: BTreeSet<String> = stub.heard().iter().map(|it| control_id(it)).collect();
        assert_eq!(ids.len(), 5);
        assert_eq!(scene.others("B1"), format!("A2 N:{}", pix_manager::network_id::of(2)));
        place.stop(node);
    });
}

#[test]
fn what_is_not_acknowledged_is_told_again_in_the_same_bytes() {
    let place = Place::sqlite();
    let replies = [
        Reply::Refuse("AR", "207"),
        Reply::Refuse("AR", "206"),
        Reply::Refuse("AR", ""),
        Reply::Garbage,
        Reply::WrongId,
        Reply::Close,
        Reply::Half,
    ];
    let n_replies = replies.len();
    let mut replies = replies.into_iter();
    let registry = Stub::start(move |_| replies.next().unwrap_or(Reply::Accept));
    let node = telling(&place, mllp_address(registry.address));
    let scene = Scene::new(&node, 1);
    scene.tell_all("A1=taro");
    await_that("a first attempt", || !registry.heard().is_empty());
    scene.tell_all("A2=jiro");
    assert_eq!(scene.others("A1"), "", "not acknowledged yet");
    await_told(&node);
    let heard = registry.heard();
    assert_eq!(heard.len(), n_replies + 2, "{:?}", registry.said(TAG));
    assert!(heard[..=n_replies].iter().all(|message| *message == heard[0]), "the same bytes");
    assert_eq!(registry.said(TAG)[n_replies..], ["A04 P1", "A04 P2"]);
    place.stop(node);
}

#[test]
fn a_refused_one_stops_only_its_persons_until_somebody_decides() {
    on_each_backend(|place| {
        let is_first =
            |message: &str| message.contains(&format!("PID|||{}", pix_manager::network_id::of(1)));
        let registry = Stub::start(move |message| match is_first(message) {
            true => Reply::Refuse("AE", "204"),
            false => Reply::Accept,
        });
        let node = telling(place, mllp_address(registry.address));
        let scene = Scene::new(&node, 1);
        // The link of 1 and 3 builds on both; what comes later about 3 must wait behind it.
        scene.tell_all("A1=taro A2=jiro B3=goro A1~B3 C2=jiro A1!B3 C4=saburo");
        await_that("all but the blocked", || n_waiting(&node) == 3);
        assert_eq!(registry.said(TAG), ["A04 P1", "A04 P2", "A04 P3", "A04 P4"]);
        assert_eq!(scene.others("A1"), "");
        let network = |number| format!("N:{}", pix_manager::network_id::of(number));
        assert_eq!(scene.others("B3"), network(3));
        assert_eq!(scene.others("C4"), network(4));
        registry.script(|_| Reply::Accept);
        operate(place, &node, |connection| announcement::set_waiting(connection, 1));
        await_told(&node);
        assert_eq!(registry.said(TAG)[4..], ["A04 P1", "A43 P1,B3 < P3", "A43 P3,B3 < P1"]);
        assert_eq!(scene.others("A1"), network(1));
        place.stop(node);
    });
}

#[test]
fn an_announcement_that_is_given_up_lets_the_others_go() {
    let place = Place::sqlite();
    let registry = Stub::start(|message| match control_id(message).as_str() {
        "N1" => Reply::Refuse("AE", "204"),
        _ => Reply::Accept,
    });
    let node = telling(&place, mllp_address(registry.address));
    let scene = Scene::new(&node, 1);
    scene.tell_all("A1=taro A2=jiro A1>A2");
    await_that("the blocked ones are left", || n_waiting(&node) == 3);
    operate(&place, &node, |connection| announcement::remove(connection, 1));
    await_told(&node);
    assert_eq!(registry.said(TAG), ["A04 P1", "A04 P2", "A40 P2 < P1", "A43 P2,A2 < P2,A1"]);
    place.stop(node);
}

#[test]
fn what_is_put_off_too_often_is_refused() {
    let place = Place::sqlite();
    let registry = Stub::start(|message| match control_id(message).as_str() {
        "N1" => Reply::Refuse("AR", "207"),
        _ => Reply::Accept,
    });
    let node = telling(&place, mllp_address(registry.address));
    let scene = Scene::new(&node, 1);
    scene.tell_all("A1=taro A2=jiro");
    await_that("the second", || n_waiting(&node) == 1);
    let refused = node.manager().database.read(|connection| {
        Ok::<_, store::StoreError>(announcement::get(connection, 1)?.unwrap().1)
    });
    assert!(refused.unwrap());
    assert_eq!(registry.said(TAG).last().unwrap(), "A04 P2");
    place.stop(node);
}

#[test]
fn the_answer_to_a_feed_waits_for_the_registry_but_not_for_long() {
    on_each_backend(|place| {
        let registry = Stub::start(|_| Reply::Late(Duration::from_millis(300)));
        let address = mllp_address(registry.address);
        let node = place.start_with(|setup| {
            setup.config.registry.feed = Some(address);
            setup.config.registry.announce_wait = Duration::from_secs(10);
        });
        let scene = Scene::new(&node, 1);
        let shown = |number| format!("N:{}", pix_manager::network_id::of(number));
        for number in 1..=3 {
            scene.tell_all(&format!("A{number}=p{number}"));
            assert_eq!(scene.others(&format!("A{number}")), shown(number));
        }
        place.stop(node);
        let node = place.start_with(|setup| {
            setup.config.registry.feed = Some(nowhere());
            setup.config.registry.announce_wait = Duration::from_millis(400);
        });
        let scene = Scene::new(&node, 1);
        let started = Instant::now();
        scene.tell_all("A4=p4");
        let waited = started.elapsed();
        assert!(
            waited >= Duration::from_millis(400) && waited < Duration::from_secs(4),
            "{waited:?}"
        );
        let started = Instant::now();
        scene.tell_all("A4=p4 A4=p5 A1=p6");
        assert!(started.elapsed() < Duration::from_millis(1_200), "nobody is new");
        place.stop(node);
    });
}
