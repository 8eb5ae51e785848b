//! How patients are found, compared, linked and clustered, against naive ways to say the same.

mod clustering;
mod comparing;
mod linking;
mod searching;
mod strategies;
