//! Syslog over UDP (RFC 5426): one message per datagram, and nothing that tells whether it arrived.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::{UdpSocket, lookup_host};
use tokio::time::timeout;

use super::{Limits, SendError};

/// "Message too long", as Linux numbers it; std has no name for it.
const EMSGSIZE: i32 = 90;

/// What became of a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Sent,
    /// No datagram can hold it.
    TooLong,
}

/// A socket that sends to one address.
pub(super) struct Datagrams {
    socket: UdpSocket,
    limits: Limits,
}

impl Datagrams {
    pub(super) async fn open(
        (host, port): (&str, u16),
        limits: &Limits,
    ) -> Result<Datagrams, SendError> {
        let opening = async {
            let mut addresses = lookup_host((host, port)).await?;
            let address = addresses.next().ok_or(io::ErrorKind::AddrNotAvailable)?;
            let any = match address {
                SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
                SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
            };
            let socket = UdpSocket::bind(any).await?;
            socket.connect(address).await?;
            Ok(socket)
        };
        let socket = timeout(limits.connect, opening).await;
        let socket = socket.map_err(|_elapsed| SendError::Timeout)?.map_err(SendError::Connect)?;
        Ok(Datagrams { socket, limits: limits.clone() })
    }

    /// Returns when the system has taken the message.
    pub(super) async fn send(&self, message: &[u8]) -> Result<Taken, SendError> {
        let sent = timeout(self.limits.send, self.socket.send(message)).await;
        match sent.map_err(|_elapsed| SendError::Timeout)? {
            Ok(_) => Ok(Taken::Sent),
            Err(error) if error.raw_os_error() == Some(EMSGSIZE) => Ok(Taken::TooLong),
            Err(error) => Err(SendError::Broken(error)),
        }
    }

    /// What the system has heard of the last datagrams, if somebody says that nobody takes them.
    pub(super) fn close(&self) -> Result<(), SendError> {
        match self.socket.take_error() {
            Ok(None) => Ok(()),
            Ok(Some(error)) | Err(error) => Err(SendError::Broken(error)),
        }
    }
}
