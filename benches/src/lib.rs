//! What the criterion benches and the load driver share: synthetic metadata and a registry filled with it.
//!
//! Nothing here is measured and nothing is read from a file: every run makes its data anew from a seed, so
//! that two runs ask the same questions of the same entries.

pub mod paired;
pub mod patients;
pub mod seeded;
pub mod synthetic;
