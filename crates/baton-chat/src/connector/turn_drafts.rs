//! Drafts: the answer of a running turn, which people see while the agent writes it.

use std::time::Duration;

use async_trait::async_trait;
use baton_core::id::TurnId;

use super::action::Actor;
use super::chat_ids::ChatId;
use super::connector_error::ConnectorError;

/// Shows the answer of a running turn as a draft, which the platform hides after a while by itself. The answer is a usual
/// message afterwards. A chat with drafts has no progress messages.
#[async_trait]
pub trait TurnDrafts: Send + Sync {
    /// Whether the platform may have drafts in this chat.
    fn can_draft_in(&self, chat: &ChatId) -> bool;

    /// The time for which the platform shows a draft after one request.
    fn shown_for(&self) -> Duration;

    /// The shortest time between two requests for drafts of one turn.
    fn pause(&self) -> Duration;

    /// Shows a draft in place of the turn's earlier one, without waiting for a rate limit. A refusal means that the chat
    /// has no drafts.
    async fn show_draft(&self, chat: &ChatId, draft: &TurnDraft) -> Result<(), ConnectorError>;
}

/// The draft of a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnDraft {
    /// The turn. A press on the platform's stop button names the turn.
    pub turn: TurnId,
    /// The text in the platform's dialect, within its limit. Empty while the agent has written nothing.
    pub text: String,
}

/// A press on the platform's own button that stops the turn of a draft.
#[derive(Clone, Debug)]
pub struct DraftStop {
    /// The chat of the draft, perhaps without its topic.
    pub chat: ChatId,
    /// The turn that the draft belongs to, also of an earlier process.
    pub turn: TurnId,
    /// The person.
    pub actor: Actor,
}
