//! The error of a request to the platform.

use std::time::Duration;

use baton_core::channel::DeliverError;

use super::chat_ids::ChatId;

/// A failed request to the platform.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConnectorError {
    /// The consequence for the request.
    pub failure: RequestFailure,
    /// The failure in words, with the name of the platform, and without secrets.
    pub message: String,
    /// Advice for the operator.
    pub hint: Option<&'static str>,
    /// The move of the chat, if the platform refused the request because of the move.
    pub moved: Option<Box<MovedChat>>,
}

/// A chat that has another id now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedChat {
    /// The earlier id, without a topic.
    pub from: ChatId,
    /// The id from now on.
    pub to: ChatId,
}

/// The consequence of a failed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestFailure {
    /// The platform did not take the request, and may take it later.
    NotTaken {
        /// The pause that the platform asks for.
        after: Option<Duration>,
    },
    /// The platform may have taken the request, but no answer tells the outcome.
    Unknown,
    /// The platform took the request, but the answer is unreadable. Another try would give the same answer.
    UnreadableAnswer,
    /// The platform refused the request. Another try would be refused too.
    Refused(Refusal),
}

/// A reason for a refusal that the chat layer can do something about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The chat or thread does not exist. A thread may be created later.
    NoSuchChat,
    /// The thread was deleted, and the chat around it exists. Another thread replaces a thread of [`NamedThreads`].
    ///
    /// [`NamedThreads`]: super::NamedThreads
    ThreadGone,
    /// The message does not exist, or was deleted.
    NoSuchMessage,
    /// The action has a first answer already.
    AlreadyAnswered,
    /// The thread is closed, and may be opened again.
    ThreadClosed,
    /// Baton may not quote the message.
    CannotQuote,
    /// The request is too large.
    TooLarge,
    /// The platform does not accept Baton's credentials. New ones can mend this.
    Credentials,
    /// Another reason.
    Other,
}

impl ConnectorError {
    /// An error without advice.
    pub fn new(failure: RequestFailure, message: impl Into<String>) -> Self {
        Self {
            failure,
            message: message.into(),
            hint: None,
            moved: None,
        }
    }

    /// The error of a request to a chat that has another id now. The chat layer records the move, and makes the request
    /// again with the new id.
    pub fn chat_moved(moved: MovedChat, message: impl Into<String>) -> Self {
        Self {
            moved: Some(Box::new(moved)),
            ..Self::new(RequestFailure::Refused(Refusal::NoSuchChat), message)
        }
    }

    /// The reason of a refusal; `None` for other failures.
    pub fn refusal(&self) -> Option<Refusal> {
        match self.failure {
            RequestFailure::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Whether the platform refused the request.
    pub fn is_refused(&self) -> bool {
        self.refusal().is_some()
    }

    /// Whether another try would fail in the same way.
    pub fn is_final(&self) -> bool {
        matches!(
            self.failure,
            RequestFailure::Refused(_) | RequestFailure::UnreadableAnswer
        )
    }

    /// The pause that the platform asks for.
    pub fn requested_pause(&self) -> Option<Duration> {
        match self.failure {
            RequestFailure::NotTaken { after } => after,
            _ => None,
        }
    }

    /// Converts the error of a request into the error of a delivery.
    pub fn into_deliver_error(self) -> DeliverError {
        let hint = self
            .hint
            .map_or_else(String::new, |hint| format!("; {hint}"));
        let reason = self.message + &hint;
        match self.failure {
            // The next try goes to the new chat.
            _ if self.moved.is_some() => DeliverError::Later {
                reason,
                after: None,
            },
            RequestFailure::NotTaken { after } => DeliverError::Later { reason, after },
            RequestFailure::Unknown | RequestFailure::UnreadableAnswer => {
                DeliverError::Unknown { reason }
            }
            // The delivery can succeed with new credentials.
            RequestFailure::Refused(Refusal::Credentials) => DeliverError::Later {
                reason,
                after: None,
            },
            RequestFailure::Refused(_) => DeliverError::Never { reason },
        }
    }
}
