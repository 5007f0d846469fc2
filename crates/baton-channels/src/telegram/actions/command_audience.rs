//! The people whose commands get an answer. Everybody can write to a bot, and can add the bot to a group. So a stranger
//! must not make the bot speak, or use up its limit on messages.
//!
//! * A person whom the bot answers can use all commands.
//! * Anybody else gets an answer to `/start`, with only the numbers for the configuration. In a group without a table,
//!   only an administrator of the group gets this answer.
//! * A bot, a channel and an anonymous administrator have no number of a person. If the bot does not answer their
//!   messages, their commands get no answer.
//!
//! The answers to strangers use only the part of the limits that replies do not need.

use baton_chat::connector::{ActionKind, ActorStanding, ChatAction};

use super::own_commands::OWN_COMMANDS;
use crate::telegram::send_budget::send_priority::SendPriority;

/// The one command for strangers.
const START: &str = "start";

/// The answer to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AnswerPlan {
    /// The connector answers the command itself.
    Own,
    /// The chat layer answers the command.
    ByChatLayer,
    /// The connector names the numbers of the chat and of the person.
    Numbers,
    /// The connector names the numbers, if the person administers the group.
    NumbersForAdministrator,
    /// No answer.
    Nothing,
}

/// Chooses the answer to a command.
pub(crate) fn choose_answer(
    standing: ActorStanding,
    action: &ChatAction,
    is_private: bool,
) -> AnswerPlan {
    let name = match &action.kind {
        ActionKind::Command { name, .. } => name.as_str(),
        _ => "",
    };
    let is_own = OWN_COMMANDS.iter().any(|(own, _)| *own == name);
    match standing {
        ActorStanding::Answered if is_own => AnswerPlan::Own,
        ActorStanding::Answered => AnswerPlan::ByChatLayer,
        _ if name != START || action.actor.is_bot => AnswerPlan::Nothing,
        ActorStanding::NotAnswered => AnswerPlan::Numbers,
        ActorStanding::Elsewhere if is_private => AnswerPlan::Numbers,
        ActorStanding::Elsewhere => AnswerPlan::NumbersForAdministrator,
    }
}

/// The priority of an answer to a person with this standing.
pub(crate) fn answer_priority(standing: ActorStanding) -> SendPriority {
    match standing {
        ActorStanding::Answered => SendPriority::Reply,
        ActorStanding::NotAnswered | ActorStanding::Elsewhere => SendPriority::Stranger,
    }
}
