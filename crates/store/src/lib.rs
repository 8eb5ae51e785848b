//! Connections, pool, migrations, unit of work with group commit.
