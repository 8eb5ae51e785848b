//! SOAP and MLLP clients with timeouts and pooling.
