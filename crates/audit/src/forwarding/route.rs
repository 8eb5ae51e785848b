//! The way to a destination, and what is open on it.

use std::future::pending;
use std::sync::Arc;

use super::tls::Session;
use super::udp::{Datagrams, Taken};
use super::{Connect, Destination, ForwardingError, Limits, SendError};

/// How a destination is reached.
#[derive(Clone)]
pub(super) enum Route {
    Tls { host: String, port: u16, connect: Arc<Connect> },
    Udp { host: String, port: u16 },
}

/// What is open.
pub(super) enum Connection {
    Tls(Session),
    Udp(Datagrams),
}

impl Route {
    pub(super) fn new(
        destination: &Destination,
        connect: Option<Arc<Connect>>,
    ) -> Result<Route, ForwardingError> {
        match (destination, connect) {
            (Destination::Tls { host, port }, Some(connect)) => {
                Ok(Route::Tls { host: host.clone(), port: *port, connect })
            }
            (Destination::Tls { .. }, None) => {
                Err(ForwardingError::NoConnector(destination.clone()))
            }
            (Destination::Udp { host, port }, _) => {
                Ok(Route::Udp { host: host.clone(), port: *port })
            }
        }
    }

    pub(super) async fn open(&self, limits: &Limits) -> Result<Connection, SendError> {
        Ok(match self {
            Route::Tls { host, port, connect } => {
                let connector = connect().map_err(SendError::Connect)?;
                Connection::Tls(Session::open((host, *port), &connector, limits).await?)
            }
            Route::Udp { host, port } => {
                Connection::Udp(Datagrams::open((host, *port), limits).await?)
            }
        })
    }

    /// Whether what was sent counts as arrived although the connection ended in disorder.
    pub(super) fn is_confirmed_by_sending(&self) -> bool {
        matches!(self, Route::Udp { .. })
    }
}

impl Connection {
    /// Sends the messages of one record, and tells the sizes of those that could not be sent this way at all.
    pub(super) async fn send(&mut self, messages: &[Vec<u8>]) -> Result<Vec<usize>, SendError> {
        let mut too_long = Vec::new();
        match self {
            Connection::Tls(session) => session.send(messages).await?,
            Connection::Udp(datagrams) => {
                for message in messages {
                    if datagrams.send(message).await? == Taken::TooLong {
                        too_long.push(message.len());
                    }
                }
            }
        }
        Ok(too_long)
    }

    /// Waits for the other side to end the connection before us.
    pub(super) async fn broken(&mut self) -> SendError {
        match self {
            Connection::Tls(session) => session.broken().await,
            Connection::Udp(_) => pending().await,
        }
    }

    /// Success means that everything sent has arrived, as far as the protocol can tell.
    pub(super) async fn close(self) -> Result<(), SendError> {
        match self {
            Connection::Tls(session) => session.close().await,
            Connection::Udp(datagrams) => datagrams.close(),
        }
    }
}
