//! A request body with its deadlines and its total size.

use std::time::Duration;

use actix_web::error::PayloadError;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::{HttpRequest, web};
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::time::{Instant, timeout_at};

use super::beginning::BEGINNING_BYTES;
use super::{BodyLimits, RejectionCause};
use crate::http::{BodyDeadlines, HttpLimits};

/// Memory reserved because a client says so; more is taken as bytes arrive.
const TRUSTED_BYTES: u64 = 64 * 1024;

/// How long the beginning of a body is waited for that will be refused whatever it is.
const BEGINNING_PATIENCE: Duration = Duration::from_secs(1);

/// The body of one request.
pub(super) struct Body {
    payload: web::Payload,
    announced_bytes: Option<u64>,
    /// Bytes that may still come.
    room: u64,
    /// It is larger than it may be: announced to be, or found to be.
    is_too_large: bool,
    idle: Duration,
    end: Instant,
}

impl Body {
    /// Of what is announced too large only the beginning is read, for the sake of the answer.
    pub(super) fn new(request: &HttpRequest, payload: web::Payload, limits: &BodyLimits) -> Body {
        // Without a server around it, as in an actor's unit test, the usual deadlines hold.
        let deadlines = request
            .app_data::<BodyDeadlines>()
            .copied()
            .unwrap_or_else(|| BodyDeadlines::of(&HttpLimits::default()));
        let announced_bytes = request
            .headers()
            .get(CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        let is_too_large = announced_bytes.is_some_and(|announced| announced > limits.total_bytes);
        let (room, total) = if is_too_large {
            let beginning = u64::try_from(BEGINNING_BYTES).unwrap_or(u64::MAX);
            (limits.total_bytes.min(beginning), deadlines.total.min(BEGINNING_PATIENCE))
        } else {
            (limits.total_bytes, deadlines.total)
        };
        let end = Instant::now() + total;
        Body { payload, announced_bytes, room, is_too_large, idle: deadlines.idle, end }
    }

    /// Why the body is refused, in the light of everything that is known: whatever else is wrong with the
    /// beginning of what is too large, or was not waited for, that is why.
    pub(super) fn blame(&self, cause: RejectionCause) -> RejectionCause {
        if self.is_too_large { RejectionCause::TooLarge } else { cause }
    }

    /// A sensible first capacity of a buffer.
    pub(super) fn expected_bytes(&self) -> usize {
        let expected = self.announced_bytes.unwrap_or_default().min(TRUSTED_BYTES);
        usize::try_from(expected).unwrap_or_default()
    }

    /// The next bytes; `None` at the end of the body. What fits is handed out before the rest is refused.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, RejectionCause> {
        if self.is_too_large && self.room == 0 {
            return Err(RejectionCause::TooLarge);
        }
        let deadline = (Instant::now() + self.idle).min(self.end);
        let mut chunk = match timeout_at(deadline, self.payload.next()).await {
            Err(_elapsed) => return Err(RejectionCause::Timeout),
            Ok(None) if self.is_too_large => return Err(RejectionCause::TooLarge),
            Ok(None) => return Ok(None),
            Ok(Some(chunk)) => chunk.map_err(cause)?,
        };
        let n_bytes = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        if n_bytes > self.room {
            self.is_too_large = true;
            chunk.truncate(usize::try_from(self.room).unwrap_or(usize::MAX));
        }
        self.room = self.room.saturating_sub(n_bytes);
        if self.is_too_large && chunk.is_empty() {
            return Err(RejectionCause::TooLarge);
        }
        Ok(Some(chunk))
    }
}

fn cause(error: PayloadError) -> RejectionCause {
    if matches!(error, PayloadError::Overflow) {
        RejectionCause::TooLarge
    } else {
        RejectionCause::Interrupted
    }
}
