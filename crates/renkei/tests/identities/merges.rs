//! Merges and changes of local identifiers, over the wire: documents follow, and what is linked later or
//! unlinked later finds them.

use crate::harness::community::Community;
use crate::harness::database::Database;
use crate::harness::manager::{
    EAST, Facts, NORTH, SOUTH, accepted, check_documents, cx, hospitals, network_id, pair, refused,
    registration, replacing, settle, shown_id, submit_from,
};
use crate::harness::pix;

fn register(community: &Community, id: &str, family: &str) {
    let facts = Facts { family, birth: "19700401" };
    accepted(community, &registration("A04", id, facts));
}

/// An identifier that is used no more, to consumers and to sources of documents.
#[track_caller]
fn check_unknown(community: &Community, id: &str) {
    assert_eq!(pix::ask(community, id, &[]), Err("204".to_owned()));
    assert_eq!(pix::ask_v3(community, id, &[]), Err("204".to_owned()));
}

#[test]
fn after_a_merge_the_survivor_has_the_documents() {
    for database in Database::all() {
        let community = Community::start(hospitals(database));
        // The younger survives, then the older.
        for (round, [subsumed, survivor]) in [["1", "2"], ["4", "3"]].into_iter().enumerate() {
            let mut made = [cx(subsumed, NORTH), cx(survivor, NORTH)];
            made.sort();
            for (place, id) in made.iter().enumerate() {
                register(&community, id, &format!("F{round}x{place}ai"));
            }
            let [subsumed, survivor] = [cx(subsumed, NORTH), cx(survivor, NORTH)];
            let [old_id, id] = [&subsumed, &survivor].map(|id| network_id(&community, id).unwrap());
            let first = submit_from(&community, &old_id, &subsumed);
            let second = submit_from(&community, &id, &survivor);
            let merge = replacing("A40", &subsumed, &survivor);
            accepted(&community, &merge);
            // That the subsumed identifier was merged shows in what was sent under it, too.
            let both = [(first.as_str(), survivor.as_str()), (&second, &survivor)];
            check_documents(&community, &id, &both);
            check_documents(&community, &old_id, &[]);
            check_unknown(&community, &old_id);
            check_unknown(&community, &subsumed);
            refused(&community, &old_id);
            assert_eq!(network_id(&community, &survivor).as_ref(), Some(&id));
            // Redelivered.
            accepted(&community, &merge);
            check_documents(&community, &id, &both);
        }
    }
}

/// How the subsumed patient's cross-reference came about.
#[derive(Clone, Copy, Debug)]
enum Link {
    /// The rules found it when the other was registered: there is no person of its own to return to.
    AtOnce,
    /// The other had a person already, younger than that of the subsumed.
    Later,
    /// The other's person is the older one, whose identifier both have.
    Older,
}

/// North's first patient is south's, north's second is east's; the first is merged into the second, so that
/// all are one person; then south's patient is taken out again.
fn check_united(community: &Community, name: &str, link: Link) {
    let patient = |id: &str, oid: &str| cx(&format!("{name}{id}"), oid);
    let [first, second] = ["1", "2"].map(|id| patient(id, NORTH));
    let (south, east) = (patient("s", SOUTH), patient("e", EAST));
    let family = |family: &str| format!("{name}{family}");
    match link {
        Link::AtOnce => {
            register(community, &first, &family("mori"));
            register(community, &south, &family("mori"));
        }
        Link::Later => {
            register(community, &first, &family("mori"));
            register(community, &south, &family("hayashi"));
            accepted(community, &pair("A24", &first, &south));
        }
        Link::Older => {
            register(community, &south, &family("hayashi"));
            register(community, &first, &family("mori"));
            accepted(community, &pair("A24", &first, &south));
        }
    }
    register(community, &second, &family("ki"));
    register(community, &east, &family("ki"));
    settle(community);
    let [id, other_id] = [&first, &second].map(|id| network_id(community, id).unwrap());
    assert_eq!(network_id(community, &south).as_ref(), Some(&id));
    assert_eq!(network_id(community, &east).as_ref(), Some(&other_id));
    let [of_first, of_south] = [&first, &south].map(|it| submit_from(community, &id, it));
    let [of_second, of_east] = [&second, &east].map(|it| submit_from(community, &other_id, it));

    accepted(community, &replacing("A40", &first, &second));
    settle(community);
    let united = shown_id(community, &second);
    for id in [&south, &east] {
        assert_eq!(network_id(community, id).as_ref(), Some(&united), "{link:?}");
    }
    let meanwhile = submit_from(community, &united, &south);
    let north = [(of_first.as_str(), second.as_str()), (&of_second, &second), (&of_east, &east)];
    let of_south = [(of_south.as_str(), south.as_str()), (&meanwhile, &south)];
    check_documents(community, &united, &[north.as_slice(), &of_south].concat());
    for unused in [&id, &other_id].into_iter().filter(|id| **id != united) {
        check_documents(community, unused, &[]);
    }

    // What was registered under an identifier that is no longer used moves as well.
    accepted(community, &pair("A37", &second, &south));
    settle(community);
    let [rest, own] = [&second, &south].map(|id| shown_id(community, id));
    assert_ne!(rest, own, "{link:?}");
    assert_eq!(network_id(community, &east).as_ref(), Some(&rest));
    check_documents(community, &own, &of_south);
    check_documents(community, &rest, &north);

    accepted(community, &pair("A24", &second, &south));
    settle(community);
    let united = shown_id(community, &south);
    check_documents(community, &united, &[north.as_slice(), &of_south].concat());
}

#[test]
fn what_a_merge_united_can_be_taken_apart() {
    for database in Database::all() {
        let community = Community::start(hospitals(database));
        check_united(&community, "a", Link::AtOnce);
        check_united(&community, "l", Link::Later);
        check_united(&community, "o", Link::Older);
    }
}

/// The survivor has a patient of the same hospital already: whoever was one with the subsumed patient keeps the
/// person, and only what is the subsumed patient's goes.
#[test]
fn who_cannot_come_along_with_a_merge_keeps_identifier_and_documents() {
    for database in Database::all() {
        let community = Community::start(hospitals(database));
        let [first, second] = ["1", "2"].map(|id| cx(id, NORTH));
        let [south, other] = ["1", "2"].map(|id| cx(id, SOUTH));
        for (id, family) in [(&first, "mori"), (&south, "mori"), (&second, "ki"), (&other, "ki")] {
            register(&community, id, family);
        }
        let [id, other_id] = [&first, &second].map(|id| network_id(&community, id).unwrap());
        let [one, two] = [&first, &south].map(|it| submit_from(&community, &id, it));
        let [three, four] = [&second, &other].map(|it| submit_from(&community, &other_id, it));
        accepted(&community, &replacing("A40", &first, &second));
        check_documents(&community, &id, &[(&two, &south)]);
        let of_second = [(one.as_str(), second.as_str()), (&three, &second), (&four, &other)];
        check_documents(&community, &other_id, &of_second);
        for (patient, expected) in [(&south, &id), (&second, &other_id), (&other, &other_id)] {
            assert_eq!(network_id(&community, patient).as_ref(), Some(expected));
        }
        check_unknown(&community, &first);
    }
}

#[test]
fn documents_follow_a_patient_whose_identifier_changes() {
    for database in Database::all() {
        let community = Community::start(hospitals(database));
        let [old, new, newest] = ["1", "2", "3"].map(|id| cx(id, NORTH));
        let south = cx("1", SOUTH);
        register(&community, &old, "ナマエ");
        register(&community, &south, "ベツジン");
        let [id, other_id] = [&old, &south].map(|id| network_id(&community, id).unwrap());
        let first = submit_from(&community, &id, &old);
        accepted(&community, &replacing("A47", &old, &new));
        check_documents(&community, &id, &[(&first, &new)]);
        check_unknown(&community, &old);
        assert_eq!(network_id(&community, &new).as_ref(), Some(&id));
        // The source still uses the old identifier: it is that patient, under whatever name.
        let late = submit_from(&community, &id, &old);
        let second = submit_from(&community, &id, &new);
        check_documents(&community, &id, &[(&first, &new), (&late, &old), (&second, &new)]);

        accepted(&community, &pair("A24", &south, &new));
        accepted(&community, &replacing("A47", &new, &newest));
        let third = submit_from(&community, &id, &south);
        settle(&community);
        accepted(&community, &pair("A37", &newest, &south));
        let old = [(first.as_str(), newest.as_str()), (&second, &newest)];
        settle(&community);
        let found = crate::harness::manager::documents(&community, &id);
        assert!(found.contains_key(&late) && found.len() == 3, "{found:?}");
        assert!(old.iter().all(|(id, local)| found.get(*id).is_some_and(|it| it == local)));
        check_documents(&community, &other_id, &[(&third, &south)]);
    }
}
