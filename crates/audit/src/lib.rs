//! Audit records, their outbox table and the process journal.
