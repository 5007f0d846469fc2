//! Baton's own messages to people, in one place, so that every channel says the same. They contain only
//! the [public](crate::agent::PublicText) reasons of failures. The message's number leads to the
//! details, in the log and with `baton trace`.

use crate::approval::Approval;
use crate::conclusion::Written;
use crate::delivery::{NewDelivery, Operation};
use crate::id::{ApprovalId, MessageId};
use crate::message::MessageState;
use crate::name::{ChannelName, PersonaName};
use crate::turn::TurnEnd;

fn new_notice(message: MessageId, text: String) -> NewDelivery {
    NewDelivery {
        operation: Operation::notice(text),
        message,
    }
}

/// Ends a reason with a full stop, unless it ends a sentence already, as the texts of servers often do.
pub fn sentence(reason: &str) -> String {
    let reason = reason.trim_end();
    let is_one = reason.ends_with(['.', '!', '?', '…']);
    format!("{reason}{}", if is_one { "" } else { "." })
}

/// The notice after a failed first try. Further tries follow automatically.
pub fn will_retry(message: MessageId, reason: &str) -> NewDelivery {
    new_notice(
        message,
        format!(
            "Not answered yet: {} The message waits and is tried again. (message {message})",
            sentence(reason)
        ),
    )
}

/// The notice for a message that Baton gave up. No further try follows automatically.
pub fn gave_up(message: MessageId, attempts: u32, reason: &str) -> NewDelivery {
    let tries = if attempts == 0 {
        return new_notice(
            message,
            format!("Not answered: {} (message {message})", sentence(reason)),
        );
    } else if attempts == 1 {
        "one try".to_owned()
    } else {
        format!("{attempts} tries")
    };
    new_notice(
        message,
        format!(
            "Not answered, after {tries}: {} (message {message})",
            sentence(reason)
        ),
    )
}

/// The notice after an edit of a message whose turn had begun. `None` if nobody answers the message.
pub fn late_edit(message: MessageId, state: MessageState) -> Option<NewDelivery> {
    let text = match state {
        MessageState::Running => {
            "The edit came too late: the agent answers the first text. To add something, send another message."
        }
        MessageState::Answered => {
            "The edit came too late: the answer is for the first text. To ask again, send another message."
        }
        _ => return None,
    };
    Some(new_notice(message, text.to_owned()))
}

/// The notice after an edit of one part of a message.
pub fn edit_of_part(message: MessageId) -> NewDelivery {
    let text = "The edit changes nothing: this message came in several parts, and the agent answers them as they came. \
                Send the whole text again.";
    new_notice(message, text.to_owned())
}

/// The reason for a dead message whose last turn lost its holder.
pub const HOLDER_GONE: &str = "the worker disappeared";

/// The reason for a dead message to a persona without a configuration.
pub fn nobody_answers(persona: &PersonaName) -> String {
    format!("{persona} is no longer configured")
}

/// The reason for a dead message or delivery of a channel without a configuration.
pub fn nobody_carries(channel: &ChannelName) -> String {
    format!("the channel {channel} is no longer configured")
}

/// The reason for refusing a message when too many already wait.
pub fn too_many_waiting(limit: u32) -> String {
    if limit == 1 {
        return "a message already waits in this conversation; try again when it is answered"
            .to_owned();
    }
    format!("{limit} messages already wait in this conversation; try again when some are answered")
}

/// The delivery that asks people for a decision.
pub fn question(approval: &Approval) -> NewDelivery {
    NewDelivery {
        operation: Operation::Question {
            approval: approval.id,
            title: approval.summary_line(),
            text: approval.full_text(),
        },
        message: approval.message,
    }
}

/// The delivery with the outcome of an approval; `None` while the approval is open.
pub fn verdict(approval: &Approval) -> Option<NewDelivery> {
    let words = approval.outcome()?;
    Some(outcome(approval.id, approval.message, &words))
}

/// The delivery with this outcome of an approval.
pub fn outcome(approval: ApprovalId, message: MessageId, words: &str) -> NewDelivery {
    NewDelivery {
        operation: Operation::Verdict {
            approval,
            text: format!("{words} (approval {approval})"),
        },
        message,
    }
}

/// The reason for the end of an approval at its time limit.
pub fn nobody_decided(within: std::time::Duration) -> String {
    match within.as_secs() {
        seconds if seconds % 60 == 0 => format!("nobody decided within {} min", seconds / 60),
        seconds => format!("nobody decided within {seconds} s"),
    }
}

/// The reason for the end of an approval that the platform did not accept.
pub fn not_asked(reason: &str) -> String {
    format!("people could not be asked: {reason}")
}

/// The reason for the end of an approval with a damaged row in the store.
pub const UNREADABLE: &str = "the approval can no longer be read; the log has the details";

/// The reason for the end of an approval that its agent withdrew.
pub const WITHDRAWN: &str = "the agent withdrew the question";

/// The reason for the end of an approval together with its turn.
pub const NO_LONGER_ASKED: &str = "the turn is over";

/// A notice before the reply, with this text.
pub fn agent_note(message: MessageId, text: &str) -> NewDelivery {
    new_notice(message, text.to_owned())
}

/// The notice about the files of a turn that did not finish; `None` if the turn made no files.
pub fn files_not_sent(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| {
        let names = names.join(", ");
        format!("Not sent, because the turn did not finish: {names}.")
    })
}

/// The notice about files for a persona whose agent cannot open files; `None` if no files came.
pub fn not_read<'a>(
    persona: &PersonaName,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let names: Vec<_> = names.into_iter().collect();
    (!names.is_empty()).then(|| {
        let names = names.join(", ");
        format!("Answered without these files, which {persona} cannot open: {names}.")
    })
}

/// The notice about a recording without a transcript.
pub(crate) fn not_heard(name: &str, reason: &str) -> String {
    let reason = sentence(reason);
    format!("The words of {name} could not be written down: {reason}")
}

/// The notice about a recording in a Baton without a transcriber.
pub(crate) fn no_transcriber(name: &str) -> String {
    format!(
        "The words of {name} are not written down, because no transcriber is set. An operator can set one in \
         [speech] of the configuration."
    )
}

/// The note under a reply that the length limit cut short.
pub const CUT_BY_LENGTH: &str = "The answer is cut short: the model reached its length limit.";

/// The note under a reply that a content filter cut short.
pub const CUT_BY_FILTER: &str =
    "The answer is cut short: the server's content filter removed the rest.";

/// The note under a reply with a missing part.
pub const HAS_HOLE: &str = "A part of the answer could not be read and is missing.";

/// The text of a reply with steps and without words.
pub const SAID_NOTHING: &str = "*(done, without text)*";

/// The partial reply of a stopped turn, with a mark.
pub fn stopped_reply(message: MessageId, so_far: Written) -> NewDelivery {
    let Written {
        text,
        activities,
        files,
    } = so_far;
    let text = format!("{text}\n\n*(stopped)*").trim_start().to_owned();
    NewDelivery {
        operation: Operation::Reply {
            text,
            activities,
            files,
        },
        message,
    }
}

/// The notice after a failed try with the number `attempt`. People get a notice after the first try and after
/// the last one, and none in between.
pub fn failure_notice(message: MessageId, attempt: u32, end: &TurnEnd) -> Option<NewDelivery> {
    match end {
        TurnEnd::Retry { reason, .. } if attempt == 1 => Some(will_retry(message, reason)),
        TurnEnd::Dead { reason } => Some(gave_up(message, attempt, reason)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(delivery: &NewDelivery) -> String {
        delivery.operation.text().to_owned()
    }

    #[test]
    fn a_reason_ends_with_one_full_stop() {
        for reason in ["the quota is used up", "the quota is used up."] {
            let id = MessageId(7);
            let waits = "Not answered yet: the quota is used up. The message waits and is tried again. (message 7)";
            assert_eq!(text_of(&will_retry(id, reason)), waits);
            for attempts in [0, 1, 2] {
                let dead = text_of(&gave_up(id, attempts, reason));
                assert!(
                    dead.ends_with("the quota is used up. (message 7)"),
                    "{dead}"
                );
            }
        }
        assert_eq!(sentence("who are you?"), "who are you?");
    }

    #[test]
    fn one_is_said_as_one() {
        assert!(too_many_waiting(1).starts_with("a message already waits"));
    }
}
