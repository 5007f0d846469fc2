//! The stages at the beginning of a connection, and their time limits.

use std::time::Duration;

use baton_core::clock::Steady;

use crate::connection::LossReason;

/// The time limit for the whole connect, up to the greeting of the platform.
pub(super) const GREETING: Duration = Duration::from_secs(10);

/// The time limit from the greeting to the beginning of the session. During a resume, each event restarts this limit.
const BEGINNING: Duration = Duration::from_secs(20);

/// The stage of a connection.
#[derive(Clone, Copy)]
pub(super) enum HandshakeStage {
    /// The deadline for the greeting.
    Opened { until: Steady },
    /// The deadline for the session to begin or resume.
    Greeted { until: Steady },
    /// The session has begun.
    Live { since: Steady },
}

impl HandshakeStage {
    /// The stage of a connection whose opening begins now.
    pub(super) fn opened(now: Steady) -> Self {
        Self::Opened {
            until: now.after(GREETING),
        }
    }

    /// The stage of a connection whose greeting arrived now.
    pub(super) fn greeted(now: Steady) -> Self {
        Self::Greeted {
            until: now.after(BEGINNING),
        }
    }

    /// Begins the time limit of the session anew, if the session has not begun.
    pub(super) fn extend(&mut self, now: Steady) {
        if let Self::Greeted { .. } = self {
            *self = Self::greeted(now);
        }
    }

    /// Records the beginning of the session. Returns `false` if the session had begun before.
    pub(super) fn set_live(&mut self, now: Steady) -> bool {
        let begins = self.live_since().is_none();
        if begins {
            *self = Self::Live { since: now };
        }
        begins
    }

    /// The time of the beginning of the session.
    pub(super) fn live_since(self) -> Option<Steady> {
        match self {
            Self::Live { since } => Some(since),
            Self::Opened { .. } | Self::Greeted { .. } => None,
        }
    }

    /// The deadline of the stage.
    pub(super) fn deadline(self) -> Option<Steady> {
        match self {
            Self::Opened { until } | Self::Greeted { until } => Some(until),
            Self::Live { .. } => None,
        }
    }

    /// Returns an error if the deadline has passed.
    pub(super) fn check_deadline(self, now: Steady) -> Result<(), LossReason> {
        match self {
            Self::Opened { until } if until <= now => Err(LossReason::NoGreeting(GREETING)),
            Self::Greeted { until } if until <= now => Err(LossReason::NoSession(BEGINNING)),
            _ => Ok(()),
        }
    }
}
