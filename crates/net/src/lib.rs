//! Sockets, TLS, timeouts, body limits: HTTP, MLLP and syslog servers, admin listener.
//!
//! What every actor needs before a message has a meaning: listeners on plain
//! loopback or mutual TLS, deadlines and size limits for foreign bytes, SOAP
//! bodies with their MTOM parts in spool files, MLLP frames, and the admin
//! pages. No transaction is known here and no error code of a profile is
//! chosen here.

mod acceptance;
pub mod admin;
pub mod forwarding;
pub mod http;
pub mod metrics;
pub mod mllp;
pub mod multipart;
pub mod peer;
pub mod process;
pub mod soap_endpoint;
pub mod syslog;
pub mod tls;
pub mod transport;

pub use admin::{AdminConfig, AdminServer};
pub use forwarding::{Forwarding, ForwardingConfig, StartForwardingError};
pub use http::{HttpConfig, HttpLimits, HttpServer, TrustedProxy};
pub use metrics::{AnnouncementMetrics, Metrics, Outcome};
pub use mllp::{Frame, MllpConfig, MllpLimits, MllpServer};
pub use peer::{OnRefused, Peer, PeerCertificate, Refusal, peer};
pub use syslog::{SyslogConfig, SyslogDatagrams, SyslogLimits, SyslogServer};
pub use tls::{KeyExchange, Reload, Tls, TlsFiles, TlsWatch, connector};
pub use transport::{Transport, TransportError, bind};
