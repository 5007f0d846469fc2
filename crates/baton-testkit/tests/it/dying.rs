//! Baton reports the death of an essential task instead of running on without it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use baton_core::clock::{Clock, Steady, SystemClock, Wall};
use baton_core::runtime::{Failed, Limits, Parts, Runtime};
use baton_core::store::{CursorMove, Store, StoreError};
use baton_store::sqlite::Sqlite;
use baton_testkit::agent_run::within;

/// A clock that makes the store's writer panic, once told to.
struct Deadly {
    clock: Arc<dyn Clock>,
    now: AtomicBool,
}

#[async_trait]
impl Clock for Deadly {
    fn wall(&self) -> Wall {
        assert!(!self.now.load(Ordering::SeqCst), "the test says so");
        self.clock.wall()
    }

    fn steady(&self) -> Steady {
        self.clock.steady()
    }

    async fn sleep_until(&self, deadline: Steady) {
        self.clock.sleep_until(deadline).await;
    }
}

#[tokio::test]
async fn s89_a_store_whose_writer_dies_is_told_and_nothing_is_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(Deadly {
        clock: SystemClock::shared(),
        now: AtomicBool::new(false),
    });
    let store = Sqlite::open(&folder.path().join("baton.db"), clock.clone()).unwrap();
    let store: Arc<dyn Store> = Arc::new(store);
    let mut runtime = Runtime::start(Parts {
        store: Arc::clone(&store),
        clock: clock.clone(),
        agents: Vec::new(),
        channels: Vec::new(),
        personas: Vec::new(),
        files: None,
        speech: None,
        limits: Limits::default(),
    })
    .await
    .unwrap();
    clock.now.store(true, Ordering::SeqCst);
    let cursor = CursorMove {
        channel: "web".into(),
        account: "default".into(),
        reader: "updates".to_owned(),
        position: "1".to_owned(),
    };
    assert_eq!(store.set_cursor(cursor).await, Err(StoreError::Closed));
    let failed = within("it says that it cannot go on", runtime.failed()).await;
    assert!(
        matches!(
            failed,
            Failed::Died {
                part: "the store's writer"
            }
        ),
        "{failed}"
    );
    // The runtime can still be shut down in order.
    within("it shuts down", runtime.shut_down()).await;
}
