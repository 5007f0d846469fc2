//! The embedded store passes the conformance suite.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use baton_core::store::Store;
use baton_store::conformance::StoreFixture;
use baton_store::sqlite::Sqlite;
use baton_testkit::clock::SimClock;
use baton_testkit::tally;
use tempfile::TempDir;

/// A folder, and the clock of the current run.
struct Folder {
    folder: TempDir,
    clock: Mutex<Arc<SimClock>>,
}

impl Folder {
    fn fresh() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            clock: Mutex::new(SimClock::shared()),
        }
    }

    fn clock(&self) -> Arc<SimClock> {
        self.clock.lock().unwrap().clone()
    }
}

#[async_trait]
impl StoreFixture for Folder {
    async fn open_store(&self) -> Arc<dyn Store> {
        let clock = self.clock().restarted();
        *self.clock.lock().unwrap() = clock.clone();
        let path = self.folder.path().join("baton.db");
        Arc::new(Sqlite::open(&path, clock).unwrap())
    }

    fn advance_clocks(&self, pause: Duration) {
        self.clock().advance(pause);
    }

    fn move_wall_clock(&self, millis: i64) {
        self.clock().jump(millis);
    }

    fn check_stored_data(&self) {
        let wrong = tally::miscounted(&self.folder.path().join("baton.db"));
        assert_eq!(wrong, [""; 0]);
    }
}

baton_store::conformance!(Folder::fresh());

#[tokio::test]
async fn the_data_of_two_files_have_two_ids() {
    let (one, other) = (Folder::fresh(), Folder::fresh());
    let (one, other) = (one.open_store().await, other.open_store().await);
    assert_ne!(one.data_id(), other.data_id());
}
