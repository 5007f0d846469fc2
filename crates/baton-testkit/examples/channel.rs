//! A complete channel: people connect over TCP and write lines of JSON.
//!
//! A channel connects people to Baton. Baton stores the messages, has them answered in order, and hands out
//! each delivery until the channel reports success. So a channel needs no queue, no store and no retry. To
//! write a channel:
//!
//! 1. Implement [`Channel::receive`]: take the messages of people, and hand each to [`Inbox::ingest`].
//!    Acknowledge a message to the platform only after `Ok`; until then the platform must be able to send the
//!    message again. A channel that reads its platform with a cursor puts the cursor into the same
//!    [`Ingest`].
//! 2. Implement [`Channel::deliver`]: make one call to the platform, and report the outcome. Do not retry
//!    there: return [`Later`](DeliverError::Later), and Baton sends the delivery again.
//! 3. Declare in [`Channel::abilities`] the effect of a delivery sent twice.
//! 4. Run the contract suite, `baton_testkit::channel_contract::holds`, on the channel.
//!
//! The protocol here: a person sends `{"id": "7", "text": "hello"}` and gets `{"ok": "7"}` after Baton has
//! stored the message. Replies have the form `{"delivery": 12, "text": "…"}`, with `"repeated": true` if the
//! reply may have been sent before. Try it: `cargo run -p baton-testkit --example channel`, then `nc
//! 127.0.0.1 7421`.
//!
//! [`Ingest`]: baton_core::store::Ingest

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use baton_core::channel::{Abilities, Channel, ChannelError, DeliverError, Progress, Sent};
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

/// The longest accepted line, in bytes. All input from outside needs a limit.
const LONGEST_LINE: u64 = 64 * 1024;

/// The number of lines that a slow reader may fall behind. Beyond this limit the connection is cut, and the
/// reader must connect again.
const LINES_BEHIND: usize = 256;

/// A line from a person.
#[derive(Deserialize)]
struct Written {
    /// The person's own id of the message. A repeated id means the same message.
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

/// People connected over TCP, all in one place.
pub struct Lines {
    listener: TcpListener,
    persona: PersonaName,
    /// Sends a line to every connected person.
    said: broadcast::Sender<Line>,
}

impl Lines {
    /// Listens at `address`. All messages of people are for `persona`.
    pub async fn bind(address: SocketAddr, persona: &str) -> std::io::Result<Self> {
        Ok(Self {
            listener: TcpListener::bind(address).await?,
            persona: persona.into(),
            said: broadcast::Sender::new(LINES_BEHIND),
        })
    }

    /// The address of the listener.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The only place of this channel. A place contains the channel's own spelling of an address. Every
    /// detail that separates conversations must be part of the address.
    pub fn place() -> Place {
        Place {
            channel: "lines".into(),
            account: "default".into(),
            address: "everybody".to_owned(),
        }
    }

    /// Serves one person's connection until its end.
    async fn serve(stream: TcpStream, persona: PersonaName, inbox: Inbox, said: Said) {
        let (lines, mut to_person) = stream.into_split();
        let (acknowledge, mut acknowledged) = tokio::sync::mpsc::channel(1);
        let mut said = said;
        let write = async move {
            loop {
                let line = tokio::select! {
                    Some(line) = acknowledged.recv() => line,
                    Ok(line) = said.recv() => line,
                    // The person fell behind, or no more lines can come. The person connects again.
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

/// Reads one person's lines. A line that is not a message ends the connection.
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
        // The conversation: this place and the persona.
        let Some(route) = inbox.route(Lines::place(), &persona) else {
            return;
        };
        let message = NewMessage {
            // Unique in this channel, so a person may safely send a message again.
            external_id: id.as_str().into(),
            part_ids: Vec::new(),
            route,
            author: Author {
                // A real channel knows the author, by an id that the author cannot change.
                id: "somebody".into(),
                name: "somebody".to_owned(),
            },
            text,
            attachments: Vec::new(),
            reply_to: None,
            // The route of the reply is fixed now; `deliver` gets the same value.
            reply_route: serde_json::Value::Null,
            extra: serde_json::Value::Null,
            priority: Priority::default(),
        };
        // Not stored, so not acknowledged: the person sends the message again.
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
        Abilities { parallel: 8 }
    }

    async fn receive(&self, inbox: Inbox, shutdown: CancellationToken) -> Result<(), ChannelError> {
        // Dropped with this future, so all connections are cut. A channel must leave no task behind.
        let mut people = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                Some(_) = people.join_next() => continue,
                accepted = self.listener.accept() => accepted,
            };
            // A real channel would survive a passing failure, and end only on a permanent one.
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
        // Lines cannot be taken back, so people see the complete reply only.
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
        speech: None,
        limits: Limits::default(),
    })
    .await?;
    Err(runtime.failed().await.into())
}
