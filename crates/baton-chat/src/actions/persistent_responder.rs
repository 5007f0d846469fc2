//! The answers to one action. A platform accepts a first answer within seconds, and often a later answer for some
//! minutes. Each answer is tried again while the platform can still accept the answer, so that nobody waits forever.

use std::sync::Arc;

use baton_core::clock::{Clock, Steady};
use tokio_util::sync::CancellationToken;

use crate::backoff::BackoffTimer;
use crate::connector::{
    ActionAnswer, ActionForm, ActionResponder, ConnectorError, FirstAnswer, Refusal, RequestFailure,
};

/// Shown in place of an answer that the platform refuses.
const NOT_SHOWN: &str =
    "The action is done, but the answer was refused. The log of this bot has the details.";

/// Answers one action, with several tries.
pub(crate) struct PersistentResponder {
    responder: Box<dyn ActionResponder>,
    clock: Arc<dyn Clock>,
    /// Ends all tries.
    shutdown: CancellationToken,
    /// The arrival time of the action.
    came: Steady,
}

impl PersistentResponder {
    /// A responder for an action that arrives now.
    pub(crate) fn new(
        responder: Box<dyn ActionResponder>,
        clock: &Arc<dyn Clock>,
        shutdown: &CancellationToken,
    ) -> Self {
        Self {
            responder,
            clock: Arc::clone(clock),
            shutdown: shutdown.clone(),
            came: clock.steady(),
        }
    }

    /// The platform's id of the action, for the log.
    pub(crate) fn action_id(&self) -> String {
        self.responder.action_id()
    }

    /// Answers with a message, and nothing after it.
    pub(crate) async fn answer(&self, answer: ActionAnswer) -> Result<(), ConnectorError> {
        self.answer_first(FirstAnswer::Message(answer)).await
    }

    /// Answers with a form.
    pub(crate) async fn show_form(&self, form: ActionForm) -> Result<(), ConnectorError> {
        self.answer_first(FirstAnswer::Form(form)).await
    }

    /// Announces a later answer.
    pub(crate) async fn defer(&self) -> Result<(), ConnectorError> {
        self.answer_first(FirstAnswer::Announcement).await
    }

    async fn answer_first(&self, first: FirstAnswer) -> Result<(), ConnectorError> {
        let until = self.came.after(self.responder.time_limits().first);
        let mut pause = BackoffTimer::default();
        let mut may_be_there = false;
        loop {
            let tried = tokio::select! {
                tried = self.responder.answer_first(&first) => tried,
                // The platform stops waiting then, even if the platform names a longer pause.
                () = self.clock.sleep_until(until) => return Err(too_late()),
            };
            let error = match tried {
                Ok(()) => return Ok(()),
                // The platform has already taken an earlier try whose response was lost.
                Err(error) if may_be_there && error.refusal() == Some(Refusal::AlreadyAnswered) => {
                    return Ok(());
                }
                Err(error) if error.is_refused() => return Err(error),
                Err(error) => error,
            };
            may_be_there |= error.failure == RequestFailure::Unknown;
            if !self.wait_for_retry(&error, &mut pause, until).await {
                return Err(error);
            }
        }
    }

    /// Gives the announced answer. A refused answer is replaced by a short text.
    pub(crate) async fn follow_up(&self, answer: ActionAnswer) -> Result<(), ConnectorError> {
        let until = self.came.after(self.responder.time_limits().later);
        let mut pause = BackoffTimer::default();
        let mut answer = answer;
        let mut is_in_short = false;
        loop {
            let tried = tokio::select! {
                tried = self.responder.follow_up(&answer) => tried,
                () = self.clock.sleep_until(until) => return Err(too_late()),
            };
            let Err(error) = tried else {
                return Ok(());
            };
            let action = self.action_id();
            // The platform may not have processed the announcement yet, so a missing message is not final.
            if error.is_refused() && error.refusal() != Some(Refusal::NoSuchMessage) {
                if is_in_short {
                    return Err(error);
                }
                tracing::error!(action, %error, "the result of an action cannot be shown");
                answer = ActionAnswer::text(NOT_SHOWN);
                is_in_short = true;
                continue;
            }
            tracing::debug!(action, %error, "the result of an action is shown later");
            if !self.wait_for_retry(&error, &mut pause, until).await {
                return Err(error);
            }
        }
    }

    /// Tries once to show a preview of the announced answer, because the next preview says more.
    pub(crate) async fn preview(&self, answer: ActionAnswer) -> Result<(), ConnectorError> {
        self.responder.preview(&answer).await
    }

    /// After a failed request of the action: waits before another try. Returns whether to try again, which is so while
    /// the platform accepts an announced answer.
    pub(crate) async fn wait_for_next_try(
        &self,
        error: &ConnectorError,
        pause: &mut BackoffTimer,
    ) -> bool {
        let until = self.came.after(self.responder.time_limits().later);
        !error.is_refused() && self.wait_for_retry(error, pause, until).await
    }

    /// Waits before another try; returns whether there is time for one.
    async fn wait_for_retry(
        &self,
        error: &ConnectorError,
        pause: &mut BackoffTimer,
        until: Steady,
    ) -> bool {
        let usual = pause.next_pause();
        // A named pause may be too short, so the pause is at least half the usual one. The whole usual pause would cost
        // the first answer its time.
        let named = error.requested_pause();
        let pause = named.map_or(usual, |named| named.max(usual / 2));
        let again = self.clock.steady().after(pause);
        if again >= until {
            return false;
        }
        tokio::select! {
            () = self.clock.sleep_until(again) => true,
            () = self.shutdown.cancelled() => false,
        }
    }
}

fn too_late() -> ConnectorError {
    ConnectorError::new(
        RequestFailure::Unknown,
        "no answer within the time limit of an action",
    )
}
