//! A WebSocket to a platform, with limits on sizes and times.
//!
//! Baton has its own client for two reasons. After a clean close, the existing libraries of platforms reconnect without
//! a pause. These libraries also wait forever for the first messages.

use std::sync::Arc;

use baton_core::clock::Clock;
use tokio_websockets::{ClientBuilder, Connector, Limits};

mod handshake_stage;
mod heartbeat_timer;
mod socket_connection;
mod text_socket;

pub use socket_connection::SocketConnection;

use super::connection_end::LossReason;
use handshake_stage::{GREETING, HandshakeStage};
use text_socket::{SocketStream, TextSocket};

/// The opener of WebSocket connections to one platform.
pub struct SocketOpener {
    tls: Connector,
    /// The size limit of a message, in bytes.
    longest: usize,
    clock: Arc<dyn Clock>,
}

impl SocketOpener {
    /// An opener of sockets whose messages have at most `longest` bytes. The error is in words for operators, with the
    /// name of the platform.
    pub fn new(platform: &str, longest: usize, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let tls = Connector::new().map_err(|error| {
            format!(
                "Baton cannot connect to {platform}: {error}; check that this machine has certificates"
            )
        })?;
        Ok(Self {
            tls,
            longest,
            clock,
        })
    }

    /// Opens a WebSocket at a `ws` or `wss` address. From this call, the platform has 10 s until the greeting. Returns
    /// an error if no connection was made.
    pub async fn open(&self, url: &str) -> Result<SocketConnection, LossReason> {
        let clock = &self.clock;
        let begun = clock.steady();
        let stream = tokio::select! {
            stream = self.open_stream(url) => stream?,
            () = clock.sleep_until(begun.after(GREETING)) => return Err(LossReason::NoGreeting(GREETING)),
        };
        let socket = TextSocket::new(stream, Arc::clone(clock));
        let stage = HandshakeStage::opened(begun);
        Ok(SocketConnection::new(socket, Arc::clone(clock), stage))
    }

    async fn open_stream(&self, url: &str) -> Result<SocketStream, LossReason> {
        let away = |error: &dyn std::fmt::Display| LossReason::Unreachable(error.to_string());
        let limits = Limits::default().max_payload_len(Some(self.longest));
        let client = ClientBuilder::new()
            .uri(url)
            .map_err(|error| away(&error))?;
        let client = client.limits(limits).connector(&self.tls);
        let connected = client.connect().await;
        Ok(connected.map_err(|error| away(&error))?.0)
    }
}
