//! Replies to prompts, which are the sent forms of people. Such a reply never becomes a message for an agent.

use std::sync::Arc;

use baton_chat::connector::{
    ActionAnswer, ActionKind, ActorStanding, ChatAction, EventSink, Sender,
};

use super::action_passing::{log_unanswered, other_people_read};
use super::command_response::CommandResponder;
use super::prompt_mark::PromptMark;
use crate::telegram::bot_context::BotContext;
use crate::telegram::chat_address::ChatAddress;
use crate::telegram::conversion::sender_conversion::convert_actor;
use crate::telegram::conversion::telegram_update::{DecodedFormAnswer, ShownChat};
use crate::telegram::send_budget::send_priority::SendPriority;
use crate::telegram::telegram_account::TelegramAccount;
use crate::telegram::telegram_wire::TelegramMessage;

const NOT_ASKED: &str = "This question is for somebody else. To answer yourself, press the button.";

const NO_TEXT: &str = "Your reply has no text. Please reply with a text.";

/// The mark of the prompt that a message replies to; `None` for a reply to another message. Forwarded words are no reply.
pub(crate) fn find_prompt(bot: &BotContext, message: &TelegramMessage) -> Option<PromptMark> {
    if message.forward_origin.is_some() || message.is_automatic_forward {
        return None;
    }
    let replied = message.replied_to()?;
    if !replied.from.as_ref().is_some_and(|user| bot.is_us(user)) {
        return None;
    }
    let mut links = replied.entities.iter().filter_map(|it| it.url.as_deref());
    links.find_map(|link| PromptMark::parse_address(&bot.prompt_key, link))
}

/// The reply to a prompt as a sent form.
pub(crate) fn convert_form_answer(
    prompt: PromptMark,
    sender: &Sender,
    message: &TelegramMessage,
    shown: &ShownChat,
) -> DecodedFormAnswer {
    let text = message.words().trim().to_owned();
    DecodedFormAnswer {
        is_from_asked: sender.author.id.as_str() == prompt.person.to_string(),
        message: message.message_id,
        action: ChatAction {
            chat: shown.address.into(),
            info: Some(shown.to_info(false)),
            workspace: None,
            actor: convert_actor(sender, shown.address.is_private()),
            kind: ActionKind::Form {
                name: prompt.form,
                texts: vec![text],
            },
        },
    }
}

/// Passes a sent form to the chat layer. A person whom the bot does not answer gets no answer here either, unless the
/// bot asked this person.
pub(crate) fn pass_form_answer(
    account: &Arc<TelegramAccount>,
    events: &Arc<dyn EventSink>,
    answer: DecodedFormAnswer,
) {
    let DecodedFormAnswer {
        action,
        is_from_asked,
        message,
    } = answer;
    let Ok(address) = ChatAddress::parse_chat(&action.chat) else {
        return;
    };
    if !is_from_asked && events.standing_of(&action) != ActorStanding::Answered {
        return log_unanswered(&action);
    }
    let responder = Box::new(CommandResponder {
        account: Arc::clone(account),
        address,
        message: Some(message),
        only_for: other_people_read(address, &action),
        priority: SendPriority::Reply,
    });
    let refusal = match &action.kind {
        _ if !is_from_asked => NOT_ASKED,
        ActionKind::Form { texts, .. } if texts.iter().all(String::is_empty) => NO_TEXT,
        _ => return events.take_action(action, responder),
    };
    events.answer_action(ActionAnswer::text(refusal), responder);
}
