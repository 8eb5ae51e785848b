//! A stop ends in bounded time, and then nothing is open any more.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use config::init::{NewCommunity, init};
use net::Metrics;
use policy::Access;
use repository::RepositoryServer;
use repository::settle::SettleTask;
use repository::store::document::{self, NewDocument};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::open_repository::{Place, maintenance};

/// Well below the time that a registry has for its answer.
const SOON: Duration = Duration::from_secs(10);

#[test]
fn a_registry_that_does_not_answer_holds_up_no_stop() {
    let place = Place::sqlite();
    let mut repository = place.open();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/xds/registry", silent.local_addr().unwrap());
    Arc::get_mut(&mut repository).unwrap().registry.url = url;
    let document = NewDocument {
        unique_id: "1.2.3.1".to_owned(),
        mime_type: "text/plain".to_owned(),
        sha1: openssl::sha::sha1(b"doubt"),
        sha256: openssl::sha::sha256(b"doubt"),
        size: 5,
        patient_id: "TEST-1^^^&1.2.3&ISO".to_owned(),
    };
    let permit = maintenance();
    place.commit(&repository.database, move |connection| {
        document::insert(connection, &permit, ("1.2.3", 0), &[document])?;
        document::doubt_interrupted(connection)
    });
    let task = place.runtime.block_on(async { SettleTask::start(Arc::clone(&repository)) });
    // The question is asked, and heard.
    let (_connection, _) = silent.accept().unwrap();
    let begin = Instant::now();
    place.runtime.block_on(task.stop());
    assert!(begin.elapsed() < SOON, "{:?}", begin.elapsed());
}

/// A server as an operator starts it, whose registry does not run.
fn start(runtime: &Runtime, folder: &TempDir) -> RepositoryServer {
    let data = folder.path().join("community");
    init(&data, &NewCommunity::generate()).unwrap();
    let community = config::Community::load(&data).unwrap();
    let mut config = community.repository.unwrap();
    config.process.transport = config::actor::Transport::Plain;
    config.listen.set_port(0);
    let metrics = Metrics::new(&mut prometheus_client::registry::Registry::default());
    let agreement = Arc::new(community.agreement);
    let server = RepositoryServer::start(&config, agreement, Access::Open, &metrics);
    runtime.block_on(server).unwrap()
}

#[test]
fn a_server_that_has_stopped_has_let_go_of_everything() {
    let (runtime, folder) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let server = start(&runtime, &folder);
    let state = server.state();
    let left = Arc::downgrade(&state);
    let working = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        drop(state);
    });
    runtime.block_on(server.stop());
    assert_eq!(left.strong_count(), 0);
    working.join().unwrap();
}

/// What never ends is not waited for without an end.
#[test]
fn work_that_does_not_end_holds_up_no_stop() {
    let (runtime, folder) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let server = start(&runtime, &folder);
    let _held = server.state();
    let begin = Instant::now();
    runtime.block_on(server.stop());
    assert!(begin.elapsed() < SOON, "{:?}", begin.elapsed());
}
