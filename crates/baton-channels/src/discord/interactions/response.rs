//! What answers one interaction. Discord wants a first answer within seconds, and takes others for some minutes: each
//! is tried again for as long as that can help, so that nobody sees "thinking …" for ever.

use std::time::Duration;

use baton_core::clock::Steady;
use reqwest::Method;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::told;
use crate::discord::Shared;
use crate::discord::pause::Pause;
use crate::discord::rest::{Call, RestError, Upload, code};
use crate::discord::wire::Interaction;

/// Seen by whoever asked, and nobody else.
const EPHEMERAL: u64 = 1 << 6;

/// The answer comes; until then they see that it does.
const LATER: u64 = 5;
/// A message.
const MESSAGE: u64 = 4;
/// A form to fill in.
const FORM: u64 = 9;

/// How long the first answer is tried. Discord waits three seconds, and it took a part of them to get here
/// (`interactions/receiving-and-responding#interaction-callback`).
const FIRST_WITHIN: Duration = Duration::from_millis(2_700);

/// How long further answers are tried. The token of an interaction lives for 15 minutes (the same page).
const WITHIN: Duration = Duration::from_secs(15 * 60 - 5);

/// What is shown in place of an answer that Discord does not take.
const NOT_SHOWN: &str = "It is done, but Discord does not take what came of it; whoever runs this bot finds more in its \
                         log.";

/// What somebody is told in the end.
pub(in crate::discord) struct Answer {
    /// As Discord takes it.
    pub(in crate::discord) message: Value,
    /// What goes with it.
    pub(in crate::discord) file: Option<Upload>,
}

impl From<Value> for Answer {
    fn from(message: Value) -> Self {
        let file = None;
        Self { message, file }
    }
}

/// Answers one interaction.
pub(in crate::discord) struct Responder<'a> {
    pub(in crate::discord) shared: &'a Shared,
    pub(in crate::discord) interaction: &'a Interaction,
    /// Nothing is tried again any more.
    shutdown: &'a CancellationToken,
    /// When the interaction came.
    came: Steady,
}

impl<'a> Responder<'a> {
    /// For one that comes now.
    pub(in crate::discord) fn new(
        shared: &'a Shared,
        interaction: &'a Interaction,
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

    /// A message is the first answer, and the last.
    pub(in crate::discord) async fn answer_at_once(&self, what: &str) -> Result<(), RestError> {
        self.answer_with(told(what)).await
    }

    /// The same, with more in it than words.
    pub(in crate::discord) async fn answer_with(&self, message: Value) -> Result<(), RestError> {
        self.first(MESSAGE, message).await
    }

    /// A form is the answer.
    pub(in crate::discord) async fn show_form(&self, form: Value) -> Result<(), RestError> {
        self.first(FORM, form).await
    }

    /// They see that we are at it.
    pub(in crate::discord) async fn promise(&self) -> Result<(), RestError> {
        self.first(LATER, json!({})).await
    }

    async fn first(&self, kind: u64, mut data: Value) -> Result<(), RestError> {
        // Nobody else sees a form either way.
        if kind != FORM {
            data["flags"] = EPHEMERAL.into();
        }
        let (id, token) = (self.interaction.id, &self.interaction.token);
        let path = format!("interactions/{id}/{token}/callback");
        let body = json!({ "type": kind, "data": data });
        let until = self.came.after(FIRST_WITHIN);
        let clock = self.shared.clock();
        let mut pause = Pause::default();
        let mut may_be_there = false;
        loop {
            let call = Call::new(Method::POST, path.as_str())
                .body(&body)
                .of_interaction();
            let sent = tokio::select! {
                sent = self.shared.rest.done(call) => sent,
                // Discord waits no longer, whatever it says.
                () = clock.sleep_until(until) => return Err(RestError::Unknown {
                    reason: "no answer in the seconds that an interaction has".to_owned(),
                }),
            };
            let error = match sent {
                Ok(()) => return Ok(()),
                // An earlier try, of which no answer came.
                Err(error) if may_be_there && error.code() == Some(code::ACKNOWLEDGED) => {
                    return Ok(());
                }
                Err(error @ RestError::Refused { .. }) => return Err(error),
                Err(error) => error,
            };
            may_be_there |= matches!(error, RestError::Unknown { .. });
            if !self.wait(&error, &mut pause, until).await {
                return Err(error);
            }
        }
    }

    /// What came of it, in place of what they saw first. Who sees it was decided with that. It is tried again for as
    /// long as Discord takes it.
    pub(in crate::discord) async fn follow_up(&self, answer: Answer) -> Result<(), RestError> {
        let until = self.came.after(WITHIN);
        let mut pause = Pause::default();
        let mut answer = answer;
        let mut is_in_short = false;
        loop {
            let error = match self.show(&answer).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            if is_final(&error) {
                if is_in_short {
                    return Err(error);
                }
                tracing::error!(interaction = %self.interaction.id, %error, "what came of an interaction cannot be shown");
                answer = told(NOT_SHOWN).into();
                is_in_short = true;
                continue;
            }
            tracing::debug!(interaction = %self.interaction.id, %error, "what came of an interaction is shown later");
            if !self.wait(&error, &mut pause, until).await {
                return Err(error);
            }
        }
    }

    /// The same, once: what comes next says more.
    pub(in crate::discord) async fn show(&self, answer: &Answer) -> Result<(), RestError> {
        let Answer { message, file } = answer;
        let mut message = message.clone();
        if let Some(file) = file {
            message["attachments"] = json!([{ "id": "0", "filename": file.name }]);
        }
        let application = self.shared.us().await.application;
        let token = &self.interaction.token;
        let path = format!("webhooks/{application}/{token}/messages/@original");
        let call = Call::new(Method::PATCH, path).of_interaction();
        let call = call.body(&message).files(file.iter().cloned().collect());
        self.shared.rest.done(call).await
    }

    /// Waits before another try; whether there is time for one.
    async fn wait(&self, error: &RestError, pause: &mut Pause, until: Steady) -> bool {
        let clock = self.shared.clock();
        let usual = pause.take();
        let pause = match error {
            // What Discord says is not always enough. The first answer has no time for longer pauses.
            RestError::TooFast { after } => (*after).max(usual / 2),
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

/// Whether another try of what follows the first answer would change nothing. What Discord does not know yet, it will:
/// the first answer may still be on its way there.
fn is_final(error: &RestError) -> bool {
    matches!(error, RestError::Refused { .. })
        && !matches!(
            error.code(),
            Some(code::UNKNOWN_WEBHOOK | code::UNKNOWN_MESSAGE)
        )
}
