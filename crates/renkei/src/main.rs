//! All-in-one launcher and command line.

fn main() {}
