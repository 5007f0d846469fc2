//! The chats where the platform refuses drafts.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::connector::ChatId;

/// The most remembered chats. A full set is emptied, and its chats are tried again.
const MOST_CHATS: usize = 1_000;

/// The chats where the platform has refused a draft since the start. The set survives no restart, because platforms
/// change their minds.
#[derive(Debug, Default)]
pub(super) struct DraftlessChats(Mutex<HashSet<ChatId>>);

impl DraftlessChats {
    pub(super) fn contains_chat(&self, chat: &ChatId) -> bool {
        self.lock_chats().contains(chat)
    }

    pub(super) fn add_chat(&self, chat: ChatId) {
        let mut chats = self.lock_chats();
        if chats.len() >= MOST_CHATS {
            chats.clear();
        }
        chats.insert(chat);
    }

    fn lock_chats(&self) -> MutexGuard<'_, HashSet<ChatId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
