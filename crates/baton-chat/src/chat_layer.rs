//! The state that all parts of the chat layer share.

use std::sync::Arc;

use baton_core::clock::Clock;
use baton_core::inbox::Inbox;
use baton_core::place::Place;
use baton_core::store::{StoreError, TopicAddress};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::approvals::card_index::CardIndex;
use crate::chat_settings::{Answering, ChatSettings};
use crate::connector::{ChatId, ChatInfo, ChatKind, Connector, ConnectorError};
use crate::delivery::reported_threads::CheckedNames;
use crate::delivery::thread_news::ThreadNews;
use crate::delivery::threads_in_making::ThreadsInMaking;
use crate::ingest::direct_chats::DirectChats;
use crate::ingest::incomplete_chats::IncompleteChats;
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
    pub(crate) incomplete: IncompleteChats,
    pub(crate) threads: ThreadsInMaking,
    pub(crate) thread_news: ThreadNews,
    pub(crate) checked_names: CheckedNames,
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
            incomplete: IncompleteChats::default(),
            threads: ThreadsInMaking::default(),
            thread_news: ThreadNews::default(),
            checked_names: CheckedNames::default(),
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

    /// A named thread in the store, also after a move of its chat.
    pub(crate) fn topic_address(&self, thread: &ChatId) -> TopicAddress {
        TopicAddress {
            channel: self.connector.channel(),
            account: self.connector.account(),
            id: self.places.moved.current_chat(thread).to_string(),
        }
    }

    /// The place of the conversation that has this chat as its named thread; `None` for other chats.
    pub(crate) async fn find_thread_place(
        &self,
        inbox: &Inbox,
        chat: &ChatId,
    ) -> Result<Option<Place>, StoreError> {
        if self.connector.named_threads().is_none() {
            return Ok(None);
        }
        let chat = self.places.moved.current_chat(chat);
        let (channel, account) = (self.connector.channel(), self.connector.account());
        let store = inbox.store();
        store.topic_place(&channel, &account, chat.as_str()).await
    }

    /// The place of the conversations in a chat. The place of a named thread is the one of its first message.
    pub(crate) async fn find_place(&self, inbox: &Inbox, chat: &ChatId) -> Place {
        match self.find_thread_place(inbox, chat).await {
            Ok(Some(place)) => place,
            Ok(None) => self.place_of(chat),
            Err(error) => {
                tracing::error!(%chat, %error, "the conversation of a thread cannot be read");
                self.place_of(chat)
            }
        }
    }

    /// Whether the answer to a message in this chat goes into a new thread.
    pub(crate) fn makes_thread(
        &self,
        answering: &Answering,
        chat: &ChatId,
        known: &ChatInfo,
    ) -> bool {
        let connector = &self.connector;
        let is_possible = match (connector.threads(), connector.named_threads()) {
            (Some(_), _) => known.kind == ChatKind::Channel,
            (None, Some(threads)) => {
                !matches!(known.kind, ChatKind::Thread { .. }) && threads.can_create_in(chat, known)
            }
            (None, None) => false,
        };
        is_possible && answering.thread_per_request
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
