//! A community in a process of its own, from its start to its stop.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// No start and no stop takes longer, on a busy machine either.
const DEADLINE: Duration = Duration::from_secs(60);

/// Pause between two looks at a condition.
const LOOK: Duration = Duration::from_millis(10);

/// Killed when the test ends before it was stopped.
pub(crate) struct Running {
    process: Child,
}

impl Running {
    /// Starts an initialised data folder on free ports and waits until it says where it is.
    pub(crate) fn start(data: &Path, transport: &str) -> Running {
        let process = Command::new(env!("CARGO_BIN_EXE_renkei"))
            .args(["up", "--access", "open", "--port-base", "0", "--transport", transport])
            .arg("--data")
            .arg(data)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut running = Running { process };
        let endpoints = data.join("endpoints.json");
        running.wait_until("started", |process| {
            assert!(process.try_wait().unwrap().is_none(), "the community ended at its start");
            endpoints.exists()
        });
        running
    }

    /// SIGTERM; the process must end with success.
    pub(crate) fn stop(&mut self) {
        kill_process(Pid::from_child(&self.process), Signal::TERM).unwrap();
        self.wait_until("stopped", |process| process.try_wait().unwrap().is_some());
        assert!(self.process.wait().unwrap().success());
    }

    fn wait_until(&mut self, what: &str, mut is_so: impl FnMut(&mut Child) -> bool) {
        let end = Instant::now() + DEADLINE;
        while !is_so(&mut self.process) {
            assert!(Instant::now() < end, "the community has not {what} in {DEADLINE:?}");
            thread::sleep(LOOK);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _reaped = self.process.wait();
    }
}
