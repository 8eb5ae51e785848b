//! Node authentication (ITI-19) on all three kinds of listeners: who is refused, what is negotiated, and what a
//! reload changes.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod proxy;
mod refusals;
mod reload;

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use actix_web::web;
use hl7v2::mllp_frame;
use net::metrics::{MllpMetrics, SyslogMetrics};
use net::{
    Frame, HttpConfig, HttpLimits, HttpServer, MllpConfig, MllpLimits, MllpServer, OnRefused,
    SyslogConfig, SyslogLimits, SyslogServer, Tls, TlsFiles, Transport, TrustedProxy,
};
use openssl::ssl::{SslConnector, SslFiletype, SslMethod, SslStream, SslVersion};
use std::net::TcpStream;

/// No test waits longer.
const DEADLINE: Duration = Duration::from_secs(20);

/// Long enough for an alert that must not come.
const SILENCE: Duration = Duration::from_millis(100);

/// What listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Http,
    Mllp,
    Syslog,
}

const KINDS: [Kind; 3] = [Kind::Http, Kind::Mllp, Kind::Syslog];

#[expect(dead_code, reason = "kept open")]
enum Server {
    Http(HttpServer),
    Mllp(MllpServer),
    Syslog(SyslogServer),
}

/// A listener, and what it told of refused connections.
struct Door {
    kind: Kind,
    address: SocketAddr,
    told: mpsc::Receiver<String>,
    n_stored: Arc<AtomicUsize>,
    _server: Server,
}

impl Door {
    fn open(kind: Kind, tls: &Tls) -> Door {
        Door::with_proxy(kind, &Transport::MutualTls(tls.clone()), None)
    }

    fn with_proxy(kind: Kind, transport: &Transport, proxy: Option<TrustedProxy>) -> Door {
        let (tell, told) = mpsc::channel();
        let tell = Mutex::new(tell);
        let tell = move |reason: String| drop(tell.lock().unwrap().send(reason));
        let n_stored = Arc::new(AtomicUsize::new(0));
        let address = "127.0.0.1:0".parse().unwrap();
        let transport = transport.clone();
        let (server, address) = match kind {
            Kind::Http => {
                let config = HttpConfig {
                    address,
                    transport,
                    workers: 1,
                    limits: HttpLimits::default(),
                    on_refused: OnRefused::new(move |refusal| tell(refusal.reason.clone())),
                    trusted_proxy: proxy,
                };
                let server = HttpServer::start(config, |service| {
                    service.route("/peer", web::get().to(peer));
                });
                let server = server.unwrap();
                let address = server.address();
                (Server::Http(server), address)
            }
            Kind::Mllp => {
                let on_refused = OnRefused::new(move |refusal| tell(refusal.reason.clone()));
                let limits = MllpLimits::default();
                let config = MllpConfig { address, transport, limits, on_refused };
                let answer = |frame: Frame| -> futures_util::future::BoxFuture<'static, Vec<u8>> {
                    Box::pin(async move { frame.peer.name().into_bytes() })
                };
                let metrics = MllpMetrics::default();
                let server = MllpServer::start(config, metrics, Arc::new(answer)).unwrap();
                let address = server.address();
                (Server::Mllp(server), address)
            }
            Kind::Syslog => {
                let tls = transport.tls().unwrap().clone();
                let config = SyslogConfig { address, tls, limits: SyslogLimits::default() };
                let n_stored = Arc::clone(&n_stored);
                let store: net::syslog::Store = Arc::new(move |messages| {
                    n_stored.fetch_add(messages.len(), Ordering::SeqCst);
                    Box::pin(async { Ok(()) })
                });
                let refused = Arc::new(move |_, refusal| tell(format!("{refusal:?}")));
                let metrics = SyslogMetrics::default();
                let server = SyslogServer::start(&config, metrics, store, refused).unwrap();
                let address = server.address();
                (Server::Syslog(server), address)
            }
        };
        Door { kind, address, told, n_stored, _server: server }
    }

    /// The reason of the one refusal; there must be no second one.
    #[track_caller]
    fn one_alert(&self) -> String {
        let reason = self.told.recv_timeout(DEADLINE).unwrap();
        assert_eq!(self.told.recv_timeout(SILENCE).ok(), None, "after {reason}");
        reason
    }

    #[track_caller]
    fn no_alert(&self) {
        assert_eq!(self.told.recv_timeout(SILENCE).ok(), None);
    }

    /// Says something and waits for what shows that it was taken.
    fn ask(&self, stream: &mut (impl Read + Write)) -> Option<String> {
        match self.kind {
            Kind::Http => {
                let request = b"GET /peer HTTP/1.1\r\nHost: localhost\r\n\r\n";
                stream.write_all(request).ok()?;
                let text =
                    read_until(stream, |text| text.contains("\r\n\r\n") && text.ends_with(';'))?;
                text.rsplit("\r\n").next().map(|name| name.trim_end_matches(';').to_owned())
            }
            Kind::Mllp => {
                stream.write_all(&mllp_frame(b"one")).ok()?;
                let text = read_until(stream, |text| text.ends_with('\r'))?;
                Some(text.trim_matches(['\x0B', '\x1C', '\r']).to_owned())
            }
            Kind::Syslog => {
                let n_before = self.n_stored.load(Ordering::SeqCst);
                stream.write_all(b"3 one").ok()?;
                let end = Instant::now() + Duration::from_secs(2);
                while self.n_stored.load(Ordering::SeqCst) == n_before {
                    if Instant::now() > end {
                        return None;
                    }
                    std::thread::sleep(Duration::from_millis(5));
                }
                Some(String::new())
            }
        }
    }
}

async fn peer(request: actix_web::HttpRequest) -> String {
    format!("{};", net::peer(&request).name())
}

fn read_until(stream: &mut impl Read, is_whole: impl Fn(&str) -> bool) -> Option<String> {
    let mut text = String::new();
    let mut bytes = [0; 1024];
    while !is_whole(&text) {
        let n_bytes = stream.read(&mut bytes).ok().filter(|n_bytes| *n_bytes > 0)?;
        text.push_str(&String::from_utf8_lossy(bytes.get(..n_bytes)?));
    }
    Some(text)
}

/// A client's TLS, however wrong.
struct Client<'a> {
    own: Option<&'a TlsFiles>,
    trust: &'a TlsFiles,
    versions: (SslVersion, SslVersion),
    suites: &'a str,
}

impl<'a> Client<'a> {
    fn of(own: &'a TlsFiles) -> Client<'a> {
        let versions = (SslVersion::TLS1_2, SslVersion::TLS1_3);
        Client { own: Some(own), trust: own, versions, suites: "DEFAULT" }
    }

    fn connector(&self) -> SslConnector {
        let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
        // Old versions and weak suites are offered: refusing them is the server's.
        builder.set_security_level(0);
        builder.set_ca_file(&self.trust.ca).unwrap();
        builder.set_min_proto_version(Some(self.versions.0)).unwrap();
        builder.set_max_proto_version(Some(self.versions.1)).unwrap();
        builder.set_cipher_list(self.suites).unwrap();
        if let Some(own) = self.own {
            builder.set_certificate_chain_file(&own.certificate).unwrap();
            builder.set_private_key_file(&own.key, SslFiletype::PEM).unwrap();
        }
        builder.build()
    }

    fn connect(&self, door: &Door) -> Option<SslStream<TcpStream>> {
        let stream = TcpStream::connect(door.address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        self.connector().connect("127.0.0.1", stream).ok()
    }

    /// Connects and asks; `None` if that was refused.
    fn knock(&self, door: &Door) -> Option<String> {
        door.ask(&mut self.connect(door)?)
    }
}
