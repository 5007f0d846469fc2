//! What the connections to Discord are like now, for whoever looks after Baton.

use std::collections::BTreeMap;
use std::sync::Arc;

use baton_core::clock::{Steady, Wall};
use tokio::sync::watch;

/// What each connection (shard) to Discord is like, now and when it changes. A clone shows the same.
#[derive(Clone, Debug, Default)]
pub struct Connections(Arc<watch::Sender<BTreeMap<u32, ConnectionState>>>);

/// What one connection to Discord is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionState {
    /// What it does.
    pub stage: ConnectionStage,
    /// Since when, on the calendar.
    pub since: Wall,
    /// How many tries in a row failed before.
    pub failures: u32,
    /// Why the last connection was lost, in words for an operator; `None` where none was.
    pub last_loss: Option<String>,
}

/// What a connection to Discord does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionStage {
    /// It is made, and Discord is to begin a session or to resume it.
    Connecting,
    /// What happens is told.
    Live,
    /// It was lost, and is made again at that time.
    Waiting {
        /// On the clock of the settings.
        until: Steady,
    },
    /// Discord lets the bot begin no more sessions until then.
    SpentForToday {
        /// On the clock of the settings.
        until: Steady,
    },
}

impl Connections {
    /// Each by the number of its shard; none before Discord has said how many there are to be.
    pub fn now(&self) -> BTreeMap<u32, ConnectionState> {
        self.0.borrow().clone()
    }

    /// Waits until they are as wanted, and brings them so.
    pub async fn until(
        &self,
        wanted: impl FnMut(&BTreeMap<u32, ConnectionState>) -> bool,
    ) -> BTreeMap<u32, ConnectionState> {
        let mut changes = self.0.subscribe();
        match changes.wait_for(wanted).await {
            Ok(states) => states.clone(),
            // The sender is borrowed, and so is there.
            Err(_) => std::future::pending().await,
        }
    }

    pub(super) fn set(&self, shard: u32, state: ConnectionState) {
        self.0.send_modify(|states| {
            states.insert(shard, state);
        });
    }
}
