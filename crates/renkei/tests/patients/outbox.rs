//! `renkei patient outbox`: what a consumer is still to be told, and what it refuses.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{Region, TARO};

/// A consumer that refuses everything until it is told to take it.
struct Consumer {
    address: SocketAddr,
    is_willing: Arc<AtomicBool>,
}

impl Consumer {
    fn start() -> Consumer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let consumer =
            Consumer { address: listener.local_addr().unwrap(), is_willing: Arc::default() };
        let is_willing = Arc::clone(&consumer.is_willing);
        // Ends with the process of the tests.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let is_willing = Arc::clone(&is_willing);
                std::thread::spawn(move || answer(stream.unwrap(), &is_willing));
            }
        });
        consumer
    }
}

fn answer(mut stream: TcpStream, is_willing: &AtomicBool) {
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(n_bytes @ 1..) = stream.read(&mut buffer) {
        received.extend_from_slice(&buffer[..n_bytes]);
        if !received.ends_with(&[0x1C, 0x0D]) {
            continue;
        }
        let text = String::from_utf8(std::mem::take(&mut received)).unwrap();
        let control_id = text.split('|').nth(9).unwrap().to_owned();
        let said = match is_willing.load(Ordering::SeqCst) {
            true => format!("MSA|AA|{control_id}\r"),
            false => format!("MSA|AE|{control_id}\rERR||PID^1^3|204^Unknown key identifier\r"),
        };
        let header = "MSH|^~\\&|P|P|R|R|20260401||ACK^A31|1|P|2.5\r";
        stream.write_all(format!("\u{b}{header}{said}\u{1c}\r").as_bytes()).unwrap();
    }
}

fn region_with(consumer: SocketAddr) -> Region {
    Region::edited("plain", |workplace| {
        let file = workplace.read("data/pix-manager.toml");
        let entry = format!(
            "\n[[consumers]]\nname = \"portal\"\nnotify = \"mllp://{consumer}\"\n\
             domains = [\"hospital-a\"]\n"
        );
        workplace.write("data/pix-manager.toml", &(file + &entry));
    })
}

const OUTBOX: &str = "patient outbox --operator sato";

/// Waits until the list says so.
#[track_caller]
fn await_listed(region: &Region, wanted: &str) -> String {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let outcome = region.workplace.run(&super::words(OUTBOX));
        if outcome.stdout.starts_with(wanted) {
            return outcome.stdout;
        }
        assert!(Instant::now() < end, "{wanted}: {}", outcome.stdout);
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Waits until the trail has a failed event of this operator that is described so.
#[track_caller]
fn await_recorded(region: &Region, wanted: &str) {
    let find = "audit find --user sato --outcome failure --json";
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let found = region.json(find).to_string();
        if found.contains(wanted) {
            return;
        }
        assert!(Instant::now() < end, "{wanted}: {found}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn what_waits_is_listed_and_can_be_given_up() {
    // Nobody listens there.
    let region = region_with("127.0.0.1:9".parse().unwrap());
    assert_eq!(region.succeed(OUTBOX), "everything is told\n");
    region.succeed(&format!("patient add 4711 --domain hospital-a {TARO}"));
    let listed = await_listed(&region, "portal: 1 waiting, 0 refused\n");
    assert!(listed.contains("ITI-10"), "{listed}");
    let overview = region.json(&format!("{OUTBOX} --json"));
    let number = &overview["destinations"][0]["announcements"][0]["number"];
    let waits = region.fail(&format!("{OUTBOX} --retry {number} --reason again"));
    assert!(waits.contains("(409)"), "{waits}");
    region.succeed(&format!("{OUTBOX} --drop {number} --reason gone"));
    assert_eq!(region.succeed(OUTBOX), "everything is told\n");
    let twice = region.fail(&format!("{OUTBOX} --drop {number} --reason gone"));
    assert!(twice.contains("(404)"), "{twice}");
    // Who asked for what is not done is recorded, too.
    await_recorded(&region, &format!("retry announcement {number}: again: "));
    await_recorded(&region, &format!("drop announcement {number}: gone: "));
}

#[test]
fn what_is_refused_stops_its_patient_only_and_can_be_tried_again() {
    let consumer = Consumer::start();
    let region = region_with(consumer.address);
    region.succeed(&format!("patient add 4711 --domain hospital-a {TARO}"));
    let listed = await_listed(&region, "portal: 0 waiting, 1 refused\n");
    assert!(listed.contains("refused: error 204 at PID^1^3"), "{listed}");
    assert!(listed.contains("4711"), "{listed}");
    let outcome = region.workplace.run(&super::words(OUTBOX));
    assert_eq!((outcome.code, outcome.stderr.lines().count()), (1, 1), "{}", outcome.stderr);
    consumer.is_willing.store(true, Ordering::SeqCst);
    // Somebody else's news arrive, this patient's wait.
    region.succeed("patient add 4712 --domain hospital-a --name 鈴木^花子");
    let merged = "4711@hospital-a 4713@hospital-a";
    region.succeed(&format!("patient add 4713 --domain hospital-a {TARO}"));
    region.succeed(&format!("patient merge {merged} --operator sato --reason twice"));
    await_listed(&region, "portal: ");
    let overview: serde_json::Value = serde_json::from_str(
        &region.workplace.run(&super::words(&format!("{OUTBOX} --json"))).stdout,
    )
    .unwrap();
    let number = &overview["destinations"][0]["announcements"][0]["number"];
    region.succeed(&format!("{OUTBOX} --retry {number} --reason fixed"));
    await_listed(&region, "everything is told\n");
    let trail = region.succeed("audit find --limit 100");
    assert!(trail.contains("sato"), "{trail}");
}
