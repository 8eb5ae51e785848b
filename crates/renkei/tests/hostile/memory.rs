//! Ten thousand hostile messages leave no more memory in use than the first thousand did.

use std::collections::VecDeque;

use super::requests::Door;
use super::{Case, Target, envelopes, feed_v3, mllp, packages, requests, submissions};
use crate::harness::community::Community;
use crate::harness::database::Database;
use crate::harness::feed::frame;
use crate::harness::http::Connection;

/// Messages until the first look, and until the last.
const FIRST: usize = 1_000;
const LAST: usize = 10_000;

/// Growth that is allowed between the two, in per cent.
const GROWTH_PERCENT: u64 = 10;

/// Connections that are kept open at each listener.
const CONNECTIONS: usize = 4;

/// Larger messages take too long for being sent so often, and each kind has a smaller one.
const AT_MOST_BYTES: usize = 200_000;

/// Connections to one listener, which take turns; those that the other side closed are replaced.
struct Listener<'a> {
    community: &'a Community,
    open: fn(&Community) -> Connection,
    is_http: bool,
    connections: VecDeque<Connection>,
    messages: Vec<Vec<u8>>,
    next: usize,
}

impl Listener<'_> {
    fn send_next(&mut self) {
        let message = self.messages.get(self.next % self.messages.len()).unwrap();
        self.next += 1;
        if self.connections.len() < CONNECTIONS {
            self.connections.push_back((self.open)(self.community));
        }
        let mut connection = self.connections.pop_front().unwrap();
        let is_kept = if self.is_http {
            let answer = connection.exchange(message);
            answer.is_ok_and(|answer| answer.header("connection") != Some("close"))
        } else {
            let sent = connection.send(message);
            sent.is_ok() && connection.read_until(&[0x1C, 0x0D]).is_ok()
        };
        if is_kept {
            self.connections.push_back(connection);
        }
    }
}

/// The messages of these tables that are not too large.
fn small(cases: Vec<Case>) -> Vec<Vec<u8>> {
    let requests = cases.into_iter().map(|case| case.request);
    requests.filter(|request| request.len() <= AT_MOST_BYTES).collect()
}

fn of_registry(target: &Target) -> Vec<Vec<u8>> {
    let door = Door::registry(target);
    let mut cases = requests::all(&door);
    cases.extend(envelopes::all(&door));
    cases.extend(submissions::all(target).0);
    let door = Door::feed_v3();
    cases.extend(requests::all(&door));
    cases.extend(envelopes::all(&door));
    cases.extend(feed_v3::all());
    small(cases)
}

fn of_repository(target: &Target) -> Vec<Vec<u8>> {
    let door = Door::repository(target);
    let mut cases = requests::all(&door);
    cases.extend(envelopes::all(&door));
    cases.extend(submissions::all(target).1);
    cases.extend(packages::all(target));
    small(cases)
}

fn of_feed() -> Vec<Vec<u8>> {
    let messages = mllp::all().into_iter().map(|(_, message, _, _)| frame(&message));
    let mut messages: Vec<_> = messages.filter(|message| message.len() <= AT_MOST_BYTES).collect();
    messages.push(b"\x0B\x0B\x1C\r".to_vec());
    messages
}

#[test]
fn ten_thousand_messages_leave_the_memory_alone() {
    let target = Target::start(Database::Sqlite);
    let listener = |open: fn(&Community) -> Connection, is_http, messages| Listener {
        community: &target.community,
        open,
        is_http,
        connections: VecDeque::new(),
        messages,
        next: 0,
    };
    let mut listeners = [
        listener(Community::registry, true, of_registry(&target)),
        listener(Community::repository, true, of_repository(&target)),
        listener(Community::mllp, false, of_feed()),
    ];
    let mut resident = Vec::new();
    for n in 1..=LAST {
        let n_listeners = listeners.len();
        listeners.get_mut(n % n_listeners).unwrap().send_next();
        if n == FIRST || n == LAST {
            resident.push(target.community.resident_kib());
        }
    }
    let [first, last] = resident.as_slice() else { unreachable!("two looks") };
    eprintln!("VmRSS: {first} KiB after {FIRST} hostile messages, {last} KiB after {LAST}");
    assert!(last * 100 <= first * (100 + GROWTH_PERCENT), "{first} KiB, then {last} KiB");
    drop(listeners);
    target.assert_unharmed();
}
