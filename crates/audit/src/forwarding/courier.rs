//! The task of one destination: takes lines from the journal, sends them, and remembers what has arrived.

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::pace::Pace;
use super::position::{Position, PositionFile};
use super::reader::{Line, Reader};
use super::route::{Connection, Route};
use super::status::{StepOver, Watched};
use super::{Limits, Render, RenderError, SendError};
use crate::journal::Synced;

/// One destination and everything that is known of it.
pub(super) struct Courier {
    pub(super) route: Route,
    pub(super) reader: Reader,
    pub(super) pace: Pace,
    pub(super) render: Arc<Render>,
    pub(super) limits: Limits,
    pub(super) position_file: Arc<PositionFile>,
    pub(super) arrived: Arrived,
    pub(super) synced: watch::Receiver<Synced>,
    /// When sending ends.
    pub(super) stop: watch::Receiver<Option<Instant>>,
    pub(super) watched: Arc<Watched>,
}

/// How far it is confirmed.
pub(super) struct Arrived {
    /// Everything before this byte of the journal has arrived or was stepped over.
    end: u64,
    /// Lines before this byte were told of already, if they had to be stepped over.
    told: u64,
    /// Whether the newest position is in its file.
    is_saved: bool,
}

/// What was sent on one connection.
#[derive(Default)]
struct Delivery {
    n_records: usize,
    place: Option<Position>,
    end: u64,
}

impl Arrived {
    pub(super) fn at(position: Option<&Position>) -> Arrived {
        let end = position.map_or(0, |position| position.end);
        Arrived { end, told: end, is_saved: true }
    }
}

impl Courier {
    /// Runs until it is told to stop and has nothing more to send, or no more time.
    pub(super) async fn run(mut self) {
        loop {
            self.watched.weigh(&self.limits);
            let is_last_try = self.stop.borrow_and_update().is_some();
            if !self.has_work() {
                if is_last_try {
                    return;
                }
                tokio::select! {
                    () = changed(&mut self.synced) => {}
                    () = changed(&mut self.stop) => {}
                }
                continue;
            }
            let mut delivery = Delivery { end: self.arrived.end, ..Delivery::default() };
            let outcome = self.deliver(&mut delivery).await;
            self.watched.disconnected();
            if outcome.is_ok() || self.route.is_confirmed_by_sending() {
                self.confirm(&delivery).await;
            }
            match outcome {
                Ok(()) => {
                    self.pace.succeeded();
                    self.watched.succeeded();
                }
                Err(_) if is_last_try => return,
                Err(error) => self.rest(&error, &delivery).await,
            }
            if self.is_out_of_time() {
                return;
            }
        }
    }

    fn has_work(&mut self) -> bool {
        self.synced.borrow_and_update().n_bytes > self.arrived.end
    }

    fn is_out_of_time(&self) -> bool {
        self.stop.borrow().is_some_and(|end| Instant::now() >= end)
    }

    async fn rest(&mut self, error: &SendError, delivery: &Delivery) {
        self.watched.failed(error);
        self.watched.weigh(&self.limits);
        // Where sending is all, nothing is sent twice, and shorter sessions help nobody.
        let is_sent_again = !self.route.is_confirmed_by_sending();
        let n_sent_again = if is_sent_again { delivery.n_records } else { 0 };
        let pause = self.pace.failed_after(n_sent_again);
        tokio::select! {
            () = sleep(pause) => {}
            () = changed(&mut self.stop) => {}
        }
    }

    async fn deliver(&mut self, delivery: &mut Delivery) -> Result<(), SendError> {
        self.reader.go_to(self.arrived.end);
        let mut connection = self.route.open(&self.limits).await?;
        self.watched.connected();
        self.fill(&mut connection, delivery).await?;
        connection.close().await
    }

    /// Sends until the session is full, old, idle, or out of time.
    async fn fill(
        &mut self,
        connection: &mut Connection,
        delivery: &mut Delivery,
    ) -> Result<(), SendError> {
        let began = Instant::now();
        while delivery.n_records < self.pace.n_records()
            && began.elapsed() < self.limits.session_age
            && !self.is_out_of_time()
        {
            let synced_bytes = self.synced.borrow_and_update().n_bytes;
            match self.reader.next(synced_bytes).await.map_err(SendError::Journal)? {
                Some(line) => self.send(connection, line, delivery).await?,
                None if self.grows(connection).await? => {}
                None => break,
            }
        }
        Ok(())
    }

    /// Whether more comes before the session counts as idle.
    async fn grows(&mut self, connection: &mut Connection) -> Result<bool, SendError> {
        if self.stop.borrow_and_update().is_some() {
            return Ok(self.synced.has_changed().unwrap_or(false));
        }
        tokio::select! {
            () = changed(&mut self.synced) => Ok(true),
            // What came before the stop was asked for is sent on this session.
            () = changed(&mut self.stop) => Ok(true),
            error = connection.broken() => Err(error),
            () = sleep(self.limits.session_idle) => Ok(false),
        }
    }

    async fn send(
        &mut self,
        connection: &mut Connection,
        line: Line,
        delivery: &mut Delivery,
    ) -> Result<(), SendError> {
        match line {
            Line::Record { json, place } => {
                let sequence = place.sequence;
                let messages = match self.rendered(&json) {
                    Ok(messages) => messages,
                    Err(error) => {
                        let what = StepOver::Record { sequence, reason: error.reason };
                        self.step_over(what, place.end);
                        Vec::new()
                    }
                };
                for size_bytes in connection.send(&messages).await? {
                    self.watched.too_long(sequence, size_bytes);
                }
                delivery.end = place.end;
                delivery.place = Some(place);
            }
            Line::Broken { offset, end } => {
                self.step_over(StepOver::Line { offset }, end);
                delivery.end = end;
            }
        }
        delivery.n_records += 1;
        Ok(())
    }

    /// A panic of the renderer costs one record, not the destination.
    fn rendered(&self, json: &str) -> Result<Vec<Vec<u8>>, RenderError> {
        catch_unwind(AssertUnwindSafe(|| (self.render)(json)))
            .unwrap_or(Err(RenderError { reason: "the renderer panicked" }))
    }

    /// Tells of it once, however often it is sent again.
    fn step_over(&mut self, what: StepOver, end: u64) {
        if end > self.arrived.told {
            self.arrived.told = end;
            self.watched.stepped_over(what);
        }
    }

    /// What was sent has arrived. A position that cannot be saved costs duplicates after a restart, no record.
    async fn confirm(&mut self, delivery: &Delivery) {
        self.arrived.end = delivery.end;
        let Some(place) = delivery.place.clone() else { return };
        self.watched.confirmed(&place);
        let file = Arc::clone(&self.position_file);
        let saved = tokio::task::spawn_blocking(move || file.save(&place)).await;
        let saved = saved.map_err(std::io::Error::other).flatten();
        if let (Err(error), true) = (&saved, self.arrived.is_saved) {
            let destination = &self.watched.destination;
            tracing::error!(%destination, %error, "how far audit records were forwarded cannot be noted");
        }
        self.arrived.is_saved = saved.is_ok();
    }
}

/// Returns when the value has changed, and never if nobody can change it any more.
async fn changed<T>(receiver: &mut watch::Receiver<T>) {
    if receiver.changed().await.is_err() {
        pending().await
    }
}
