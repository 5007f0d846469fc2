//! A connection over a WebSocket, with its handshake and its heartbeats.

use std::sync::Arc;
use std::time::Duration;

use baton_core::clock::{Clock, Steady};
use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::handshake_stage::HandshakeStage;
use super::heartbeat_timer::HeartbeatTimer;
use super::text_socket::TextSocket;
use crate::connection::{ConnectionLoss, LossReason};

/// The close code for a normal end, of RFC 6455.
const NORMAL: u16 = 1_000;

/// A connection that the platform accepted. The handshake has three stages: opened, greeted and live. The first two
/// stages have time limits of 10 s and 20 s.
pub struct SocketConnection {
    socket: TextSocket,
    clock: Arc<dyn Clock>,
    stage: HandshakeStage,
    /// `None` while the connection sends no heartbeats.
    beats: Option<HeartbeatTimer>,
}

impl SocketConnection {
    pub(super) fn new(socket: TextSocket, clock: Arc<dyn Clock>, stage: HandshakeStage) -> Self {
        Self {
            socket,
            clock,
            stage,
            beats: None,
        }
    }

    /// Waits for the next text, and meanwhile sends each heartbeat that is due. Returns `None` at the shutdown. Returns
    /// an error at the end of the socket, at the end of a time limit, and when the last heartbeat has no answer.
    pub async fn read_text(
        &mut self,
        shutdown: &CancellationToken,
        heartbeat: impl Fn() -> String,
    ) -> Result<Option<Bytes>, LossReason> {
        let clock = Arc::clone(&self.clock);
        loop {
            let now = clock.steady();
            self.stage.check_deadline(now)?;
            if let Some(beats) = &self.beats
                && beats.check_due(now)?
            {
                self.send_heartbeat(heartbeat()).await?;
            }
            let beat = self.beats.as_ref().map(HeartbeatTimer::next);
            let message = tokio::select! {
                biased;
                () = shutdown.cancelled() => return Ok(None),
                message = self.socket.read_message() => message?,
                () = sleep_until_deadline(&*clock, self.stage.deadline()) => continue,
                () = sleep_until_deadline(&*clock, beat) => continue,
            };
            if message.is_some() {
                if let Some(beats) = &mut self.beats {
                    beats.mark_answered();
                }
                return Ok(message);
            }
        }
    }

    /// Sends a text, within 10 s.
    pub async fn send_text(&mut self, text: String) -> Result<(), LossReason> {
        self.socket.write_text(text).await
    }

    /// Sends a heartbeat. The next one follows after the interval.
    pub async fn send_heartbeat(&mut self, heartbeat: String) -> Result<(), LossReason> {
        let now = self.clock.steady();
        self.send_text(heartbeat).await?;
        if let Some(beats) = &mut self.beats {
            beats.mark_sent(now);
        }
        Ok(())
    }

    /// Starts the heartbeats with this interval. The first one follows after a random part of the interval, so that not
    /// all clients send at once after an outage.
    pub fn start_heartbeats(&mut self, every: Duration) {
        let now = self.clock.steady();
        self.beats = Some(HeartbeatTimer::new(every, now, fastrand::f64()));
    }

    /// Records the platform's greeting. The time limit until the session begins starts here.
    pub fn set_greeted(&mut self) {
        self.stage = HandshakeStage::greeted(self.clock.steady());
    }

    /// Restarts the time limit for the beginning of the session. Has no effect before the greeting or after the
    /// beginning. A resume replays a long gap before its end is announced, so each event calls this function.
    pub fn extend_handshake(&mut self) {
        self.stage.extend(self.clock.steady());
    }

    /// Records the beginning of the session. Returns `false` if the session had begun before.
    pub fn set_live(&mut self) -> bool {
        self.stage.set_live(self.clock.steady())
    }

    /// Closes a failed connection with this code, unless the socket has ended.
    pub async fn close_lost(&mut self, code: u16) {
        self.socket.close(code).await;
    }

    /// Closes the connection with code 1000, and waits up to a second for the other side to close too.
    pub async fn close_normally(&mut self) {
        self.socket.close_and_drain(NORMAL).await;
    }

    /// The facts about the loss of this connection.
    pub fn loss(&self, why: LossReason) -> ConnectionLoss {
        ConnectionLoss {
            why,
            was_accepted: true,
            live_since: self.stage.live_since(),
        }
    }
}

/// Returns at the deadline; without a deadline, never.
async fn sleep_until_deadline(clock: &dyn Clock, deadline: Option<Steady>) {
    match deadline {
        Some(deadline) => clock.sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
