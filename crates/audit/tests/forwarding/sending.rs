//! Receivers that are well or away: order, independence, restarts, and the last record.

use std::time::Duration;

use audit::forwarding::{Destination, Forwarder, ForwardingError, Limits};

use super::receiver::{Manner, Receiver};
use super::{Bench, expected, only, text, until, until_confirmed};
use crate::journal::query_of;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_arrive_once_and_in_order() {
    let mut bench = Bench::new();
    bench.limits.session_records = 50;
    // An end in order is known at once; it is not waited whether a reset follows.
    bench.limits.reset = Duration::from_secs(60);
    let receiver = Receiver::start(&bench.certificates, Manner::Orderly);
    bench.append(0, 120).await;
    let handle = bench.forward(vec![bench.tls(receiver.port)]);
    bench.append(120, 80).await;
    until_confirmed(&handle).await;
    let status = only(&handle);
    assert_eq!((status.n_waiting, status.n_confirmed), (0, 200));
    assert_eq!(status.failing_since, None);
    assert_eq!(receiver.messages(), expected(0, 200));
    assert!(receiver.n_sessions() >= 4, "{}", receiver.n_sessions());
    until("the idle session is closed", || !only(&handle).is_connected).await;
    handle.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_destination_that_is_away_holds_nobody_up_and_loses_nothing() {
    let mut bench = Bench::new();
    bench.limits.alarm_bytes = 1000;
    bench.limits.alarm_after = Duration::from_millis(50);
    let here = Receiver::start(&bench.certificates, Manner::Orderly);
    let away = Receiver::start(&bench.certificates, Manner::Orderly);
    let port = away.port;
    drop(away);
    let handle = bench.forward(vec![bench.tls(port), bench.tls(here.port)]);
    bench.append(0, 100).await;
    until("the other one has everything", || here.messages() == expected(0, 100)).await;
    until("alarms", || {
        let status = &handle.status()[0];
        status.has_backlog_alarm && status.has_failure_alarm
    })
    .await;
    let status = &handle.status()[0];
    assert!(status.failing_since.is_some() && !status.is_connected);
    assert_eq!((status.n_waiting, status.n_confirmed), (100, 0));

    let back = Receiver::at(port, &bench.certificates, Manner::Orderly);
    until_confirmed(&handle).await;
    assert_eq!(back.messages(), expected(0, 100));
    until("the alarms are lifted", || {
        let status = &handle.status()[0];
        !status.has_backlog_alarm && !status.has_failure_alarm && status.failing_since.is_none()
    })
    .await;
    handle.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_goes_on_where_it_was() {
    let mut bench = Bench::new();
    let receiver = Receiver::start(&bench.certificates, Manner::Orderly);
    for round in 0..3 {
        let handle = bench.forward(vec![bench.tls(receiver.port)]);
        bench.append(round * 40, 40).await;
        handle.stop().await;
        bench.reopen();
    }
    assert_eq!(receiver.messages(), expected(0, 120));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_delivers_the_last_record() {
    let mut bench = Bench::new();
    bench.limits.session_idle = Duration::from_secs(60);
    bench.limits.session_age = Duration::from_secs(60);
    let receiver = Receiver::start(&bench.certificates, Manner::Orderly);
    let handle = bench.forward(vec![bench.tls(receiver.port)]);
    bench.append(0, 3).await;
    until("an open session", || receiver.n_messages() == 3).await;
    assert!(only(&handle).is_connected);
    bench.append(3, 1).await;
    handle.stop().await;
    assert_eq!(receiver.messages(), expected(0, 4));
    assert_eq!(receiver.n_sessions(), 1);
    // It is confirmed: the next start sends nothing again.
    bench.reopen();
    let handle = bench.forward(vec![bench.tls(receiver.port)]);
    assert_eq!(only(&handle).waiting_bytes, 0);
    handle.stop().await;
}

/// The journal's last records are synced while it is being closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_after_the_journal_was_closed_delivers_everything() {
    let mut bench = Bench::new();
    let receiver = Receiver::start(&bench.certificates, Manner::Orderly);
    let handle = bench.forward(vec![bench.tls(receiver.port)]);
    bench.append(0, 20).await;
    bench.journal = None;
    handle.stop().await;
    assert_eq!(receiver.messages(), expected(0, 20));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_does_not_wait_for_who_is_away() {
    let bench = Bench::new();
    let away = Receiver::start(&bench.certificates, Manner::Orderly);
    let port = away.port;
    drop(away);
    bench.append(0, 1).await;
    let handle = bench.forward(vec![bench.tls(port)]);
    until("a failure", || only(&handle).failing_since.is_some()).await;
    let begin = std::time::Instant::now();
    handle.stop().await;
    assert!(begin.elapsed() < bench.limits.stop, "{:?}", begin.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_appended_meanwhile_is_sent_too() {
    let mut bench = Bench::new();
    bench.limits.session_records = 97;
    let receiver = Receiver::start(&bench.certificates, Manner::Orderly);
    let handle = bench.forward(vec![bench.tls(receiver.port)]);
    bench.append_many(2000, |number| query_of(&text(number))).await;
    until_confirmed(&handle).await;
    let mut messages = receiver.messages();
    let in_journal = std::fs::read_to_string(bench.path()).unwrap();
    let places = messages.iter().map(|message| {
        let name = message.rsplit(' ').next().unwrap();
        in_journal.find(&format!("\"{name}\"")).unwrap()
    });
    assert!(places.is_sorted(), "another order than the journal's");
    messages.sort();
    let mut all = expected(0, 2000);
    all.sort();
    assert_eq!(messages, all);
    handle.stop().await;
}

fn resident_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A journal of 200 MB takes no more memory than a few pieces of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_records_take_bounded_memory() {
    let bench = Bench::new();
    bench.append_many(20_000, |number| query_of(&format!("{number}-{}", "x".repeat(10_000)))).await;
    let receiver = Receiver::start(&bench.certificates, Manner::Counts);
    let before = resident_kib();
    let handle = bench.forward(vec![bench.tls(receiver.port)]);
    let mut most = before;
    until("everything has arrived", || {
        most = most.max(resident_kib());
        only(&handle).waiting_bytes == 0
    })
    .await;
    assert_eq!(receiver.n_messages(), 20_000);
    // Other tests of this process take some, too.
    assert!(most - before < 128 << 10, "{before} KiB before, {most} KiB at most");
    handle.stop().await;
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused() {
    let bench = Bench::new();
    let refusal = |destinations| {
        Forwarder::start(bench.settings(destinations), bench.journal()).err().unwrap()
    };
    let (destination, connector) = bench.tls(6514);
    let twice = vec![(destination.clone(), connector.clone()), (destination.clone(), connector)];
    assert!(matches!(refusal(twice), ForwardingError::Twice(_)));
    assert!(matches!(refusal(vec![(destination, None)]), ForwardingError::NoConnector(_)));
    let mut settings = bench.settings(vec![]);
    settings.journal.push("nowhere");
    let refused = Forwarder::start(settings, bench.journal());
    assert!(matches!(refused, Err(ForwardingError::Journal(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_udp_each_message_is_a_datagram() {
    let mut bench = Bench::new();
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    let to: Destination = format!("udp://127.0.0.1:{port}").parse().unwrap();
    let handle = bench.forward(vec![(to.clone(), None)]);
    for requester in ["a", "long b", "two c"] {
        bench.journal().append(&query_of(requester)).await.unwrap();
    }
    let mut datagram = [0; 1000];
    for text in ["<85>1 a", "<85>1 c/1", "<85>1 c/2"] {
        let n_bytes = socket.recv(&mut datagram).await.unwrap();
        assert_eq!(&datagram[..n_bytes], text.as_bytes());
    }
    until_confirmed(&handle).await;
    let status = only(&handle);
    assert_eq!((status.n_confirmed, status.n_too_long, status.n_unrenderable), (3, 1, 0));
    assert!(status.has_failure_alarm, "a message was left out");
    handle.stop().await;
    bench.reopen();
    bench.limits = Limits { session_idle: Duration::from_millis(1), ..bench.limits };
    let handle = bench.forward(vec![(to, None)]);
    bench.append(0, 1).await;
    let n_bytes = socket.recv(&mut datagram).await.unwrap();
    assert_eq!(&datagram[..n_bytes], b"<85>1 node-0", "nothing is sent again");
    handle.stop().await;
}

/// The system hears of some datagrams that nobody took them; what it told so is tried again for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_udp_a_closed_port_is_a_failure() {
    let mut bench = Bench::new();
    bench.limits.alarm_after = Duration::from_millis(50);
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    drop(socket);
    let to: Destination = format!("udp://127.0.0.1:{port}").parse().unwrap();
    bench.append(0, 100).await;
    let handle = bench.forward(vec![(to, None)]);
    until("an alarm", || only(&handle).has_failure_alarm).await;
    assert!(only(&handle).failing_since.is_some());
    handle.stop().await;
}
