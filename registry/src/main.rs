//! `renkei-registry`: the Document Registry as a process of its own.

fn main() {}
