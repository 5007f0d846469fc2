//! Events other than new messages, for the chat layer.

use std::sync::Arc;

use baton_chat::connector::EventSink;
use baton_core::store::{StoreError, TopicNews};

use crate::telegram::actions::action_passing::{pass_command, pass_press};
use crate::telegram::actions::form_answer::pass_form_answer;
use crate::telegram::chat_address::ChatAddress;
use crate::telegram::conversion::telegram_update::{OwnMembership, ShownChat, TelegramEvent};
use crate::telegram::sending::telegram_drafts;
use crate::telegram::sending::topic_reports;
use crate::telegram::telegram_account::TelegramAccount;

/// Remembers the facts about a chat that an update shows.
pub(crate) fn note_chat(account: &TelegramAccount, events: &dyn EventSink, chat: &ShownChat) {
    events.remember_chat(&chat.address.into(), chat.to_info(false));
    if chat.is_forum || chat.address.topic.is_some() {
        account.group_topics.note_topics(chat.address.chat);
    }
}

/// The origin of an event, for the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventOrigin {
    /// The number of the update; `None` if unreadable.
    pub(crate) update: Option<i64>,
    /// The chat; `None` if unreadable.
    pub(crate) chat: Option<ChatAddress>,
}

impl EventOrigin {
    /// The chat for the log; `-` for an unreadable chat.
    fn chat_text(self) -> String {
        self.chat
            .map_or_else(|| "-".to_owned(), |chat| chat.to_string())
    }
}

/// Passes one event to the chat layer. No request to Telegram delays the next event. Returns an error if the program
/// ends.
pub(crate) async fn pass_event(
    account: &Arc<TelegramAccount>,
    events: &Arc<dyn EventSink>,
    origin: EventOrigin,
    event: TelegramEvent,
) -> Result<(), StoreError> {
    let (update, chat) = (origin.update, origin.chat_text());
    match event {
        TelegramEvent::Edit(decoded) => events.store_edit(decoded.message).await?,
        TelegramEvent::Command(command) => pass_command(account, events, *command),
        TelegramEvent::FormAnswer(answer) => pass_form_answer(account, events, *answer),
        TelegramEvent::Press(press) => pass_press(account, events, *press),
        TelegramEvent::Reactions(reactions) => {
            for reaction in reactions {
                events.take_reaction(reaction);
            }
        }
        TelegramEvent::ChatGone(chat) => {
            tracing::warn!(%chat, "the bot was removed from a chat, or blocked by a person");
            events.forget_chat(&chat.into());
        }
        TelegramEvent::Moved { from, to } => {
            let (from, to) = (ChatAddress::new(from, None), ChatAddress::new(to, None));
            events.chat_moved(&from.into(), &to.into()).await?;
        }
        TelegramEvent::Ignored(reason) => {
            tracing::debug!(update, chat, reason, "an update is not for Baton");
        }
        TelegramEvent::Lost(what) => tracing::warn!(
            update,
            chat,
            what,
            "an update of Telegram cannot be read, and is passed over"
        ),
        // The operator finds the number of the chat here.
        TelegramEvent::MemberChange(OwnMembership {
            chat,
            status,
            can_send,
            can_manage_topics,
        }) => tracing::info!(%chat, ?status, can_send, can_manage_topics, "the bot is in a chat"),
        TelegramEvent::TopicCreated(change) | TelegramEvent::TopicRenamed(change) => {
            topic_reports::report_name(&**events, change).await?;
        }
        TelegramEvent::TopicClosed(change) => {
            topic_reports::report_state(&**events, change.address, TopicNews::Closed).await?;
        }
        TelegramEvent::TopicReopened(change) => {
            topic_reports::report_state(&**events, change.address, TopicNews::Reopened).await?;
        }
        TelegramEvent::GenerationStopped { chat, draft } => {
            telegram_drafts::pass_stop(&**events, chat, draft);
        }
        // Messages go through batches, so none comes here.
        TelegramEvent::Message(_) | TelegramEvent::Unreadable(_) => {
            tracing::error!(update, chat, "a message outside of a batch is left out");
        }
    }
    Ok(())
}
