//! The answers to one interaction. Discord accepts a first answer within seconds, and further answers for
//! some minutes. Each answer is retried while Discord can still accept the answer, so that nobody sees
//! "thinking …" forever.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_chat::backoff::BackoffTimer;
use baton_chat::connector::{
    ActionAnswer, ActionForm, ActionResponder, ConnectorError, OutgoingFile,
};
use baton_chat::text::text_splitting;
use baton_core::clock::Steady;
use tokio_util::sync::CancellationToken;

use super::discord_account::DiscordAccount;
use super::discord_id::Id;
use super::message_buttons::arrange_buttons;
use super::rest::{
    AllowedMentions, AttachmentUpload, FormLabel, InteractionCallback, InteractionMessage,
    ModalForm, OutgoingEmbed, RestError, TextInput, code,
};
use super::type_numbers::MessageFlags;
use super::wire::DiscordInteraction;
use super::{discord_markdown, limits};

/// The time limit for the first answer. Discord waits three seconds, minus the time until the interaction
/// reached Baton (`interactions/receiving-and-responding#interaction-callback`).
const FIRST_WITHIN: Duration = Duration::from_millis(2_700);

/// The time limit for further answers. The token of an interaction is valid for 15 minutes (the same page).
const WITHIN: Duration = Duration::from_secs(15 * 60 - 5);

/// Shown in place of an answer that Discord refuses.
const NOT_SHOWN: &str =
    "The action is done, but Discord refused the answer. The log of this bot has the details.";

/// The final answer to an interaction.
struct InteractionAnswer {
    message: InteractionMessage,
    /// The attached file.
    file: Option<OutgoingFile>,
}

impl From<InteractionMessage> for InteractionAnswer {
    fn from(message: InteractionMessage) -> Self {
        let file = None;
        Self { message, file }
    }
}

impl From<ActionAnswer> for InteractionAnswer {
    fn from(answer: ActionAnswer) -> Self {
        Self {
            message: render_message(&answer),
            file: answer.file,
        }
    }
}

/// Answers one interaction.
pub(super) struct InteractionResponder {
    account: Arc<DiscordAccount>,
    interaction: Id,
    token: String,
    /// Ends all tries.
    shutdown: CancellationToken,
    /// The arrival time of the interaction.
    came: Steady,
}

#[async_trait]
impl ActionResponder for InteractionResponder {
    async fn answer(&self, answer: ActionAnswer) -> Result<(), ConnectorError> {
        let flags = Some(MessageFlags::EPHEMERAL);
        let message = InteractionMessage {
            flags,
            ..render_message(&answer)
        };
        let callback = InteractionCallback::message(message);
        Ok(self.send_first(&callback).await?)
    }

    async fn show_form(&self, form: ActionForm) -> Result<(), ConnectorError> {
        let callback = InteractionCallback::modal(render_form(form));
        Ok(self.send_first(&callback).await?)
    }

    async fn defer(&self) -> Result<(), ConnectorError> {
        let later = InteractionCallback::deferred_message(MessageFlags::EPHEMERAL);
        Ok(self.send_first(&later).await?)
    }

    async fn follow_up(&self, answer: ActionAnswer) -> Result<(), ConnectorError> {
        Ok(self.replace_answer(answer.into()).await?)
    }

    async fn preview(&self, answer: ActionAnswer) -> Result<(), ConnectorError> {
        Ok(self.edit_answer(&answer.into()).await?)
    }
}

impl InteractionResponder {
    /// A responder for an interaction that arrives now.
    pub(super) fn new(
        account: &Arc<DiscordAccount>,
        interaction: &DiscordInteraction,
        shutdown: &CancellationToken,
    ) -> Self {
        Self {
            account: Arc::clone(account),
            interaction: interaction.id,
            token: interaction.token.clone(),
            shutdown: shutdown.clone(),
            came: account.clock().steady(),
        }
    }

    async fn send_first(&self, first: &InteractionCallback) -> Result<(), RestError> {
        let (id, token) = (self.interaction, &self.token);
        let until = self.came.after(FIRST_WITHIN);
        let clock = self.account.clock();
        let mut pause = BackoffTimer::default();
        let mut may_be_there = false;
        loop {
            let request = self.account.rest.respond_to_interaction(id, token, first);
            let sent = tokio::select! {
                sent = request => sent,
                // Discord stops waiting then, even if Discord names a longer pause.
                () = clock.sleep_until(until) => return Err(RestError::Unknown {
                    reason: "no answer within the time limit of an interaction".to_owned(),
                }),
            };
            let error = match sent {
                Ok(()) => return Ok(()),
                // Discord has already taken an earlier try whose response was lost.
                Err(error) if may_be_there && error.code() == Some(code::ACKNOWLEDGED) => {
                    return Ok(());
                }
                Err(error @ RestError::Refused { .. }) => return Err(error),
                Err(error) => error,
            };
            may_be_there |= matches!(error, RestError::Unknown { .. });
            if !self.wait_for_retry(&error, &mut pause, until).await {
                return Err(error);
            }
        }
    }

    /// Replaces the first answer by the final one, with the same audience. Tries again as long as Discord
    /// accepts answers.
    async fn replace_answer(&self, answer: InteractionAnswer) -> Result<(), RestError> {
        let until = self.came.after(WITHIN);
        let mut pause = BackoffTimer::default();
        let mut answer = answer;
        let mut is_in_short = false;
        loop {
            let error = match self.edit_answer(&answer).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            if is_final(&error) {
                if is_in_short {
                    return Err(error);
                }
                tracing::error!(interaction = %self.interaction, %error, "the result of an interaction cannot be shown");
                answer = render_answer(NOT_SHOWN).into();
                is_in_short = true;
                continue;
            }
            tracing::debug!(interaction = %self.interaction, %error, "the result of an interaction is shown later");
            if !self.wait_for_retry(&error, &mut pause, until).await {
                return Err(error);
            }
        }
    }

    /// Tries once to replace the first answer. The answer can be a preview, because the next answer says more.
    async fn edit_answer(&self, answer: &InteractionAnswer) -> Result<(), RestError> {
        let InteractionAnswer { message, file } = answer;
        let files: Vec<_> = file.iter().cloned().collect();
        let message = InteractionMessage {
            attachments: AttachmentUpload::list_files(&files),
            ..message.clone()
        };
        let application = self.account.wait_for_ids().await.application;
        let (rest, token) = (&self.account.rest, &self.token);
        rest.edit_interaction_response(application, token, &message, files)
            .await
    }

    /// Waits before another try; returns whether there is time for one.
    async fn wait_for_retry(
        &self,
        error: &RestError,
        pause: &mut BackoffTimer,
        until: Steady,
    ) -> bool {
        let clock = self.account.clock();
        let usual = pause.next_pause();
        let pause = match error {
            // The pause that Discord names is not always long enough. The first answer has no time for longer
            // pauses.
            RestError::RateLimited { after } => (*after).max(usual / 2),
            _ => usual,
        };
        let again = clock.steady().after(pause);
        if again >= until {
            return false;
        }
        tokio::select! {
            () = clock.sleep_until(again) => true,
            () = self.shutdown.cancelled() => false,
        }
    }
}

/// Whether another try of a later answer would be refused as well. "Unknown" is not final: Discord may not
/// have processed the first answer yet.
fn is_final(error: &RestError) -> bool {
    matches!(error, RestError::Refused { .. })
        && !matches!(
            error.code(),
            Some(code::UNKNOWN_WEBHOOK | code::UNKNOWN_MESSAGE)
        )
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
        description: text_splitting::truncate_text(discord_markdown::FORMAT, text, limits::EMBED),
    };
    InteractionMessage {
        embeds: vec![embed],
        ..InteractionMessage::default()
    }
}

/// A message with this text, cut to Discord's limit. The message mentions nobody.
fn render_answer(what: &str) -> InteractionMessage {
    let format = discord_markdown::FORMAT;
    let text = text_splitting::truncate_text(format, what, format.limit.size);
    let text = if text.is_empty() { "…" } else { &text };
    InteractionMessage {
        content: Some(text.to_owned()),
        allowed_mentions: Some(AllowedMentions::NONE),
        ..InteractionMessage::default()
    }
}

fn render_form(form: ActionForm) -> ModalForm {
    let fields = (0..).zip(form.fields).map(|(number, field): (usize, _)| {
        let label = field.label.chars().take(limits::FIELD).collect();
        let longest = field.longest.min(limits::FIELD_TEXT);
        let input = TextInput::paragraph(number.to_string(), field.required, longest);
        FormLabel::new(label, input)
    });
    ModalForm {
        custom_id: form.name,
        title: form.title,
        components: fields.collect(),
    }
}
