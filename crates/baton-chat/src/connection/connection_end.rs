//! The ends of connections.

use std::time::Duration;

use baton_core::clock::Steady;

/// The end of a connection.
#[derive(Debug)]
pub enum ConnectionEnd {
    /// Baton is shutting down.
    Stopped,
    /// Another connection would fail in the same way. The reason is in words for operators.
    Refused(String),
    /// Another connection may succeed.
    Lost(ConnectionLoss),
}

/// The facts about a lost connection that decide on the next one.
#[derive(Debug)]
pub struct ConnectionLoss {
    /// The reason for the loss.
    pub why: LossReason,
    /// Whether the platform accepted the connection at all.
    pub was_accepted: bool,
    /// The time when the session on this connection began or resumed; `None` if no session began.
    pub live_since: Option<Steady>,
}

impl ConnectionLoss {
    /// The loss of a connection that the platform never accepted.
    pub fn before_accepted(why: LossReason) -> Self {
        Self {
            why,
            was_accepted: false,
            live_since: None,
        }
    }
}

/// The reason for a lost connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LossReason {
    /// No connection could be made. The text is the error.
    Unreachable(String),
    /// The platform did not greet within this time.
    NoGreeting(Duration),
    /// No session began within this time after the greeting.
    NoSession(Duration),
    /// The last heartbeat has no answer.
    NoHeartbeat,
    /// The platform closed the connection with this code.
    Closed(u16),
    /// The platform closed the connection without a code.
    ClosedWithoutCode,
    /// The connection broke, or nothing could be written. The text is the error.
    Cut(String),
    /// The platform asked for a new connection, which continues the session.
    ReconnectAsked,
    /// The platform does not accept the session.
    NoSuchSession {
        /// Whether a later connection may resume the session.
        resumable: bool,
    },
}

impl LossReason {
    /// The reason in words for operators. `platform` is the name of the platform.
    pub fn describe(&self, platform: &str) -> String {
        match self {
            Self::Unreachable(error) => format!("{platform} cannot be reached: {error}"),
            Self::NoGreeting(limit) => {
                format!("{platform} sent no greeting within {} s", limit.as_secs())
            }
            Self::NoSession(limit) => {
                format!("{platform} began no session within {} s", limit.as_secs())
            }
            Self::NoHeartbeat => format!("{platform} did not answer the last heartbeat"),
            Self::Closed(code) => format!("{platform} closed the connection with code {code}"),
            Self::ClosedWithoutCode => format!("{platform} closed the connection without a code"),
            Self::Cut(error) => format!("the connection broke: {error}"),
            Self::ReconnectAsked => format!("{platform} asked for a new connection"),
            Self::NoSuchSession { .. } => format!("{platform} does not accept the session"),
        }
    }
}
