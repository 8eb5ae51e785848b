//! What cannot be sent, and positions that say nothing.

use std::fs;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};

use super::receiver::{Manner, Receiver};
use super::{Bench, expected, only, until, until_confirmed};
use crate::journal::query_of;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_of_several_patients_is_several_messages_and_one_that_is_none_is_stepped_over() {
    let bench = Bench::new();
    let receiver = Receiver::start(&bench.certificates, Manner::Orderly);
    for requester in ["a", "bad b", "two c", "panic d"] {
        bench.journal().append(&query_of(requester)).await.unwrap();
    }
    let handle = bench.forward(vec![bench.tls(receiver.port)]);
    until_confirmed(&handle).await;
    assert_eq!(receiver.messages(), ["<85>1 a", "<85>1 c/1", "<85>1 c/2"]);
    assert_eq!(only(&handle).n_unrenderable, 2);
    handle.stop().await;
}

/// It was changed after it had been written; it must not keep back what follows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_line_is_stepped_over_also_at_the_end() {
    let bench = Bench::new();
    bench.append(0, 4).await;
    let journal = fs::OpenOptions::new().write(true).open(bench.path()).unwrap();
    let text = fs::read_to_string(bench.path()).unwrap();
    for name in ["node-1", "node-3"] {
        let place = text.find(name).unwrap();
        journal.write_all_at(b"x", u64::try_from(place).unwrap()).unwrap();
    }
    let receiver = Receiver::start(&bench.certificates, Manner::Orderly);
    let handle = bench.forward(vec![bench.tls(receiver.port)]);
    until("both are counted", || only(&handle).n_unrenderable == 2).await;
    until("the session is over", || !only(&handle).is_connected).await;
    bench.append(4, 1).await;
    until_confirmed(&handle).await;
    assert_eq!(receiver.messages(), ["<85>1 node-0", "<85>1 node-2", "<85>1 node-4"]);
    assert_eq!(only(&handle).n_unrenderable, 2);
    handle.stop().await;
}

/// Duplicates are better than losses.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_position_that_does_not_fit_the_journal_begins_anew() {
    let bench = Bench::new();
    bench.append(0, 10).await;
    let receiver = Receiver::start(&bench.certificates, Manner::Orderly);
    let path = bench.position_path(&format!("tls-localhost-{}", receiver.port));
    let handle = bench.forward(vec![bench.tls(receiver.port)]);
    until_confirmed(&handle).await;
    handle.stop().await;
    let good = fs::read_to_string(&path).unwrap();
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let position: serde_json::Value = serde_json::from_str(&good).unwrap();
    let hash = position["hash"].as_str().unwrap();
    let damaged = [
        String::new(),
        "{".to_owned(),
        "x".repeat(10_000),
        good.replace(hash, &"0".repeat(64)),
        good.replace("\"sequence\":10", "\"sequence\":9"),
        good.replace(&format!("\"end\":{}", position["end"]), "\"end\":18446744073709551615"),
        good.replace(&format!("\"offset\":{}", position["offset"]), "\"offset\":0"),
        good.replace(position["lane"].as_str().unwrap(), "another"),
    ];
    for (round, text) in damaged.iter().enumerate() {
        assert_ne!(*text, good);
        fs::write(&path, text).unwrap();
        let handle = bench.forward(vec![bench.tls(receiver.port)]);
        until_confirmed(&handle).await;
        handle.stop().await;
        assert_eq!(receiver.messages().len(), 10 * (round + 2), "{text}");
        assert_eq!(fs::read_to_string(&path).unwrap(), good);
    }
    assert!(receiver.messages().chunks(10).all(|chunk| chunk == expected(0, 10)));
}
