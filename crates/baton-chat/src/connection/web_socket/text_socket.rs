//! The messages of a WebSocket, and its end.

use std::sync::Arc;
use std::time::Duration;

use baton_core::clock::Clock;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_websockets::{CloseCode, MaybeTlsStream, Message, WebSocketStream};

use crate::connection::LossReason;

/// The time limits for writing a message, and for the close handshake.
const WRITING: Duration = Duration::from_secs(10);
const CLOSING: Duration = Duration::from_secs(1);

pub(super) type SocketStream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A WebSocket that carries texts.
pub(super) struct TextSocket {
    stream: SocketStream,
    clock: Arc<dyn Clock>,
    /// Whether the socket is closed or broken, so that nothing more can be written.
    has_ended: bool,
}

impl TextSocket {
    pub(super) fn new(stream: SocketStream, clock: Arc<dyn Clock>) -> Self {
        Self {
            stream,
            clock,
            has_ended: false,
        }
    }

    /// Waits for a message, or for the end of the socket. `None` for a message that is no text.
    pub(super) async fn read_message(&mut self) -> Result<Option<Bytes>, LossReason> {
        let message = self.stream.next().await;
        let read = parse_message(message);
        self.has_ended |= read.is_err();
        read
    }

    /// Writes a text.
    pub(super) async fn write_text(&mut self, text: String) -> Result<(), LossReason> {
        self.write_message(Message::text(text), WRITING).await
    }

    async fn write_message(&mut self, message: Message, limit: Duration) -> Result<(), LossReason> {
        let limit = self.clock.steady().after(limit);
        let cut = |reason: String| Err(LossReason::Cut(reason));
        let sent = tokio::select! {
            sent = self.stream.send(message) => sent.or_else(|error| cut(error.to_string())),
            () = self.clock.sleep_until(limit) => cut("no frame can be written".to_owned()),
        };
        self.has_ended |= sent.is_err();
        sent
    }

    /// Closes the socket with this code, unless the socket has ended.
    pub(super) async fn close(&mut self, code: u16) {
        if !self.has_ended {
            let close = Message::close(CloseCode::try_from(code).ok(), "");
            let _ = self.write_message(close, CLOSING).await;
        }
    }

    /// Closes the socket with this code, and waits for the other side to close too.
    pub(super) async fn close_and_drain(&mut self, code: u16) {
        self.close(code).await;
        if self.has_ended {
            return;
        }
        let limit = self.clock.steady().after(CLOSING);
        let drained = async { while let Some(Ok(_)) = self.stream.next().await {} };
        tokio::select! {
            () = drained => {}
            () = self.clock.sleep_until(limit) => {}
        }
    }
}

fn parse_message(
    message: Option<Result<Message, tokio_websockets::Error>>,
) -> Result<Option<Bytes>, LossReason> {
    let cut = "no close frame came".to_owned();
    let message = message.ok_or(LossReason::Cut(cut))?;
    let message = message.map_err(|error| LossReason::Cut(error.to_string()))?;
    match message.as_close() {
        Some((CloseCode::NO_STATUS_RECEIVED, _)) => Err(LossReason::ClosedWithoutCode),
        Some((code, _)) => Err(LossReason::Closed(code.into())),
        None => Ok(message.is_text().then(|| message.into_payload().into())),
    }
}
