//! One connection of a shard to the gateway, from its beginning to its end.
//!
//! Baton has its own client, because the existing library reconnects without a pause after a clean close, and
//! waits forever for HELLO and READY.

use std::time::Duration;

use baton_core::clock::{Clock, Steady};
use futures_util::{SinkExt, StreamExt};
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tokio_websockets::{
    ClientBuilder, CloseCode, Limits, MaybeTlsStream, Message, WebSocketStream,
};
use url::Url;

use super::connection_end::{BEGINNING, ConnectionEnd, ConnectionLoss, GREETING, LossReason};
use super::gateway_context::{GatewayContext, fatal_message};
use super::gateway_frame::{GatewayFrame, GatewaySession, OutgoingFrame, op};
use super::session_starts::SessionPermit;
use crate::discord::gateway_events::ShardEventHandler;
use crate::discord::wire::GatewayEvent;

/// The time limits for writing a frame, and for the close handshake.
const WRITING: Duration = Duration::from_secs(10);
const CLOSING: Duration = Duration::from_secs(1);

/// A timer that fires later than this woke from the sleep of the machine. The answer to the last heartbeat
/// may then still be unread, so the heartbeat does not count as missed.
const LATE: Duration = Duration::from_secs(2);

/// The largest frame, in bytes. The description of the largest servers takes a few MiB.
const LONGEST: usize = 32 << 20;

/// The close code after which Discord keeps the session for a resume. [`CloseCode::NORMAL_CLOSURE`] ends the
/// session.
const RESUMABLE: u16 = 4_000;

type GatewaySocket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(super) struct GatewayConnection<'a> {
    pub(super) gateway: &'a GatewayContext,
    pub(super) shard: u32,
    pub(super) events: &'a ShardEventHandler,
    /// The session to resume, if any. Afterwards, the session that the next connection can resume.
    pub(super) session: &'a mut Option<GatewaySession>,
    /// The permit to begin a new session, when there is no session to resume.
    pub(super) permit: Option<SessionPermit>,
}

impl GatewayConnection<'_> {
    /// Handles events until the connection ends. Calls `live` as soon as the session has begun.
    pub(super) async fn run(
        mut self,
        shutdown: &CancellationToken,
        live: impl Fn() + Sync,
    ) -> ConnectionEnd {
        let clock = &self.gateway.clock;
        let until = clock.steady().after(GREETING);
        let resumes_at = self.session.as_ref().and_then(|it| it.url.as_ref());
        let url = resumes_at.unwrap_or(&self.gateway.url).clone();
        let socket = tokio::select! {
            () = shutdown.cancelled() => return ConnectionEnd::Stopped,
            socket = open_socket(self.gateway, &url) => socket,
            () = clock.sleep_until(until) => Err(LossReason::NoGreeting),
        };
        let socket = match socket {
            Ok(socket) => socket,
            Err(why) => {
                // The resume address may be gone while the session is still valid.
                if let Some(session) = self.session {
                    session.url = None;
                }
                return ConnectionEnd::Lost(ConnectionLoss {
                    why,
                    was_accepted: false,
                    live_since: None,
                });
            }
        };
        let mut open = OpenConnection {
            connection: &mut self,
            socket,
            stage: HandshakeStage::Opened { until },
            beats: None,
            live: &live,
        };
        let why = match open.read_frames(shutdown).await {
            Ok(()) => {
                open.close_session().await;
                return ConnectionEnd::Stopped;
            }
            Err(why) => why,
        };
        if let LossReason::Closed(code) = why
            && let Some(reason) = fatal_message(code)
        {
            return ConnectionEnd::Refused(reason);
        }
        open.close_resumable(&why).await;
        let live_since = open.live_since();
        ConnectionEnd::Lost(ConnectionLoss {
            why,
            was_accepted: true,
            live_since,
        })
    }
}

async fn open_socket(gateway: &GatewayContext, url: &Url) -> Result<GatewaySocket, LossReason> {
    let mut url = url.clone();
    url.set_query(Some("v=10&encoding=json"));
    let away = |error: &dyn std::fmt::Display| LossReason::Unreachable(error.to_string());
    let client = ClientBuilder::new().uri(url.as_str());
    let client = client.map_err(|error| away(&error))?;
    let limits = Limits::default().max_payload_len(Some(LONGEST));
    let client = client.limits(limits).connector(&gateway.tls);
    let connected = client.connect().await;
    Ok(connected.map_err(|error| away(&error))?.0)
}

/// Returns at the deadline; without a deadline, never.
async fn sleep_until_deadline(clock: &dyn Clock, deadline: Option<Steady>) {
    match deadline {
        Some(deadline) => clock.sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// The stage of the connection.
#[derive(Clone, Copy)]
enum HandshakeStage {
    /// The deadline for HELLO.
    Opened { until: Steady },
    /// The deadline for the session to begin or resume.
    Greeted { until: Steady },
    /// The session has begun.
    Live { since: Steady },
}

struct HeartbeatTimer {
    every: Duration,
    next: Steady,
    /// Whether a heartbeat was sent after the last frame from Discord.
    unanswered: bool,
}

/// A connection that Discord accepted.
struct OpenConnection<'a, 'b> {
    connection: &'a mut GatewayConnection<'b>,
    socket: GatewaySocket,
    stage: HandshakeStage,
    beats: Option<HeartbeatTimer>,
    live: &'a (dyn Fn() + Sync),
}

impl OpenConnection<'_, '_> {
    /// Handles frames until the shutdown.
    async fn read_frames(&mut self, shutdown: &CancellationToken) -> Result<(), LossReason> {
        let clock = std::sync::Arc::clone(&self.connection.gateway.clock);
        loop {
            self.check_deadlines(clock.steady()).await?;
            let stage = sleep_until_deadline(&*clock, self.stage_deadline());
            let beat = sleep_until_deadline(&*clock, self.beats.as_ref().map(|beats| beats.next));
            let message = tokio::select! {
                biased;
                () = shutdown.cancelled() => return Ok(()),
                message = self.socket.next() => message,
                () = stage => continue,
                () = beat => continue,
            };
            let message = match message {
                Some(Ok(message)) => message,
                Some(Err(error)) => return Err(LossReason::Cut(error.to_string())),
                None => {
                    return Err(LossReason::Cut("no close frame came".to_owned()));
                }
            };
            if let Some((code, _)) = message.as_close() {
                return Err(match code {
                    CloseCode::NO_STATUS_RECEIVED => LossReason::ClosedWithoutCode,
                    code => LossReason::Closed(code.into()),
                });
            }
            if let Some(text) = message.as_text() {
                self.handle_frame(text).await?;
            }
        }
    }

    /// The deadline of the present stage.
    fn stage_deadline(&self) -> Option<Steady> {
        match self.stage {
            HandshakeStage::Opened { until } | HandshakeStage::Greeted { until } => Some(until),
            HandshakeStage::Live { .. } => None,
        }
    }

    /// Sends the heartbeat, or gives up, when the deadline has passed.
    async fn check_deadlines(&mut self, now: Steady) -> Result<(), LossReason> {
        match self.stage {
            HandshakeStage::Opened { until } if until <= now => return Err(LossReason::NoGreeting),
            HandshakeStage::Greeted { until } if until <= now => return Err(LossReason::NoSession),
            _ => {}
        }
        let Some(beats) = self.beats.as_ref().filter(|beats| beats.next <= now) else {
            return Ok(());
        };
        if beats.unanswered && now.since(beats.next) < LATE {
            return Err(LossReason::NoHeartbeat);
        }
        self.send_heartbeat(now).await
    }

    async fn send_heartbeat(&mut self, now: Steady) -> Result<(), LossReason> {
        let heartbeat = OutgoingFrame::heartbeat(self.connection.session.as_ref());
        self.send_frame(&heartbeat).await?;
        if let Some(beats) = &mut self.beats {
            beats.next = now.after(beats.every);
            beats.unanswered = true;
        }
        Ok(())
    }

    async fn handle_frame(&mut self, text: &str) -> Result<(), LossReason> {
        if let Some(beats) = &mut self.beats {
            beats.unanswered = false;
        }
        let frame = match GatewayFrame::parse(text) {
            Ok(frame) => frame,
            // The log must not contain the received text, which may hold messages of people or the session's
            // token.
            Err(error) => {
                let (shard, column) = (self.connection.shard, error.column());
                tracing::warn!(
                    shard,
                    column,
                    "a frame from Discord's gateway is not JSON; Baton reads the channels again"
                );
                self.connection.events.handle_lost_frame();
                return Ok(());
            }
        };
        let now = self.connection.gateway.clock.steady();
        match frame.op {
            op::DISPATCH => self.handle_dispatch(frame, now),
            op::HEARTBEAT => self.send_heartbeat(now).await?,
            op::RECONNECT => return Err(LossReason::ReconnectAsked),
            op::INVALID_SESSION => {
                let resumable = frame.data == Value::Bool(true);
                if !resumable {
                    *self.connection.session = None;
                }
                return Err(LossReason::NoSuchSession { resumable });
            }
            op::HELLO => self.answer_hello(&frame, now).await?,
            _ => {}
        }
        Ok(())
    }

    /// Answers HELLO with IDENTIFY or RESUME.
    async fn answer_hello(&mut self, hello: &GatewayFrame, now: Steady) -> Result<(), LossReason> {
        let every = hello.heartbeat_interval();
        self.beats = Some(HeartbeatTimer {
            every,
            // A random delay, so that not all bots send at once after an outage.
            next: now.after(every.mul_f64(fastrand::f64())),
            unanswered: false,
        });
        let gateway = self.connection.gateway;
        let token = gateway.token.expose_secret();
        let answer = if let Some(session) = &*self.connection.session {
            OutgoingFrame::resume(token, session)
        } else {
            let shard = (self.connection.shard, gateway.shards);
            OutgoingFrame::identify(token, gateway.intents, shard)
        };
        if self.connection.session.is_none()
            && let Some(permit) = self.connection.permit.take()
        {
            permit.mark_used(now);
        }
        self.stage = HandshakeStage::Greeted {
            until: now.after(BEGINNING),
        };
        self.send_frame(&answer).await
    }

    fn handle_dispatch(&mut self, frame: GatewayFrame, now: Steady) {
        match frame.name.as_deref() {
            Some("READY") => {
                *self.connection.session = GatewaySession::from_ready(&frame);
                self.set_live(now);
            }
            Some("RESUMED") => self.set_live(now),
            // A resume replays a long gap before its end is announced, so each event extends the deadline.
            _ => {
                if let HandshakeStage::Greeted { until } = &mut self.stage {
                    *until = now.after(BEGINNING);
                }
            }
        }
        if let (Some(session), Some(sequence)) = (self.connection.session.as_mut(), frame.sequence)
        {
            session.sequence = session.sequence.max(sequence);
        }
        self.connection.events.handle_event(GatewayEvent {
            name: frame.name,
            data: frame.data,
        });
    }

    fn set_live(&mut self, now: Steady) {
        if !matches!(self.stage, HandshakeStage::Live { .. }) {
            self.stage = HandshakeStage::Live { since: now };
            (self.live)();
        }
    }

    fn live_since(&self) -> Option<Steady> {
        match self.stage {
            HandshakeStage::Live { since } => Some(since),
            HandshakeStage::Opened { .. } | HandshakeStage::Greeted { .. } => None,
        }
    }

    async fn send_frame(&mut self, frame: &OutgoingFrame) -> Result<(), LossReason> {
        let text = serde_json::to_string(frame);
        let text = text.map_err(|error| LossReason::Cut(error.to_string()))?;
        self.write_message(Message::text(text), WRITING).await
    }

    async fn write_message(&mut self, message: Message, limit: Duration) -> Result<(), LossReason> {
        let clock = &self.connection.gateway.clock;
        let limit = clock.steady().after(limit);
        let cut = |reason: String| Err(LossReason::Cut(reason));
        tokio::select! {
            sent = self.socket.send(message) => sent.or_else(|error| cut(error.to_string())),
            () = clock.sleep_until(limit) => cut("no frame can be written".to_owned()),
        }
    }

    /// Closes a failed connection so that the session can be resumed.
    async fn close_resumable(&mut self, why: &LossReason) {
        let goes_on = !matches!(
            why,
            LossReason::Closed(_)
                | LossReason::ClosedWithoutCode
                | LossReason::Cut(_)
                | LossReason::Unreachable(_)
        );
        if goes_on {
            let code = CloseCode::try_from(RESUMABLE).ok();
            let _ = self.write_message(Message::close(code, ""), CLOSING).await;
        }
        // Discord does not allow a resume after these codes.
        if let LossReason::Closed(4_003 | 4_007 | 4_009) = why {
            *self.connection.session = None;
        }
    }

    /// Closes the connection and the session, so that Discord shows the bot as offline.
    async fn close_session(&mut self) {
        let close = Message::close(Some(CloseCode::NORMAL_CLOSURE), "");
        if self.write_message(close, CLOSING).await.is_err() {
            return;
        }
        let clock = &self.connection.gateway.clock;
        let limit = clock.steady().after(CLOSING);
        let drained = async { while let Some(Ok(_)) = self.socket.next().await {} };
        tokio::select! {
            () = drained => {}
            () = clock.sleep_until(limit) => {}
        }
    }
}
