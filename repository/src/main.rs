//! `renkei-repository`: the Document Repository as a process of its own.

fn main() {}
