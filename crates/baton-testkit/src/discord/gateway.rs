//! The gateway: the connections, the events sent to each session, and planted faults.

use std::collections::VecDeque;

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::snowflake::Snowflake;
use super::world::World;

mod faults;
mod socket;
mod starts;

pub use faults::{Ending, Step};
pub(super) use socket::connect;
use starts::Starts;

/// The gateway intents of a bot, as Discord's bits.
pub mod intent {
    /// Servers, channels, roles, threads.
    pub const GUILDS: u64 = 1;
    /// Members who join or leave; privileged.
    pub const GUILD_MEMBERS: u64 = 1 << 1;
    /// Messages in servers.
    pub const GUILD_MESSAGES: u64 = 1 << 9;
    /// Reactions in servers.
    pub const GUILD_MESSAGE_REACTIONS: u64 = 1 << 10;
    /// Typing in servers.
    pub const GUILD_MESSAGE_TYPING: u64 = 1 << 11;
    /// Direct messages.
    pub const DIRECT_MESSAGES: u64 = 1 << 12;
    /// Reactions in direct messages.
    pub const DIRECT_MESSAGE_REACTIONS: u64 = 1 << 13;
    /// Typing in direct messages.
    pub const DIRECT_MESSAGE_TYPING: u64 = 1 << 14;
    /// The content of messages that do not mention the bot; privileged.
    pub const MESSAGE_CONTENT: u64 = 1 << 15;
    /// Online states; privileged.
    pub const GUILD_PRESENCES: u64 = 1 << 8;
    /// The intents that need a switch in the developer portal.
    pub(crate) const PRIVILEGED: u64 = GUILD_MEMBERS | GUILD_PRESENCES | MESSAGE_CONTENT;
    /// All intents of Discord.
    pub(crate) const KNOWN: u64 = 0x331_FFFF;
}

/// The number of events kept for each session. A session that missed more cannot be resumed.
const KEPT: usize = 10_000;

#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are switches, each by itself"
)]
pub(super) struct Gateway {
    sessions: Vec<Session>,
    begun: u64,
    pub(super) resumed: u64,
    /// The privileged intents that the developer portal grants.
    pub(super) granted: u64,
    /// Whether an identify with an intent not granted ends the connection (4014), as Discord does. Otherwise
    /// the content of messages is empty.
    pub(super) closes_ungranted: bool,
    /// The recommended number of shards.
    pub(super) shards: u64,
    pub(super) starts: Starts,
    pub(super) heartbeat_millis: u64,
    pub(super) answers_heartbeats: bool,
    pub(super) heartbeats: u64,
    /// How many of the next events are sent twice.
    pub(super) doubled: u64,
    /// Whether the next event changes places with its successor.
    pub(super) swap_next: bool,
    swapped: Option<Event>,
    pub(super) unknown_fields: bool,
    /// An outage: while true, nobody can connect.
    pub(super) down: bool,
    faults: faults::Faults,
}

impl Default for Gateway {
    fn default() -> Self {
        Self {
            sessions: Vec::new(),
            begun: 0,
            resumed: 0,
            granted: intent::PRIVILEGED,
            closes_ungranted: true,
            shards: 1,
            starts: Starts::default(),
            heartbeat_millis: 41_250,
            answers_heartbeats: true,
            heartbeats: 0,
            doubled: 0,
            swap_next: false,
            swapped: None,
            unknown_fields: false,
            down: false,
            faults: faults::Faults::default(),
        }
    }
}

#[derive(Clone, Debug)]
struct Event {
    name: String,
    /// The intent that the event needs; 0 for none.
    intent: u64,
    guild: Option<Snowflake>,
    data: Value,
}

#[derive(Debug)]
struct Session {
    id: String,
    shard: (u64, u64),
    intents: u64,
    sequence: u64,
    /// The frames sent in this session, with their sequence numbers.
    sent: VecDeque<(u64, String)>,
    /// None while the session is not connected.
    socket: Option<UnboundedSender<Out>>,
}

/// An output of a socket.
#[derive(Debug)]
pub(super) enum Out {
    Frame(String),
    /// Closes the connection, with or without a code.
    Close(Option<u16>),
    /// Cuts the connection without a close frame.
    Cut,
}

impl Session {
    fn hears(&self, event: &Event) -> bool {
        let (index, of) = self.shard;
        let shard = event.guild.map_or(0, |guild| (guild.0 >> 22) % of);
        shard == index && (event.intent == 0 || self.intents & event.intent != 0)
    }

    fn send(&mut self, name: &str, data: &Value) {
        self.sequence += 1;
        let frame = json!({"op": 0, "t": name, "s": self.sequence, "d": data}).to_string();
        self.sent.push_back((self.sequence, frame.clone()));
        if self.sent.len() > KEPT {
            self.sent.pop_front();
        }
        self.put(Out::Frame(frame));
    }

    /// Sends to the socket. A closed socket takes nothing; the sent frames stay for a resume.
    fn put(&mut self, out: Out) {
        if let Some(socket) = &self.socket
            && socket.send(out).is_err()
        {
            self.socket = None;
        }
    }
}

impl Gateway {
    pub(super) fn application_flags(&self) -> u64 {
        // GATEWAY_PRESENCE, GATEWAY_GUILD_MEMBERS, GATEWAY_MESSAGE_CONTENT
        [
            (intent::GUILD_PRESENCES, 1 << 12),
            (intent::GUILD_MEMBERS, 1 << 14),
            (intent::MESSAGE_CONTENT, 1 << 18),
        ]
        .into_iter()
        .filter(|(intent, _)| self.granted & intent != 0)
        .fold(0, |flags, (_, flag)| flags | flag)
    }

    pub(super) fn connected(&self) -> usize {
        self.sessions
            .iter()
            .filter(|session| !session.id.is_empty())
            .filter(|session| {
                session
                    .socket
                    .as_ref()
                    .is_some_and(|socket| !socket.is_closed())
            })
            .count()
    }

    pub(super) fn begun(&self) -> u64 {
        self.begun
    }

    /// Ends every connection, with a close code, or by a cut if there is no code. Discord forgets the session
    /// after some codes.
    pub(super) fn drop_sockets(&mut self, code: Option<u16>) {
        for session in &mut self.sessions {
            session.put(code.map_or(Out::Cut, |code| Out::Close(Some(code))));
            session.socket = None;
        }
        let forgotten = matches!(code, Some(1000 | 1001 | 4003 | 4004 | 4007 | 4009..=4014));
        if forgotten {
            self.sessions.clear();
        }
    }

    /// Sends a frame that is not an event to every connection.
    pub(super) fn send_all(&mut self, frame: &Value) {
        for session in &mut self.sessions {
            session.put(Out::Frame(frame.to_string()));
        }
    }

    pub(super) fn forget_sessions(&mut self) {
        for session in &mut self.sessions {
            // The socket stays open, but gets no more events.
            session.sent.clear();
            session.id.clear();
        }
    }
}

impl World {
    /// Sends an event to the sessions with its intent and its shard.
    pub(super) fn dispatch(
        &mut self,
        name: &str,
        intent: u64,
        guild: Option<Snowflake>,
        data: Value,
    ) {
        let event = Event {
            name: name.to_owned(),
            intent,
            guild,
            data,
        };
        if std::mem::take(&mut self.gateway.swap_next) {
            self.gateway.swapped = Some(event);
            return;
        }
        let times = if self.gateway.doubled > 0 {
            self.gateway.doubled -= 1;
            2
        } else {
            1
        };
        for _ in 0..times {
            self.tell(&event);
        }
        if let Some(earlier) = self.gateway.swapped.take() {
            self.tell(&earlier);
        }
    }

    fn tell(&mut self, event: &Event) {
        let mut data = event.data.clone();
        self.odd.of_event(&event.name, &mut data);
        if self.gateway.unknown_fields {
            add_unknown_fields(&mut data);
        }
        let blind = self.without_content(event, &data);
        let granted = self.gateway.granted;
        for session in &mut self.gateway.sessions {
            if !session.id.is_empty() && session.hears(event) {
                let sees = session.intents & granted & intent::MESSAGE_CONTENT != 0;
                session.send(&event.name, if sees { &data } else { &blind });
            }
        }
    }

    /// Removes the content of a message for a session without the content intent. Messages by the bot,
    /// messages with a mention of the bot, and direct messages stay whole.
    fn without_content(&self, event: &Event, data: &Value) -> Value {
        let mut blind = data.clone();
        let message = matches!(event.name.as_str(), "MESSAGE_CREATE" | "MESSAGE_UPDATE");
        let bot = json!(self.bot);
        let own = data["author"]["id"] == bot;
        let named = data["mentions"]
            .as_array()
            .is_some_and(|all| all.iter().any(|user| user["id"] == bot));
        if message && event.guild.is_some() && !own && !named {
            blind["content"] = json!("");
            for field in ["embeds", "attachments", "components"] {
                blind[field] = json!([]);
            }
        }
        blind
    }
}

/// Adds an unknown field to every object, as a later version of Discord may do. Objects keyed by ids are left
/// alone.
pub(super) fn add_unknown_fields(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let by_id = fields.keys().any(|key| key.parse::<u64>().is_ok());
            for (name, field) in fields.iter_mut() {
                if name != "resolved" {
                    add_unknown_fields(field);
                }
            }
            if !by_id {
                fields.insert(
                    "field_of_2031".to_owned(),
                    json!({"kind": [1, null, "new"]}),
                );
            }
        }
        Value::Array(items) => items.iter_mut().for_each(add_unknown_fields),
        _ => {}
    }
}
