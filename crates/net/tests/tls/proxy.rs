//! A proxy that ends TLS before us and hands on the client's certificate.

use std::io::Write;
use std::net::TcpStream;

use net::{Tls, TlsFiles, Transport, TransportError, TrustedProxy};

use super::{Client, DEADLINE, Door, Kind, read_until};
use crate::certificates::{Authority, new_key};

const DAY: i64 = 86_400;

/// As nginx writes `$ssl_client_escaped_cert`.
fn escaped(files: &TlsFiles) -> String {
    let pem = std::fs::read(&files.certificate).unwrap();
    let escape = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    pem.into_iter().map(escape).collect()
}

fn proxy(tls: &Tls, name: &str) -> Option<TrustedProxy> {
    let (names, header) = (vec![name.to_owned()], "X-Client-Cert".to_owned());
    Some(TrustedProxy { names, header, tls: tls.clone() })
}

/// Status and last line of the answer to a request with these headers.
fn get(stream: &mut (impl std::io::Read + Write), headers: &str) -> (u16, String) {
    let request = format!("GET /peer HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let text = read_until(stream, |text| text.ends_with(';') || text.ends_with("certificate\n"));
    let text = text.unwrap();
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    (status, text.rsplit("\r\n").next().unwrap().trim_end_matches(';').to_owned())
}

/// What a proxy must not hand on.
fn wrong_headers(authority: &Authority, stranger: &Authority) -> Vec<String> {
    let good = escaped(&authority.node("hospital"));
    vec![
        String::new(),
        "X-Client-Cert: \r\n".to_owned(),
        "X-Client-Cert: %2D%2D%\r\n".to_owned(),
        "X-Client-Cert: none\r\n".to_owned(),
        format!("X-Client-Cert: {good}\r\nX-Client-Cert: {good}\r\n"),
        format!("X-Client-Cert: {good}{good}\r\n"),
        format!("X-Client-Cert: {}\r\n", escaped(&stranger.node("hospital"))),
        format!(
            "X-Client-Cert: {}\r\n",
            escaped(&authority.node_of("expired", new_key(), (-DAY, -60)))
        ),
        format!("X-Client-Cert: {}\r\n", escaped(&authority.node("revoked"))),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_with_a_certificate_speaks_for_its_clients_and_nobody_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "ca");
    let stranger = Authority::new(folder.path(), "stranger");
    let mut files = authority.node("server");
    let wrong = wrong_headers(&authority, &stranger);
    files.revocation = Some(authority.revoke(&["revoked"], DAY));
    let tls = Tls::from(files);
    let transport = Transport::MutualTls(tls.clone());
    let door = Door::with_proxy(Kind::Http, &transport, proxy(&tls, "balancer"));
    let (balancer, other) = (authority.node("balancer"), authority.node("other"));
    let mut stream = Client::of(&balancer).connect(&door).unwrap();
    for name in ["hospital-a", "hospital-b"] {
        let header = format!("x-client-cert: {}\r\n", escaped(&authority.node(name)));
        assert_eq!(get(&mut stream, &header), (200, name.to_owned()));
    }
    door.no_alert();
    for header in &wrong {
        let mut stream = Client::of(&balancer).connect(&door).unwrap();
        assert_eq!(get(&mut stream, header).0, 403, "{header}");
        door.one_alert();
    }
    // From anybody else the header means nothing.
    let header = format!("X-Client-Cert: {}\r\n", escaped(&authority.node("hospital-a")));
    for header in [header.as_str(), ""] {
        let mut stream = Client::of(&other).connect(&door).unwrap();
        assert_eq!(get(&mut stream, header), (200, "other".to_owned()));
    }
    door.no_alert();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_on_this_machine_hands_on_certificates_over_plain_connections() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "ca");
    let tls = Tls::from(authority.node("server"));
    let door = Door::with_proxy(Kind::Http, &Transport::Plain, proxy(&tls, "loopback"));
    let connect = || {
        let stream = TcpStream::connect(door.address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream
    };
    let header = format!("X-Client-Cert: {}\r\n", escaped(&authority.node("hospital")));
    assert_eq!(get(&mut connect(), &header), (200, "hospital".to_owned()));
    door.no_alert();
    assert_eq!(get(&mut connect(), "").0, 403);
    assert!(door.one_alert().contains("no certificate"));
}

#[test]
fn a_proxy_that_could_not_be_recognised_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "ca");
    let tls = Tls::from(authority.node("server"));
    let start = |transport, trusted_proxy| {
        let config = net::HttpConfig {
            address: "127.0.0.1:0".parse().unwrap(),
            transport,
            workers: 1,
            limits: net::HttpLimits::default(),
            on_refused: net::OnRefused::default(),
            trusted_proxy,
        };
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async { net::HttpServer::start(config, |_| {}).map(drop) })
    };
    let refused = [
        start(Transport::Plain, proxy(&tls, "balancer")),
        start(Transport::MutualTls(tls.clone()), proxy(&tls, "loopback")),
    ];
    for refused in refused {
        assert!(matches!(refused, Err(TransportError::Proxy { .. })), "{refused:?}");
    }
}
