//! The state that all parts of the chat layer share.

use std::sync::Arc;

use baton_core::clock::Clock;
use baton_core::inbox::Inbox;
use baton_core::place::Place;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::approvals::card_index::CardIndex;
use crate::chat_settings::ChatSettings;
use crate::connector::{ChatId, ChatInfo, Connector, ConnectorError};
use crate::delivery::threads_in_making::ThreadsInMaking;
use crate::ingest::direct_chats::DirectChats;
use crate::late_value::LateValue;
use crate::place_directory::PlaceDirectory;
use crate::reply_route::ReplyRoute;
use crate::status::status_indicators::StatusIndicators;

/// The state that all parts of the chat layer share.
pub(crate) struct ChatLayer {
    pub(crate) settings: ChatSettings,
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) places: PlaceDirectory,
    /// `None` until the channel starts.
    pub(crate) inbox: LateValue<Inbox>,
    pub(crate) status: StatusIndicators,
    pub(crate) cards: CardIndex,
    pub(crate) direct_chats: DirectChats,
    pub(crate) threads: ThreadsInMaking,
    /// Cancelled when the channel is dropped.
    pub(crate) dropped: CancellationToken,
}

impl ChatLayer {
    pub(crate) fn new(connector: Arc<dyn Connector>, settings: ChatSettings) -> Self {
        Self {
            places: PlaceDirectory::new(&settings),
            settings,
            connector,
            inbox: LateValue::default(),
            status: StatusIndicators::default(),
            cards: CardIndex::default(),
            direct_chats: DirectChats::default(),
            threads: ThreadsInMaking::default(),
            dropped: CancellationToken::new(),
        }
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.settings.clock
    }

    /// Waits for the inbox, which the start of the channel sets.
    pub(crate) async fn wait_for_inbox(&self) -> Inbox {
        self.inbox.wait_for_value().await
    }

    /// The place of a chat, also after a move of the chat.
    pub(crate) fn place_of(&self, chat: &ChatId) -> Place {
        Place {
            channel: self.connector.channel(),
            account: self.connector.account(),
            address: self.places.moved.current_chat(chat).to_string(),
        }
    }

    /// Reads a stored reply route, and follows the moves of its chat. The moves are known with the inbox.
    pub(crate) fn read_route(&self, stored: &Value) -> Result<ReplyRoute, serde_json::Error> {
        let route = ReplyRoute::parse(stored)?;
        Ok(route.follow_moves(&self.places.moved))
    }

    /// The facts about a chat, from memory or else from the platform. The platform knows a moved chat by its new id
    /// only.
    pub(crate) async fn find_chat(&self, chat: &ChatId) -> Result<ChatInfo, ConnectorError> {
        let chat = &self.places.moved.current_chat(chat);
        if let Some(known) = self.places.known_chat(chat) {
            return Ok(known);
        }
        let found = self.connector.fetch_chat(chat).await?;
        self.places.remember_chat(chat, found.clone());
        Ok(found)
    }
}
