//! Document Repository: ITI-41 and ITI-43.

fn main() {}
