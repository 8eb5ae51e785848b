//! Connectathon-style runs against any server; shares no reader with the servers.
