//! The answers to one interaction.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_chat::connector::{
    ActionAnswer, ActionResponder, AnswerTimeLimits, ConnectorError, FirstAnswer,
};
use baton_chat::text::text_splitting::truncate_text;

use super::discord_account::DiscordAccount;
use super::discord_id::Id;
use super::discord_markdown::FORMAT;
use super::discord_sizes;
use super::rest::{InteractionCallback, MessageBody, arrange_buttons, render_embed};
use super::type_numbers::MessageFlags;

/// Discord waits three seconds for the first answer, minus the time until the interaction reached Baton
/// (`interactions/receiving-and-responding#interaction-callback`). The token of an interaction is valid for 15
/// minutes (the same page).
const TIME_LIMITS: AnswerTimeLimits = AnswerTimeLimits {
    first: Duration::from_millis(2_700),
    later: Duration::from_secs(15 * 60 - 5),
};

/// Answers one interaction.
pub(super) struct InteractionResponder {
    pub(super) account: Arc<DiscordAccount>,
    pub(super) interaction: Id,
    pub(super) token: String,
}

#[async_trait]
impl ActionResponder for InteractionResponder {
    fn action_id(&self) -> String {
        self.interaction.to_string()
    }

    fn time_limits(&self) -> AnswerTimeLimits {
        TIME_LIMITS
    }

    async fn answer_first(&self, first: &FirstAnswer) -> Result<(), ConnectorError> {
        let flags = MessageFlags::EPHEMERAL;
        let callback = match first {
            FirstAnswer::Message(answer) => InteractionCallback::message(&MessageBody {
                flags: Some(flags),
                files: Vec::new(),
                ..render_message(answer)
            }),
            FirstAnswer::Form(form) => InteractionCallback::modal(form),
            FirstAnswer::Announcement => InteractionCallback::deferred_message(flags),
        };
        let (rest, token) = (&self.account.rest, &self.token);
        let responded = rest.respond_to_interaction(self.interaction, token, &callback);
        Ok(responded.await?)
    }

    /// Replaces the announcement, with the same audience.
    async fn follow_up(&self, answer: &ActionAnswer) -> Result<(), ConnectorError> {
        let application = self.account.wait_for_ids().await.application;
        let message = render_message(answer);
        let rest = &self.account.rest;
        let edited = rest.edit_interaction_response(application, &self.token, &message);
        Ok(edited.await?)
    }

    async fn preview(&self, answer: &ActionAnswer) -> Result<(), ConnectorError> {
        self.follow_up(answer).await
    }
}

/// The message of an answer, cut to Discord's limits. An answer with a title is a box below an empty text.
fn render_message(answer: &ActionAnswer) -> MessageBody {
    let message = match &answer.title {
        Some(title) => MessageBody {
            embeds: vec![render_embed(
                title,
                &truncate_text(FORMAT, &answer.text, discord_sizes::EMBED),
            )],
            ..MessageBody::default()
        },
        None => match truncate_text(FORMAT, &answer.text, FORMAT.limit.size) {
            // Discord refuses a message without a text.
            text if text.is_empty() => MessageBody::with_content("…"),
            text => MessageBody::with_content(text),
        },
    };
    MessageBody {
        components: arrange_buttons(&answer.buttons),
        files: answer.file.iter().cloned().collect(),
        ..message
    }
}
