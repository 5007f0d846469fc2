//! The frames of a gateway connection, in both directions:
//! <https://docs.discord.com/developers/events/gateway-events>.

use std::time::Duration;

use baton_chat::http::json_repair;
use serde::Serialize;
use serde_json::Value;
use url::Url;

/// The op codes of frames.
pub(super) mod op {
    /// An event, with its name in `t`.
    pub(in super::super) const DISPATCH: u64 = 0;
    pub(in super::super) const HEARTBEAT: u64 = 1;
    pub(super) const IDENTIFY: u64 = 2;
    pub(super) const RESUME: u64 = 6;
    /// The request to reconnect and resume.
    pub(in super::super) const RECONNECT: u64 = 7;
    pub(in super::super) const INVALID_SESSION: u64 = 9;
    pub(in super::super) const HELLO: u64 = 10;
}

/// The interval for a HELLO without a readable one: about Discord's own.
const USUAL_INTERVAL: Duration = Duration::from_secs(40);
/// Shorter intervals would flood the gateway, and longer ones would hide a dead connection.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);
const LONGEST_INTERVAL: Duration = Duration::from_mins(2);

/// A frame from Discord.
#[derive(Debug)]
pub(super) struct GatewayFrame {
    /// The op code; a frame without a readable one may be an event.
    pub(super) op: u64,
    /// The sequence number of an event, if readable.
    pub(super) sequence: Option<u64>,
    /// The name of an event, if readable.
    pub(super) name: Option<String>,
    pub(super) data: Value,
}

impl GatewayFrame {
    /// Parses a frame. An unreadable part of a frame costs only this part.
    pub(super) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let mut frame = json_repair::parse_json(text.as_bytes())?;
        Ok(Self {
            op: frame["op"].as_u64().unwrap_or(op::DISPATCH),
            sequence: frame["s"].as_u64(),
            name: frame["t"].as_str().map(str::to_owned),
            data: frame.get_mut("d").map(Value::take).unwrap_or_default(),
        })
    }

    /// The heartbeat interval of a HELLO.
    pub(super) fn heartbeat_interval(&self) -> Duration {
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
pub(super) struct GatewaySession {
    pub(super) id: String,
    /// The sequence number of its last event.
    pub(super) sequence: u64,
    /// The address for a resume; `None` for the usual one.
    pub(super) url: Option<Url>,
}

impl GatewaySession {
    /// The session in a READY; `None` without a session id, and then nothing can be resumed.
    pub(super) fn from_ready(ready: &GatewayFrame) -> Option<Self> {
        let url = ready.data["resume_gateway_url"].as_str();
        let url = url.and_then(|url| Url::parse(url).ok());
        Some(Self {
            id: ready.data["session_id"].as_str()?.to_owned(),
            sequence: ready.sequence.unwrap_or_default(),
            url: url.filter(|url| matches!(url.scheme(), "ws" | "wss")),
        })
    }
}

/// A frame to Discord.
#[derive(Serialize)]
pub(super) struct OutgoingFrame {
    op: u64,
    d: OutgoingData,
}

#[derive(Serialize)]
#[serde(untagged)]
enum OutgoingData {
    /// The sequence number of the last event; `None` before the first event.
    Heartbeat(Option<u64>),
    Identify(IdentifyData),
    Resume(ResumeData),
}

#[derive(Serialize)]
struct IdentifyData {
    token: String,
    intents: u64,
    /// The number of the shard, and the number of all shards.
    shard: [u32; 2],
    properties: ClientProperties,
}

/// The description of the program for Discord.
#[derive(Serialize)]
struct ClientProperties {
    os: &'static str,
    browser: &'static str,
    device: &'static str,
}

#[derive(Serialize)]
struct ResumeData {
    token: String,
    session_id: String,
    seq: u64,
}

impl OutgoingFrame {
    pub(super) fn heartbeat(session: Option<&GatewaySession>) -> Self {
        let last = session.map(|session| session.sequence);
        Self {
            op: op::HEARTBEAT,
            d: OutgoingData::Heartbeat(last),
        }
    }

    pub(super) fn identify(token: &str, intents: u64, (shard, of): (u32, u32)) -> Self {
        let data = IdentifyData {
            token: token.to_owned(),
            intents,
            shard: [shard, of],
            properties: ClientProperties {
                os: std::env::consts::OS,
                browser: "baton",
                device: "baton",
            },
        };
        Self {
            op: op::IDENTIFY,
            d: OutgoingData::Identify(data),
        }
    }

    pub(super) fn resume(token: &str, session: &GatewaySession) -> Self {
        let data = ResumeData {
            token: token.to_owned(),
            session_id: session.id.clone(),
            seq: session.sequence,
        };
        Self {
            op: op::RESUME,
            d: OutgoingData::Resume(data),
        }
    }
}
