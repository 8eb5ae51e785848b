//! The PIX consumer that a manager notifies of changed cross-references (ITI-10): it listens, acknowledges, and
//! keeps what it heard for the steps that look at it.
//!
//! Where it listens stands in the endpoints file, because the manager under test must be told of it beforehand.

use crate::hl7::Hl7Message;
use crate::mllp::{frame, next_message};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// What was heard, and who waits for more.
#[derive(Default)]
struct Heard {
    messages: RefCell<Vec<Vec<u8>>>,
    arrived: Notify,
}

/// A consumer that listens until it is dropped.
pub(crate) struct Consumer {
    heard: Rc<Heard>,
    tasks: tokio::task::LocalSet,
}

/// Which notification is waited for.
pub(crate) struct Wanted<'a> {
    /// Texts that it holds.
    pub(crate) holds: &'a [String],
    /// Texts that it does not hold.
    pub(crate) lacks: &'a [String],
    /// How long.
    pub(crate) patience: Duration,
}

impl Consumer {
    /// Begins to listen at `host:port`.
    ///
    /// # Errors
    /// Those of the system: the port is taken.
    pub(crate) async fn listen(address: &str) -> std::io::Result<Consumer> {
        let listener = TcpListener::bind(address).await?;
        let heard = Rc::new(Heard::default());
        let tasks = tokio::task::LocalSet::new();
        let own = Rc::clone(&heard);
        tasks.spawn_local(accept(listener, own));
        Ok(Consumer { heard, tasks })
    }

    /// How many notifications were heard: what comes from now on has a greater number.
    pub(crate) fn mark(&self) -> usize {
        self.heard.messages.borrow().len()
    }

    /// Does something else while the consumer goes on listening.
    pub(crate) async fn while_listening<T>(&self, other: impl Future<Output = T>) -> T {
        self.tasks.run_until(other).await
    }

    /// The first notification behind the mark that is wanted; nothing, if there is none in time.
    pub(crate) async fn await_message(&self, mark: usize, wanted: &Wanted<'_>) -> Vec<u8> {
        let deadline = Instant::now() + wanted.patience;
        let waiting = async {
            loop {
                let arrived = self.heard.arrived.notified();
                if let Some(message) = self.find(mark, wanted) {
                    return message;
                }
                if timeout_at(deadline, arrived).await.is_err() {
                    return Vec::new();
                }
            }
        };
        self.tasks.run_until(waiting).await
    }

    fn find(&self, mark: usize, wanted: &Wanted<'_>) -> Option<Vec<u8>> {
        let messages = self.heard.messages.borrow();
        let is_wanted = |message: &&Vec<u8>| {
            let text = String::from_utf8_lossy(message);
            wanted.holds.iter().all(|part| text.contains(part))
                && !wanted.lacks.iter().any(|part| text.contains(part))
        };
        messages.iter().skip(mark).find(is_wanted).cloned()
    }
}

async fn accept(listener: TcpListener, heard: Rc<Heard>) {
    while let Ok((stream, _)) = listener.accept().await {
        let heard = Rc::clone(&heard);
        tokio::task::spawn_local(async move { acknowledge_all(stream, &heard).await });
    }
}

/// Acknowledges every message of a connection until it ends.
async fn acknowledge_all(mut stream: TcpStream, heard: &Heard) {
    while let Ok(message) = next_message(&mut stream).await {
        if message.is_empty() {
            return;
        }
        let answer = acknowledgement(&message);
        heard.messages.borrow_mut().push(message);
        heard.arrived.notify_waiters();
        if stream.write_all(&frame(answer.as_bytes())).await.is_err() {
            return;
        }
    }
}

fn acknowledgement(message: &[u8]) -> String {
    let message = Hl7Message::parse(message).ok();
    let id = message.and_then(|message| message.value("MSH-10")).unwrap_or_default();
    format!("MSH|^~\\&|CONFORMANCE|CONSUMER|PIX|COMMUNITY|||ACK^A31^ACK|{id}|P|2.5\rMSA|AA|{id}\r")
}
