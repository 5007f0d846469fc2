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

use super::command_registration::{self, List, Offers};
use super::discord_id::Id;
use super::ingest_worker::{Job, Lanes, Unread, message_revisions};
use super::place_directory::Known;
use super::wire::{Channel, Event, Guild, Incoming, LastMessage, Ready, tolerant_parsing};
use super::{Shared, Us, interactions, permissions, reactions};

/// The handler of the events of one shard.
#[derive(Clone)]
pub(super) struct Events {
    shared: Arc<Shared>,
    inbox: Inbox,
    lanes: Arc<Lanes>,
    offers: Arc<Offers>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
    /// The shard of the events.
    shard: u32,
}

impl Events {
    pub(super) fn new(shared: &Arc<Shared>, inbox: &Inbox, shutdown: CancellationToken) -> Self {
        let (offers, tasks) = (Arc::default(), TaskTracker::new());
        let kept = (Arc::clone(shared), Arc::clone(&offers), shutdown.clone());
        tasks.spawn(async move {
            let (shared, offers, shutdown) = kept;
            let keep = || {
                command_registration::keep(
                    Arc::clone(&shared),
                    Arc::clone(&offers),
                    shutdown.clone(),
                )
            };
            let (clock, retry) = (&**shared.clock(), RetryPolicy::default());
            run_again("the commands at Discord", clock, retry, &shutdown, keep).await
        });
        Self {
            shared: Arc::clone(shared),
            inbox: inbox.clone(),
            lanes: Lanes::new(shutdown.clone()),
            offers,
            tasks,
            shutdown,
            shard: 0,
        }
    }

    /// The handler for another shard.
    pub(super) fn of(&self, shard: u32) -> Self {
        Self {
            shard,
            ..self.clone()
        }
    }

    /// Waits until all tasks have ended.
    pub(super) async fn ended(&self) {
        self.lanes.ended().await;
        self.tasks.close();
        self.tasks.wait().await;
    }

    pub(super) fn happened(&self, event: Event) {
        let data = event.data;
        let Some(name) = event.name else {
            self.nameless(&data);
            return;
        };
        match name.as_str() {
            "READY" => self.told(&name, data, |it, ready| it.ready(&ready)),
            "GUILD_CREATE" => self.told(&name, data, |it, server| it.server(&server)),
            "CHANNEL_CREATE" | "CHANNEL_UPDATE" | "THREAD_UPDATE" => {
                self.told(&name, data, |it, channel: Channel| {
                    it.shared.places.note(&channel, None);
                });
            }
            "THREAD_CREATE" => self.told(&name, data, |it, thread| it.thread(&thread)),
            "CHANNEL_DELETE" | "THREAD_DELETE" => {
                let id = data.get("id").and_then(Value::as_str);
                if let Some(id) = id.and_then(|id| id.parse().ok()) {
                    self.shared.places.forget(id);
                }
            }
            "MESSAGE_CREATE" => self.message(Incoming::of(data, None)),
            "MESSAGE_UPDATE" => self.edited(data),
            "MESSAGE_DELETE" => self.deleted(&data, |data| vec![data["id"].clone()]),
            "MESSAGE_DELETE_BULK" => self.deleted(&data, |data| {
                data["ids"].as_array().cloned().unwrap_or_default()
            }),
            "MESSAGE_REACTION_ADD" => self.told(&name, data, |it, reaction| {
                let (shared, inbox) = (Arc::clone(&it.shared), it.inbox.clone());
                it.begin("a reaction", reactions::reacted(shared, inbox, reaction));
            }),
            "INTERACTION_CREATE" => self.told(&name, data, |it, interaction| {
                let (shared, inbox) = (Arc::clone(&it.shared), it.inbox.clone());
                let shutdown = it.shutdown.clone();
                let answer = interactions::answer(shared, inbox, shutdown, interaction);
                it.begin("an interaction", answer);
            }),
            _ => {}
        }
    }

    /// Starts a task. A panic ends only this task.
    fn begin(&self, work: &'static str, future: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(contain(work, future));
    }

    fn told<T: DeserializeOwned>(&self, name: &str, data: Value, work: impl FnOnce(&Self, T)) {
        let id = tolerant_parsing::id_of(&data);
        match tolerant_parsing::read(name, data) {
            Ok(data) => work(self, data),
            Err(error) => tracing::error!(name, id, %error, "an event of Discord cannot be read"),
        }
    }

    /// Handles a new gateway session. Events between the two sessions are lost.
    fn ready(&self, ready: &Ready) {
        tracing::info!(
            bot = ready.user.name(),
            shard = self.shard,
            "connected to Discord"
        );
        self.shared.is(Us {
            user: ready.user.id,
            application: ready.application.id,
        });
        self.lanes.begin_session(self.shard);
        let events = self.clone();
        self.begin(
            "the review of what waits",
            async move { events.review().await },
        );
        // Once for all shards.
        if self.shard != 0 {
            return;
        }
        self.offers.look_at(List::Everywhere);
        self.look_at_directs();
    }

    fn look_at_directs(&self) {
        // Direct messages belong to the first shard.
        if self.shard != 0 {
            return;
        }
        let events = self.clone();
        self.begin("the look at direct messages", async move {
            events.directs().await;
        });
    }

    /// Starts a check of the waiting messages for edits and deletions during the outage.
    async fn review(&self) {
        let waiting = match message_revisions::waiting(&**self.inbox.store()).await {
            Ok(waiting) => waiting,
            Err(error) => {
                tracing::error!(%error, "waiting messages are not checked for edits");
                return;
            }
        };
        let channels = waiting.iter().filter_map(message_revisions::route_of);
        let channels: BTreeSet<Id> = channels.map(|route| route.channel).collect();
        for channel in channels {
            self.hand(channel, Job::Review);
        }
    }

    /// Checks direct message channels for missed messages. For channels of servers, Discord tells the last
    /// message.
    async fn directs(&self) {
        match self.shared.directs.all(&self.inbox).await {
            Ok(directs) => directs
                .into_iter()
                .for_each(|channel| self.hand(channel, Job::Look)),
            Err(error) => tracing::error!(%error, "who wrote to us alone cannot be read"),
        }
    }

    /// Handles a server of the bot: at the start of a session, after an outage of the server, or after an
    /// invitation.
    fn server(&self, server: &Guild) {
        if server.unavailable {
            return;
        }
        if let Some(us) = self.shared.us_now() {
            self.shared.places.note_roles(&server.roles, us.user);
        }
        self.lanes
            .shown(server.channels.iter().map(|channel| channel.id));
        for channel in server.channels.iter().chain(&server.threads) {
            let known = self.shared.places.note(channel, Some(server.id));
            if channel.is_archived() || !self.is_covered(channel.id, &known) {
                continue;
            }
            let us = self.shared.us_now();
            if us.is_some_and(|us| !permissions::may_see(server, us.user, channel)) {
                let last = match channel.last_message_id {
                    LastMessage::Is(id) => Some(id),
                    LastMessage::Nothing | LastMessage::Unreadable => None,
                };
                self.hand(channel.id, Job::Hidden { last });
                continue;
            }
            let job = self.missed(channel, &known, known.parent());
            self.hand(channel.id, job);
        }
        // The channels tell whether the configuration names this server.
        self.offers.look_at(List::Server(server.id));
    }

    fn thread(&self, thread: &Channel) {
        let known = self.shared.places.note(thread, None);
        if self.is_covered(thread.id, &known) {
            // An event for an old thread means that the bot was let in.
            let parent = known.parent().filter(|_| thread.newly_created);
            self.hand(thread.id, self.missed(thread, &known, parent));
        }
    }

    /// The job for the missed messages of a channel. For a thread with `parent`, the messages since the last
    /// read of the parent count.
    fn missed(&self, channel: &Channel, known: &Known, parent: Option<Id>) -> Job {
        let us = self.shared.us_now();
        let last = match channel.last_message_id {
            LastMessage::Is(id) => Some(id),
            LastMessage::Nothing => None,
            LastMessage::Unreadable => return Job::Look,
        };
        // All messages in a thread of the bot are for the bot.
        let unread = if us.is_some_and(|us| known.is_thread_of(us.user)) {
            Unread::All
        } else {
            parent.map_or(Unread::Nothing, Unread::Since)
        };
        Job::Missed { last, unread }
    }

    fn message(&self, message: Incoming) {
        if message.channel().is_none() {
            self.look_everywhere();
        }
        if let Some(channel) = self.listens_to(&message) {
            self.hand(channel, Job::Said(message));
        }
    }

    /// An event without a readable name may be a message, so the channel is read again.
    fn nameless(&self, data: &Value) {
        tracing::error!(shard = self.shard, "the name of an event is unreadable");
        let Ok(channel) = Id::deserialize(&data["channel_id"]) else {
            self.look_everywhere();
            return;
        };
        let known = self.shared.places.get(channel);
        if known.is_none_or(|known| self.is_covered(channel, &known)) {
            self.hand(channel, Job::Look);
        }
    }

    /// A lost frame may hold a message of any channel of this shard.
    pub(super) fn lost(&self) {
        self.look_everywhere();
    }

    /// Reads all channels of this shard again, after a message from an unknown channel.
    fn look_everywhere(&self) {
        for channel in self.lanes.looked_at(self.shard) {
            self.hand(channel, Job::Look);
        }
        self.look_at_directs();
    }

    /// Discord also sends an update for a link preview or a pinned message. Such an update has no new text.
    fn edited(&self, data: Value) {
        if data["edited_timestamp"].is_null() || data["content"].is_null() {
            return;
        }
        let message = Incoming::of(data, None);
        let us = self.shared.us_now().map(|us| us.user);
        // Baton edits its own progress messages all the time.
        let is_ours = matches!(&message, Incoming::Read(it) if Some(it.author.id) == us);
        if let Some(channel) = self.listens_to(&message).filter(|_| !is_ours) {
            self.hand(channel, Job::Edited(message));
        }
    }

    fn deleted(&self, data: &Value, ids: impl FnOnce(&Value) -> Vec<Value>) {
        let id = |value: Value| Id::deserialize(value).ok();
        let Some(channel) = id(data["channel_id"].clone()) else {
            tracing::error!("the channel of deleted messages is unreadable");
            return;
        };
        let known = self.shared.places.get(channel);
        if known.is_some_and(|known| !self.is_covered(channel, &known)) {
            return;
        }
        let ids: Vec<Id> = ids(data).into_iter().filter_map(id).collect();
        if !ids.is_empty() {
            self.hand(channel, Job::Deleted(ids));
        }
    }

    /// The channel of a message, unless the bot does not listen there.
    fn listens_to(&self, message: &Incoming) -> Option<Id> {
        let Some(channel) = message.channel() else {
            let id = message.id().map(|id| id.to_string());
            tracing::error!(message = id, "the channel of a message is unreadable");
            return None;
        };
        let known = self.shared.places.get(channel);
        let elsewhere = known.is_some_and(|known| !self.is_covered(channel, &known));
        let is_direct = matches!(message, Incoming::Read(message) if message.guild_id.is_none());
        let is_ours = !elsewhere && (!is_direct || self.shared.settings.direct.is_some());
        is_ours.then_some(channel)
    }

    fn is_covered(&self, channel: Id, known: &Known) -> bool {
        self.shared.places.answering(channel, known).is_some()
    }

    fn hand(&self, channel: Id, job: Job) {
        let whose = (channel, self.shard);
        self.lanes.hand(&self.shared, &self.inbox, whose, job);
    }
}
