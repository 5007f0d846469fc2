//! The threads that tasks of this process are creating.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use baton_core::clock::Steady;
use baton_core::id::{ConversationId, Fence};

use super::thread_news::{ThreadDoubt, ThreadNews};

/// The maximum number of conversations with a thread in the making. A full map is emptied. Then only the store
/// keeps two tasks from creating the same thread.
const KEPT: usize = 1_000;

/// The time after which no request without an answer is still on its way to the platform.
const SETTLING: Duration = Duration::from_secs(5);

/// The threads that tasks of this process are creating.
#[derive(Debug, Default)]
pub(crate) struct ThreadsInMaking(Mutex<HashMap<ConversationId, Arc<Reservation>>>);

/// The reservation of one thread. The task that creates the thread holds the lock, and other tasks wait for the
/// result. After a failed request, the fence stays for the next task, which need not wait for the end of the lease.
pub(super) type Reservation = tokio::sync::Mutex<Option<HeldReservation>>;

/// A reservation that this process holds.
#[derive(Debug)]
pub(super) struct HeldReservation {
    pub(super) fence: Fence,
    pub(super) creation: ThreadCreation,
}

/// The requests to create the reserved thread. With a known id, the state is of no use, because a second creation
/// succeeds.
#[derive(Debug)]
pub(super) enum ThreadCreation {
    /// No request can have created the thread.
    Possible,
    /// A request may have created the thread.
    InDoubt {
        /// The time since which no request is made; `None` if the last request has not ended.
        since: Option<Steady>,
        /// The doubt, which begins after [`SETTLING`].
        doubt: Option<ThreadDoubt>,
    },
}

impl ThreadCreation {
    /// A request may have created the thread before `since`.
    pub(super) fn in_doubt(since: Option<Steady>) -> Self {
        Self::InDoubt { since, doubt: None }
    }

    /// Whether a request can be made now: no earlier one can have created the thread, because the platform has reported
    /// no such thread.
    pub(super) fn is_possible(&mut self, now: Steady, news: &ThreadNews) -> bool {
        let Self::InDoubt { since, doubt } = self else {
            return true;
        };
        if *since.get_or_insert(now) > now.before(SETTLING) {
            return false;
        }
        let doubt = *doubt.get_or_insert_with(|| news.begin_doubt());
        if !news.is_over(doubt) {
            return false;
        }
        *self = Self::Possible;
        true
    }

    /// The time at which the doubt begins; `None` if it has begun, or if there is none.
    pub(super) fn settles_at(&self) -> Option<Steady> {
        match self {
            Self::InDoubt {
                since: Some(since),
                doubt: None,
            } => Some(since.after(SETTLING)),
            _ => None,
        }
    }
}

impl ThreadsInMaking {
    pub(super) fn reservation(&self, conversation: ConversationId) -> Arc<Reservation> {
        let mut making = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if making.len() >= KEPT && !making.contains_key(&conversation) {
            making.clear();
        }
        Arc::clone(making.entry(conversation).or_default())
    }

    pub(super) fn forget(&self, conversation: ConversationId) {
        let mut making = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        making.remove(&conversation);
    }
}
