//! Events other than new messages, for the chat layer.

use std::sync::Arc;

use baton_chat::connector::{ActionResponder, ChatAction, EventSink};
use baton_core::store::{StoreError, TopicNews};

use crate::telegram::actions::command_audience::{AnswerPlan, answer_priority, choose_answer};
use crate::telegram::actions::command_response::CommandResponder;
use crate::telegram::actions::form_answer::pass_form_answer;
use crate::telegram::actions::form_prompt::AskedPerson;
use crate::telegram::actions::own_commands;
use crate::telegram::actions::press_response::PressResponder;
use crate::telegram::chat_address::{ChatAddress, MessageAddress};
use crate::telegram::conversion::telegram_update::{
    ButtonPress, DecodedCommand, OwnMembership, ShownChat, TelegramEvent,
};
use crate::telegram::sending::telegram_drafts;
use crate::telegram::sending::topic_reports;
use crate::telegram::telegram_account::TelegramAccount;
use crate::telegram::telegram_id::parse_number;

/// Remembers the facts about a chat that an update shows.
pub(crate) fn note_chat(account: &TelegramAccount, events: &dyn EventSink, chat: &ShownChat) {
    events.remember_chat(&chat.address.into(), chat.to_info(false));
    if chat.address.topic.is_some() {
        account.note_topics(chat.address.chat, true);
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
        TelegramEvent::Edit(decoded) => events.take_edit(decoded.message),
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

fn pass_command(
    account: &Arc<TelegramAccount>,
    events: &Arc<dyn EventSink>,
    command: DecodedCommand,
) {
    let DecodedCommand {
        message,
        action,
        ephemeral,
    } = command;
    let Ok(address) = ChatAddress::parse_chat(&action.chat) else {
        tracing::error!(
            chat = %action.chat, message = %message.id,
            "a command is left out, because its chat cannot be read"
        );
        return;
    };
    let number = MessageAddress::parse_message(&message.id).ok();
    let standing = events.standing_of(&action);
    let responder = CommandResponder {
        account: Arc::clone(account),
        address,
        message: number.filter(|_| ephemeral.is_none()).map(|it| it.number),
        only_for: other_people_read(address, &action),
        priority: answer_priority(standing),
    };
    let can_add_projects = account.settings.chat.projects.is_some();
    let answer = choose_answer(standing, &action, address.is_private(), can_add_projects);
    match answer {
        AnswerPlan::Own => {
            if let Some(answer) = own_commands::find_answer(account, &action) {
                own_commands::give_answer(answer, Arc::new(responder));
            }
        }
        AnswerPlan::ByChatLayer => pass_action(account, events, address, action, responder),
        AnswerPlan::Numbers => {
            let answer = own_commands::answer_stranger(&action);
            own_commands::give_answer(answer, Arc::new(responder));
        }
        AnswerPlan::NumbersForAdministrator | AnswerPlan::ByChatLayerForAdministrator => {
            let (account, events) = (Arc::clone(account), Arc::clone(events));
            tokio::spawn(async move {
                let action = with_rights(&account, address, action).await;
                if !action.actor.is_administrator {
                    log_unanswered(&action);
                } else if answer == AnswerPlan::NumbersForAdministrator {
                    let answer = own_commands::answer_stranger(&action);
                    own_commands::give_answer(answer, Arc::new(responder));
                } else {
                    events.take_action(action, Box::new(responder));
                }
            });
        }
        AnswerPlan::Nothing => log_unanswered(&action),
    }
}

fn log_unanswered(action: &ChatAction) {
    let (chat, person) = (&action.chat, &action.actor.author.id);
    tracing::debug!(%chat, %person, "a command of a person whom the bot does not answer is ignored");
}

fn pass_press(account: &Arc<TelegramAccount>, events: &Arc<dyn EventSink>, press: ButtonPress) {
    let address = match (&press.action, &press.message) {
        (Some(action), _) => ChatAddress::parse_chat(&action.chat).ok(),
        (None, Some(message)) => Some(message.chat),
        (None, None) => None,
    };
    let responder = PressResponder {
        account: Arc::clone(account),
        address,
        press: press.callback_id,
        card: press.message.as_ref().and_then(|message| {
            let id = MessageAddress::parse_message(message.id.as_ref()?).ok()?;
            Some(id.number)
        }),
        person: press.action.as_ref().and_then(|action| {
            let author = &action.actor.author;
            Some(AskedPerson {
                number: parse_number(author.id.as_str())?,
                name: author.name.clone(),
            })
        }),
        only_for: press
            .action
            .as_ref()
            .and_then(|action| other_people_read(address?, action)),
    };
    match (press.action, address) {
        (Some(action), Some(address)) => pass_action(account, events, address, action, responder),
        _ => events.take_unreadable_action(Box::new(responder)),
    }
}

/// The number of the person, if the chat has other people too.
pub(crate) fn other_people_read(address: ChatAddress, action: &ChatAction) -> Option<i64> {
    let person = parse_number(action.actor.author.id.as_str());
    person.filter(|_| !address.is_private())
}

/// Passes an action on in a task of its own, because Baton may have to ask Telegram for the rights of the person.
pub(crate) fn pass_action(
    account: &Arc<TelegramAccount>,
    events: &Arc<dyn EventSink>,
    address: ChatAddress,
    action: ChatAction,
    responder: impl ActionResponder + 'static,
) {
    let (account, events) = (Arc::clone(account), Arc::clone(events));
    tokio::spawn(async move {
        let action = with_rights(&account, address, action).await;
        events.take_action(action, Box::new(responder));
    });
}

/// The action with the rights of the person. An update does not tell who manages a group.
async fn with_rights(
    account: &TelegramAccount,
    address: ChatAddress,
    mut action: ChatAction,
) -> ChatAction {
    let person = parse_number(action.actor.author.id.as_str());
    let is_moderator = match person {
        _ if address.is_private() => true,
        Some(person) => account.is_group_admin(address.chat, person).await,
        None => false,
    };
    action.actor.is_moderator = is_moderator;
    action.actor.is_administrator = is_moderator;
    action
}
