//! A sender over TLS, as vendors write it: blocking, with frames of its own making.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use config::pki::PkiFolder;
use net::{TlsFiles, connector};
use openssl::ssl::{ShutdownState, SslStream};

/// Nothing takes longer.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

pub(crate) struct Sender(SslStream<TcpStream>);

impl Sender {
    /// With the first client certificate of a data folder.
    pub(crate) fn connect(data: &Path, address: SocketAddr) -> Sender {
        Sender::try_connect(data, address).unwrap()
    }

    pub(crate) fn try_connect(data: &Path, address: SocketAddr) -> io::Result<Sender> {
        let pki = PkiFolder::of(data);
        let client = pki.client(config::pki::FIRST_CLIENT);
        let files = TlsFiles::new(client.certificate, client.key, pki.ca_certificate());
        Sender::connect_with(&files, address)
    }

    pub(crate) fn connect_with(files: &TlsFiles, address: SocketAddr) -> io::Result<Sender> {
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(DEADLINE))?;
        socket.set_write_timeout(Some(DEADLINE))?;
        let connector = connector(files).unwrap().build();
        connector.connect("localhost", socket).map(Sender).map_err(io::Error::other)
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.try_send(bytes).unwrap();
    }

    pub(crate) fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    /// Says goodbye and waits for the answer, by which everything is acknowledged.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.0.shutdown().map_err(io::Error::other)?;
        self.await_end()
    }

    /// Ok at a goodbye, an error if the other side just hung up.
    pub(crate) fn await_end(&mut self) -> io::Result<()> {
        let mut byte = [0];
        match self.0.read(&mut byte)? {
            // A read ends alike where the connection was merely closed.
            0 if self.0.get_shutdown().contains(ShutdownState::RECEIVED) => Ok(()),
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Err(io::Error::other("an answer that nobody expects")),
        }
    }

    /// Hangs up without goodbye, and listens for one.
    pub(crate) fn hang_up(mut self) -> io::Result<()> {
        self.0.get_ref().shutdown(std::net::Shutdown::Write)?;
        self.await_end()
    }
}

/// `MSG-LEN SP SYSLOG-MSG`.
pub(crate) fn framed(message: &[u8]) -> Vec<u8> {
    [message.len().to_string().as_bytes(), b" ", message].concat()
}

/// Waits until a condition holds.
#[track_caller]
pub(crate) fn await_that(what: &str, mut holds: impl FnMut() -> bool) {
    let end = std::time::Instant::now() + DEADLINE;
    while !holds() {
        assert!(std::time::Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
