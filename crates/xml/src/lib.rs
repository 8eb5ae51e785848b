//! Bounded, DTD-refusing, namespace-aware pull reading; escaping writer.
