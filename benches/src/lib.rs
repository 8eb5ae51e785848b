//! Criterion benches and the load driver of the stored-query path.
