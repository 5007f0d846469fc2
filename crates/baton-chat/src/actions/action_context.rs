//! An action with its person, chat and settings, and the forms of its first answer.

use baton_core::authority::Principal;
use baton_core::commands::Command;
use baton_core::id::Generation;
use baton_core::inbox::Inbox;
use baton_core::place::Place;

use super::conversation_commands::ConversationCommand;
use crate::ChatLayer;
use crate::approvals::approval_button::ApprovalKey;
use crate::approvals::button_presses::ApprovalAction;
use crate::chat_settings::Answering;
use crate::connector::{ActionAnswer, ActionForm, Actor, ChatId};

/// The answer to people who may not use Baton here.
pub(crate) const NOT_ALLOWED: &str =
    "The operator of this bot has not allowed you to use the bot here.";

/// The first answer to an action, due within seconds.
pub(crate) enum FirstResponse {
    /// An announcement while the task runs; the result follows in a second answer.
    Deferred(ActionTask),
    /// The whole answer.
    Answer(ActionAnswer),
    /// A form.
    Form(ActionForm),
}

impl FirstResponse {
    /// An answer with only a text.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Answer(ActionAnswer::text(text))
    }
}

/// The work of an action whose first answer is [`FirstResponse::Deferred`].
pub(crate) enum ActionTask {
    /// Run a command.
    Command(Command),
    /// Forget the session with this number.
    Reset(Generation),
    /// Run a command about the conversations of the chat.
    Conversation(ConversationCommand),
    /// Decide an approval, or stop its turn.
    Approval(ApprovalAction),
    /// Show the whole input of an approval.
    ShowInput(ApprovalKey),
}

/// An action with its person, chat and settings.
pub(crate) struct ActionContext<'a> {
    pub(crate) layer: &'a ChatLayer,
    pub(crate) inbox: &'a Inbox,
    /// The person, with the roles in this chat.
    pub(crate) person: Principal,
    pub(crate) chat: &'a ChatId,
    pub(crate) actor: &'a Actor,
    pub(crate) answering: &'a Answering,
}

impl ActionContext<'_> {
    /// The place of the conversation.
    pub(crate) async fn find_place(&self) -> Place {
        self.layer.find_place(self.inbox, self.chat).await
    }
}

/// The text about an error for the person. The log gets the error with all details.
pub(crate) fn render_error(error: &impl std::error::Error) -> String {
    tracing::info!(?error, "an action is refused");
    error.to_string()
}
