//! One connection of a shard to the gateway, and the frames of this connection.

use baton_chat::connection::LossReason;
use baton_chat::connection::session_starts::SessionPermit;
use baton_chat::connection::web_socket::SocketConnection;
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::gateway_frame::{
    GatewayFrame, GatewaySession, heartbeat_frame, identify_frame, op, resume_frame,
};
use super::shard::GatewayShard;

/// A connection accepted by Discord.
pub(crate) struct GatewayConnection<'a> {
    pub(crate) shard: &'a mut GatewayShard,
    /// The permit to begin a new session, if the shard has none to resume.
    pub(crate) permit: Option<SessionPermit>,
    pub(crate) socket: SocketConnection,
    /// The function to call as soon as the session has begun.
    pub(crate) live: &'a (dyn Fn() + Sync),
}

impl GatewayConnection<'_> {
    /// Handles frames until the shutdown.
    pub(crate) async fn handle_frames(
        &mut self,
        shutdown: &CancellationToken,
    ) -> Result<(), LossReason> {
        loop {
            let heartbeat = || heartbeat_frame(self.shard.session.as_ref());
            let Some(text) = self.socket.read_text(shutdown, heartbeat).await? else {
                return Ok(());
            };
            self.handle_frame(&text).await?;
        }
    }

    async fn handle_frame(&mut self, text: &[u8]) -> Result<(), LossReason> {
        let frame = match GatewayFrame::parse(text) {
            Ok(frame) => frame,
            // The log must not contain the received text, which may hold messages of people or the session's
            // token.
            Err(error) => {
                let (shard, column) = (self.shard.number, error.column());
                tracing::warn!(
                    shard,
                    column,
                    "a frame from Discord's gateway is not JSON; Baton reads the channels again"
                );
                self.shard.events.handle_lost_frame();
                return Ok(());
            }
        };
        match frame.op {
            op::DISPATCH => self.handle_dispatch(frame),
            op::HEARTBEAT => {
                let heartbeat = heartbeat_frame(self.shard.session.as_ref());
                self.socket.send_heartbeat(heartbeat).await?;
            }
            op::RECONNECT => return Err(LossReason::ReconnectAsked),
            op::INVALID_SESSION => {
                let resumable = frame.data == Value::Bool(true);
                if !resumable {
                    self.shard.session = None;
                }
                return Err(LossReason::NoSuchSession { resumable });
            }
            op::HELLO => self.answer_hello(&frame).await?,
            _ => {}
        }
        Ok(())
    }

    /// Answers HELLO with IDENTIFY or RESUME.
    async fn answer_hello(&mut self, hello: &GatewayFrame) -> Result<(), LossReason> {
        self.socket.start_heartbeats(hello.heartbeat_interval());
        self.socket.set_greeted();
        let gateway = &self.shard.gateway;
        let token = gateway.token.expose_secret();
        let answer = if let Some(session) = &self.shard.session {
            resume_frame(token, session)
        } else {
            if let Some(permit) = self.permit.take() {
                permit.mark_used();
            }
            identify_frame(token, gateway.intents, [self.shard.number, gateway.shards])
        };
        self.socket.send_text(answer).await
    }

    fn handle_dispatch(&mut self, frame: GatewayFrame) {
        match frame.name.as_deref() {
            Some("READY") => {
                self.shard.session = GatewaySession::from_ready(&frame);
                self.set_live();
            }
            Some("RESUMED") => self.set_live(),
            _ => self.socket.extend_handshake(),
        }
        if let (Some(session), Some(sequence)) = (&mut self.shard.session, frame.sequence) {
            session.sequence = session.sequence.max(sequence);
        }
        let events = &self.shard.events;
        events.handle_event(frame.name.as_deref(), frame.data);
    }

    fn set_live(&mut self) {
        if self.socket.set_live() {
            (self.live)();
        }
    }
}
