//! The contract suite, run on the fake channel and on the example channel.

#![expect(clippy::unwrap_used, reason = "all of this is test code")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use baton_core::channel::Channel;
use baton_core::place::Place;
use baton_testkit::agent_run::within;
use baton_testkit::baton::update;
use baton_testkit::channel::FakeChannel;
use baton_testkit::channel_contract::{Guarantee, PERSONA, Rig, Seen, holds};
use baton_testkit::crash::World;
use baton_testkit::platform::{Platform, account, channel_name};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::watch;
use tokio::task::JoinHandle;

#[path = "../../examples/channel.rs"]
#[expect(
    dead_code,
    unreachable_pub,
    reason = "a program for people, whose channel is used here"
)]
mod example;

use example::Lines;

struct FakeRig(Platform);

impl FakeRig {
    fn position(&self, id: &str) -> Option<usize> {
        let updates = self.0.updates();
        updates.iter().rposition(|update| update.id == id)
    }
}

#[async_trait]
impl Rig for FakeRig {
    async fn channel(&self) -> Arc<dyn Channel> {
        Arc::new(FakeChannel::new(self.0.clone(), World::new(None)))
    }

    fn guarantee(&self) -> Guarantee {
        self.0.guarantee()
    }

    fn place(&self) -> Place {
        Place {
            channel: channel_name(),
            account: account(),
            address: "room".to_owned(),
        }
    }

    async fn write(&self, id: &str, text: &str) {
        let mut update = update(PERSONA, "room", text);
        id.clone_into(&mut update.id);
        self.0.post(update);
    }

    fn is_acknowledged(&self, id: &str) -> bool {
        let position = self.position(id);
        position.is_some_and(|position| self.0.acknowledged() > position)
    }

    async fn until_acknowledged(&self, id: &str) {
        let position = self.position(id).expect("it was written");
        self.0.until_acknowledged(position + 1).await;
    }

    async fn until_seen(&self, count: usize) -> Vec<Seen> {
        self.0.until_shown("room", count).await;
        let shown = self.0.shown_in("room").into_iter();
        let seen = shown.map(|shown| Seen {
            text: shown.text,
            marked: shown.maybe_repeated,
        });
        seen.collect()
    }
}

/// A person with a TCP connection.
struct LinesRig {
    /// All lines received over the connection, in order.
    heard: Arc<watch::Sender<Vec<Value>>>,
    connection: tokio::sync::Mutex<Option<OwnedWriteHalf>>,
    listens: Mutex<Option<JoinHandle<()>>>,
}

impl LinesRig {
    fn new() -> Self {
        Self {
            heard: Arc::new(watch::Sender::new(Vec::new())),
            connection: tokio::sync::Mutex::new(None),
            listens: Mutex::new(None),
        }
    }
}

#[async_trait]
impl Rig for LinesRig {
    async fn channel(&self) -> Arc<dyn Channel> {
        self.connection.lock().await.take();
        let before = self.listens.lock().unwrap().take();
        if let Some(before) = before {
            within("the channel before is gone", before).await.unwrap();
        }
        let any_port = ([127, 0, 0, 1], 0).into();
        let channel = Lines::bind(any_port, PERSONA).await.unwrap();
        let address = channel.address().unwrap();
        let stream = TcpStream::connect(address).await.unwrap();
        let (read, write) = stream.into_split();
        *self.connection.lock().await = Some(write);
        let heard = Arc::clone(&self.heard);
        let listens = tokio::spawn(async move {
            let mut lines = BufReader::new(read).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let line = serde_json::from_str(&line).unwrap();
                heard.send_modify(|heard| heard.push(line));
            }
        });
        *self.listens.lock().unwrap() = Some(listens);
        Arc::new(channel)
    }

    /// This channel does not remember the replies shown.
    fn guarantee(&self) -> Guarantee {
        Guarantee::AtLeastOnce
    }

    fn place(&self) -> Place {
        Lines::place()
    }

    async fn write(&self, id: &str, text: &str) {
        let line = format!("{}\n", json!({ "id": id, "text": text }));
        let mut connection = self.connection.lock().await;
        let connection = connection.as_mut().expect("it is connected");
        connection.write_all(line.as_bytes()).await.unwrap();
    }

    fn is_acknowledged(&self, id: &str) -> bool {
        self.heard.borrow().contains(&json!({ "ok": id }))
    }

    async fn until_acknowledged(&self, id: &str) {
        let mut heard = self.heard.subscribe();
        let line = json!({ "ok": id });
        let kept = heard.wait_for(|heard| heard.contains(&line));
        drop(within(&format!("{id} is acknowledged"), kept).await);
    }

    async fn until_seen(&self, count: usize) -> Vec<Seen> {
        let said = |heard: &Vec<Value>| {
            let said = heard.iter().filter(|line| line.get("delivery").is_some());
            said.cloned().collect::<Vec<_>>()
        };
        let mut heard = self.heard.subscribe();
        let enough = heard.wait_for(|heard| said(heard).len() >= count);
        let heard = within(&format!("{count} replies come"), enough).await;
        let seen = said(&heard.unwrap()).into_iter().map(|line| Seen {
            text: line["text"].as_str().unwrap_or_default().to_owned(),
            marked: line["repeated"] == json!(true),
        });
        seen.collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_fake_holds_to_the_contract() {
    for guarantee in [Guarantee::Once, Guarantee::AtLeastOnce] {
        holds(async || FakeRig(Platform::new(guarantee))).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_holds_to_the_contract() {
    holds(async || LinesRig::new()).await;
}
