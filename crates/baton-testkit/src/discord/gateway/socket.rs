//! One connection to the gateway.

use std::sync::Arc;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::super::Shared;
use super::super::snowflake::Snowflake;
use super::super::world::World;
use super::{Ending, Out, Session, Step, intent};
use crate::connection::Wire;

/// The limit for one frame, in bytes. Discord closes the connection after a larger frame.
const LARGEST_FRAME: usize = 4096;

pub(in super::super) async fn connect(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    RawQuery(query): RawQuery,
    upgrade: WebSocketUpgrade,
) -> Response {
    let ending = shared.change(|world| {
        let now = world.clock.steady();
        world.gateway.faults.count(now);
        let query = query.unwrap_or_default();
        let mut parts: Vec<&str> = query.split('&').collect();
        parts.sort_unstable();
        if parts != ["encoding=json", "v=10"] {
            let what = format!("the fake speaks ?v=10&encoding=json, not ?{query}");
            world.violation("GET gateway", &what);
        }
        let down = world.gateway.down.then_some(Ending::CloseWithoutCode);
        down.or_else(|| world.gateway.faults.next(Step::Connecting))
    });
    match ending {
        None => return upgrade.on_upgrade(move |socket| serve(socket, wire, shared)),
        Some(Ending::Silence) => shared.gone.cancelled().await,
        Some(Ending::Cut) => wire.cut(),
        Some(Ending::Abort) => wire.abort(),
        Some(Ending::Close(_) | Ending::CloseWithoutCode | Ending::Invalid { .. }) => {}
    }
    axum::http::StatusCode::SERVICE_UNAVAILABLE.into_response()
}

/// The state of a connection.
struct Connection {
    /// Sends output to the socket.
    out: UnboundedSender<Out>,
    wire: Wire,
    session: Option<String>,
}

async fn serve(mut socket: WebSocket, wire: Wire, shared: Arc<Shared>) {
    let (out, mut outgoing) = unbounded_channel();
    let mut connection = Connection {
        out,
        wire,
        session: None,
    };
    shared.change(|world| connection.greet(world));
    let ended = exchange(&mut socket, &mut outgoing, &mut connection, &shared).await;
    drop(outgoing);
    shared.change(|world| {
        // A close by the bot with 1000 or 1001 means a final goodbye, so Discord forgets the session.
        let forgotten = matches!(ended, Some(1000 | 1001));
        if forgotten {
            let sessions = &mut world.gateway.sessions;
            sessions.retain(|session| Some(&session.id) != connection.session.as_ref());
        }
    });
}

/// Exchanges frames until one side ends the connection. Returns the close code of the bot, if any.
async fn exchange(
    socket: &mut WebSocket,
    outgoing: &mut UnboundedReceiver<Out>,
    connection: &mut Connection,
    shared: &Shared,
) -> Option<u16> {
    loop {
        tokio::select! {
            out = outgoing.recv() => match out? {
                Out::Frame(text) => {
                    let text = shared.lock().odd.of_frame(text);
                    socket.send(Message::text(text)).await.ok()?;
                }
                Out::Close(code) => {
                    let frame = code.map(|code| CloseFrame { code, reason: "the test says so".into() });
                    // The bot may have disconnected already.
                    let _ = socket.send(Message::Close(frame)).await;
                    return None;
                }
                Out::Cut => return None,
            },
            incoming = socket.recv() => match incoming?.ok()? {
                Message::Text(text) => shared.change(|world| connection.take(world, text.as_str())),
                Message::Close(frame) => return frame.map(|frame| frame.code),
                Message::Ping(_) | Message::Pong(_) => {}
                Message::Binary(_) => connection.close(4002),
            },
            () = shared.gone.cancelled() => return None,
        }
    }
}

impl Connection {
    fn put(&self, out: Out) {
        // A send fails only after the socket has ended.
        let _ = self.out.send(out);
    }

    fn frame(&self, frame: &Value) {
        self.put(Out::Frame(frame.to_string()));
    }

    fn close(&self, code: u16) {
        self.put(Out::Close(Some(code)));
    }

    fn greet(&self, world: &mut World) {
        if !self.fails(world, Step::Greeting) {
            let interval = world.gateway.heartbeat_millis;
            self.frame(&json!({"op": 10, "d": {"heartbeat_interval": interval, "_trace": []}}));
        }
    }

    /// Applies the planted fault of this step, if any, and returns whether the connection fails.
    fn fails(&self, world: &mut World, step: Step) -> bool {
        let Some(ending) = world.gateway.faults.next(step) else {
            return false;
        };
        match ending {
            Ending::Close(code) => self.close(code),
            Ending::CloseWithoutCode => self.put(Out::Close(None)),
            Ending::Cut => self.put(Out::Cut),
            Ending::Abort => {
                self.wire.abort();
                self.put(Out::Cut);
            }
            Ending::Silence => {}
            Ending::Invalid { resumable } => self.frame(&json!({"op": 9, "d": resumable})),
        }
        true
    }

    fn take(&mut self, world: &mut World, text: &str) {
        let Ok(frame) = serde_json::from_str::<Value>(text) else {
            world.violation("gateway", "a frame that is no JSON");
            return self.close(4002);
        };
        if text.len() > LARGEST_FRAME {
            world.violation("gateway", &format!("a frame of {} bytes", text.len()));
            return self.close(4002);
        }
        match frame["op"].as_u64() {
            Some(1) => self.heartbeat(world, &frame["d"]),
            Some(2) => self.identify(world, &frame["d"]),
            Some(6) => self.resume(world, &frame["d"]),
            Some(3 | 4 | 8) if self.session.is_none() => {
                world.violation("gateway", "a command before Identify");
                self.close(4003);
            }
            Some(3) => check_presence(world, &frame["d"]),
            _ => {
                world.violation("gateway", &format!("not understood: {}", frame["op"]));
                self.close(4001);
            }
        }
    }

    fn heartbeat(&self, world: &mut World, last: &Value) {
        if !(last.is_null() || last.is_u64()) {
            world.violation(
                "gateway",
                &format!("a heartbeat with {last} for a sequence"),
            );
        }
        world.gateway.heartbeats += 1;
        if world.gateway.answers_heartbeats {
            self.frame(&json!({"op": 11}));
        }
    }

    fn identify(&mut self, world: &mut World, said: &Value) {
        // After its session became invalid, the bot may identify again on the same connection.
        let has_session = |session: &Session| Some(&session.id) == self.session.as_ref();
        if world.gateway.sessions.iter().any(has_session) {
            world.violation("gateway", "a second Identify on one connection");
            return self.close(4005);
        }
        if !self.knows_token(world, said) {
            return;
        }
        let properties = &said["properties"];
        for name in ["os", "browser", "device"] {
            if !properties[name].is_string() {
                world.violation("gateway Identify", &format!("properties.{name} is missing"));
            }
        }
        let Some(intents) = said["intents"]
            .as_u64()
            .filter(|all| all & !intent::KNOWN == 0)
        else {
            world.violation("gateway Identify", &format!("intents: {}", said["intents"]));
            return self.close(4013);
        };
        let ungranted = intents & intent::PRIVILEGED & !world.gateway.granted;
        if ungranted != 0 && world.gateway.closes_ungranted {
            return self.close(4014);
        }
        let shard = match &said["shard"] {
            Value::Null => Some((0, 1)),
            shard => shard[0].as_u64().zip(shard[1].as_u64()),
        };
        let Some(shard) = shard.filter(|(index, of)| index < of) else {
            world.violation("gateway Identify", &format!("shard: {}", said["shard"]));
            return self.close(4010);
        };
        let now = world.clock.steady();
        if let Err(what) = world.gateway.starts.begin(shard.0, now) {
            world.violation("gateway Identify", &what);
            return self.close(4004);
        }
        world.gateway.faults.identifies += 1;
        if self.fails(world, Step::Identifying) {
            return;
        }
        world.gateway.begun += 1;
        let id = format!("session-{}", world.gateway.begun);
        self.session = Some(id.clone());
        Self::begin(
            world,
            Session {
                id,
                shard,
                intents,
                sequence: 0,
                sent: std::collections::VecDeque::new(),
                socket: Some(self.out.clone()),
            },
        );
        self.fails(world, Step::Live);
    }

    /// Sends READY, and then each server as it becomes available.
    fn begin(world: &mut World, mut session: Session) {
        let (index, of) = session.shard;
        let guilds: Vec<Snowflake> = world
            .guilds
            .keys()
            .copied()
            .filter(|guild| (guild.0 >> 22) % of == index)
            .collect();
        let unavailable: Vec<Value> = guilds
            .iter()
            .map(|id| json!({"id": id, "unavailable": true}))
            .collect();
        let mut ready = json!({
            "v": 10, "user": world.own_user_json(), "guilds": unavailable, "session_id": session.id,
            "resume_gateway_url": world.gateway_url(), "shard": [index, of],
            "application": {"id": world.application, "flags": world.gateway.application_flags()},
            "session_type": "normal", "private_channels": [], "relationships": [], "presences": [],
            "guild_join_requests": [], "geo_ordered_rtc_regions": [], "auth": {}, "_trace": [],
        });
        world.odd.of_event("READY", &mut ready);
        if world.gateway.unknown_fields {
            super::add_unknown_fields(&mut ready);
        }
        session.send("READY", &ready);
        let intents = session.intents;
        for guild in guilds {
            let guild = world.guild(guild);
            let mut event = if guild.unavailable {
                json!({"id": guild.id, "unavailable": true})
            } else {
                world.guild_event(guild)
            };
            world.odd.of_event("GUILD_CREATE", &mut event);
            if world.gateway.unknown_fields {
                super::add_unknown_fields(&mut event);
            }
            if intents & intent::GUILDS != 0 {
                session.send("GUILD_CREATE", &event);
            }
        }
        // A shard that identifies again replaces its previous session.
        world
            .gateway
            .sessions
            .retain(|other| other.shard != session.shard);
        world.gateway.sessions.push(session);
    }

    fn resume(&mut self, world: &mut World, said: &Value) {
        if self.session.is_some() {
            world.violation("gateway", "a Resume on a connection that has its session");
            return self.close(4005);
        }
        if !self.knows_token(world, said) {
            return;
        }
        world.gateway.faults.resumes += 1;
        if self.fails(world, Step::Resuming) {
            return;
        }
        let (Some(id), Some(sequence)) = (said["session_id"].as_str(), said["seq"].as_u64()) else {
            world.violation(
                "gateway Resume",
                &format!("without session and sequence: {said}"),
            );
            return self.close(4002);
        };
        let session = world
            .gateway
            .sessions
            .iter_mut()
            .find(|session| session.id == id);
        let Some(session) = session.filter(|session| {
            let oldest = session.sent.front().map_or(0, |(sequence, _)| *sequence);
            sequence + 1 >= oldest
        }) else {
            return self.frame(&json!({"op": 9, "d": false}));
        };
        if sequence > session.sequence {
            let sent = session.sequence;
            world.violation(
                "gateway Resume",
                &format!("from {sequence}, where {sent} is the last"),
            );
            return self.close(4007);
        }
        let missed: Vec<String> = session
            .sent
            .iter()
            .filter(|(number, _)| *number > sequence)
            .map(|(_, frame)| frame.clone())
            .collect();
        session.socket = Some(self.out.clone());
        for frame in missed {
            session.put(Out::Frame(frame));
        }
        session.send("RESUMED", &json!({"_trace": []}));
        self.session = Some(id.to_owned());
        world.gateway.resumed += 1;
        self.fails(world, Step::Live);
    }

    fn knows_token(&self, world: &mut World, said: &Value) -> bool {
        // A client may add the prefix `Bot `, as in the header.
        let token = said["token"].as_str().unwrap_or_default();
        let known = token.strip_prefix("Bot ").unwrap_or(token) == world.token;
        if !known {
            self.close(4004);
        }
        known
    }
}

fn check_presence(world: &mut World, said: &Value) {
    let known = matches!(
        said["status"].as_str(),
        Some("online" | "dnd" | "idle" | "invisible" | "offline")
    );
    if !(known && said["activities"].is_array() && said["afk"].is_boolean()) {
        world.violation("gateway Presence Update", &format!("{said}"));
    }
}
