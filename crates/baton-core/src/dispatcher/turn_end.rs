//! Turns the result of an agent into the end of a turn, and stores the end.

use super::TurnDispatcher;
use super::turn_execution::AgentOutcome;
use crate::agent::{AgentError, Reply};
use crate::conclusion::{Conclusion, Written};
use crate::name::AgentName;
use crate::notice;
use crate::panics::{CaughtPanic, caught};
use crate::running_turns::StopCause;
use crate::slots::Slot;
use crate::store::{Finish, LeaseError, StoreError};
use crate::turn::{Claim, SessionChange, TurnEnd, Usage};

impl TurnDispatcher {
    /// Stores the end of a turn, and tries again while the store fails. Until the store has the end, the
    /// conversation runs no other turn.
    pub(super) async fn finish_turn(
        &self,
        claim: &Claim,
        finish: Finish,
        mut slot: Option<Slot<AgentName>>,
    ) {
        for attempt in 1.. {
            let stored = caught(self.store.finish(finish.clone(), slot.take())).await;
            match stored.unwrap_or_else(|panicked| Err(StoreError::from(panicked).into())) {
                Ok(()) | Err(LeaseError::Store(StoreError::Closed)) => return,
                Err(LeaseError::Lost(turn)) => {
                    tracing::warn!(%turn, "this process lost its claim on a turn; the reply is dropped");
                    return;
                }
                Err(LeaseError::Store(error)) => {
                    tracing::error!(turn = %claim.turn, %error, "the end of a turn is not stored yet");
                    if self.last_call.is_cancelled() {
                        // The next start takes the turn back.
                        return;
                    }
                    let again = self.clock.steady().after(self.retry.max_pause(attempt));
                    tokio::select! {
                        () = self.clock.sleep_until(again) => {}
                        () = self.last_call.cancelled() => {}
                    }
                }
            }
        }
    }

    /// The end of a turn whose own task has panicked. Uses only the claim, because the other state may be
    /// wrong.
    pub(super) fn conclude_after_panic(
        &self,
        claim: &Claim,
        cause: Option<StopCause>,
        panicked: &CaughtPanic,
    ) -> Finish {
        let taken: Vec<_> = claim.messages.iter().map(|message| message.id).collect();
        let message = *taken.last().expect("a turn has at least one message");
        let conclusion = match cause {
            Some(StopCause::Shutdown | StopCause::LeaseLost) => Conclusion::interrupted(),
            Some(cause @ (StopCause::Person(_) | StopCause::Newer)) => {
                Conclusion::stopped(None, message, Written::default(), stop_reason(&cause))
            }
            Some(StopCause::TimeLimit) | None => {
                let error = AgentError::failed("Baton itself failed").with_detail(panicked);
                error.log(claim.turn, &taken, claim.attempt);
                Conclusion::failed(&self.retry, &error, &taken, claim.tries())
            }
        };
        Finish {
            turn: claim.turn,
            fence: claim.fence,
            end: conclusion.end,
            taken,
            deliveries: conclusion.delivery.into_iter().collect(),
            session: SessionChange::Keep,
            usage: Usage::default(),
            detail: conclusion.detail,
            rest: conclusion.rest,
        }
    }

    pub(super) fn conclude_turn(
        &self,
        claim: &Claim,
        outcome: AgentOutcome,
        cause: Option<StopCause>,
    ) -> Finish {
        let AgentOutcome {
            answer,
            so_far,
            activities,
            sent,
            taken,
            used,
            not_heard,
        } = outcome;
        let message = *taken.last().expect("a turn has at least one message");
        let persona = self.personas.get(&claim.persona);
        let persona = persona.as_deref();
        let failed = |error: AgentError| {
            error.log(claim.turn, &taken, claim.attempt);
            let failed = Conclusion::failed(&self.retry, &error, &taken, claim.tries());
            failed.with_partial_reply(&so_far)
        };
        let (reply, error) = match answer {
            Some(Ok(reply)) => (Some(reply), None),
            Some(Err(error)) => (None, Some(error)),
            None => (None, None),
        };
        let (text, notes, session, usage) = match reply {
            Some(Reply {
                text,
                notes,
                session,
                usage,
            }) => (Some(text), notes, session, usage),
            None => (None, Vec::new(), SessionChange::Keep, used),
        };
        let made: Vec<_> = sent.files.iter().map(|file| file.name.clone()).collect();
        let written = |text: String| Written {
            text,
            activities: activities.ended(),
            files: sent.files,
        };
        let conclusion = match (cause, text, error) {
            (Some(StopCause::Shutdown | StopCause::LeaseLost), ..) => Conclusion::interrupted(),
            (Some(StopCause::TimeLimit), _, error) => {
                let limit = persona.map(|persona| persona.turn_limit);
                let over = AgentError::time_limit(limit.unwrap_or_default());
                failed(match error {
                    Some(AgentError { reason, detail, .. }) => {
                        over.with_detail(detail.unwrap_or_else(|| reason.to_string()))
                    }
                    None => over,
                })
            }
            (Some(cause), text, _) => {
                let so_far = written(text.unwrap_or_else(|| so_far.clone()));
                Conclusion::stopped(persona, message, so_far, stop_reason(&cause))
            }
            (None, Some(text), _) => Conclusion::answered(persona, message, written(text)),
            (None, None, Some(error)) => failed(error),
            (None, None, None) => failed(AgentError::failed("the agent died")),
        };
        let left_out = [not_heard, sent.left_out].concat();
        let notes = self.list_notes(claim, &conclusion, notes, &made, left_out);
        let notes = notes.iter().map(|note| notice::agent_note(message, note));
        Finish {
            turn: claim.turn,
            fence: claim.fence,
            end: conclusion.end,
            detail: conclusion.detail,
            taken,
            deliveries: notes.chain(conclusion.delivery).collect(),
            session,
            usage,
            rest: conclusion.rest,
        }
    }

    /// The notes with the end of a turn: `notes` of the agent, and those about files. `made` are the names of the
    /// files for people, and `left_out` the notes about recordings that were not heard, and about files that cannot
    /// be sent.
    fn list_notes(
        &self,
        claim: &Claim,
        conclusion: &Conclusion,
        mut notes: Vec<String>,
        made: &[String],
        left_out: Vec<String>,
    ) -> Vec<String> {
        let end = &conclusion.end;
        // If another try follows, people hear nothing about the files of this try. The next try begins with
        // an empty output folder.
        if !matches!(end, TurnEnd::Retry { .. } | TurnEnd::Interrupted) {
            notes.extend(left_out);
        }
        if matches!(end, TurnEnd::Dead { .. }) {
            notes.extend(notice::files_not_sent(made));
        }
        // A turn without a reply needs no note about files, and a retried turn may still read them.
        if *end == TurnEnd::Done && conclusion.delivery.is_some() {
            notes.extend(self.files_not_read_note(claim));
            notes.extend(self.hearing.note_without_transcriber(claim));
        }
        notes
    }

    /// The note about files that the agent could not use; `None` if the agent can use files or no file came.
    fn files_not_read_note(&self, claim: &Claim) -> Option<String> {
        if self.files_for(claim).is_some() {
            return None;
        }
        let attachments = claim
            .messages
            .iter()
            .flat_map(|message| &message.attachments);
        // The agent read the words of the other recordings.
        let unread = attachments.filter(|attachment| attachment.transcript.is_none());
        let names = unread.map(|attachment| attachment.name.as_str());
        notice::not_read(&claim.persona, names)
    }
}

fn stop_reason(cause: &StopCause) -> String {
    match cause {
        StopCause::Person(by) => format!("stopped by {by}"),
        _ => "a newer message took its place".to_owned(),
    }
}
