//! Commands and presses on their way to the chat layer, each with the responder for its answer.

use std::sync::Arc;

use baton_chat::connector::{ActionAnswer, ActionResponder, ChatAction, EventSink};
use baton_chat::platform_permissions::needs_permissions;

use super::command_audience::{AnswerPlan, answer_priority, choose_answer};
use super::command_response::CommandResponder;
use super::form_prompt::AskedPerson;
use super::own_commands;
use super::press_response::PressResponder;
use crate::telegram::chat_address::{ChatAddress, MessageAddress};
use crate::telegram::conversion::telegram_update::{ButtonPress, DecodedCommand};
use crate::telegram::telegram_account::TelegramAccount;
use crate::telegram::telegram_id::parse_number;

/// The answer to an action whose person may or may not have the right, while Telegram does not tell.
const RIGHTS_UNKNOWN: &str =
    "Telegram does not say now who manages this group, so nothing is done. Please try again.";

/// Passes a command on, or answers the command.
pub(crate) fn pass_command(
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
    let responder = Box::new(CommandResponder {
        account: Arc::clone(account),
        address,
        message: number.filter(|_| ephemeral.is_none()).map(|it| it.number),
        only_for: other_people_read(address, &action),
        priority: answer_priority(standing),
    });
    match choose_answer(standing, &action, address.is_private()) {
        AnswerPlan::Own => {
            if let Some(answer) = own_commands::find_answer(&action) {
                events.answer_action(answer, responder);
            }
        }
        AnswerPlan::ByChatLayer => pass_action(account, events, address, action, responder),
        AnswerPlan::Numbers => {
            events.answer_action(own_commands::answer_stranger(&action), responder);
        }
        AnswerPlan::NumbersForAdministrator => {
            let (account, events) = (Arc::clone(account), Arc::clone(events));
            tokio::spawn(async move {
                if is_administrator(&account, address, &action).await == Some(true) {
                    events.answer_action(own_commands::answer_stranger(&action), responder);
                } else {
                    log_unanswered(&action);
                }
            });
        }
        AnswerPlan::Nothing => log_unanswered(&action),
    }
}

/// Logs that an action gets no answer.
pub(crate) fn log_unanswered(action: &ChatAction) {
    let (chat, person) = (&action.chat, &action.actor.author.id);
    tracing::debug!(%chat, %person, "an action of a person whom the bot does not answer is ignored");
}

/// Passes a press on a button on.
pub(crate) fn pass_press(
    account: &Arc<TelegramAccount>,
    events: &Arc<dyn EventSink>,
    press: ButtonPress,
) {
    let address = match (&press.action, &press.message) {
        (Some(action), _) => ChatAddress::parse_chat(&action.chat).ok(),
        (None, Some(message)) => Some(message.chat),
        (None, None) => None,
    };
    let responder = Box::new(PressResponder {
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
    });
    match (press.action, address) {
        (Some(action), Some(address)) => pass_action(account, events, address, action, responder),
        _ => events.take_unreadable_action(responder),
    }
}

/// The number of the person, if the chat has other people too.
pub(crate) fn other_people_read(address: ChatAddress, action: &ChatAction) -> Option<i64> {
    let person = parse_number(action.actor.author.id.as_str());
    person.filter(|_| !address.is_private())
}

/// Passes an action on. An update does not tell who manages a group. So Baton asks Telegram, but only for an action that
/// needs the answer.
fn pass_action(
    account: &Arc<TelegramAccount>,
    events: &Arc<dyn EventSink>,
    address: ChatAddress,
    mut action: ChatAction,
    responder: Box<dyn ActionResponder>,
) {
    if address.is_private() || !needs_permissions(&action.kind) {
        return events.take_action(action, responder);
    }
    let (account, events) = (Arc::clone(account), Arc::clone(events));
    tokio::spawn(async move {
        let Some(is_administrator) = is_administrator(&account, address, &action).await else {
            return events.answer_action(ActionAnswer::text(RIGHTS_UNKNOWN), responder);
        };
        action.actor.is_moderator = is_administrator;
        action.actor.is_administrator = is_administrator;
        events.take_action(action, responder);
    });
}

/// Whether the person of an action administers the group; `None` if Telegram does not tell.
async fn is_administrator(
    account: &TelegramAccount,
    address: ChatAddress,
    action: &ChatAction,
) -> Option<bool> {
    match parse_number(action.actor.author.id.as_str()) {
        Some(person) => account.is_group_admin(address.chat, person).await,
        None => Some(false),
    }
}
