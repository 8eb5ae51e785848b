//! A registry that does as it is told, which is not what a registry should do.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// No test waits longer for a byte.
const DEADLINE: Duration = Duration::from_secs(60);

/// What the registry does with a request.
pub(crate) enum Script {
    /// Sends these bytes and closes.
    Say(Vec<u8>),
    /// Closes at once.
    HangUp,
    /// Says nothing until the other side gives up.
    Wait,
}

/// Answers each request in a thread of its own; ends with the process.
pub(crate) struct ScriptedRegistry {
    pub(crate) address: SocketAddr,
}

impl ScriptedRegistry {
    /// `script` gets the body of each request.
    pub(crate) fn start(script: impl Fn(&str) -> Script + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let script = Arc::new(script);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, script) = (stream.unwrap(), Arc::clone(&script));
                std::thread::spawn(move || serve(stream, script.as_ref()));
            }
        });
        ScriptedRegistry { address }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/xds/registry", self.address)
    }
}

fn serve(stream: TcpStream, script: &dyn Fn(&str) -> Script) {
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut reader = BufReader::new(stream);
    // A connection that is kept for later use and never used ends here.
    let Some(body) = read_body(&mut reader) else { return };
    match script(&body) {
        Script::Say(bytes) => {
            // The other side may have given up already.
            let _gone = reader.get_mut().write_all(&bytes);
        }
        Script::HangUp => {}
        Script::Wait => {
            let _closed = reader.read(&mut [0]);
        }
    }
}

fn read_body(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(String::from_utf8(body).unwrap())
}

/// A whole HTTP answer.
pub(crate) fn http(status: u16, content_type: &str, body: &[u8]) -> Vec<u8> {
    let n_bytes = body.len();
    let head = format!(
        "HTTP/1.1 {status} x\r\nContent-Type: {content_type}\r\nContent-Length: {n_bytes}\r\n\
         Connection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// An answer to `request` in an envelope.
pub(crate) fn soap(request: &str, action: &str, body: &str) -> Vec<u8> {
    let message_id = message_id(request);
    let envelope = format!(
        "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:a=\"http://www.w3.org/2005/08/addressing\"><s:Header>\
         <a:Action s:mustUnderstand=\"1\">{action}</a:Action><a:RelatesTo>{message_id}</a:RelatesTo>\
         </s:Header><s:Body>{body}</s:Body></s:Envelope>"
    );
    http(200, "application/soap+xml; charset=UTF-8", envelope.as_bytes())
}

fn message_id(request: &str) -> &str {
    let (_, after) = request.split_once("MessageID>").unwrap();
    after.split_once('<').unwrap().0
}

pub(crate) const REGISTERED: &str = "urn:ihe:iti:2007:RegisterDocumentSet-bResponse";

/// `rs:RegistryResponse` with errors of these severities; their codes say which.
pub(crate) fn response(status: &str, severities: &[&str]) -> String {
    let severity = |name: &str| format!("urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:{name}");
    let error = |name: &&str| {
        format!(
            "<rs:RegistryError errorCode=\"XDSRegistry{name}\" codeContext=\"scripted\" \
             severity=\"{}\"/>",
            severity(name)
        )
    };
    let errors: String = severities.iter().map(error).collect();
    let list = match severities {
        [] => String::new(),
        _ => format!("<rs:RegistryErrorList>{errors}</rs:RegistryErrorList>"),
    };
    format!(
        "<rs:RegistryResponse xmlns:rs=\"urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0\" \
         status=\"{status}\">{list}</rs:RegistryResponse>"
    )
}

pub(crate) const SUCCESS: &str = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success";
pub(crate) const FAILURE: &str = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure";
pub(crate) const PARTIAL: &str = "urn:ihe:iti:2007:ResponseStatusType:PartialSuccess";

/// Whether a request is an ITI-42, and not a question about what is in doubt.
pub(crate) fn is_registration(request: &str) -> bool {
    request.contains("SubmitObjectsRequest")
}
