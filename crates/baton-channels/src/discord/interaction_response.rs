//! The answers to one interaction.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_chat::connector::{
    ActionAnswer, ActionForm, ActionResponder, AnswerTimeLimits, ConnectorError, FirstAnswer,
};
use baton_chat::text::text_splitting::truncate_text;

use super::discord_account::DiscordAccount;
use super::discord_id::Id;
use super::discord_markdown::FORMAT;
use super::limits;
use super::message_buttons::arrange_buttons;
use super::rest::{
    AllowedMentions, AttachmentUpload, FormLabel, InteractionCallback, InteractionMessage,
    ModalForm, OutgoingEmbed, TextInput,
};
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
            FirstAnswer::Message(answer) => InteractionCallback::message(InteractionMessage {
                flags: Some(flags),
                ..render_message(answer)
            }),
            FirstAnswer::Form(form) => InteractionCallback::modal(render_form(form)),
            FirstAnswer::Announcement => InteractionCallback::deferred_message(flags),
        };
        let (rest, token) = (&self.account.rest, &self.token);
        let responded = rest.respond_to_interaction(self.interaction, token, &callback);
        Ok(responded.await?)
    }

    /// Replaces the announcement, with the same audience.
    async fn follow_up(&self, answer: &ActionAnswer) -> Result<(), ConnectorError> {
        let application = self.account.wait_for_ids().await.application;
        let files: Vec<_> = answer.file.iter().cloned().collect();
        let message = InteractionMessage {
            attachments: AttachmentUpload::list_files(&files),
            ..render_message(answer)
        };
        let (rest, token) = (&self.account.rest, &self.token);
        let edited = rest.edit_interaction_response(application, token, &message, files);
        Ok(edited.await?)
    }

    async fn preview(&self, answer: &ActionAnswer) -> Result<(), ConnectorError> {
        self.follow_up(answer).await
    }
}

/// The message of an answer. An answer with a title is a box below an empty text.
fn render_message(answer: &ActionAnswer) -> InteractionMessage {
    let message = match &answer.title {
        Some(title) => render_titled(title, &answer.text),
        None => render_answer(&answer.text),
    };
    InteractionMessage {
        components: arrange_buttons(&answer.buttons),
        ..message
    }
}

fn render_titled(title: &str, text: &str) -> InteractionMessage {
    let embed = OutgoingEmbed {
        title: title.to_owned(),
        description: truncate_text(FORMAT, text, limits::EMBED),
    };
    InteractionMessage {
        embeds: vec![embed],
        ..InteractionMessage::default()
    }
}

/// A message with this text, cut to Discord's limit. The message mentions nobody.
fn render_answer(what: &str) -> InteractionMessage {
    let format = FORMAT;
    let text = truncate_text(format, what, format.limit.size);
    let text = if text.is_empty() { "…" } else { &text };
    InteractionMessage {
        content: Some(text.to_owned()),
        allowed_mentions: Some(AllowedMentions::NONE),
        ..InteractionMessage::default()
    }
}

fn render_form(form: &ActionForm) -> ModalForm {
    let fields = (0..).zip(&form.fields).map(|(number, field): (usize, _)| {
        let label = field.label.chars().take(limits::FIELD).collect();
        let longest = field.longest.min(limits::FIELD_TEXT);
        let input = TextInput::paragraph(number.to_string(), field.required, longest);
        FormLabel::new(label, input)
    });
    ModalForm {
        custom_id: form.name.clone(),
        title: form.title.clone(),
        components: fields.collect(),
    }
}
