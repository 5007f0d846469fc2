//! Turns gateway events into events for the chat layer. No function here waits.

use std::sync::Arc;

use baton_chat::connector::{EventSink, IncomingMessage};
use baton_chat::http::tolerant_parsing::{self, UnreadableValue, parse_value};
use baton_core::panics::catch_sync_panic;
use serde::Deserialize;
use serde_json::Value;

use super::channel_conversion::{convert_channel, convert_listed, convert_thread};
use super::discord_account::{BotIds, DiscordAccount};
use super::discord_id::Id;
use super::interaction_conversion::handle_interaction;
use super::message_conversion::convert_message;
use super::reaction_conversion::convert_reaction;
use super::rest::CommandList;
use super::wire::{DiscordChannel, DiscordGuild, GatewayReady, WireMessage};

/// The handler of the events of one shard.
pub(super) struct ShardEventHandler {
    pub(super) account: Arc<DiscordAccount>,
    /// The chat layer's end of this shard.
    pub(super) sink: Arc<dyn EventSink>,
    /// The shard of the events.
    pub(super) shard: u32,
}

impl ShardEventHandler {
    /// Handles an event. `name` is `None` if unreadable.
    pub(super) fn handle_event(&self, name: Option<&str>, data: Value) {
        let Some(name) = name else {
            // The event may be a message, so the channel is read again.
            tracing::error!(shard = self.shard, "the name of an event is unreadable");
            self.sink.report_lost(read_id(&data["channel_id"]));
            return;
        };
        let id = tolerant_parsing::id_of(&data);
        if let Err(error) = self.handle_named(name, data) {
            tracing::error!(name, id, %error, "an event of Discord cannot be read");
        }
    }

    /// A lost frame may hold a message of any channel of this shard.
    pub(super) fn handle_lost_frame(&self) {
        self.sink.report_lost(None);
    }

    fn handle_named(&self, name: &str, data: Value) -> Result<(), UnreadableValue> {
        if name == "READY" {
            self.handle_ready(&parse_value(name, data)?);
            return Ok(());
        }
        // Without the ids, Baton cannot tell its own messages from those of others.
        let Some(BotIds { user: us, .. }) = self.account.known_ids() else {
            let shard = self.shard;
            tracing::error!(name, shard, "an event came before the session began");
            return Ok(());
        };
        match name {
            "GUILD_CREATE" => self.handle_server(&parse_value(name, data)?, us),
            "CHANNEL_CREATE" | "CHANNEL_UPDATE" | "THREAD_UPDATE" => {
                let channel: DiscordChannel = parse_value(name, data)?;
                let info = convert_channel(&channel, None, us);
                self.sink.remember_chat(&channel.id.into(), info);
            }
            "THREAD_CREATE" => {
                let thread = convert_thread(&parse_value(name, data)?, us);
                self.sink.list_chats(vec![thread]);
            }
            "CHANNEL_DELETE" | "THREAD_DELETE" => {
                if let Some(channel) = read_id(&data["id"]) {
                    self.sink.forget_chat(&channel);
                }
            }
            "MESSAGE_CREATE" => self.sink.take_message(self.convert_message(data, us)),
            // Discord also sends an update for a link preview or a pinned message. Such an update has no new text.
            "MESSAGE_UPDATE" if data["edited_timestamp"].is_null() || data["content"].is_null() => {
            }
            "MESSAGE_UPDATE" => self.sink.take_edit(self.convert_message(data, us)),
            "MESSAGE_DELETE" => self.handle_deletion(&data, [&data["id"]]),
            "MESSAGE_DELETE_BULK" => {
                self.handle_deletion(&data, data["ids"].as_array().into_iter().flatten());
            }
            "MESSAGE_REACTION_ADD" => {
                if let Some(reaction) = convert_reaction(us, parse_value(name, data)?) {
                    self.sink.take_reaction(reaction);
                }
            }
            "INTERACTION_CREATE" => {
                let interaction = parse_value(name, data)?;
                let handle = || handle_interaction(&self.account, us, &*self.sink, interaction);
                // The input of a person must not stop the connection.
                if let Err(panicked) = catch_sync_panic(handle) {
                    tracing::error!(%panicked, "an interaction is not answered");
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Handles a new gateway session. Events between the two sessions are lost.
    fn handle_ready(&self, ready: &GatewayReady) {
        let (bot, shard) = (ready.user.name(), self.shard);
        tracing::info!(bot, shard, "connected to Discord");
        self.account.ids.set_value(BotIds {
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
        let listed = channels.map(|channel| convert_listed(server, channel, us));
        self.sink.list_chats(listed.collect());
        // The channels tell whether the configuration names this server.
        self.account
            .registration
            .request_check(CommandList::Server(server.id));
    }

    fn convert_message(&self, data: Value, us: Id) -> IncomingMessage {
        let message = WireMessage::parse(data, None);
        let mut message = convert_message(&self.account, us, &message);
        // The gateway tells the server with each message, except for direct messages.
        if let IncomingMessage::Readable(message) = &mut message {
            message.is_direct = message.workspace.is_none();
        }
        message
    }

    fn handle_deletion<'a>(&self, data: &Value, ids: impl IntoIterator<Item = &'a Value>) {
        let Some(channel) = read_id(&data["channel_id"]) else {
            tracing::error!("the channel of deleted messages is unreadable");
            return;
        };
        let ids: Vec<_> = ids.into_iter().filter_map(read_id).collect();
        if !ids.is_empty() {
            self.sink.take_deletions(channel, ids);
        }
    }
}

/// An id in an event, if readable.
fn read_id<T: From<Id>>(id: &Value) -> Option<T> {
    Id::deserialize(id).ok().map(Into::into)
}
