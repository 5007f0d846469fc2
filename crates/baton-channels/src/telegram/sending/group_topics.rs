//! Groups whose topics are switched off. For a topic of such a group, Telegram answers a message with success, and shows
//! the message in the main chat, where other people read it. So Baton asks once in a process whether a group has topics,
//! and compares the place of each sent message with the wanted one.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use baton_chat::connector::{ConnectorError, Refusal, RequestFailure, Urgency};

use crate::telegram::bot_api::{SendOptions, SentMessage, TextBody};
use crate::telegram::chat_address::ChatAddress;
use crate::telegram::send_budget::send_priority::SendPriority;
use crate::telegram::telegram_account::TelegramAccount;

/// Told once in a group whose topics were switched off.
const TOPICS_OFF: &str = "The topics of this group are switched off, so this bot cannot answer in a topic. Switch the \
     topics on again in the settings of the group, or write here.";

/// The maximum number of remembered groups. A full memory is emptied, and Telegram is asked again.
const REMEMBERED: usize = 10_000;

/// What this process knows about the topics of groups.
#[derive(Debug, Default)]
pub(crate) struct GroupTopics(Mutex<HashMap<i64, TopicSwitch>>);

/// Whether a group has topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TopicSwitch {
    On,
    Off {
        /// Whether people in the group were told.
        is_told: bool,
    },
}

impl GroupTopics {
    /// Records that a group has topics.
    pub(crate) fn note_topics(&self, group: i64) {
        self.remember_switch(group, TopicSwitch::On);
    }

    fn find_switch(&self, group: i64) -> Option<TopicSwitch> {
        self.lock_groups().get(&group).copied()
    }

    fn remember_switch(&self, group: i64, switch: TopicSwitch) {
        let mut groups = self.lock_groups();
        if groups.len() >= REMEMBERED && !groups.contains_key(&group) {
            groups.clear();
        }
        groups.insert(group, switch);
    }

    fn lock_groups(&self) -> MutexGuard<'_, HashMap<i64, TopicSwitch>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Checks before a message that the group of its topic has topics. Otherwise, people are told once, and the error tells
/// what to do. Without an answer of Telegram, the message is sent, and [`check_topic`] checks its place.
pub(crate) async fn require_topics(
    account: &TelegramAccount,
    address: ChatAddress,
) -> Result<(), ConnectorError> {
    let known = account.group_topics.find_switch(address.chat);
    if address.topic.is_none() || address.is_private() || known == Some(TopicSwitch::On) {
        return Ok(());
    }
    let asked = account.api.has_topics(address.chat);
    match account.make_uncounted(asked).await {
        Ok(true) => account.group_topics.note_topics(address.chat),
        Ok(false) => return Err(refuse_topic(account, address).await),
        Err(error) if known.is_some() => {
            tracing::debug!(%address, %error, "Telegram does not tell whether the topics of a group are on again");
            return Err(topics_are_off());
        }
        Err(error) => {
            tracing::debug!(%address, %error, "Telegram does not tell whether a group has topics");
        }
    }
    Ok(())
}

/// Checks that the messages of one request landed in their topic, and deletes the others. Some servers show the messages
/// for a deleted topic of a private chat in the main chat too.
pub(crate) async fn check_topic(
    account: &TelegramAccount,
    address: ChatAddress,
    sent: &[SentMessage],
) -> Result<(), ConnectorError> {
    let Some(topic) = address.topic else {
        return Ok(());
    };
    let is_there =
        |sent: &SentMessage| sent.message_thread_id == Some(topic) && sent.is_topic_message;
    if sent.iter().all(is_there) {
        account.group_topics.note_topics(address.chat);
        return Ok(());
    }
    tracing::error!(%address, "a message for a topic landed in the main chat; Baton deletes the message");
    for misplaced in sent {
        let deleted = account
            .api
            .delete_message(address.chat, misplaced.message_id);
        if let Err(error) = account.make_uncounted(deleted).await {
            tracing::warn!(%address, %error, "the message in the wrong place could not be deleted; please delete the message");
        }
    }
    if address.is_private() {
        // The other topics of the person are still there.
        return Err(topic_is_gone());
    }
    Err(refuse_topic(account, address).await)
}

/// Records that the topics of a group are switched off, and tells people unless they were told. Returns the error.
async fn refuse_topic(account: &TelegramAccount, address: ChatAddress) -> ConnectorError {
    let chat = address.chat;
    let known = account.group_topics.find_switch(chat);
    let was_told = matches!(known, Some(TopicSwitch::Off { is_told: true }));
    // Another message for this group must not tell people at the same time.
    let off = |is_told| TopicSwitch::Off { is_told };
    account.group_topics.remember_switch(chat, off(true));
    if !was_told && let Err(error) = tell_people(account, address).await {
        account.group_topics.remember_switch(chat, off(false));
        tracing::warn!(%address, %error, "people could not be told that the topics of a group are switched off");
    }
    topics_are_off()
}

async fn tell_people(
    account: &TelegramAccount,
    address: ChatAddress,
) -> Result<(), ConnectorError> {
    let main = SendOptions::to_chat(address.whole_chat());
    let notice = TextBody::new(main, TOPICS_OFF.to_owned(), Vec::new());
    let told = account.api.send_text(&notice);
    let told = account.spend_turn(address.chat, SendPriority::Topic, Urgency::CanWait, told);
    told.await??;
    Ok(())
}

fn topic_is_gone() -> ConnectorError {
    let failure = RequestFailure::Refused(Refusal::ThreadGone);
    let message = "the topic was deleted, or private chats with the bot have no topics any more";
    ConnectorError::new(failure, message)
}

fn topics_are_off() -> ConnectorError {
    let failure = RequestFailure::Refused(Refusal::Other);
    let message = "the topics of this group are switched off; switch them on again";
    ConnectorError::new(failure, message)
}
