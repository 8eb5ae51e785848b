//! Link changes, merges and submissions at the same time, from several senders and, on a server, from two
//! processes.

use std::sync::Arc;

use hl7v2::AckCode;
use registry::Registry;

use super::scene::Scene;
use crate::dice::Dice;
use crate::feed::{Acknowledged, Feed};
use crate::open_registry::on_each_backend;

const N_CHANGES: usize = 32;
const N_SUBMISSIONS: usize = 8;
/// How often a sender repeats what was rejected for now.
const N_ATTEMPTS: usize = 40;

/// Every document is one patient's at every moment and shown to be; in the end everything can be called
/// back to where it was.
#[test]
fn link_changes_at_once_lose_and_double_nothing() {
    on_each_backend(|place| {
        let n_registries = if place.is_shared() { 2 } else { 1 };
        let registries: Vec<Arc<Registry>> = (0..n_registries).map(|_| place.open()).collect();
        let mut scene = Scene::new(place, &registries[0]);
        for digit in ['1', '2', '3'] {
            scene.add('A', digit);
            scene.add('B', digit);
        }
        let feeds: Vec<Feed> = registries.iter().map(Feed::new).collect();
        let mut dice = Dice::new(64);
        let mut changes = Vec::new();
        for n in 0..N_CHANGES {
            let letters = ["A", "B", "C", "D"];
            let [new, previous] = [dice.one_of(&letters), dice.one_of(&letters)];
            let local = dice.one_of(&["1", "2", "3"]);
            let message = scene.message(&format!("{new}~{local}"), previous);
            let feed = feeds[n % feeds.len()].clone();
            changes.push(place.runtime.spawn(async move { send(&feed, message).await }));
        }
        let mut submissions = Vec::new();
        for n in 0..N_SUBMISSIONS {
            let submission = scene.document(dice.one_of(&['A', 'B', 'C', 'D']), '1');
            let registry = &registries[n % registries.len()];
            while let Err(codes) = place.register(registry, &submission) {
                assert_eq!(codes, ["XDSRegistryBusy"]);
            }
            submissions.push(submission);
        }
        for change in changes {
            let ack = place.runtime.block_on(change).unwrap();
            let is_no_change = ack == Acknowledged::refused("204", "MRG^1^1^1^1");
            assert!(is_no_change || ack == Acknowledged::accepted(), "{ack:?}");
        }
        for submission in &submissions {
            scene.name(submission);
        }
        let n_expected = 6 + N_SUBMISSIONS;
        let words = |listed: &str| listed.split_whitespace().count();
        for registry in &registries {
            assert_eq!(words(&scene.seen_by(registry).listed()), n_expected, "{}", scene.listed());
        }
        // Whatever came of it: everything to D, and each is there.
        for previous in ["A", "B", "C"] {
            for local in ["1", "2", "3"] {
                scene.change(&format!("D~{local}"), previous);
            }
        }
        for registry in &registries {
            let listed = scene.seen_by(registry).listed();
            assert!(listed.starts_with("D[") && words(&listed) == n_expected, "{listed}");
        }
    });
}

/// As a sender does: what is rejected for now is sent again.
async fn send(feed: &Feed, message: String) -> Acknowledged {
    let mut ack = feed.send(message.clone()).await;
    for _ in 1..N_ATTEMPTS {
        if ack.code != AckCode::AR {
            break;
        }
        ack = feed.send(message.clone()).await;
    }
    ack
}
