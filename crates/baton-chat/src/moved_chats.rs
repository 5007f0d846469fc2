//! The chats that have another id now.
//!
//! The store moves the rows of a chat, and remembers the move. Three things keep the earlier id: the configuration, the
//! reply routes of stored messages, and the deliveries on their way. All of these follow the moves in memory.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use baton_core::inbox::Inbox;
use baton_core::name::ExternalId;
use baton_core::store::{ChatMove, MoveReport, StoreError, moved_address};

use crate::ChatLayer;
use crate::backoff::BackoffTimer;
use crate::connector::ChatId;
use crate::ingest::store_retry::wait_for_store;

/// All moves of the account's chats, as the store has them.
#[derive(Debug, Default)]
pub(crate) struct MovedChats(RwLock<HashMap<ChatId, ChatId>>);

impl MovedChats {
    fn read(&self) -> RwLockReadGuard<'_, HashMap<ChatId, ChatId>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The present id of a chat, or of a topic in a chat.
    pub(crate) fn current_chat(&self, chat: &ChatId) -> ChatId {
        self.new_chat(chat.as_str()).unwrap_or_else(|| chat.clone())
    }

    fn new_chat(&self, address: &str) -> Option<ChatId> {
        let known = self.read();
        if known.is_empty() {
            return None;
        }
        let find_move = |chat: &str| {
            let moved = known.get(&ChatId::from(chat));
            Ok::<_, Infallible>(moved.map(ToString::to_string))
        };
        let Ok(moved) = moved_address(address, find_move);
        moved.map(ChatId::from)
    }

    /// Whether the message has a number of an earlier chat. The same number names another message in the new chat.
    pub(crate) fn has_old_number(&self, message: &ExternalId) -> bool {
        self.new_chat(message.space()).is_some()
    }

    /// Adds a move, by the rules of the store: the first move of a chat counts, and nothing moves back.
    fn add_move(&self, from: &ChatId, to: &ChatId) {
        let to = self.current_chat(to);
        if to == *from || self.new_chat(from.as_str()).is_some() {
            return;
        }
        let mut moves = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for known in moves.values_mut().filter(|known| *known == from) {
            *known = to.clone();
        }
        moves.insert(from.clone(), to);
    }
}

/// Reads the moves of earlier processes. Fails only if the store is closed.
pub(crate) async fn load_moves(layer: &ChatLayer, inbox: &Inbox) -> Result<(), StoreError> {
    let (channel, account) = (layer.connector.channel(), layer.connector.account());
    let mut pause = BackoffTimer::default();
    let moves = loop {
        match inbox.store().moved_chats(&channel, &account).await {
            Ok(moves) => break moves,
            Err(error) => wait_for_store(layer, error, &mut pause).await?,
        }
    };
    for ChatMove { from, to, .. } in moves {
        let (from, to) = (ChatId::from(from), ChatId::from(to));
        layer.places.moved.add_move(&from, &to);
        warn_about_configuration(layer, &from, &to);
    }
    Ok(())
}

/// Records that a chat has another id now, and returns after the commit. While the store fails, the function waits.
/// Fails only if the store is closed.
pub(crate) async fn record_move(
    layer: &ChatLayer,
    from: &ChatId,
    to: &ChatId,
) -> Result<(), StoreError> {
    let inbox = layer.wait_for_inbox().await;
    let chat = ChatMove {
        channel: layer.connector.channel(),
        account: layer.connector.account(),
        from: from.to_string(),
        to: to.to_string(),
    };
    let mut pause = BackoffTimer::default();
    // The messages that wait for their files move too, in the store and in the memory.
    let _turn = layer.incomplete.take_turn().await;
    let report = loop {
        match inbox.store().move_chat(chat.clone()).await {
            Ok(report) => break report,
            Err(error) => wait_for_store(layer, error, &mut pause).await?,
        }
    };
    layer.places.moved.add_move(from, to);
    layer.incomplete.follow_moves(&layer.places.moved);
    layer.places.forget_chats_in(from);
    if report == MoveReport::Moved {
        tracing::info!(%from, %to, "a chat has another id now, and its conversations go on");
        warn_about_configuration(layer, from, to);
    }
    Ok(())
}

/// Tells the operator about an earlier id in the configuration.
fn warn_about_configuration(layer: &ChatLayer, from: &ChatId, to: &ChatId) {
    if layer.places.is_configured(from) {
        tracing::warn!(
            %from, %to,
            "the configuration names a chat by its earlier id; Baton still answers there, but change the id in the configuration"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_is_found_after_several_moves() {
        let moved = MovedChats::default();
        let chat = |id: &str| moved.current_chat(&id.into()).to_string();
        assert_eq!(chat("a/7"), "a/7");
        for (from, to) in [("a", "b"), ("b", "c"), ("a", "b"), ("c", "a"), ("a", "x")] {
            moved.add_move(&from.into(), &to.into());
        }
        assert_eq!([chat("a"), chat("a/7"), chat("b/7")], ["c", "c/7", "c/7"]);
        assert_eq!([chat("c"), chat("ab"), chat("x")], ["c", "ab", "x"]);
        assert!(moved.has_old_number(&ExternalId::within("a", "1")));
        assert!(!moved.has_old_number(&ExternalId::within("c", "1")));
        assert!(!moved.has_old_number(&"1".into()));
    }
}
