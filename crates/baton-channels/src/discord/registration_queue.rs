//! The lists of commands that wait for a check.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use super::rest::CommandList;

/// The lists to check.
#[derive(Debug, Default)]
pub(super) struct RegistrationQueue {
    /// Each list once, so the set never has more entries than the bot has servers.
    due: Mutex<BTreeSet<CommandList>>,
    added: Notify,
}

impl RegistrationQueue {
    /// Requests a check of a list.
    pub(super) fn request_check(&self, list: CommandList) {
        self.with_due(|due| due.insert(list));
        self.added.notify_one();
    }

    /// Waits for the next list.
    pub(super) async fn next(&self) -> CommandList {
        loop {
            if let Some(list) = self.with_due(BTreeSet::pop_first) {
                return list;
            }
            self.added.notified().await;
        }
    }

    pub(super) fn with_due<T>(&self, work: impl FnOnce(&mut BTreeSet<CommandList>) -> T) -> T {
        work(&mut self.due.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
