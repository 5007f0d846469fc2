//! Handles gateway events. No function here waits.

use std::collections::BTreeSet;
use std::sync::Arc;

use baton_core::inbox::Inbox;
use baton_core::panics::{contain, run_again};
use baton_core::retry::RetryPolicy;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::command_registration::{self, RegistrationQueue};
use super::discord_id::Id;
use super::ingest_worker::{IngestJob, IngestWorkers, UnreadRule, message_revisions};
use super::place_directory::ChannelInfo;
use super::rest::CommandList;
use super::wire::{
    DiscordChannel, DiscordGuild, GatewayEvent, GatewayReady, IncomingMessage, LastMessage,
    tolerant_parsing,
};
use super::{BotIds, BotState, interaction_dispatch, permissions, reactions};

/// The handler of the events of one shard.
#[derive(Clone)]
pub(super) struct EventHandler {
    shared: Arc<BotState>,
    inbox: Inbox,
    workers: Arc<IngestWorkers>,
    registration: Arc<RegistrationQueue>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
    /// The shard of the events.
    shard: u32,
}

impl EventHandler {
    pub(super) fn new(shared: &Arc<BotState>, inbox: &Inbox, shutdown: CancellationToken) -> Self {
        let (registration, tasks) = (Arc::default(), TaskTracker::new());
        let parts = (
            Arc::clone(shared),
            Arc::clone(&registration),
            shutdown.clone(),
        );
        tasks.spawn(async move {
            let (shared, registration, shutdown) = parts;
            let register = || {
                command_registration::keep_registered(
                    Arc::clone(&shared),
                    Arc::clone(&registration),
                    shutdown.clone(),
                )
            };
            let (clock, retry) = (&**shared.clock(), RetryPolicy::default());
            run_again("the commands at Discord", clock, retry, &shutdown, register).await
        });
        Self {
            shared: Arc::clone(shared),
            inbox: inbox.clone(),
            workers: IngestWorkers::new(shutdown.clone()),
            registration,
            tasks,
            shutdown,
            shard: 0,
        }
    }

    /// The handler for another shard.
    pub(super) fn for_shard(&self, shard: u32) -> Self {
        Self {
            shard,
            ..self.clone()
        }
    }

    /// Waits until all tasks have ended.
    pub(super) async fn wait_until_ended(&self) {
        self.workers.wait_until_ended().await;
        self.tasks.close();
        self.tasks.wait().await;
    }

    pub(super) fn handle_event(&self, event: GatewayEvent) {
        let data = event.data;
        let Some(name) = event.name else {
            self.handle_nameless(&data);
            return;
        };
        match name.as_str() {
            "READY" => self.handle_parsed(&name, data, |it, ready| it.handle_ready(&ready)),
            "GUILD_CREATE" => {
                self.handle_parsed(&name, data, |it, server| it.handle_server(&server));
            }
            "CHANNEL_CREATE" | "CHANNEL_UPDATE" | "THREAD_UPDATE" => {
                self.handle_parsed(&name, data, |it, channel: DiscordChannel| {
                    it.shared.places.remember_channel(&channel, None);
                });
            }
            "THREAD_CREATE" => {
                self.handle_parsed(&name, data, |it, thread| it.handle_thread(&thread));
            }
            "CHANNEL_DELETE" | "THREAD_DELETE" => {
                let id = data.get("id").and_then(Value::as_str);
                if let Some(id) = id.and_then(|id| id.parse().ok()) {
                    self.shared.places.forget_channel(id);
                }
            }
            "MESSAGE_CREATE" => self.handle_message(IncomingMessage::parse(data, None)),
            "MESSAGE_UPDATE" => self.handle_edit(data),
            "MESSAGE_DELETE" => self.handle_deletion(&data, |data| vec![data["id"].clone()]),
            "MESSAGE_DELETE_BULK" => self.handle_deletion(&data, |data| {
                data["ids"].as_array().cloned().unwrap_or_default()
            }),
            "MESSAGE_REACTION_ADD" => self.handle_parsed(&name, data, |it, reaction| {
                let (shared, inbox) = (Arc::clone(&it.shared), it.inbox.clone());
                it.spawn_task(
                    "a reaction",
                    reactions::handle_reaction(shared, inbox, reaction),
                );
            }),
            "INTERACTION_CREATE" => self.handle_parsed(&name, data, |it, interaction| {
                let (shared, inbox) = (Arc::clone(&it.shared), it.inbox.clone());
                let shutdown = it.shutdown.clone();
                let answer =
                    interaction_dispatch::answer_interaction(shared, inbox, shutdown, interaction);
                it.spawn_task("an interaction", answer);
            }),
            _ => {}
        }
    }

    /// Starts a task. A panic ends only this task.
    fn spawn_task(&self, work: &'static str, future: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(contain(work, future));
    }

    fn handle_parsed<T: DeserializeOwned>(
        &self,
        name: &str,
        data: Value,
        work: impl FnOnce(&Self, T),
    ) {
        let id = tolerant_parsing::id_of(&data);
        match tolerant_parsing::parse_value(name, data) {
            Ok(data) => work(self, data),
            Err(error) => tracing::error!(name, id, %error, "an event of Discord cannot be read"),
        }
    }

    /// Handles a new gateway session. Events between the two sessions are lost.
    fn handle_ready(&self, ready: &GatewayReady) {
        tracing::info!(
            bot = ready.user.name(),
            shard = self.shard,
            "connected to Discord"
        );
        self.shared.set_ids(BotIds {
            user: ready.user.id,
            application: ready.application.id,
        });
        self.workers.begin_session(self.shard);
        let events = self.clone();
        self.spawn_task("the review of what waits", async move {
            events.review_waiting().await;
        });
        // Once for all shards.
        if self.shard != 0 {
            return;
        }
        self.registration.request_check(CommandList::Everywhere);
        self.spawn_directs_check();
    }

    fn spawn_directs_check(&self) {
        // Direct messages belong to the first shard.
        if self.shard != 0 {
            return;
        }
        let events = self.clone();
        self.spawn_task("the look at direct messages", async move {
            events.check_directs().await;
        });
    }

    /// Starts a check of the waiting messages for edits and deletions during the outage.
    async fn review_waiting(&self) {
        let waiting = match message_revisions::read_waiting(self.inbox.views()).await {
            Ok(waiting) => waiting,
            Err(error) => {
                tracing::error!(%error, "waiting messages are not checked for edits");
                return;
            }
        };
        let channels = waiting.iter().filter_map(message_revisions::reply_route_of);
        let channels: BTreeSet<Id> = channels.map(|route| route.channel).collect();
        for channel in channels {
            self.hand_job(channel, IngestJob::Review);
        }
    }

    /// Checks direct message channels for missed messages. For channels of servers, Discord tells the last
    /// message.
    async fn check_directs(&self) {
        match self.shared.direct_channels.read_all(&self.inbox).await {
            Ok(directs) => directs
                .into_iter()
                .for_each(|channel| self.hand_job(channel, IngestJob::CheckAgain)),
            Err(error) => tracing::error!(%error, "who wrote to us alone cannot be read"),
        }
    }

    /// Handles a server of the bot: at the start of a session, after an outage of the server, or after an
    /// invitation.
    fn handle_server(&self, server: &DiscordGuild) {
        if server.unavailable {
            return;
        }
        if let Some(us) = self.shared.known_ids() {
            self.shared.places.remember_roles(&server.roles, us.user);
        }
        self.workers
            .forget_cursors(server.channels.iter().map(|channel| channel.id));
        for channel in server.channels.iter().chain(&server.threads) {
            let known = self
                .shared
                .places
                .remember_channel(channel, Some(server.id));
            if channel.is_archived() || !self.is_covered(channel.id, &known) {
                continue;
            }
            let us = self.shared.known_ids();
            if us.is_some_and(|us| !permissions::can_view(server, us.user, channel)) {
                let last = match channel.last_message_id {
                    LastMessage::Is(id) => Some(id),
                    LastMessage::Nothing | LastMessage::Unreadable => None,
                };
                self.hand_job(channel.id, IngestJob::Hidden { last });
                continue;
            }
            let job = self.backfill_job(channel, &known, known.parent());
            self.hand_job(channel.id, job);
        }
        // The channels tell whether the configuration names this server.
        self.registration
            .request_check(CommandList::Server(server.id));
    }

    fn handle_thread(&self, thread: &DiscordChannel) {
        let known = self.shared.places.remember_channel(thread, None);
        if self.is_covered(thread.id, &known) {
            // An event for an old thread means that the bot was let in.
            let parent = known.parent().filter(|_| thread.newly_created);
            self.hand_job(thread.id, self.backfill_job(thread, &known, parent));
        }
    }

    /// The job for the missed messages of a channel. For a thread with `parent`, the messages since the last
    /// read of the parent count.
    fn backfill_job(
        &self,
        channel: &DiscordChannel,
        known: &ChannelInfo,
        parent: Option<Id>,
    ) -> IngestJob {
        let us = self.shared.known_ids();
        let last = match channel.last_message_id {
            LastMessage::Is(id) => Some(id),
            LastMessage::Nothing => None,
            LastMessage::Unreadable => return IngestJob::CheckAgain,
        };
        // All messages in a thread of the bot are for the bot.
        let unread = if us.is_some_and(|us| known.is_thread_of(us.user)) {
            UnreadRule::All
        } else {
            parent.map_or(UnreadRule::Nothing, UnreadRule::Since)
        };
        IngestJob::Backfill { last, unread }
    }

    fn handle_message(&self, message: IncomingMessage) {
        if message.channel().is_none() {
            self.check_all_channels();
        }
        if let Some(channel) = self.listens_to(&message) {
            self.hand_job(channel, IngestJob::NewMessage(message));
        }
    }

    /// An event without a readable name may be a message, so the channel is read again.
    fn handle_nameless(&self, data: &Value) {
        tracing::error!(shard = self.shard, "the name of an event is unreadable");
        let Ok(channel) = Id::deserialize(&data["channel_id"]) else {
            self.check_all_channels();
            return;
        };
        let known = self.shared.places.known_channel(channel);
        if known.is_none_or(|known| self.is_covered(channel, &known)) {
            self.hand_job(channel, IngestJob::CheckAgain);
        }
    }

    /// A lost frame may hold a message of any channel of this shard.
    pub(super) fn handle_lost_frame(&self) {
        self.check_all_channels();
    }

    /// Reads all channels of this shard again, after a message from an unknown channel.
    fn check_all_channels(&self) {
        for channel in self.workers.checked_channels(self.shard) {
            self.hand_job(channel, IngestJob::CheckAgain);
        }
        self.spawn_directs_check();
    }

    /// Discord also sends an update for a link preview or a pinned message. Such an update has no new text.
    fn handle_edit(&self, data: Value) {
        if data["edited_timestamp"].is_null() || data["content"].is_null() {
            return;
        }
        let message = IncomingMessage::parse(data, None);
        let us = self.shared.known_ids().map(|us| us.user);
        // Baton edits its own progress messages all the time.
        let is_ours = matches!(&message, IncomingMessage::Read(it) if Some(it.author.id) == us);
        if let Some(channel) = self.listens_to(&message).filter(|_| !is_ours) {
            self.hand_job(channel, IngestJob::Edited(message));
        }
    }

    fn handle_deletion(&self, data: &Value, ids: impl FnOnce(&Value) -> Vec<Value>) {
        let id = |value: Value| Id::deserialize(value).ok();
        let Some(channel) = id(data["channel_id"].clone()) else {
            tracing::error!("the channel of deleted messages is unreadable");
            return;
        };
        let known = self.shared.places.known_channel(channel);
        if known.is_some_and(|known| !self.is_covered(channel, &known)) {
            return;
        }
        let ids: Vec<Id> = ids(data).into_iter().filter_map(id).collect();
        if !ids.is_empty() {
            self.hand_job(channel, IngestJob::Deleted(ids));
        }
    }

    /// The channel of a message, unless the bot does not listen there.
    fn listens_to(&self, message: &IncomingMessage) -> Option<Id> {
        let Some(channel) = message.channel() else {
            let id = message.id().map(|id| id.to_string());
            tracing::error!(external_id = id, "the channel of a message is unreadable");
            return None;
        };
        let known = self.shared.places.known_channel(channel);
        let elsewhere = known.is_some_and(|known| !self.is_covered(channel, &known));
        let is_direct =
            matches!(message, IncomingMessage::Read(message) if message.guild_id.is_none());
        let is_ours = !elsewhere && (!is_direct || self.shared.settings.direct.is_some());
        is_ours.then_some(channel)
    }

    fn is_covered(&self, channel: Id, known: &ChannelInfo) -> bool {
        self.shared.places.answer_settings(channel, known).is_some()
    }

    fn hand_job(&self, channel: Id, job: IngestJob) {
        let whose = (channel, self.shard);
        self.workers.hand_job(&self.shared, &self.inbox, whose, job);
    }
}
