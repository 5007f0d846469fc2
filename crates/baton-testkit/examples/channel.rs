//! A whole channel: people connect over TCP and write lines of JSON.
//!
//! A channel is where people write. Baton does the rest: it keeps what comes in, has it answered in
//! order, and hands out what is to be said until the channel says that the platform has it. So a
//! channel needs no queue, no store and no retry. To write one:
//!
//! 1. Implement [`Channel::receive`]: take in what people write, and hand it to [`Inbox::ingest`].
//!    Only when that returned `Ok` tell the platform that we have it; until then it must be able to
//!    send it again. A platform that is read with a cursor puts the cursor into the same [`Ingest`].
//! 2. Implement [`Channel::deliver`]: one call to the platform, and what came of it. Do not try
//!    again in there: say [`Later`](DeliverError::Later), and it comes again.
//! 3. Declare in [`Channel::abilities`] what becomes of a delivery that is sent twice.
//! 4. Run the contract suite, `baton_testkit::channel_contract::holds`, on it.
//!
//! The protocol here: a person sends `{"id": "7", "text": "hello"}` and gets `{"ok": "7"}` when we
//! have it; replies come as `{"delivery": 12, "text": "…"}`, with `"repeated": true` on one that may
//! have come before. Try it: `cargo run -p baton-testkit --example channel`, then `nc 127.0.0.1 7421`.
//!
//! [`Ingest`]: baton_core::store::Ingest

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use baton_core::channel::{
    Abilities, Channel, ChannelError, DeliverError, Guarantee, Progress, Sent,
};
use baton_core::clock::SystemClock;
use baton_core::delivery::Delivery;
use baton_core::inbox::Inbox;
use baton_core::message::{Author, NewMessage, Priority};
use baton_core::name::{ChannelName, PersonaName};
use baton_core::persona::Persona;
use baton_core::place::Place;
use baton_core::runtime::{Limits, Parts, Runtime};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// No line is longer, in bytes: whatever comes from outside has a limit.
const LONGEST_LINE: u64 = 64 * 1024;

/// How many lines a slow reader may fall behind before it is cut off, and must connect again.
const LINES_BEHIND: usize = 256;

/// A line from a person.
#[derive(Deserialize)]
struct Written {
    /// The person's own number for it: the same again is the same message.
    id: String,
    text: String,
}

/// A line to a person.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum Line {
    Kept {
        ok: String,
    },
    Said {
        delivery: i64,
        text: String,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        repeated: bool,
    },
}

/// People who are connected over TCP, all in one place.
pub struct Lines {
    listener: TcpListener,
    persona: PersonaName,
    /// To everybody who is connected.
    said: broadcast::Sender<Line>,
}

impl Lines {
    /// Listens there; everything that people write is for `persona`.
    pub async fn bind(address: SocketAddr, persona: &str) -> std::io::Result<Self> {
        Ok(Self {
            listener: TcpListener::bind(address).await?,
            persona: persona.into(),
            said: broadcast::Sender::new(LINES_BEHIND),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The one place that there is. A place is the channel's own spelling of an address; whatever
    /// tells conversations apart belongs into it.
    pub fn place() -> Place {
        Place {
            channel: "lines".into(),
            account: "default".into(),
            address: "everybody".to_owned(),
        }
    }

    /// One person's connection, until it ends.
    async fn serve(stream: TcpStream, persona: PersonaName, inbox: Inbox, said: Said) {
        let (lines, mut to_person) = stream.into_split();
        let (acknowledge, mut acknowledged) = tokio::sync::mpsc::channel(1);
        let mut said = said;
        let write = async move {
            loop {
                let line = tokio::select! {
                    Some(line) = acknowledged.recv() => line,
                    Ok(line) = said.recv() => line,
                    // Fell behind, or nothing more comes: the person connects again.
                    else => return,
                };
                let mut bytes = serde_json::to_vec(&line).unwrap_or_default();
                bytes.push(b'\n');
                if to_person.write_all(&bytes).await.is_err() {
                    return;
                }
            }
        };
        let read = read(lines, persona, inbox, acknowledge);
        tokio::select! {
            () = write => {}
            () = read => {}
        }
    }
}

type Said = broadcast::Receiver<Line>;

/// Takes in one person's lines. A line that is no message ends the connection.
async fn read(
    lines: OwnedReadHalf,
    persona: PersonaName,
    inbox: Inbox,
    acknowledge: tokio::sync::mpsc::Sender<Line>,
) {
    let mut lines = BufReader::new(lines);
    loop {
        let mut line = Vec::new();
        let mut limited = (&mut lines).take(LONGEST_LINE);
        let read = limited.read_until(b'\n', &mut line).await;
        if read.is_err() || line.last() != Some(&b'\n') {
            return;
        }
        let Ok(Written { id, text }) = serde_json::from_slice(&line) else {
            return;
        };
        // The conversation: this place and the persona that is asked.
        let Some(route) = inbox.route(Lines::place(), &persona) else {
            return;
        };
        let message = NewMessage {
            // Unique in this channel: what makes it safe to send it again.
            external_id: id.as_str().into(),
            route,
            author: Author {
                // A real channel knows who this is, by an id that its owner cannot change.
                id: "somebody".into(),
                name: "somebody".to_owned(),
            },
            text,
            attachments: Vec::new(),
            reply_to: None,
            // Where the reply goes is decided now; `deliver` is handed this again.
            reply_route: serde_json::Value::Null,
            extra: serde_json::Value::Null,
            priority: Priority::default(),
        };
        // Not kept, so not acknowledged: the person sends it again.
        if inbox.ingest(message).await.is_err() {
            return;
        }
        if acknowledge.send(Line::Kept { ok: id }).await.is_err() {
            return;
        }
    }
}

#[async_trait]
impl Channel for Lines {
    fn name(&self) -> ChannelName {
        Self::place().channel
    }

    fn abilities(&self) -> Abilities {
        Abilities {
            // Nothing here remembers what it has shown.
            guarantee: Guarantee::AtLeastOnce,
            parallel: 8,
        }
    }

    async fn receive(&self, inbox: Inbox, shutdown: CancellationToken) -> Result<(), ChannelError> {
        // Dropped with this future, and everybody is cut off: a channel leaves nothing behind.
        let mut people = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                Some(_) = people.join_next() => continue,
                accepted = self.listener.accept() => accepted,
            };
            // A real channel would ride out what passes, and end only on what does not.
            let (stream, _) = accepted.map_err(|error| ChannelError {
                channel: self.name(),
                reason: format!("nobody can connect any more: {error}"),
            })?;
            let persona = self.persona.clone();
            people.spawn(Self::serve(
                stream,
                persona,
                inbox.clone(),
                self.said.subscribe(),
            ));
        }
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<Sent, DeliverError> {
        let line = Line::Said {
            delivery: delivery.id.0,
            text: delivery.operation.text().to_owned(),
            repeated: delivery.maybe_repeated,
        };
        match self.said.send(line) {
            Ok(_) => Ok(Sent::default()),
            Err(_) => Err(DeliverError::Later {
                reason: "nobody is connected".to_owned(),
                after: None,
            }),
        }
    }

    fn show(&self, _progress: &Progress) {
        // Lines cannot be taken back, so people see the whole reply, when it is there.
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let lines = Lines::bind(([127, 0, 0, 1], 7421).into(), "echo").await?;
    println!("Say something: nc {}", lines.address()?);
    let folder = tempfile::TempDir::new()?;
    let clock = SystemClock::shared();
    let path = folder.path().join("baton.db");
    let store = baton_store::sqlite::Sqlite::open(&path, clock.clone())?;
    let (agent, _) = baton_testkit::scripted_agent::answering(|turn| {
        Ok(baton_core::agent::Reply::text(turn.prompt()))
    });
    let mut runtime = Runtime::start(Parts {
        store: Arc::new(store),
        clock,
        agents: vec![("echo".into(), agent, 8)],
        channels: vec![Arc::new(lines)],
        personas: vec![Persona::new("echo", "echo")],
        files: None,
        limits: Limits::default(),
    })
    .await?;
    Err(runtime.failed().await.into())
}
