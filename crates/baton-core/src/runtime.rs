//! Starts and stops the dispatcher, the sender, the channels and the timekeeper over one store.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::agent::Agent;
use crate::approval::ApprovalRules;
use crate::channel::{Channel, ChannelError};
use crate::clock::Clock;
use crate::delivery_sender::DeliverySender;
use crate::dispatcher::{MessageHearing, TurnDispatcher};
use crate::files::Files;
use crate::inbox::Inbox;
use crate::name::{AgentName, ChannelName};
use crate::panics::run_again;
use crate::persona::{Persona, Personas};
use crate::retry::RetryPolicy;
use crate::running_turns::RunningTurns;
use crate::slots::Slots;
use crate::speech::Speech;
use crate::store::{Attach, Store, StoreError};
use crate::timekeeper::Timekeeper;

/// The parts of a running Baton.
pub struct Parts {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The source of time.
    pub clock: Arc<dyn Clock>,
    /// The agents, each with the maximum number of its concurrent turns.
    pub agents: Vec<(AgentName, Arc<dyn Agent>, usize)>,
    /// The channels.
    pub channels: Vec<Arc<dyn Channel>>,
    /// The configured personas.
    pub personas: Vec<Persona>,
    /// The files folder. Without it, Baton accepts and sends no files.
    pub files: Option<Arc<Files>>,
    /// The transcriber. Without it, agents get recordings only as files.
    pub speech: Option<Speech>,
    /// The limits on amounts, times and tries.
    pub limits: Limits,
}

/// Limits on amounts, times and tries.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The maximum number of concurrent turns of all agents together.
    pub turns: usize,
    /// The maximum number of waiting messages in one conversation.
    pub waiting: u32,
    /// The tries of failed turns, and the pauses between them.
    pub retry: RetryPolicy,
    /// The deciders and the time limit of approvals.
    pub approvals: ApprovalRules,
    /// The time that an agent has to return after a stop.
    pub stop_grace: Duration,
    /// The time that running turns have to finish at shutdown.
    pub shutdown_grace: Duration,
    /// The retention time of the event log. The trace of an older message shows only its rows.
    pub keep_events: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            turns: 32,
            waiting: 1_000,
            retry: RetryPolicy::default(),
            approvals: ApprovalRules::default(),
            // Less than one second, within which a stop must end a turn. The Claude CLI needs most of this
            // time.
            stop_grace: Duration::from_millis(900),
            shutdown_grace: Duration::from_secs(20),
            keep_events: Duration::from_hours(30 * 24),
        }
    }
}

/// The reason why Baton cannot continue.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// A channel cannot continue.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// The store's writer, or a task that carries out the store's effects, has died. Only a restart can
    /// recover the work in its hands.
    #[error(
        "{part} failed, and Baton cannot continue; the log has the reason. Start Baton again: no stored message \
         is lost"
    )]
    Died {
        /// The name of the part.
        part: &'static str,
    },
}

/// A running Baton.
pub struct Runtime {
    inbox: Inbox,
    store: Arc<dyn Store>,
    slots: Slots<AgentName>,
    stop_channels: CancellationToken,
    stop_turns: CancellationToken,
    stop_sender: CancellationToken,
    channels: JoinSet<Result<(), ChannelError>>,
    dispatcher: JoinSet<()>,
    sender: JoinSet<()>,
    timekeeper: JoinSet<()>,
}

impl Runtime {
    /// Takes over the store from an earlier process, and starts all parts.
    pub async fn start(parts: Parts) -> Result<Self, StoreError> {
        let Parts {
            store,
            clock,
            agents,
            channels,
            personas,
            files,
            speech,
            limits,
        } = parts;
        if let Some(files) = &files {
            // Before any turn runs, because the output folders of an earlier run belong to no turn.
            files
                .clean_at_start(store.files_in_use().await?, clock.wall())
                .await;
        }
        let personas: Personas = personas.into_iter().collect();
        let channels: BTreeMap<_, _> = channels
            .into_iter()
            .map(|channel| (channel.name(), channel))
            .collect();
        let slots = Slots::new(
            limits.turns,
            agents
                .iter()
                .map(|(name, _, at_once)| (name.clone(), *at_once)),
        );
        let in_parallel = channels
            .iter()
            .map(|(name, channel)| (name.clone(), channel.abilities().parallel));
        let deliveries = Slots::new(usize::MAX, in_parallel);
        let attach = build_attach(&slots, deliveries, &personas, &agents, limits.retry);
        let work = store.attach(attach).await?;
        let running = RunningTurns::default();
        let inbox = Inbox::new(
            store.clone(),
            running.clone(),
            personas.clone(),
            limits.waiting,
            clock.clone(),
            files.clone(),
        );
        let mut runtime = Self::without_tasks(inbox.clone(), store.clone(), slots);
        let hearing = MessageHearing::new(
            store.clone(),
            clock.clone(),
            files.clone(),
            runtime.slots.clone(),
            speech,
        );
        let dispatcher = Arc::new(TurnDispatcher {
            hearing,
            store: store.clone(),
            views: store.clone(),
            clock: clock.clone(),
            agents: agents
                .into_iter()
                .map(|(name, agent, _)| (name, agent))
                .collect(),
            channels: channels.clone(),
            personas,
            running,
            files: files.clone(),
            retry: limits.retry,
            approvals: limits.approvals.clone(),
            stop_grace: limits.stop_grace,
            shutdown_grace: limits.shutdown_grace,
            last_call: CancellationToken::new(),
        });
        let sender = Arc::new(DeliverySender {
            store: store.clone(),
            clock: clock.clone(),
            channels: channels.clone(),
            retry: limits.retry,
            shutdown: runtime.stop_sender.clone(),
        });
        runtime
            .dispatcher
            .spawn(dispatcher.run(work.turns, runtime.stop_turns.clone()));
        runtime.sender.spawn(sender.run(work.deliveries));
        let timekeeper = Timekeeper::new(store, Arc::clone(&clock), files, &limits);
        runtime.timekeeper.spawn(timekeeper.run());
        for channel in channels.into_values() {
            let (inbox, stop) = (inbox.clone(), runtime.stop_channels.clone());
            let (clock, retry) = (Arc::clone(&clock), limits.retry);
            runtime
                .channels
                .spawn(receive_messages(channel, inbox, stop, clock, retry));
        }
        Ok(runtime)
    }

    /// A runtime without running tasks.
    fn without_tasks(inbox: Inbox, store: Arc<dyn Store>, slots: Slots<AgentName>) -> Self {
        Self {
            inbox,
            store,
            slots,
            stop_channels: CancellationToken::new(),
            stop_turns: CancellationToken::new(),
            stop_sender: CancellationToken::new(),
            channels: JoinSet::new(),
            dispatcher: JoinSet::new(),
            sender: JoinSet::new(),
            timekeeper: JoinSet::new(),
        }
    }

    /// The interface for parts that are not channels.
    pub fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// Returns when an indispensable part has ended. Pending while all of them run.
    pub async fn failed(&mut self) -> Failed {
        let channels = &mut self.channels;
        let channel = async {
            loop {
                match channels.join_next().await {
                    Some(Ok(Err(error))) => return error,
                    Some(_) => {}
                    None => std::future::pending().await,
                }
            }
        };
        tokio::select! {
            error = channel => Failed::Channel(error),
            // Each of these runs until a request to stop, unless the task or the store has died.
            ended = self.timekeeper.join_next() => part_failure("the timekeeper", ended.as_ref()),
            ended = self.dispatcher.join_next() => part_failure("the dispatcher", ended.as_ref()),
            ended = self.sender.join_next() => part_failure("the sender", ended.as_ref()),
        }
    }

    /// Begins no new turns, gives running turns time to finish, waits for started deliveries, and closes the
    /// store. Unfinished turns run again at the next start.
    pub async fn shut_down(mut self) {
        self.slots.close();
        self.stop_turns.cancel();
        while self.dispatcher.join_next().await.is_some() {}
        // Channels receive a little longer than turns run, so that a stop still reaches the turns.
        self.stop_channels.cancel();
        while self.channels.join_next().await.is_some() {}
        self.stop_sender.cancel();
        while self.sender.join_next().await.is_some() {}
        self.timekeeper.abort_all();
        self.store.close().await;
    }
}

/// Runs a channel's receiving side, and restarts it after a panic.
async fn receive_messages(
    channel: Arc<dyn Channel>,
    inbox: Inbox,
    stop: CancellationToken,
    clock: Arc<dyn Clock>,
    retry: RetryPolicy,
) -> Result<(), ChannelError> {
    let part = format!("the channel {}", channel.name());
    let ended = run_again(&part, &*clock, retry, &stop, || {
        channel.receive(inbox.clone(), stop.clone())
    });
    ended.await.unwrap_or(Ok(()))
}

/// Names the part that died: this one, or the store if its end caused this one's.
fn part_failure(part: &'static str, ended: Option<&Result<(), JoinError>>) -> Failed {
    let part = match ended {
        Some(Err(_)) => part,
        _ => "the store's writer",
    };
    Failed::Died { part }
}

/// The abilities of this process.
fn build_attach(
    turns: &Slots<AgentName>,
    deliveries: Slots<ChannelName>,
    personas: &Personas,
    agents: &[(AgentName, Arc<dyn Agent>, usize)],
    retry: RetryPolicy,
) -> Attach {
    let steerable = agents.iter().filter(|(_, agent, _)| agent.can_steer());
    Attach {
        turns: turns.clone(),
        deliveries,
        personas: personas.clone(),
        steerable: steerable.map(|(name, _, _)| name.clone()).collect(),
        attempts: retry.attempts,
    }
}
