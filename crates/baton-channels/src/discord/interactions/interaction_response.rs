//! The answers to one interaction. Discord accepts a first answer within seconds, and further answers for
//! some minutes. Each answer is retried while Discord can still accept the answer, so that nobody sees
//! "thinking …" forever.

use std::time::Duration;

use baton_core::clock::Steady;
use reqwest::Method;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::render_answer;
use crate::discord::BotState;
use crate::discord::backoff::BackoffTimer;
use crate::discord::rest::{FileUpload, RestError, RestRequest, code};
use crate::discord::wire::DiscordInteraction;

/// Only the person who sent the interaction sees the answer.
const EPHEMERAL: u64 = 1 << 6;

/// The first answer announces a later one; Discord shows "thinking …".
const LATER: u64 = 5;
/// A message.
const MESSAGE: u64 = 4;
/// A form to fill in.
const FORM: u64 = 9;

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
    /// The message, in Discord's format.
    pub(in crate::discord) message: Value,
    /// The attached file.
    pub(in crate::discord) file: Option<FileUpload>,
}

impl From<Value> for InteractionAnswer {
    fn from(message: Value) -> Self {
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

    /// Answers with a complete message object, and nothing after it.
    pub(in crate::discord) async fn answer_with(&self, message: Value) -> Result<(), RestError> {
        self.send_first(MESSAGE, message).await
    }

    /// Answers with a form.
    pub(in crate::discord) async fn show_form(&self, form: Value) -> Result<(), RestError> {
        self.send_first(FORM, form).await
    }

    /// Announces a later answer.
    pub(in crate::discord) async fn defer_answer(&self) -> Result<(), RestError> {
        self.send_first(LATER, json!({})).await
    }

    async fn send_first(&self, kind: u64, mut data: Value) -> Result<(), RestError> {
        // Nobody else sees a form, so a form needs no flag.
        if kind != FORM {
            data["flags"] = EPHEMERAL.into();
        }
        let (id, token) = (self.interaction.id, &self.interaction.token);
        let path = format!("interactions/{id}/{token}/callback");
        let body = json!({ "type": kind, "data": data });
        let until = self.came.after(FIRST_WITHIN);
        let clock = self.shared.clock();
        let mut pause = BackoffTimer::default();
        let mut may_be_there = false;
        loop {
            let call = RestRequest::new(Method::POST, path.as_str())
                .json(&body)?
                .of_interaction();
            let sent = tokio::select! {
                sent = self.shared.rest.send_request(call) => sent,
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
        let mut message = message.clone();
        if let Some(file) = file {
            message["attachments"] = json!([{ "id": "0", "filename": file.name }]);
        }
        let application = self.shared.wait_for_ids().await.application;
        let token = &self.interaction.token;
        let path = format!("webhooks/{application}/{token}/messages/@original");
        let call = RestRequest::new(Method::PATCH, path).of_interaction();
        let call = call.json(&message)?.files(file.iter().cloned().collect());
        self.shared.rest.send_request(call).await
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
