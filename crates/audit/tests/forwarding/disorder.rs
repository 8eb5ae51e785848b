//! Receivers that die, answer nothing or refuse: nothing is lost, and duplicates are the same bytes.

use std::collections::BTreeSet;
use std::time::Duration;

use super::receiver::{Manner, Receiver};
use super::{Bench, always, expected, only, until, until_confirmed};

/// All that two receivers have of the records, sorted, each text once.
fn union(receivers: [&Receiver; 2]) -> Vec<String> {
    let all: BTreeSet<String> = receivers.iter().flat_map(|one| one.messages()).collect();
    let mut all: Vec<String> = all.into_iter().collect();
    all.sort_by_key(|message| message.rsplit('-').next().unwrap().parse::<usize>().unwrap());
    all
}

/// What a dying receiver has read, or not even that, is sent again; nothing before the last confirmed session.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_dies_in_the_middle_loses_nothing() {
    for stores in [true, false] {
        let mut bench = Bench::new();
        bench.limits.session_records = 64;
        let dying = Receiver::start(&bench.certificates, Manner::Dies { after: 40, stores });
        let port = dying.port;
        bench.append(0, 500).await;
        let handle = bench.forward(vec![bench.tls(port)]);
        until("it has died", || dying.n_messages() >= 40 && only(&handle).failing_since.is_some())
            .await;
        let n_confirmed = usize::try_from(only(&handle).n_confirmed).unwrap();
        let first_life = dying.messages();
        drop(dying);
        let next = Receiver::at(port, &bench.certificates, Manner::Orderly);
        until_confirmed(&handle).await;
        handle.stop().await;
        // What was confirmed to be in the first life need not come again; everything else does, in order.
        let messages = next.messages();
        let first = messages.first().unwrap().clone();
        let start = expected(0, 500).iter().position(|message| *message == first).unwrap();
        assert!(start >= n_confirmed);
        let n_sent_again = 500 - start;
        assert_eq!(messages, expected(start, n_sent_again));
        if stores {
            assert!(first_life.len() >= 40);
            assert!(expected(0, 500).starts_with(&first_life[..40]));
        }
    }
}

/// Also one that dies of the last message of a session, when our end is on its way already.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_dies_all_the_time_gets_everything() {
    for session_records in [1000, 6] {
        let mut bench = Bench::new();
        bench.limits.session_records = session_records;
        let dies = Manner::Dies { after: 5, stores: true };
        let receiver = Receiver::start(&bench.certificates, dies);
        bench.append(0, 120).await;
        let handle = bench.forward(vec![bench.tls(receiver.port)]);
        until_confirmed(&handle).await;
        assert_eq!(union([&receiver, &receiver]), expected(0, 120));
        assert!(receiver.n_messages() > 120, "it was sent again");
        handle.stop().await;
    }
}

/// One record that a receiver cannot bear: what stands before it is confirmed, what follows waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_is_refused_stops_there_and_nowhere_before() {
    let bench = Bench::new();
    let refused = Manner::Refuses(b"<85>1 node-70".to_vec());
    let receiver = Receiver::start(&bench.certificates, refused);
    bench.append(0, 100).await;
    let handle = bench.forward(vec![bench.tls(receiver.port)]);
    until("all before it", || only(&handle).n_confirmed == 70).await;
    let status = only(&handle);
    assert_eq!(status.n_waiting, 30);
    assert_eq!(union([&receiver, &receiver]), expected(0, 70));
    let port = receiver.port;
    drop(receiver);
    let mended = Receiver::at(port, &bench.certificates, Manner::Orderly);
    until_confirmed(&handle).await;
    assert_eq!(mended.messages(), expected(70, 30));
    handle.stop().await;
}

/// Not everybody answers close_notify; who closes the connection only after having read it has read everything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_closes_without_an_answer_is_believed() {
    let mut bench = Bench::new();
    bench.limits.session_records = 10;
    let receiver = Receiver::start(&bench.certificates, Manner::Curt);
    bench.append(0, 35).await;
    let handle = bench.forward(vec![bench.tls(receiver.port)]);
    until_confirmed(&handle).await;
    assert_eq!(receiver.messages(), expected(0, 35));
    handle.stop().await;
}

/// Silence is no acknowledgement.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_never_answers_the_end_confirms_nothing() {
    let mut bench = Bench::new();
    bench.limits.close = Duration::from_millis(100);
    let receiver = Receiver::start(&bench.certificates, Manner::Mute);
    let port = receiver.port;
    bench.append(0, 5).await;
    let handle = bench.forward(vec![bench.tls(port)]);
    until("a failure", || only(&handle).failing_since.is_some()).await;
    assert_eq!((only(&handle).n_confirmed, receiver.messages()), (0, expected(0, 5)));
    drop(receiver);
    let next = Receiver::at(port, &bench.certificates, Manner::Orderly);
    until_confirmed(&handle).await;
    assert_eq!(next.messages(), expected(0, 5));
    handle.stop().await;
}

/// With TLS 1.3 the refusal comes after our handshake has succeeded.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_without_certificate_confirms_nothing() {
    let bench = Bench::new();
    let receiver = Receiver::start(&bench.certificates, Manner::Orderly);
    let (destination, _) = bench.tls(receiver.port);
    let connector = bench.certificates.connector_without_certificate();
    bench.append(0, 3).await;
    let handle = bench.forward(vec![(destination, Some(always(connector)))]);
    until("a failure", || only(&handle).failing_since.is_some()).await;
    handle.stop().await;
    assert_eq!(receiver.n_messages(), 0);
    assert!(!bench.position_path(&format!("tls-localhost-{}", receiver.port)).exists());
}

/// A receiver of another name than the one that was asked for is not trusted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_of_another_name_gets_nothing() {
    let bench = Bench::new();
    let receiver = Receiver::start(&bench.certificates, Manner::Orderly);
    let (_, connector) = bench.tls(receiver.port);
    let destination = format!("tls://127.0.0.1:{}", receiver.port).parse().unwrap();
    bench.append(0, 1).await;
    let handle = bench.forward(vec![(destination, connector)]);
    until("a failure", || only(&handle).failing_since.is_some()).await;
    handle.stop().await;
    assert_eq!(receiver.n_messages(), 0);
}
