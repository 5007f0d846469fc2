//! Turns gateway events into events for the chat layer. No function here waits.

use std::sync::Arc;

use baton_chat::connector::{ChatAccess, ChatId, EventSink, ListedChat};
use baton_chat::http::tolerant_parsing;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::discord_account::{BotIds, DiscordAccount};
use super::discord_id::Id;
use super::interaction_conversion::handle_interaction;
use super::message_conversion::{
    MessageSource, convert_channel, convert_last_message, convert_message, convert_reaction,
    to_chat_id, to_message_id,
};
use super::permissions;
use super::rest::CommandList;
use super::wire::{DiscordChannel, DiscordGuild, GatewayEvent, GatewayReady, WireMessage};

/// The handler of the events of one shard.
#[derive(Clone)]
pub(super) struct ShardEventHandler {
    pub(super) account: Arc<DiscordAccount>,
    /// The chat layer's end of this shard.
    pub(super) sink: Arc<dyn EventSink>,
    /// The shard of the events.
    pub(super) shard: u32,
}

impl ShardEventHandler {
    pub(super) fn handle_event(&self, event: GatewayEvent) {
        let data = event.data;
        let Some(name) = event.name else {
            self.handle_nameless(&data);
            return;
        };
        if name == "READY" {
            self.handle_parsed(&name, data, |it, ready| it.handle_ready(&ready));
            return;
        }
        // Without the ids, Baton cannot tell its own messages from those of others.
        let Some(BotIds { user: us, .. }) = self.account.known_ids() else {
            tracing::error!(
                name,
                shard = self.shard,
                "an event came before the session began"
            );
            return;
        };
        match name.as_str() {
            "GUILD_CREATE" => {
                self.handle_parsed(&name, data, |it, server| it.handle_server(&server, us));
            }
            "CHANNEL_CREATE" | "CHANNEL_UPDATE" | "THREAD_UPDATE" => {
                self.handle_parsed(&name, data, |it, channel: DiscordChannel| {
                    let info = convert_channel(&channel, None, us);
                    it.sink.remember_chat(&to_chat_id(channel.id), info);
                });
            }
            "THREAD_CREATE" => {
                self.handle_parsed(&name, data, |it, thread| it.handle_thread(&thread, us));
            }
            "CHANNEL_DELETE" | "THREAD_DELETE" => {
                let id = data.get("id").and_then(Value::as_str);
                if let Some(id) = id.and_then(|id| id.parse().ok()) {
                    self.sink.forget_chat(&to_chat_id(id));
                }
            }
            "MESSAGE_CREATE" => {
                let message = WireMessage::parse(data, None);
                let message = convert_message(&self.account, us, &message, MessageSource::Gateway);
                self.sink.take_message(message);
            }
            "MESSAGE_UPDATE" => self.handle_edit(data, us),
            "MESSAGE_DELETE" => self.handle_deletion(&data, |data| vec![data["id"].clone()]),
            "MESSAGE_DELETE_BULK" => self.handle_deletion(&data, |data| {
                data["ids"].as_array().cloned().unwrap_or_default()
            }),
            "MESSAGE_REACTION_ADD" => self.handle_parsed(&name, data, |it, reaction| {
                if let Some(reaction) = convert_reaction(us, reaction) {
                    it.sink.take_reaction(reaction);
                }
            }),
            "INTERACTION_CREATE" => self.handle_parsed(&name, data, |it, interaction| {
                handle_interaction(&it.account, us, &*it.sink, interaction);
            }),
            _ => {}
        }
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
        self.account.set_ids(BotIds {
            user: ready.user.id,
            application: ready.application.id,
        });
        self.sink.begin_session();
        // Once for all shards.
        if self.shard == 0 {
            self.account
                .registration
                .request_check(CommandList::Everywhere);
        }
    }

    /// Handles a server of the bot: at the start of a session, after an outage of the server, or after an
    /// invitation.
    fn handle_server(&self, server: &DiscordGuild, us: Id) {
        if server.unavailable {
            return;
        }
        self.account.remember_roles(&server.roles, us);
        let channels = server.channels.iter().chain(&server.threads);
        let listed = channels.map(|channel| {
            let info = convert_channel(channel, Some(server.id), us);
            let access = if channel.is_archived() {
                ChatAccess::Archived
            } else if permissions::can_view(server, us, channel) {
                ChatAccess::Open
            } else {
                ChatAccess::Hidden
            };
            ListedChat {
                id: to_chat_id(channel.id),
                counts_since: info.parent().cloned(),
                info,
                newest: convert_last_message(channel.last_message_id),
                access,
            }
        });
        self.sink.list_chats(listed.collect());
        // The channels tell whether the configuration names this server.
        self.account
            .registration
            .request_check(CommandList::Server(server.id));
    }

    fn handle_thread(&self, thread: &DiscordChannel, us: Id) {
        let info = convert_channel(thread, None, us);
        // An event for an old thread means that the bot was let in.
        let parent = info.parent().filter(|_| thread.newly_created);
        self.sink.list_chats(vec![ListedChat {
            id: to_chat_id(thread.id),
            counts_since: parent.cloned(),
            info,
            newest: convert_last_message(thread.last_message_id),
            access: ChatAccess::Open,
        }]);
    }

    /// An event without a readable name may be a message, so the channel is read again.
    fn handle_nameless(&self, data: &Value) {
        tracing::error!(shard = self.shard, "the name of an event is unreadable");
        self.sink.report_lost(channel_of(data));
    }

    /// A lost frame may hold a message of any channel of this shard.
    pub(super) fn handle_lost_frame(&self) {
        self.sink.report_lost(None);
    }

    /// Discord also sends an update for a link preview or a pinned message. Such an update has no new text.
    fn handle_edit(&self, data: Value, us: Id) {
        if data["edited_timestamp"].is_null() || data["content"].is_null() {
            return;
        }
        let message = WireMessage::parse(data, None);
        let message = convert_message(&self.account, us, &message, MessageSource::Gateway);
        self.sink.take_edit(message);
    }

    fn handle_deletion(&self, data: &Value, ids: impl FnOnce(&Value) -> Vec<Value>) {
        let Some(channel) = channel_of(data) else {
            tracing::error!("the channel of deleted messages is unreadable");
            return;
        };
        let id = |value: Value| Id::deserialize(value).ok().map(to_message_id);
        let ids: Vec<_> = ids(data).into_iter().filter_map(id).collect();
        if !ids.is_empty() {
            self.sink.take_deletions(channel, ids);
        }
    }
}

/// The channel of an event, if readable.
fn channel_of(data: &Value) -> Option<ChatId> {
    let channel = Id::deserialize(&data["channel_id"]).ok();
    channel.map(to_chat_id)
}
