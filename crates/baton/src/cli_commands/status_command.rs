//! `baton status`

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use baton_core::delivery::DeliveryState;
use baton_core::message::MessageState;
use baton_core::store::{Counts, Store};
use serde::{Deserialize, Serialize};

use super::Source;
use crate::command_failure::Failure;
use crate::standard_output;

/// Runs the command.
pub(crate) async fn run(folder: &Path, json: bool) -> Result<(), Failure> {
    let (running, numbers) = match Source::find(folder)? {
        Source::Running(remote) => {
            let numbers = remote.get(&["status"], &[]).await?;
            let running = Running {
                pid: remote.pid(),
                address: remote.address(),
            };
            (Some(running), numbers)
        }
        Source::Stopped(store, instance) => {
            let numbers = Numbers::from(store.counts().await?);
            store.close().await;
            drop(instance);
            (None, numbers)
        }
        Source::Nothing => (None, Numbers::from(Counts::default())),
    };
    let status = Status {
        running,
        data: folder.to_owned(),
        numbers,
    };
    standard_output::answer(json, &status);
    Ok(())
}

#[derive(Serialize)]
struct Status {
    /// `null` if no Baton runs.
    running: Option<Running>,
    data: PathBuf,
    #[serde(flatten)]
    numbers: Numbers,
}

#[derive(Serialize)]
struct Running {
    pid: u32,
    address: SocketAddr,
}

/// The number of messages and deliveries in each state. The numbers of messages add up to `received`.
#[derive(Serialize, Deserialize)]
struct Numbers {
    received: u64,
    conversations: u64,
    messages: BTreeMap<String, u64>,
    deliveries: BTreeMap<String, u64>,
}

impl From<Counts> for Numbers {
    fn from(counts: Counts) -> Self {
        let messages = MessageState::ALL.map(|it| (it.as_str().to_owned(), counts.messages_in(it)));
        let deliveries =
            DeliveryState::ALL.map(|it| (it.as_str().to_owned(), counts.deliveries_in(it)));
        Self {
            received: counts.received,
            conversations: counts.conversations,
            messages: messages.into(),
            deliveries: deliveries.into(),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.running {
            Some(Running { pid, address }) => {
                writeln!(f, "runs at http://{address} (process {pid})")?;
            }
            None => writeln!(f, "does not run; `baton` starts it")?,
        }
        writeln!(f, "kept in {}", self.data.display())?;
        let numbers = &self.numbers;
        let of = |map: &BTreeMap<String, u64>, words: &[&str], between: &str| {
            let parts = words.iter().map(|word| {
                let number = map.get(*word).copied().unwrap_or_default();
                format!("{number} {word}")
            });
            parts.collect::<Vec<_>>().join(between)
        };
        let states = MessageState::ALL.map(MessageState::as_str);
        let messages = of(&numbers.messages, &states, " + ");
        writeln!(
            f,
            "{} received = {messages}, in {} conversations",
            numbers.received, numbers.conversations
        )?;
        let states = DeliveryState::ALL.map(DeliveryState::as_str);
        write!(f, "deliveries: {}", of(&numbers.deliveries, &states, ", "))
    }
}
