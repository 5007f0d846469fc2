//! The message that shows a running turn, and disappears with the turn.

use std::time::Duration;

use baton_core::clock::Steady;
use baton_core::name::ExternalId;

use super::edit_pace::EditPace;
use super::progress_text::TurnProgress;
use crate::ChatLayer;
use crate::backoff::BackoffTimer;
use crate::connector::{
    ChatId, ConnectorError, EditedButtons, MessageEdit, OutgoingMessage, OwnRevisions, Refusal,
    RequestFailure, SendTarget, Urgency,
};
use crate::moved_chats;

/// A turn that ends sooner and uses no tool has no progress message.
const QUICK: Duration = Duration::from_secs(5);

/// The progress message on the platform.
pub(super) struct ProgressMessage<'a> {
    layer: &'a ChatLayer,
    revisions: &'a dyn OwnRevisions,
    /// From this time on, a turn without tools has a progress message too.
    quick: Steady,
    edits: EditPace,
    message: Option<ExternalId>,
    /// Whether the platform told no id of the message, so that Baton can neither edit nor delete the message.
    is_untraceable: bool,
    text: String,
}

impl<'a> ProgressMessage<'a> {
    /// The progress message of a turn that began at this time. Nothing is sent yet.
    pub(super) fn new(
        layer: &'a ChatLayer,
        revisions: &'a dyn OwnRevisions,
        began: Steady,
    ) -> Self {
        Self {
            layer,
            revisions,
            quick: began.after(QUICK),
            edits: EditPace::new(revisions.edit_pause()),
            message: None,
            is_untraceable: false,
            text: String::new(),
        }
    }

    /// Updates the message when the time has come. Returns the time for the next look; `None` if only a change of the
    /// progress can need one.
    pub(super) async fn show_progress(
        &mut self,
        chat: &ChatId,
        progress: &TurnProgress,
    ) -> Option<Steady> {
        let clock = self.layer.clock();
        let now = clock.steady();
        let text = progress.render_text(self.layer.connector.capabilities(chat).text);
        let has_begun = progress.has_activities() || now >= self.quick;
        if !has_begun {
            return (!self.is_untraceable).then_some(self.quick);
        }
        if !self.is_untraceable && text != self.text && self.edits.permits(now) {
            self.update_text(chat, text.clone()).await;
            self.edits.mark_edited(clock.steady());
        }
        let is_behind = !self.is_untraceable && text != self.text;
        is_behind.then(|| self.edits.next_at(now))
    }

    async fn update_text(&mut self, chat: &ChatId, text: String) {
        let result = match &self.message {
            Some(message) => self.edit_message(chat, message, &text).await,
            None => self.send_message(chat, &text).await,
        };
        if let Err(error) = result {
            tracing::debug!(%error, "progress is not shown");
            if let Some(moved) = error.moved.as_deref() {
                let _ = moved_chats::record_move(self.layer, &moved.from, &moved.to).await;
                self.leave_chat();
                return;
            }
            if error.refusal() == Some(Refusal::NoSuchMessage) {
                // Somebody deleted the progress message, so the next text is a new message.
                self.message = None;
                return;
            }
            if matches!(error.failure, RequestFailure::NotTaken { .. }) {
                // The next look makes the request again.
                return;
            }
        }
        self.text = text;
    }

    async fn edit_message(
        &self,
        chat: &ChatId,
        message: &ExternalId,
        text: &str,
    ) -> Result<(), ConnectorError> {
        let edit = MessageEdit {
            text: text.to_owned(),
            buttons: EditedButtons::Kept,
        };
        let urgency = Urgency::NowOrNever;
        self.revisions.edit(chat, message, &edit, urgency).await
    }

    async fn send_message(&mut self, chat: &ChatId, text: &str) -> Result<(), ConnectorError> {
        let target = SendTarget {
            chat: chat.clone(),
            reply_to: None,
        };
        let message = OutgoingMessage {
            is_silent: true,
            ..OutgoingMessage::text(text)
        };
        let connector = &self.layer.connector;
        let sent = connector.send(&target, &message, None, Urgency::NowOrNever);
        self.message = sent.await?;
        self.is_untraceable = self.message.is_none();
        Ok(())
    }

    /// Goes on with another message in the new chat. The platform takes no more requests for the earlier chat.
    pub(super) fn leave_chat(&mut self) {
        if let Some(message) = self.message.take() {
            tracing::info!(external_id = %message, "a progress message stays in a chat that has moved");
        }
        self.text.clear();
    }

    /// Deletes the progress message, and retries until the platform answers. If Baton ends first, a later
    /// process finds the message by its beginning: see [`is_progress`](super::progress_text::is_progress).
    pub(super) async fn delete_shown(self, chat: &ChatId) {
        let Some(message) = self.message else {
            return;
        };
        let mut pause = BackoffTimer::default();
        loop {
            let moved = &self.layer.places.moved;
            if moved.has_old_number(&message) || moved.current_chat(chat) != *chat {
                tracing::info!(external_id = %message, "a progress message stays in a chat that has moved");
                return;
            }
            match self.revisions.delete(chat, &message).await {
                Ok(()) => return,
                // Somebody deleted the message already, or the last try did.
                Err(error) if error.refusal() == Some(Refusal::NoSuchMessage) => return,
                Err(error) if error.is_refused() => {
                    tracing::warn!(%error, "a progress message cannot be deleted");
                    return;
                }
                Err(error) => tracing::debug!(%error, "a progress message is deleted later"),
            }
            pause.wait_once(self.layer.clock()).await;
        }
    }
}
