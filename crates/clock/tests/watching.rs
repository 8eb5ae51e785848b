//! Readiness, alerts and metrics of a watch.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clock::{ClockAlert, ClockMetrics, ClockWatch, KernelState, Rules, Settings, Synchronisation};
use prometheus_client::registry::Registry;

use crate::server::{Manner, TimeServer};

const DEADLINE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(5);

/// A watch with fast looks and all that it tells.
struct Watched {
    watch: ClockWatch,
    alerts: Arc<Mutex<Vec<String>>>,
    registry: Registry,
}

impl Watched {
    fn start(servers: &[&TimeServer], synchronisation: Synchronisation) -> Watched {
        let mut registry = Registry::default();
        let metrics = ClockMetrics::new(&mut registry).of("registry");
        let settings = Settings {
            servers: servers.iter().map(|server| server.name()).collect(),
            interval: Duration::from_millis(20),
            probe_deadline: Duration::from_millis(200),
        };
        let rules = move || Rules { max_error: Duration::from_secs(1), synchronisation };
        let alerts = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&alerts);
        let on_change = move |alert: ClockAlert| {
            heard.lock().unwrap().push(alert.to_string());
            std::future::ready(())
        };
        let watch = ClockWatch::start(settings, metrics, rules, on_change);
        Watched { watch, alerts, registry }
    }

    fn is_ready(&self) -> bool {
        self.watch.readiness()().is_ok()
    }

    fn alerts(&self) -> Vec<String> {
        self.alerts.lock().unwrap().clone()
    }

    fn page(&self) -> String {
        let mut page = String::new();
        prometheus_client::encoding::text::encode(&mut page, &self.registry).unwrap();
        page
    }

    fn value(&self, series: &str) -> Option<f64> {
        let name = format!("{series}{{actor=\"registry\"}} ");
        let page = self.page();
        let value = page.lines().find_map(|line| line.strip_prefix(&name))?;
        Some(value.parse().unwrap())
    }
}

/// Waits for the condition.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !holds() {
        assert!(Instant::now() < end, "{what}: not in time");
        tokio::time::sleep(LOOK).await;
    }
}

#[tokio::test]
async fn a_wrong_clock_is_told_once_and_a_right_one_again() {
    let server = TimeServer::start(Manner::Tells(5_000));
    let watched = Watched::start(&[&server], Synchronisation::NotRequired);
    until("the clock is wrong", || !watched.is_ready()).await;
    let n_questions = server.n_questions();
    until("more questions", || server.n_questions() > n_questions + 5).await;
    let alerts = watched.alerts();
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert!(alerts[0].starts_with("the clock is 5.0") || alerts[0].starts_with("the clock is 4.9"));
    assert!((watched.value("renkei_clock_offset_seconds").unwrap() - 5.0).abs() < 0.5);
    assert!((watched.watch.state().reading.unwrap().offset.as_secs_f64() - 5.0).abs() < 0.5);
    server.becomes(Manner::Tells(0));
    until("the clock is right", || watched.is_ready()).await;
    until("that is told", || watched.alerts().len() == 2).await;
    assert_eq!(watched.alerts()[1], "the clock is right again");
    watched.watch.stop().await;
}

#[tokio::test]
async fn an_outlier_does_not_decide() {
    let servers = [Manner::Tells(1), Manner::Tells(90_000), Manner::Tells(-1)];
    let servers = servers.map(TimeServer::start);
    let watched = Watched::start(&servers.each_ref(), Synchronisation::NotRequired);
    until("all are asked", || servers.iter().all(|server| server.n_questions() > 3)).await;
    assert!(watched.is_ready());
    assert_eq!(watched.alerts(), Vec::<String>::new());
    watched.watch.stop().await;
}

#[tokio::test]
async fn failed_probes_are_counted_and_say_nothing_about_the_clock() {
    let server = TimeServer::start(Manner::Unsynchronised);
    let watched = Watched::start(&[&server], Synchronisation::NotRequired);
    let failed = || watched.value("renkei_clock_probes_failed_total").unwrap();
    until("probes fail", || failed() > 2.0).await;
    assert!(watched.is_ready());
    assert_eq!(watched.alerts(), Vec::<String>::new());
    watched.watch.stop().await;
}

#[tokio::test]
async fn a_server_that_sends_us_away_is_not_asked_again() {
    let (away, other) =
        (TimeServer::start(Manner::Kiss(b"DENY")), TimeServer::start(Manner::Tells(0)));
    let watched = Watched::start(&[&away, &other], Synchronisation::NotRequired);
    until("the other one is asked on", || other.n_questions() > 5).await;
    assert_eq!(away.n_questions(), 1);
    watched.watch.stop().await;
}

/// The kernel of this machine may say either; the server vouches for its clock, then nobody but the kernel.
#[tokio::test]
async fn where_somebody_must_vouch_a_server_may() {
    let server = TimeServer::start(Manner::Tells(0));
    let watched = Watched::start(&[&server], Synchronisation::Required);
    until("the server vouches", || watched.is_ready()).await;
    server.becomes(Manner::Silent);
    let is_kept = matches!(watched.watch.state().kernel, KernelState::Synchronised(_));
    if is_kept {
        eprintln!("skipped: the kernel vouches for this clock");
    } else {
        until("nobody vouches", || !watched.is_ready()).await;
        until("that is told", || !watched.alerts().is_empty()).await;
        server.becomes(Manner::Tells(0));
        until("the server vouches again", || watched.is_ready()).await;
    }
    watched.watch.stop().await;
}

#[tokio::test]
async fn without_servers_the_kernel_is_asked() {
    let watched = Watched::start(&[], Synchronisation::Required);
    let kernel = watched.watch.state().kernel;
    let expected = match kernel {
        KernelState::Synchronised(_) => (true, Some(1.0)),
        KernelState::Unsynchronised => (false, Some(0.0)),
        KernelState::Unknown => (false, None),
    };
    assert_eq!((watched.is_ready(), watched.value("renkei_clock_synchronised")), expected);
    watched.watch.stop().await;
}

#[tokio::test]
async fn a_silent_server_does_not_hold_up_a_stop() {
    let server = TimeServer::start(Manner::Silent);
    let watched = Watched::start(&[&server], Synchronisation::NotRequired);
    until("the server is asked", || server.n_questions() > 0).await;
    let begin = Instant::now();
    watched.watch.stop().await;
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
}
