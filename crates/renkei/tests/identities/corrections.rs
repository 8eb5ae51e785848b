//! Demographics that are corrected: automatic links arise and break, and documents follow.

use crate::harness::community::Community;
use crate::harness::database::Database;
use crate::harness::manager::{
    Facts, NORTH, SOUTH, accepted, check_documents, cx, hospitals, network_id, registration,
    settle, shown_id, submit_from,
};

const BIRTH: &str = "19700401";

fn say(community: &Community, event: &str, id: &str, family: &str) {
    accepted(community, &registration(event, id, Facts { family, birth: BIRTH }));
    settle(community);
}

#[test]
fn a_correction_links_and_takes_back() {
    for database in Database::all() {
        let community = Community::start(hospitals(database));
        let (north, south) = (cx("1", NORTH), cx("1", SOUTH));
        say(&community, "A04", &north, "サトウ");
        say(&community, "A04", &south, "サイトウ");
        let [id, other_id] = [&north, &south].map(|id| network_id(&community, id).unwrap());
        let first = submit_from(&community, &id, &north);
        let second = submit_from(&community, &other_id, &south);
        for event in ["A08", "A31"] {
            say(&community, event, &south, "サトウ");
            assert_eq!(network_id(&community, &south).as_ref(), Some(&id));
            check_documents(&community, &id, &[(&first, &north), (&second, &south)]);
            check_documents(&community, &other_id, &[]);
            say(&community, event, &south, "サイトウ");
            assert_eq!(network_id(&community, &south).as_ref(), Some(&other_id));
            check_documents(&community, &id, &[(&first, &north)]);
            check_documents(&community, &other_id, &[(&second, &south)]);
        }
    }
}

/// Linked from the first moment on, by an error; the one who leaves gets an identifier of its own.
#[test]
fn who_was_linked_by_an_error_gets_an_id_of_its_own() {
    for database in Database::all() {
        let community = Community::start(hospitals(database));
        // Whose demographics are corrected, the older or the younger.
        for (name, corrected) in [("a", NORTH), ("b", SOUTH)] {
            let locals = [NORTH, SOUTH].map(|oid| cx(name, oid));
            for local in &locals {
                say(&community, "A04", local, &format!("{name}yamada"));
            }
            let [north, south] = locals.each_ref().map(String::as_str);
            let id = network_id(&community, north).unwrap();
            assert_eq!(network_id(&community, south).as_ref(), Some(&id));
            let [first, second] = [north, south].map(|local| submit_from(&community, &id, local));
            check_documents(&community, &id, &[(&first, north), (&second, south)]);

            say(&community, "A08", &cx(name, corrected), &format!("{name}yamamoto"));
            let own = shown_id(&community, south);
            assert_ne!(own, id);
            // Who was there first keeps it.
            assert_eq!(network_id(&community, north).as_ref(), Some(&id));
            check_documents(&community, &id, &[(&first, north)]);
            check_documents(&community, &own, &[(&second, south)]);

            say(&community, "A08", &cx(name, corrected), &format!("{name}yamada"));
            check_documents(&community, &id, &[(&first, north), (&second, south)]);
            check_documents(&community, &own, &[]);
        }
    }
}
