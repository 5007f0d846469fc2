//! The ends of a shard's connections.

use std::time::Duration;

use baton_core::clock::Steady;

/// The time limit for the whole connect, up to Discord's HELLO.
pub(super) const GREETING: Duration = Duration::from_secs(10);

/// The time limit from HELLO to READY, or to the first event of a resumed session.
pub(super) const BEGINNING: Duration = Duration::from_secs(20);

/// The reason for a lost connection. Another connection may succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LossReason {
    #[error("Discord cannot be reached: {0}")]
    Unreachable(String),
    #[error("Discord sent no greeting within {} s", GREETING.as_secs())]
    NoGreeting,
    #[error("Discord began no session within {} s", BEGINNING.as_secs())]
    NoSession,
    #[error("Discord did not answer the last heartbeat")]
    NoHeartbeat,
    #[error("Discord closed the connection with code {0}")]
    Closed(u16),
    #[error("Discord closed the connection without a code")]
    ClosedWithoutCode,
    #[error("the connection broke: {0}")]
    Cut(String),
    #[error("Discord asked for a new connection")]
    ReconnectAsked,
    #[error("Discord does not accept the session")]
    NoSuchSession { resumable: bool },
}

/// The end of a connection.
#[derive(Debug)]
pub(super) enum ConnectionEnd {
    /// Baton is shutting down.
    Stopped,
    /// Another connection would fail in the same way.
    Refused(&'static str),
    Lost(ConnectionLoss),
}

/// The facts about a lost connection that decide on the next one.
#[derive(Debug)]
pub(super) struct ConnectionLoss {
    pub(super) why: LossReason,
    /// Whether Discord accepted the connection at all.
    pub(super) was_accepted: bool,
    /// The time when the session on this connection began or resumed.
    pub(super) live_since: Option<Steady>,
}
