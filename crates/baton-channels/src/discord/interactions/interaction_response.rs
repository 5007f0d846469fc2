//! The answers to one interaction. Discord accepts a first answer within seconds, and further answers for
//! some minutes. Each answer is retried while Discord can still accept the answer, so that nobody sees
//! "thinking …" forever.

use std::time::Duration;

use baton_core::clock::Steady;
use tokio_util::sync::CancellationToken;

use super::render_answer;
use crate::discord::BotState;
use crate::discord::backoff::BackoffTimer;
use crate::discord::rest::{
    AttachmentUpload, FileUpload, InteractionCallback, InteractionMessage, ModalForm, RestError,
    code,
};
use crate::discord::type_numbers::MessageFlags;
use crate::discord::wire::DiscordInteraction;

/// The time limit for the first answer. Discord waits three seconds, minus the time until the interaction
/// reached Baton (`interactions/receiving-and-responding#interaction-callback`).
const FIRST_WITHIN: Duration = Duration::from_millis(2_700);

/// The time limit for further answers. The token of an interaction is valid for 15 minutes (the same page).
const WITHIN: Duration = Duration::from_secs(15 * 60 - 5);

/// Shown in place of an answer that Discord refuses.
const NOT_SHOWN: &str =
    "Done, but Discord refused the answer; the operator of this bot finds more in the log.";

/// The final answer to an interaction.
pub(in crate::discord) struct InteractionAnswer {
    pub(in crate::discord) message: InteractionMessage,
    /// The attached file.
    pub(in crate::discord) file: Option<FileUpload>,
}

impl From<InteractionMessage> for InteractionAnswer {
    fn from(message: InteractionMessage) -> Self {
        let file = None;
        Self { message, file }
    }
}

/// Answers one interaction.
pub(in crate::discord) struct InteractionResponder<'a> {
    pub(in crate::discord) shared: &'a BotState,
    pub(in crate::discord) interaction: &'a DiscordInteraction,
    /// Ends all tries.
    shutdown: &'a CancellationToken,
    /// The arrival time of the interaction.
    came: Steady,
}

impl<'a> InteractionResponder<'a> {
    /// A responder for an interaction that arrives now.
    pub(in crate::discord) fn new(
        shared: &'a BotState,
        interaction: &'a DiscordInteraction,
        shutdown: &'a CancellationToken,
    ) -> Self {
        let came = shared.clock().steady();
        Self {
            shared,
            interaction,
            shutdown,
            came,
        }
    }

    /// Answers with a message, and nothing after it.
    pub(in crate::discord) async fn answer_at_once(&self, what: &str) -> Result<(), RestError> {
        self.answer_with(render_answer(what)).await
    }

    /// Answers with a complete message object, and nothing after it. Only the person sees the message.
    pub(in crate::discord) async fn answer_with(
        &self,
        message: InteractionMessage,
    ) -> Result<(), RestError> {
        let flags = Some(MessageFlags::EPHEMERAL);
        let message = InteractionMessage { flags, ..message };
        self.send_first(&InteractionCallback::message(message))
            .await
    }

    /// Answers with a form. Nobody else sees a form.
    pub(in crate::discord) async fn show_form(&self, form: ModalForm) -> Result<(), RestError> {
        self.send_first(&InteractionCallback::modal(form)).await
    }

    /// Announces a later answer, which only the person sees.
    pub(in crate::discord) async fn defer_answer(&self) -> Result<(), RestError> {
        let later = InteractionCallback::deferred_message(MessageFlags::EPHEMERAL);
        self.send_first(&later).await
    }

    async fn send_first(&self, first: &InteractionCallback) -> Result<(), RestError> {
        let (id, token) = (self.interaction.id, &self.interaction.token);
        let until = self.came.after(FIRST_WITHIN);
        let clock = self.shared.clock();
        let mut pause = BackoffTimer::default();
        let mut may_be_there = false;
        loop {
            let request = self.shared.rest.respond_to_interaction(id, token, first);
            let sent = tokio::select! {
                sent = request => sent,
                // Discord stops waiting then, whatever pause it names.
                () = clock.sleep_until(until) => return Err(RestError::Unknown {
                    reason: "no answer in the seconds that an interaction has".to_owned(),
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
    pub(in crate::discord) async fn follow_up(
        &self,
        answer: InteractionAnswer,
    ) -> Result<(), RestError> {
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
                tracing::error!(interaction = %self.interaction.id, %error, "the result of an interaction cannot be shown");
                answer = render_answer(NOT_SHOWN).into();
                is_in_short = true;
                continue;
            }
            tracing::debug!(interaction = %self.interaction.id, %error, "the result of an interaction is shown later");
            if !self.wait_for_retry(&error, &mut pause, until).await {
                return Err(error);
            }
        }
    }

    /// Tries once to replace the first answer by a preview, because the next answer says more.
    pub(in crate::discord) async fn edit_answer(
        &self,
        answer: &InteractionAnswer,
    ) -> Result<(), RestError> {
        let InteractionAnswer { message, file } = answer;
        let files: Vec<_> = file.iter().cloned().collect();
        let message = InteractionMessage {
            attachments: AttachmentUpload::list_files(&files),
            ..message.clone()
        };
        let application = self.shared.wait_for_ids().await.application;
        let (rest, token) = (&self.shared.rest, &self.interaction.token);
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
        let clock = self.shared.clock();
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
