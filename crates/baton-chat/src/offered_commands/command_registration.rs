//! Keeps the lists of commands registered at a platform.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use baton_core::clock::Clock;
use baton_core::panics::run_again;
use baton_core::retry::RetryPolicy;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::backoff::BackoffTimer;
use crate::connector::ConnectorError;

/// The lists of commands that wait for a check. `L` names a list, such as the list of one workspace.
#[derive(Debug)]
pub struct RegistrationQueue<L> {
    /// Each list once, so the set never has more entries than the platform has lists.
    due: Mutex<BTreeSet<L>>,
    added: Notify,
}

impl<L> Default for RegistrationQueue<L> {
    fn default() -> Self {
        Self {
            due: Mutex::default(),
            added: Notify::new(),
        }
    }
}

impl<L: Copy + Ord + fmt::Display> RegistrationQueue<L> {
    /// Requests a check of a list.
    pub fn request_check(&self, list: L) {
        self.with_due(|due| due.insert(list));
        self.added.notify_one();
    }

    /// Keeps the lists up to date, one after the other, until `shutdown`, also after a panic. `register` updates one
    /// list at the platform. A refused list goes to the log, and another failure leads to another try. Neither
    /// delays other lists. `platform` is the platform's name for the log.
    pub async fn keep_registered<R: Future<Output = Result<(), ConnectorError>>>(
        &self,
        platform: &str,
        clock: &Arc<dyn Clock>,
        shutdown: &CancellationToken,
        register: impl Fn(L) -> R,
    ) {
        let part = format!("the registration of commands at {platform}");
        let run = || shutdown.run_until_cancelled(self.register_lists(platform, clock, &register));
        run_again(&part, &**clock, RetryPolicy::default(), shutdown, run).await;
    }

    async fn register_lists<R: Future<Output = Result<(), ConnectorError>>>(
        &self,
        platform: &str,
        clock: &Arc<dyn Clock>,
        register: impl Fn(L) -> R,
    ) {
        let mut pause = BackoffTimer::default();
        let mut undone = BTreeSet::new();
        let mut again = clock.steady();
        loop {
            let list = tokio::select! {
                list = self.take_next() => list,
                () = clock.sleep_until(again), if !undone.is_empty() => {
                    self.with_due(|due| due.append(&mut undone));
                    continue;
                }
            };
            match register(list).await {
                Ok(()) => pause = BackoffTimer::default(),
                Err(error) if error.is_refused() => {
                    tracing::error!(%list, %error, "the commands cannot be registered at {platform}");
                }
                Err(error) => {
                    tracing::warn!(%list, %error, "the commands are not registered at {platform} yet");
                    undone.insert(list);
                    again = clock.steady().after(pause.next_pause());
                }
            }
        }
    }

    /// Waits for the next list.
    async fn take_next(&self) -> L {
        loop {
            if let Some(list) = self.with_due(BTreeSet::pop_first) {
                return list;
            }
            self.added.notified().await;
        }
    }

    fn with_due<T>(&self, work: impl FnOnce(&mut BTreeSet<L>) -> T) -> T {
        work(&mut self.due.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
