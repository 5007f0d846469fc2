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

use super::connection_end::{End, Loss, Lost};
use super::gateway_frame::{self, Frame, Session, op};
use super::session_starts::Permit;
use super::{Gateway, fatal};
use crate::discord::gateway_events::Events;
use crate::discord::wire::Event;

/// The time limit for the whole connect, up to Discord's HELLO.
pub(super) const GREETING: Duration = Duration::from_secs(10);

/// The time limit from HELLO to READY, or to the first event of a resumed session.
pub(super) const BEGINNING: Duration = Duration::from_secs(20);

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

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(super) struct Connection<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) shard: u32,
    pub(super) events: &'a Events,
    /// The session to resume, if any. Afterwards, the session that the next connection can resume.
    pub(super) session: &'a mut Option<Session>,
    /// The permit to begin a new session, when there is no session to resume.
    pub(super) permit: Option<Permit>,
}

impl Connection<'_> {
    /// Handles events until the connection ends. Calls `live` as soon as the session has begun.
    pub(super) async fn run(mut self, shutdown: &CancellationToken, live: impl Fn() + Sync) -> End {
        let clock = &self.gateway.clock;
        let until = clock.steady().after(GREETING);
        let resumes_at = self.session.as_ref().and_then(|it| it.url.as_ref());
        let url = resumes_at.unwrap_or(&self.gateway.url).clone();
        let socket = tokio::select! {
            () = shutdown.cancelled() => return End::Stopped,
            socket = connect(self.gateway, &url) => socket,
            () = clock.sleep_until(until) => Err(Loss::NoGreeting),
        };
        let socket = match socket {
            Ok(socket) => socket,
            Err(why) => {
                // The resume address may be gone while the session is still valid.
                if let Some(session) = self.session {
                    session.url = None;
                }
                return End::Lost(Lost {
                    why,
                    was_accepted: false,
                    live_since: None,
                });
            }
        };
        let mut open = Open {
            it: &mut self,
            socket,
            stage: Stage::Opened { until },
            beats: None,
            live: &live,
        };
        let why = match open.follow(shutdown).await {
            Ok(()) => {
                open.leave().await;
                return End::Stopped;
            }
            Err(why) => why,
        };
        if let Loss::Closed(code) = why
            && let Some(reason) = fatal(code)
        {
            return End::Refused(reason);
        }
        open.hang_up(&why).await;
        let live_since = open.live_since();
        End::Lost(Lost {
            why,
            was_accepted: true,
            live_since,
        })
    }
}

async fn connect(gateway: &Gateway, url: &Url) -> Result<Socket, Loss> {
    let mut url = url.clone();
    url.set_query(Some("v=10&encoding=json"));
    let away = |error: &dyn std::fmt::Display| Loss::Away(error.to_string());
    let client = ClientBuilder::new().uri(url.as_str());
    let client = client.map_err(|error| away(&error))?;
    let limits = Limits::default().max_payload_len(Some(LONGEST));
    let client = client.limits(limits).connector(&gateway.tls);
    let connected = client.connect().await;
    Ok(connected.map_err(|error| away(&error))?.0)
}

/// Returns at the deadline; without a deadline, never.
async fn at(clock: &dyn Clock, deadline: Option<Steady>) {
    match deadline {
        Some(deadline) => clock.sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// The stage of the connection.
#[derive(Clone, Copy)]
enum Stage {
    /// The deadline for HELLO.
    Opened { until: Steady },
    /// The deadline for the session to begin or resume.
    Greeted { until: Steady },
    /// The session has begun.
    Live { since: Steady },
}

struct Heartbeats {
    every: Duration,
    next: Steady,
    /// Whether a heartbeat was sent after the last frame from Discord.
    unanswered: bool,
}

/// A connection that Discord accepted.
struct Open<'a, 'b> {
    it: &'a mut Connection<'b>,
    socket: Socket,
    stage: Stage,
    beats: Option<Heartbeats>,
    live: &'a (dyn Fn() + Sync),
}

impl Open<'_, '_> {
    /// Handles frames until the shutdown.
    async fn follow(&mut self, shutdown: &CancellationToken) -> Result<(), Loss> {
        let clock = std::sync::Arc::clone(&self.it.gateway.clock);
        loop {
            self.keep_time(clock.steady()).await?;
            let stage = at(&*clock, self.stage_ends());
            let beat = at(&*clock, self.beats.as_ref().map(|beats| beats.next));
            let message = tokio::select! {
                biased;
                () = shutdown.cancelled() => return Ok(()),
                message = self.socket.next() => message,
                () = stage => continue,
                () = beat => continue,
            };
            let message = match message {
                Some(Ok(message)) => message,
                Some(Err(error)) => return Err(Loss::Cut(error.to_string())),
                None => return Err(Loss::Cut("it ended without a word".to_owned())),
            };
            if let Some((code, _)) = message.as_close() {
                return Err(match code {
                    CloseCode::NO_STATUS_RECEIVED => Loss::ClosedWithoutCode,
                    code => Loss::Closed(code.into()),
                });
            }
            if let Some(text) = message.as_text() {
                self.hear(text).await?;
            }
        }
    }

    /// The deadline of the present stage.
    fn stage_ends(&self) -> Option<Steady> {
        match self.stage {
            Stage::Opened { until } | Stage::Greeted { until } => Some(until),
            Stage::Live { .. } => None,
        }
    }

    /// Sends the heartbeat, or gives up, when the deadline has passed.
    async fn keep_time(&mut self, now: Steady) -> Result<(), Loss> {
        match self.stage {
            Stage::Opened { until } if until <= now => return Err(Loss::NoGreeting),
            Stage::Greeted { until } if until <= now => return Err(Loss::NoSession),
            _ => {}
        }
        let Some(beats) = self.beats.as_ref().filter(|beats| beats.next <= now) else {
            return Ok(());
        };
        if beats.unanswered && now.since(beats.next) < LATE {
            return Err(Loss::NoHeartbeat);
        }
        self.beat(now).await
    }

    async fn beat(&mut self, now: Steady) -> Result<(), Loss> {
        self.say(&gateway_frame::heartbeat(self.it.session.as_ref()))
            .await?;
        if let Some(beats) = &mut self.beats {
            beats.next = now.after(beats.every);
            beats.unanswered = true;
        }
        Ok(())
    }

    async fn hear(&mut self, text: &str) -> Result<(), Loss> {
        if let Some(beats) = &mut self.beats {
            beats.unanswered = false;
        }
        let frame = match Frame::parse(text) {
            Ok(frame) => frame,
            // The log must not contain the received text, which may hold messages of people or the session's
            // token.
            Err(error) => {
                let (shard, column) = (self.it.shard, error.column());
                tracing::warn!(
                    shard,
                    column,
                    "a frame from Discord's gateway is not JSON, and the channels are read again"
                );
                self.it.events.lost();
                return Ok(());
            }
        };
        let now = self.it.gateway.clock.steady();
        match frame.op {
            op::DISPATCH => self.dispatch(frame, now),
            op::HEARTBEAT => self.beat(now).await?,
            op::RECONNECT => return Err(Loss::Asked),
            op::INVALID_SESSION => {
                let resumable = frame.data == Value::Bool(true);
                if !resumable {
                    *self.it.session = None;
                }
                return Err(Loss::NoSuchSession { resumable });
            }
            op::HELLO => self.greet(&frame, now).await?,
            _ => {}
        }
        Ok(())
    }

    /// Answers HELLO with IDENTIFY or RESUME.
    async fn greet(&mut self, hello: &Frame, now: Steady) -> Result<(), Loss> {
        let every = hello.heartbeat_interval();
        self.beats = Some(Heartbeats {
            every,
            // A random delay, so that not all bots send at once after an outage.
            next: now.after(every.mul_f64(fastrand::f64())),
            unanswered: false,
        });
        let gateway = self.it.gateway;
        let token = gateway.token.expose_secret();
        let words = if let Some(session) = &*self.it.session {
            gateway_frame::resume(token, session)
        } else {
            gateway_frame::identify(token, gateway.intents, (self.it.shard, gateway.shards))
        };
        if self.it.session.is_none()
            && let Some(permit) = self.it.permit.take()
        {
            permit.used(now);
        }
        self.stage = Stage::Greeted {
            until: now.after(BEGINNING),
        };
        self.say(&words).await
    }

    fn dispatch(&mut self, frame: Frame, now: Steady) {
        match frame.name.as_deref() {
            Some("READY") => {
                *self.it.session = Session::of(&frame);
                self.begin(now);
            }
            Some("RESUMED") => self.begin(now),
            // A resume replays a long gap before its end is announced, so each event extends the deadline.
            _ => {
                if let Stage::Greeted { until } = &mut self.stage {
                    *until = now.after(BEGINNING);
                }
            }
        }
        if let (Some(session), Some(sequence)) = (self.it.session.as_mut(), frame.sequence) {
            session.sequence = session.sequence.max(sequence);
        }
        self.it.events.happened(Event {
            name: frame.name,
            data: frame.data,
        });
    }

    fn begin(&mut self, now: Steady) {
        if !matches!(self.stage, Stage::Live { .. }) {
            self.stage = Stage::Live { since: now };
            (self.live)();
        }
    }

    fn live_since(&self) -> Option<Steady> {
        match self.stage {
            Stage::Live { since } => Some(since),
            Stage::Opened { .. } | Stage::Greeted { .. } => None,
        }
    }

    async fn say(&mut self, words: &Value) -> Result<(), Loss> {
        self.put(Message::text(words.to_string()), WRITING).await
    }

    async fn put(&mut self, message: Message, limit: Duration) -> Result<(), Loss> {
        let clock = &self.it.gateway.clock;
        let limit = clock.steady().after(limit);
        let cut = |reason: String| Err(Loss::Cut(reason));
        tokio::select! {
            said = self.socket.send(message) => said.or_else(|error| cut(error.to_string())),
            () = clock.sleep_until(limit) => cut("nothing can be written".to_owned()),
        }
    }

    /// Closes a failed connection so that the session can be resumed.
    async fn hang_up(&mut self, why: &Loss) {
        let goes_on = !matches!(
            why,
            Loss::Closed(_) | Loss::ClosedWithoutCode | Loss::Cut(_) | Loss::Away(_)
        );
        if goes_on {
            let code = CloseCode::try_from(RESUMABLE).ok();
            let _ = self.put(Message::close(code, ""), CLOSING).await;
        }
        // Discord does not allow a resume after these codes.
        if let Loss::Closed(4_003 | 4_007 | 4_009) = why {
            *self.it.session = None;
        }
    }

    /// Closes the connection and the session, so that Discord shows the bot as offline.
    async fn leave(&mut self) {
        let close = Message::close(Some(CloseCode::NORMAL_CLOSURE), "");
        if self.put(close, CLOSING).await.is_err() {
            return;
        }
        let clock = &self.it.gateway.clock;
        let limit = clock.steady().after(CLOSING);
        let heard = async { while let Some(Ok(_)) = self.socket.next().await {} };
        tokio::select! {
            () = heard => {}
            () = clock.sleep_until(limit) => {}
        }
    }
}
