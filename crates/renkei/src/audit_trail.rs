//! Audit events as people read them: who, from where, what, about whom, and how it ended.

mod event;
mod period;
mod words;

pub(crate) use event::{Agent, Coded, Entity, Event};
pub(crate) use period::{Period, day_of, hour_of, local_time, parse_time};
pub(crate) use words::{action_word, outcome_word, plain_words};
