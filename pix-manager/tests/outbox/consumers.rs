//! ITI-10: a consumer hears of the sets of identifiers in its domains, and of nothing else.

use config::actor::{ConsumerAddress, ConsumerConfig};

use super::{TAG, await_told, number_of};
use crate::listening_stub::{Reply, Stub, control_id};
use crate::messages::{field, segments};
use crate::open_manager::{Place, Setup, mllp_address, on_each_backend};
use crate::scene::Scene;

fn consumer(setup: &mut Setup, stub: &Stub, name: &str, letters: &str) {
    let network = setup.agreement.affinity_domain.name.clone();
    let name_of = |letter: char| match letter {
        'N' => network.clone(),
        letter => format!("domain-{letter}"),
    };
    setup.config.consumers.push(ConsumerConfig {
        name: name.to_owned(),
        notify: ConsumerAddress::Mllp(mllp_address(stub.address)),
        domains: letters.chars().map(name_of).collect(),
        application: Some("PORTAL".to_owned()),
        facility: None,
    });
}

/// Each step with what a consumer of domains A and B hears of it.
const HEARD: &[(&str, &[&str])] = &[
    ("A1=taro", &["A31 A1"]),
    ("A1=taro", &[]),
    ("C1=goro", &[]),
    ("C2=taro", &[]),
    ("B1=taro", &["A31 A1,B1"]),
    ("Z1=taro", &[]),
    // An unlink makes two groups.
    ("A1!B1", &["A31 A1", "A31 B1"]),
    ("A1~B1", &["A31 A1,B1"]),
    ("C2!A1", &[]),
    ("A2=jiro", &["A31 A2"]),
    // A merge is told once, whether or not it brings an identifier.
    ("A2>A1", &["A31 A1,B1"]),
    ("A1>A2", &[]),
    ("A1->A9", &["A31 A9,B1"]),
    ("B2=saburo B3=shiro", &["A31 B2", "A31 B3"]),
    ("B2>B3", &["A31 B3"]),
    ("B3=goro", &[]),
];

#[test]
fn a_consumer_hears_of_its_own_domains_only() {
    on_each_backend(|place| {
        let stub = Stub::accepting();
        let node = place.start_with(|setup| {
            setup.agreement.patient_ids = config::agreement::PatientIds::Feed;
            consumer(setup, &stub, "portal", "ABZ");
        });
        let scene = Scene::new(&node, 1);
        for (steps, expected) in HEARD {
            let n_before = stub.heard().len();
            for step in steps.split_whitespace() {
                let _refused = scene.tell(step);
            }
            await_told(&node);
            let mut said = stub.said(TAG)[n_before..].to_vec();
            said.sort();
            assert_eq!(said, *expected, "{steps}");
        }
        let message = &stub.heard()[1];
        let pid = segments(message, "PID")[0];
        assert_eq!(field(pid, 5), " ", "{message}");
        assert!(field(pid, 3).split('~').all(|cx| cx.contains("SITE-") && cx.contains("&ISO")));
        assert_eq!(field(segments(message, "PV1")[0], 2), "N");
        place.stop(node);
    });
}

#[test]
fn the_network_s_identifier_comes_when_the_registry_knows_it() {
    let place = Place::sqlite();
    let (registry, stub) = (Stub::start(|_| Reply::Refuse("AR", "207")), Stub::accepting());
    let node = place.start_with(|setup| {
        setup.config.registry.feed = Some(mllp_address(registry.address));
        consumer(setup, &stub, "portal", "AN");
        consumer(setup, &stub, "network", "N");
    });
    let scene = Scene::new(&node, 1);
    scene.tell_all("A1=taro");
    stub.await_n(1);
    assert_eq!(stub.said(TAG), ["A31 A1"]);
    registry.script(|_| Reply::Accept);
    await_told(&node);
    let mut said = stub.said(TAG);
    said.sort();
    assert_eq!(said, ["A31 A1", "A31 P1", "A31 P1,A1"]);
    place.stop(node);
}

#[test]
fn a_consumer_that_is_down_holds_up_nobody_else() {
    let place = Place::sqlite();
    let (registry, deaf, stub) =
        (Stub::accepting(), Stub::start(|_| Reply::Close), Stub::accepting());
    let node = place.start_with(|setup| {
        setup.config.registry.feed = Some(mllp_address(registry.address));
        consumer(setup, &deaf, "deaf", "A");
        consumer(setup, &stub, "portal", "A");
    });
    let scene = Scene::new(&node, 1);
    scene.tell_all("A1=taro A2=jiro");
    stub.await_n(2);
    registry.await_n(2);
    deaf.script(|_| Reply::Accept);
    await_told(&node);
    assert_eq!(stub.said(TAG), ["A31 A1", "A31 A2"]);
    let deaf: Vec<String> = deaf.heard().iter().map(|message| control_id(message)).collect();
    assert!(deaf.is_sorted_by_key(|id| number_of(id)), "{deaf:?}");
    place.stop(node);
}
