//! The threads that tasks of this process are creating.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use baton_core::id::{ConversationId, Fence};

/// The maximum number of conversations with a thread in the making. A full map is emptied. Then only the store
/// keeps two tasks from creating the same thread.
const KEPT: usize = 1_000;

/// The threads that tasks of this process are creating.
#[derive(Debug, Default)]
pub(crate) struct ThreadsInMaking(Mutex<HashMap<ConversationId, Arc<Reservation>>>);

/// The reservation of one thread. The task that creates the thread holds the lock, and other tasks wait for the
/// result. After a failed request, the fence stays for the next task, which need not wait for the end of the lease.
pub(super) type Reservation = tokio::sync::Mutex<Option<Fence>>;

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
