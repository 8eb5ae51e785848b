//! Consistent Time (ITI-1): a community whose registry hears from a time server that its clock is wrong.

use std::time::{Duration, Instant};

use crate::harness::community::{Community, LOOK, Setup};
use crate::time_server::{Manner, TimeServer};

/// A look every second, on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// The answer of a page of the admin listener: whether it is good, and its text.
fn page(community: &Community, path: &str) -> (bool, String) {
    let admin = community.endpoints.addresses.admin.as_ref().unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let answer = community.connect(admin).exchange(request.as_bytes()).unwrap();
    (answer.status == 200, String::from_utf8(answer.body).unwrap())
}

#[track_caller]
fn await_readiness(community: &Community, expected: bool) -> String {
    let end = Instant::now() + DEADLINE;
    loop {
        let (is_ready, said) = page(community, "/readyz");
        if is_ready == expected {
            return said;
        }
        assert!(Instant::now() < end, "{said}");
        std::thread::sleep(LOOK);
    }
}

/// The alerts about clocks in the trail of an actor, as they were written.
fn alerts(community: &Community, journal: &str) -> Vec<String> {
    let text = std::fs::read_to_string(community.data().join(journal)).unwrap();
    let alerts = text.lines().filter(|line| line.contains("\"event\":\"clock\""));
    alerts.map(str::to_owned).collect()
}

#[test]
fn a_wrong_clock_makes_the_registry_unready_and_is_recorded_once() {
    let server = TimeServer::start(Manner::Tells(5_000));
    let servers = format!("servers = [\"{}\"]", server.name());
    let edits = vec![
        ("registry.toml", "#servers = []", &*servers.leak()),
        ("registry.toml", "#interval_ms = 60_000", "interval_ms = 1_000"),
        ("affinity-domain.toml", "#max_error_ms = 1_000", "max_error_ms = 2_000"),
    ];
    let mut community = Community::start(Setup { edits, ..Setup::default() });
    let said = await_readiness(&community, false);
    assert!(said.starts_with("registry: the clock is "), "{said}");
    assert!(said.ends_with(" s off, and 2 s is the limit\n"), "{said}");
    let n_questions = server.n_questions();
    let end = Instant::now() + DEADLINE;
    while server.n_questions() < n_questions + 3 {
        assert!(Instant::now() < end, "the server is not asked any more");
        std::thread::sleep(LOOK);
    }
    let told = alerts(&community, "registry.journal");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("s off, and 2 s is the limit"), "{told:?}");
    let (_, metrics) = page(&community, "/metrics");
    assert!(metrics.contains("renkei_clock_offset_seconds{actor=\"registry\"} "), "{metrics}");

    server.becomes(Manner::Tells(0));
    await_readiness(&community, true);
    community.stop();
    let told = alerts(&community, "registry.journal");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[1].contains("the clock is right again"), "{told:?}");
    assert_eq!(alerts(&community, "repository.journal"), Vec::<String>::new());
    audit::verify(&community.data().join("registry.journal")).unwrap();
}
