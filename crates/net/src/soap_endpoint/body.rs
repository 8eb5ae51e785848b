//! A request body with its deadlines and its total size.

use std::time::Duration;

use actix_web::error::PayloadError;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::{HttpRequest, web};
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::time::{Instant, timeout_at};

use super::{BodyLimits, RejectionCause};
use crate::http::{BodyDeadlines, HttpLimits};

/// Memory reserved because a client says so; more is taken as bytes arrive.
const TRUSTED_BYTES: u64 = 64 * 1024;

/// The body of one request.
pub(super) struct Body {
    payload: web::Payload,
    announced_bytes: Option<u64>,
    /// Bytes that may still come.
    room: u64,
    idle: Duration,
    end: Instant,
}

impl Body {
    /// Refuses at once what is announced too large.
    pub(super) fn new(
        request: &HttpRequest,
        payload: web::Payload,
        limits: &BodyLimits,
    ) -> Result<Body, RejectionCause> {
        // Without a server around it, as in an actor's unit test, the usual deadlines hold.
        let deadlines = request
            .app_data::<BodyDeadlines>()
            .copied()
            .unwrap_or_else(|| BodyDeadlines::of(&HttpLimits::default()));
        let announced_bytes = request
            .headers()
            .get(CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if announced_bytes.is_some_and(|announced| announced > limits.total_bytes) {
            return Err(RejectionCause::TooLarge);
        }
        let end = Instant::now() + deadlines.total;
        Ok(Body { payload, announced_bytes, room: limits.total_bytes, idle: deadlines.idle, end })
    }

    /// A sensible first capacity of a buffer.
    pub(super) fn expected_bytes(&self) -> usize {
        let expected = self.announced_bytes.unwrap_or_default().min(TRUSTED_BYTES);
        usize::try_from(expected).unwrap_or_default()
    }

    /// The next bytes; `None` at the end of the body.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, RejectionCause> {
        let deadline = (Instant::now() + self.idle).min(self.end);
        let chunk = match timeout_at(deadline, self.payload.next()).await {
            Err(_elapsed) => return Err(RejectionCause::Timeout),
            Ok(None) => return Ok(None),
            Ok(Some(chunk)) => chunk.map_err(cause)?,
        };
        let n_bytes = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        self.room = self.room.checked_sub(n_bytes).ok_or(RejectionCause::TooLarge)?;
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
