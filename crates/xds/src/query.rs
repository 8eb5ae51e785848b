//! Stored queries.
