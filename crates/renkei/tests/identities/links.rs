//! After link, submission and unlink each person's documents stand under their own identifier again.

use serde_json::json;

use crate::harness::community::Community;
use crate::harness::database::Database;
use crate::harness::feed_v3::{self, Interaction};
use crate::harness::manager::{
    EAST, Facts, NETWORK, NORTH, SOUTH, accepted, check_documents, cx, documents, hospitals,
    network_id, order, pair, registration, settle, submit_from,
};
use crate::harness::pix;

/// Says that two patients are one person, or that they are not.
type Say = fn(&Community, &str, &str);

fn by_message(event: &str, community: &Community, one: &str, other: &str) {
    accepted(community, &pair(event, one, other));
}

fn by_operator(path: &str, community: &Community, one: &str, other: &str) {
    let (status, answer) = order(community, path, &json!({"one": one, "other": other}));
    assert_eq!(status, 200, "{answer}");
}

/// ITI-44: the patient is added.
fn add_v3(community: &Community, id: &str, root: &str, family: &str) {
    let interaction = Interaction::Add;
    let body = feed_v3::message(interaction, &feed_v3::id(root, id), "");
    let body = body.replace("山田", family);
    let reply = pix::send_v3(community, pix::PIX_V3, (interaction.action(), &body));
    assert_eq!(reply.outcome(), "Success", "{}", reply.text);
}

#[track_caller]
fn check_ids(community: &Community, id: &str, expected: &[&str]) {
    let mut found = pix::ask(community, id, &[]).unwrap();
    let mut found_v3 = pix::ask_v3(community, id, &[]).unwrap();
    let mut expected: Vec<String> = expected.iter().map(|id| (*id).to_owned()).collect();
    for ids in [&mut found, &mut found_v3, &mut expected] {
        ids.sort();
    }
    assert_eq!((&found, &found_v3), (&expected, &expected), "of {id}");
}

/// Two patients with one document each are linked, get one more each, and are unlinked.
#[track_caller]
fn check_link((link, unlink): (Say, Say), community: &Community, (one, other): (&str, &str)) {
    let ids = [one, other].map(|id| network_id(community, id).unwrap());
    let [id, other_id] = [ids[0].as_str(), ids[1].as_str()];
    assert_ne!(id, other_id);
    let [first, second] =
        [(id, one), (other_id, other)].map(|(id, local)| submit_from(community, id, local));
    let (first, second) = ((first.as_str(), one), (second.as_str(), other));
    check_documents(community, id, &[first]);
    check_documents(community, other_id, &[second]);
    let before = [id, other_id].map(|id| documents(community, id));

    link(community, one, other);
    check_documents(community, id, &[first, second]);
    check_documents(community, other_id, &[]);
    assert_eq!(network_id(community, other).as_deref(), Some(id));
    check_ids(community, one, &[id, other]);
    check_ids(community, id, &[one, other]);
    let [third, fourth] = [one, other].map(|local| submit_from(community, id, local));
    let (third, fourth) = ((third.as_str(), one), (fourth.as_str(), other));
    check_documents(community, id, &[first, second, third, fourth]);

    unlink(community, one, other);
    check_documents(community, id, &[first, third]);
    check_documents(community, other_id, &[second, fourth]);
    assert_eq!(network_id(community, other).as_deref(), Some(other_id));
    check_ids(community, one, &[id]);
    check_ids(community, other, &[other_id]);

    // And once more, which is no repetition of the messages before.
    link(community, one, other);
    check_documents(community, id, &[first, second, third, fourth]);
    unlink(community, one, other);
    check_documents(community, id, &[first, third]);
    check_documents(community, other_id, &[second, fourth]);
    for (before, id) in before.iter().zip([id, other_id]) {
        let now = documents(community, id);
        assert!(before.iter().all(|(id, local)| now.get(id) == Some(local)));
    }
}

#[test]
fn after_an_unlink_documents_stand_under_their_own_id_again() {
    let ways: [(&str, Say, Say); 2] = [
        (
            "m",
            |c, one, other| by_message("A24", c, one, other),
            |c, one, other| {
                by_message("A37", c, one, other);
            },
        ),
        (
            "o",
            |c, one, other| by_operator("/pix-manager/link", c, one, other),
            |c, one, other| {
                by_operator("/pix-manager/unlink", c, one, other);
            },
        ),
    ];
    for database in Database::all() {
        let community = Community::start(hospitals(database));
        for (name, link, unlink) in ways {
            let patient = |hospital: &str, oid: &str| cx(&format!("{name}{hospital}"), oid);
            let [north, south, other, east] =
                [("n", NORTH), ("s", SOUTH), ("t", SOUTH), ("e", EAST)]
                    .map(|(id, oid)| patient(id, oid));
            let birth = "19700401";
            let family = |letter: &str| format!("{name}{letter}");
            let facts = Facts { family: &family("kita"), birth };
            accepted(&community, &registration("A04", &north, facts));
            let facts = Facts { family: &family("minami"), birth };
            accepted(&community, &registration("A28", &south, facts));
            let facts = Facts { family: &family("nishi"), birth };
            accepted(&community, &registration("A28", &other, facts));
            add_v3(&community, &format!("{name}e"), EAST, &family("higashi"));
            check_link((link, unlink), &community, (&north, &south));
            // Whoever is the older keeps the identifier, whatever the order in which they are named.
            let ids = [&north, &east].map(|id| network_id(&community, id).unwrap());
            link(&community, &east, &north);
            settle(&community);
            assert_eq!(network_id(&community, &east).as_ref(), ids.first());
            unlink(&community, &east, &north);
            check_link((link, unlink), &community, (&other, &east));
        }
    }
}

#[test]
fn an_operator_takes_one_of_three_away_from_everybody() {
    let community = Community::start(hospitals(Database::Sqlite));
    let locals = [cx("1", NORTH), cx("1", SOUTH), cx("1", EAST)];
    let facts = Facts { family: "ミツゴ", birth: "19700401" };
    for local in &locals {
        accepted(&community, &registration("A04", local, facts));
    }
    let [north, south, east] = locals.each_ref().map(String::as_str);
    let id = network_id(&community, north).unwrap();
    check_ids(&community, &id, &[north, south, east]);
    let [first, second, third] =
        [north, south, east].map(|local| submit_from(&community, &id, local));
    check_documents(&community, &id, &[(&first, north), (&second, south), (&third, east)]);

    let (status, answer) = order(&community, "/pix-manager/unlink", &json!({"one": south}));
    assert_eq!(status, 200, "{answer}");
    settle(&community);
    let own = network_id(&community, south).unwrap();
    assert_ne!(own, id);
    assert!(own.ends_with(&format!("&{NETWORK}&ISO")));
    check_documents(&community, &own, &[(&second, south)]);
    check_documents(&community, &id, &[(&first, north), (&third, east)]);
    check_ids(&community, &id, &[north, east]);
    // Demographics that are as alike as before do not undo what was decided.
    accepted(&community, &registration("A08", south, Facts { birth: "19700402", ..facts }));
    accepted(&community, &registration("A08", south, facts));
    check_ids(&community, &own, &[south]);
    check_documents(&community, &own, &[(&second, south)]);
}
