//! The journal and the outbox from outside, through the public interface only.

mod journal;
mod outbox;
mod tampering;
