//! The other side of one exchange, which a test makes answer as no sound server would.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

use config::Endpoints;
use config::endpoints::Addresses;

pub(crate) const AFFINITY_DOMAIN: &str = "1.2.392.99.1";
pub(crate) const REPOSITORY: &str = "1.2.392.99.6";

/// No step of a test takes longer.
const DEADLINE: Duration = Duration::from_secs(20);

/// What a partner does with a request.
pub(crate) enum Reply {
    /// An envelope, as simple SOAP.
    Soap(String),
    /// A whole HTTP answer, or an MLLP frame.
    Raw(Vec<u8>),
    /// The connection is closed without a word.
    HangUp,
}

/// Says in `data` where registry, repository and feed are: all on this one address.
///
/// The thread ends with the process; it serves any number of requests.
pub(crate) fn serve(data: &Path, answer: impl FnMut(&str) -> Reply + Send + 'static) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || accept(&listener, answer));
    let endpoints = Endpoints {
        addresses: Addresses {
            registry: Some(format!("http://{address}/xds/registry")),
            repository: Some(format!("http://{address}/xds/repository")),
            registry_mllp: Some(address.to_string()),
            ..Addresses::default()
        },
        affinity_domain: AFFINITY_DOMAIN.to_owned(),
        domains: [("north".to_owned(), "1.2.392.99.2".to_owned())].into(),
        home_community_id: "urn:oid:1.2.392.99.5".to_owned(),
        repository_unique_id: REPOSITORY.to_owned(),
        ..Endpoints::default()
    };
    std::fs::create_dir_all(data).unwrap();
    endpoints.write(data).unwrap();
}

fn accept(listener: &TcpListener, mut answer: impl FnMut(&str) -> Reply) {
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let request = read_request(&mut stream);
        let reply = match answer(&String::from_utf8_lossy(&request)) {
            Reply::Soap(envelope) => http(200, "application/soap+xml", &envelope),
            Reply::Raw(bytes) => bytes,
            Reply::HangUp => continue,
        };
        stream.write_all(&reply).unwrap();
    }
}

/// An HTTP answer after which the connection is closed.
pub(crate) fn http(status: u16, content_type: &str, body: &str) -> Vec<u8> {
    let n_bytes = body.len();
    format!(
        "HTTP/1.1 {status} x\r\nContent-Type: {content_type}\r\nContent-Length: {n_bytes}\r\n\
         Connection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

/// An HTTP request with its length, or one MLLP frame.
fn read_request(stream: &mut TcpStream) -> Vec<u8> {
    let mut request = Vec::new();
    let mut block = [0; 4096];
    while !is_whole(&request) {
        let n_read = stream.read(&mut block).unwrap();
        assert_ne!(n_read, 0, "the client hung up");
        request.extend(block.iter().take(n_read));
    }
    request
}

fn is_whole(request: &[u8]) -> bool {
    if request.first() == Some(&0x0b) {
        return request.ends_with(&[0x1c, 0x0d]);
    }
    let text = String::from_utf8_lossy(request);
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let head_bytes = head.len() + 4;
    let length = head.lines().find_map(|line| {
        line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse::<usize>().ok()
    });
    length.is_some_and(|length| request.len() >= head_bytes + length)
}

/// The SOAP envelope inside a request, whatever its packaging.
pub(crate) fn envelope(request: &str) -> &str {
    const END: &str = "</soap:Envelope>";
    let start = request.find("<soap:Envelope").unwrap();
    let end = request.find(END).unwrap() + END.len();
    request.get(start..end).unwrap()
}
