//! `baton status`

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use baton_core::delivery::DeliveryState;
use baton_core::message::MessageState;
use baton_core::store::Counts;
use serde::{Deserialize, Serialize};

use super::AnswerSource;
use crate::program_failure::ProgramFailure;
use crate::standard_output;

/// Runs the command.
pub(crate) async fn run(folder: &Path, json: bool) -> Result<(), ProgramFailure> {
    let (running, numbers) = match AnswerSource::find_source(folder)? {
        AnswerSource::Running(remote) => {
            let numbers = remote.get(&["status"], &[]).await?;
            let running = RunningProcess {
                pid: remote.pid(),
                address: remote.address(),
            };
            (Some(running), numbers)
        }
        AnswerSource::Stopped(store, instance) => {
            let numbers = StatusCounts::from(store.counts().await?);
            store.close().await;
            drop(instance);
            (None, numbers)
        }
        AnswerSource::Nothing => (None, StatusCounts::from(Counts::default())),
    };
    let status = StatusReport {
        running,
        data: folder.to_owned(),
        numbers,
    };
    standard_output::print_answer(json, &status);
    Ok(())
}

#[derive(Serialize)]
struct StatusReport {
    /// `null` if no Baton runs.
    running: Option<RunningProcess>,
    data: PathBuf,
    #[serde(flatten)]
    numbers: StatusCounts,
}

#[derive(Serialize)]
struct RunningProcess {
    pid: u32,
    address: SocketAddr,
}

/// The number of messages and deliveries in each state. The numbers of messages add up to `received`.
#[derive(Serialize, Deserialize)]
struct StatusCounts {
    received: u64,
    conversations: u64,
    /// The messages that wait for their files. They are not received yet.
    #[serde(default)]
    incomplete: u64,
    messages: BTreeMap<String, u64>,
    deliveries: BTreeMap<String, u64>,
}

impl From<Counts> for StatusCounts {
    fn from(counts: Counts) -> Self {
        let messages = MessageState::ALL.map(|it| (it.as_str().to_owned(), counts.messages_in(it)));
        let deliveries =
            DeliveryState::ALL.map(|it| (it.as_str().to_owned(), counts.deliveries_in(it)));
        Self {
            received: counts.received,
            conversations: counts.conversations,
            incomplete: counts.incomplete,
            messages: messages.into(),
            deliveries: deliveries.into(),
        }
    }
}

impl fmt::Display for StatusReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.running {
            Some(RunningProcess { pid, address }) => {
                writeln!(f, "Baton runs at http://{address} (process {pid})")?;
            }
            None => writeln!(f, "Baton does not run; `baton` starts Baton")?,
        }
        writeln!(f, "data folder {}", self.data.display())?;
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
        if numbers.incomplete > 0 {
            let waiting = numbers.incomplete;
            writeln!(
                f,
                "not received yet: {waiting}, whose files are on their way"
            )?;
        }
        let states = DeliveryState::ALL.map(DeliveryState::as_str);
        write!(f, "deliveries: {}", of(&numbers.deliveries, &states, ", "))
    }
}
