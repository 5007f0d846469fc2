//! The state of the connections to a platform, for operators.

use std::collections::BTreeMap;
use std::sync::Arc;

use baton_core::clock::{Steady, Wall};
use tokio::sync::watch;

/// The present state of each connection, and its changes. All clones share the same state.
#[derive(Clone, Debug, Default)]
pub struct ConnectionStates(Arc<watch::Sender<BTreeMap<u32, ConnectionState>>>);

/// The state of one connection to a platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionState {
    /// The stage of the connection.
    pub stage: ConnectionStage,
    /// The wall-clock time of the last change.
    pub since: Wall,
    /// The number of failed tries in a row.
    pub failures: u32,
    /// Why the last connection was lost, in words for operators; `None` if none was lost.
    pub last_loss: Option<String>,
}

/// The stage of a connection to a platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionStage {
    /// The connection is being opened, and its session begins or resumes.
    Connecting,
    /// Events arrive.
    Live,
    /// The connection was lost; the next try is at the given time.
    Waiting {
        /// In steady time, on the clock of the settings.
        until: Steady,
    },
    /// The bot has used its daily number of new sessions.
    SpentForToday {
        /// In steady time, on the clock of the settings.
        until: Steady,
    },
}

impl ConnectionStates {
    /// The states by the number of the connection; empty before the connector knows how many there are.
    pub fn current_states(&self) -> BTreeMap<u32, ConnectionState> {
        self.0.borrow().clone()
    }

    /// Waits until `wanted` accepts the states, and returns them.
    pub async fn wait_until(
        &self,
        wanted: impl FnMut(&BTreeMap<u32, ConnectionState>) -> bool,
    ) -> BTreeMap<u32, ConnectionState> {
        let mut changes = self.0.subscribe();
        match changes.wait_for(wanted).await {
            Ok(states) => states.clone(),
            // Never happens, because `self` owns the sender.
            Err(_) => std::future::pending().await,
        }
    }

    /// Records the state of a connection.
    pub fn set_state(&self, number: u32, state: ConnectionState) {
        self.0.send_modify(|states| {
            states.insert(number, state);
        });
    }
}
