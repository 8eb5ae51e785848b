//! Tasks of the workspace: layer check.

fn main() {}
