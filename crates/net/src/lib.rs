//! Sockets, TLS, timeouts, body limits: HTTP and MLLP servers, admin listener.
