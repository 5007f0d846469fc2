//! The frames of a gateway connection, in both directions:
//! <https://docs.discord.com/developers/events/gateway-events>.

use std::time::Duration;

use baton_chat::http::json_repair;
use serde_json::{Value, json};
use url::Url;

/// The op codes of frames.
pub(crate) mod op {
    /// An event, with its name in `t`.
    pub(crate) const DISPATCH: u64 = 0;
    pub(crate) const HEARTBEAT: u64 = 1;
    pub(crate) const IDENTIFY: u64 = 2;
    pub(crate) const RESUME: u64 = 6;
    /// The request to reconnect and resume.
    pub(crate) const RECONNECT: u64 = 7;
    pub(crate) const INVALID_SESSION: u64 = 9;
    pub(crate) const HELLO: u64 = 10;
}

/// The interval for a HELLO without a readable one: about Discord's own.
const USUAL_INTERVAL: Duration = Duration::from_secs(40);
/// Shorter intervals would flood the gateway, and longer ones would hide a dead connection.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);
const LONGEST_INTERVAL: Duration = Duration::from_mins(2);

/// A frame from Discord.
#[derive(Debug)]
pub(crate) struct GatewayFrame {
    /// The op code; a frame without a readable one may be an event.
    pub(crate) op: u64,
    /// The sequence number of an event, if readable.
    pub(crate) sequence: Option<u64>,
    /// The name of an event, if readable.
    pub(crate) name: Option<String>,
    pub(crate) data: Value,
}

impl GatewayFrame {
    /// Parses a frame. An unreadable part of a frame costs only this part.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, serde_json::Error> {
        let mut frame = json_repair::parse_json(text)?;
        Ok(Self {
            op: frame["op"].as_u64().unwrap_or(op::DISPATCH),
            sequence: frame["s"].as_u64(),
            name: frame["t"].as_str().map(str::to_owned),
            data: frame.get_mut("d").map(Value::take).unwrap_or_default(),
        })
    }

    /// The heartbeat interval of a HELLO.
    pub(crate) fn heartbeat_interval(&self) -> Duration {
        let millis = self.data["heartbeat_interval"].as_f64();
        let interval = millis.map_or(USUAL_INTERVAL, |millis| {
            // A cast from a float saturates, and turns NaN into 0.
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the clamp below is for exactly these"
            )]
            Duration::from_millis(millis as u64)
        });
        interval.clamp(SHORTEST_INTERVAL, LONGEST_INTERVAL)
    }
}

/// The session of one shard, which a later connection can resume.
#[derive(Clone, Debug)]
pub(crate) struct GatewaySession {
    pub(crate) id: String,
    /// The sequence number of its last event.
    pub(crate) sequence: u64,
    /// The address for a resume; `None` for the usual one.
    pub(crate) url: Option<Url>,
}

impl GatewaySession {
    /// The session in a READY; `None` without a session id, and then nothing can be resumed.
    pub(crate) fn from_ready(ready: &GatewayFrame) -> Option<Self> {
        let url = ready.data["resume_gateway_url"].as_str();
        let url = url.and_then(|url| Url::parse(url).ok());
        Some(Self {
            id: ready.data["session_id"].as_str()?.to_owned(),
            sequence: ready.sequence.unwrap_or_default(),
            url: url.filter(|url| matches!(url.scheme(), "ws" | "wss")),
        })
    }
}

/// The frame of a heartbeat, with the sequence number of the last event, if any.
pub(crate) fn heartbeat_frame(session: Option<&GatewaySession>) -> String {
    let last = session.map(|session| session.sequence);
    json!({ "op": op::HEARTBEAT, "d": last }).to_string()
}

/// The frame that begins a session. `shard` is the number of the shard, and the number of all shards.
pub(crate) fn identify_frame(token: &str, intents: u64, shard: [u32; 2]) -> String {
    let program = json!({ "os": std::env::consts::OS, "browser": "baton", "device": "baton" });
    let data = json!({ "token": token, "intents": intents, "shard": shard, "properties": program });
    json!({ "op": op::IDENTIFY, "d": data }).to_string()
}

/// The frame that resumes a session after its last event.
pub(crate) fn resume_frame(token: &str, session: &GatewaySession) -> String {
    let data = json!({ "token": token, "session_id": session.id, "seq": session.sequence });
    json!({ "op": op::RESUME, "d": data }).to_string()
}
