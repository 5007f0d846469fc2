//! The chats whose messages wait for their files.
//!
//! The store has these messages. The memory has their numbers, so that a batch knows without a read which chats have
//! waiting messages. A later message of such a chat waits too, so that the order of the chat stays.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use baton_core::inbox::Inbox;
use baton_core::store::{IncompleteChat, StoreError};
use tokio::sync::watch;

use super::store_retry::wait_for_store;
use crate::ChatLayer;
use crate::backoff::BackoffTimer;
use crate::connector::ChatId;
use crate::moved_chats::MovedChats;

/// The maximum number of waiting messages of one chat, so that one chat does not fill the table.
const OF_CHAT: usize = 100;
/// The maximum size of these messages, in bytes.
const OF_CHAT_BYTES: usize = 2 * 1024 * 1024;
/// The maximum number of waiting messages of all chats of an account.
const OF_ACCOUNT: usize = 2_000;
/// The maximum size of these messages, in bytes.
const OF_ACCOUNT_BYTES: usize = 32 * 1024 * 1024;

/// The chats of an account whose messages wait for their files.
#[derive(Debug, Default)]
pub(crate) struct IncompleteChats {
    /// Held for each change of the stored messages together with the memory.
    turn: tokio::sync::Mutex<()>,
    waiting: Mutex<WaitingChats>,
    /// Notified after each change of `waiting`.
    changed: watch::Sender<()>,
}

/// The chats with waiting messages.
#[derive(Clone, Debug, Default)]
pub(super) struct WaitingChats(HashMap<ChatId, WaitingMessages>);

/// The waiting messages of a chat.
#[derive(Clone, Copy, Debug, Default)]
struct WaitingMessages {
    messages: usize,
    bytes: usize,
    has_worker: bool,
}

/// The reason why a message cannot wait for its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoRoomError {
    #[error("too many messages of this chat wait for their files; send the message again later")]
    InChat,
    #[error("too many messages wait for their files; send the message again later")]
    InAccount,
}

impl WaitingChats {
    /// Whether messages of this chat wait.
    pub(super) fn has_waiting(&self, chat: &ChatId) -> bool {
        self.0.contains_key(chat)
    }

    /// Adds a message of this size, in bytes, unless there is no room.
    pub(super) fn add_message(&mut self, chat: &ChatId, bytes: usize) -> Result<(), NoRoomError> {
        let add = |count: usize, size: usize| (count + 1, size.saturating_add(bytes));
        let here = self.0.get(chat).copied().unwrap_or_default();
        let (messages, together) = add(here.messages, here.bytes);
        if messages > OF_CHAT || together > OF_CHAT_BYTES {
            return Err(NoRoomError::InChat);
        }
        let all = self.0.values();
        let all = all.fold((0, 0), |sum: (usize, usize), it| {
            (sum.0 + it.messages, sum.1.saturating_add(it.bytes))
        });
        let (messages, together) = add(all.0, all.1);
        if messages > OF_ACCOUNT || together > OF_ACCOUNT_BYTES {
            return Err(NoRoomError::InAccount);
        }
        let here = self.0.entry(chat.clone()).or_default();
        here.messages += 1;
        here.bytes = here.bytes.saturating_add(bytes);
        Ok(())
    }

    /// Adds the messages of another process, unless the chat is known.
    fn add_stored(&mut self, stored: IncompleteChat) {
        let known = self.0.entry(stored.chat.into()).or_default();
        known.messages = known.messages.max(stored.messages);
        known.bytes = known.bytes.max(stored.bytes);
    }

    /// Gives the moved chats their present ids.
    fn follow_moves(&mut self, moved: &MovedChats) {
        for (chat, waiting) in std::mem::take(&mut self.0) {
            let known = self.0.entry(moved.current_chat(&chat)).or_default();
            known.messages += waiting.messages;
            known.bytes = known.bytes.saturating_add(waiting.bytes);
            known.has_worker |= waiting.has_worker;
        }
    }
}

impl IncompleteChats {
    /// Waits for the turn to change the stored messages.
    pub(crate) async fn take_turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    fn lock(&self) -> MutexGuard<'_, WaitingChats> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut WaitingChats) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.send_replace(());
        result
    }

    /// Whether messages of this chat wait.
    pub(super) fn has_waiting(&self, chat: &ChatId) -> bool {
        self.lock().has_waiting(chat)
    }

    /// The waiting chats now, for a batch that adds messages.
    pub(super) fn copy_waiting(&self) -> WaitingChats {
        self.lock().clone()
    }

    /// Adds the messages of a commit, with their sizes in bytes. The batch found room for them.
    pub(super) fn add_messages<'a>(&self, added: impl IntoIterator<Item = (&'a ChatId, usize)>) {
        self.change(|waiting| {
            for (chat, bytes) in added {
                let here = waiting.0.entry(chat.clone()).or_default();
                here.messages += 1;
                here.bytes = here.bytes.saturating_add(bytes);
            }
        });
    }

    /// Records that a message of this size, in bytes, waits no longer.
    pub(super) fn remove_message(&self, chat: &ChatId, bytes: usize) {
        self.change(|waiting| {
            if let Some(here) = waiting.0.get_mut(chat) {
                here.messages = here.messages.saturating_sub(1);
                here.bytes = here.bytes.saturating_sub(bytes);
            }
        });
    }

    /// Records that no message of this chat waits.
    pub(super) fn remove_chat(&self, chat: &ChatId) {
        self.change(|waiting| waiting.0.remove(chat));
    }

    /// Takes the chats without a worker. The caller starts their workers.
    pub(super) fn take_idle_chats(&self) -> Vec<ChatId> {
        let mut waiting = self.lock();
        let idle = waiting.0.iter_mut().filter(|(_, it)| !it.has_worker);
        let taken = idle.map(|(chat, waiting)| {
            waiting.has_worker = true;
            chat.clone()
        });
        taken.collect()
    }

    /// The changes of the waiting chats.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Waits until no message of this chat waits.
    pub(super) async fn wait_until_complete(&self, chat: &ChatId) {
        let mut changes = self.changes();
        // The sender is as old as this value.
        while self.has_waiting(chat) && changes.changed().await.is_ok() {}
    }

    /// Gives the moved chats their present ids. The caller has the turn since before the commit of the move.
    pub(crate) fn follow_moves(&self, moved: &MovedChats) {
        self.change(|waiting| waiting.follow_moves(moved));
    }
}

/// Reads the waiting messages of an earlier process, before the first event. Fails only if the store is closed.
pub(crate) async fn load_incomplete(layer: &ChatLayer, inbox: &Inbox) -> Result<(), StoreError> {
    let (channel, account) = (layer.connector.channel(), layer.connector.account());
    let mut pause = BackoffTimer::default();
    let _turn = layer.incomplete.take_turn().await;
    let chats = loop {
        match inbox.store().incomplete_chats(&channel, &account).await {
            Ok(chats) => break chats,
            Err(error) => wait_for_store(layer, error, &mut pause).await?,
        }
    };
    layer.incomplete.change(|waiting| {
        for chat in chats {
            waiting.add_stored(chat);
        }
        // The workers of an earlier connection have ended.
        for chat in waiting.0.values_mut() {
            chat.has_worker = false;
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_chat_takes_no_room_of_the_others() {
        let mut waiting = WaitingChats::default();
        let (one, other) = (ChatId::from("1"), ChatId::from("2"));
        for _ in 0..OF_CHAT {
            assert_eq!(waiting.add_message(&one, 1), Ok(()));
        }
        assert_eq!(waiting.add_message(&one, 1), Err(NoRoomError::InChat));
        assert_eq!(waiting.add_message(&other, 1), Ok(()));
        let bytes = OF_CHAT_BYTES;
        assert_eq!(waiting.add_message(&other, bytes), Err(NoRoomError::InChat));
    }

    #[test]
    fn all_chats_together_have_a_bound() {
        let mut waiting = WaitingChats::default();
        let outcome = (0..=OF_ACCOUNT)
            .map(|number| waiting.add_message(&number.to_string().as_str().into(), 1))
            .find(Result::is_err);
        assert_eq!(outcome, Some(Err(NoRoomError::InAccount)));
        assert_eq!(waiting.0.len(), OF_ACCOUNT);
    }
}
