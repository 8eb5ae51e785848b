//! The admin listener.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use net::{AdminConfig, AdminServer, Metrics, Outcome};

use crate::wire::{Answer, Wire};

fn get(server: &AdminServer, path: &str) -> Answer {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    Wire::plain(server.address()).request(request.as_bytes()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_tell_the_state_of_the_process() {
    let ready = Arc::new(AtomicBool::new(false));
    let mut registry = prometheus_client::registry::Registry::default();
    let metrics = Metrics::new(&mut registry);
    let asked = Arc::clone(&ready);
    let config = AdminConfig {
        address: "127.0.0.1:0".parse().unwrap(),
        ready: Arc::new(move || {
            if asked.load(Ordering::Relaxed) {
                Ok(())
            } else {
                Err("the database does not answer".to_owned())
            }
        }),
        registry: Arc::new(registry),
    };
    let server = AdminServer::start(config, |_| {}).unwrap();
    assert_eq!(get(&server, "/healthz").status, 200);
    let refused = get(&server, "/readyz");
    assert_eq!((refused.status, refused.text()), (503, "the database does not answer\n"));
    ready.store(true, Ordering::Relaxed);
    assert_eq!(get(&server, "/readyz").status, 200);
    metrics.record("registry", "ITI-18", Outcome::Success, Duration::from_millis(1));
    let page = get(&server, "/metrics");
    assert!(page.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    assert!(page.text().contains(
        r#"renkei_transactions_total{actor="registry",transaction="ITI-18",outcome="Success"} 1"#
    ));
    assert!(page.text().ends_with("# EOF\n"));
    assert_eq!(get(&server, "/other").status, 404);
    // A page of somebody's browser: its name has come to mean this machine, or it says where it is from.
    for headers in ["Host: evil.example:8090", "Host: localhost\r\nOrigin: http://evil.example"] {
        let request = format!("GET /healthz HTTP/1.1\r\n{headers}\r\n\r\n");
        let answer = Wire::plain(server.address()).request(request.as_bytes()).unwrap();
        assert_eq!(answer.status, 404, "{headers}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn admin_is_refused_beyond_loopback() {
    let config = AdminConfig {
        address: "0.0.0.0:0".parse().unwrap(),
        ready: Arc::new(|| Ok(())),
        registry: Arc::default(),
    };
    assert!(AdminServer::start(config, |_| {}).is_err());
}
