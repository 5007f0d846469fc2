//! A listener misses no change of a commit that was in progress at the start of listening.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use async_trait::async_trait;
use baton_core::clock::{Clock, Steady, Wall};
use baton_core::message::{Author, NewMessage, Priority};
use baton_core::place::{Place, QueueMode, Route};
use baton_core::store::{Change, MessageStore, StoreViews};
use baton_store::sqlite::Sqlite;
use baton_testkit::clock::SimClock;
use tempfile::TempDir;

/// Stops the writer at the beginning of a transaction, where the writer reads the clock.
struct Held {
    clock: Arc<SimClock>,
    begun: Mutex<mpsc::Sender<()>>,
    go: Mutex<mpsc::Receiver<()>>,
}

#[async_trait]
impl Clock for Held {
    fn wall(&self) -> Wall {
        if std::thread::current().name() != Some("store") {
            return self.clock.wall();
        }
        let lock = |_| "nobody panics with it";
        self.begun.lock().map_err(lock).unwrap().send(()).unwrap();
        let go = self.go.lock().unwrap_or_else(PoisonError::into_inner);
        // `recv` returns when the sender is dropped.
        let _ = go.recv();
        self.clock.wall()
    }

    fn steady(&self) -> Steady {
        self.clock.steady()
    }

    async fn sleep_until(&self, deadline: Steady) {
        self.clock.sleep_until(deadline).await;
    }
}

fn message() -> NewMessage {
    NewMessage {
        external_id: "m".into(),
        part_ids: Vec::new(),
        route: Route {
            place: Place {
                channel: "web".into(),
                account: "default".into(),
                address: "main".to_owned(),
            },
            persona: "bob".into(),
            agent: "echo".into(),
            mode: QueueMode::Queue,
            waiting_limit: 10,
        },
        author: Author {
            id: "ada".into(),
            name: "Ada".to_owned(),
        },
        text: "hello".to_owned(),
        attachments: Vec::new(),
        reply_to: None,
        reply_route: serde_json::Value::Null,
        extra: serde_json::Value::Null,
        priority: Priority::default(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s34_a_commit_that_was_on_its_way_is_told() {
    let folder = TempDir::new().unwrap();
    let (begun, has_begun) = mpsc::channel();
    let (go, may_go) = mpsc::channel();
    let clock = Held {
        clock: SimClock::shared(),
        begun: Mutex::new(begun),
        go: Mutex::new(may_go),
    };
    let store = Sqlite::open(&folder.path().join("baton.db"), Arc::new(clock)).unwrap();
    let store = Arc::new(store);
    let ingest = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.ingest(message().into()).await }
    });
    // A listener starts during the write, before the message is in the store.
    has_begun.recv_timeout(Duration::from_mins(1)).unwrap();
    let mut changes = store.changes();
    drop(go);
    let kept = ingest.await.unwrap().unwrap();
    let told = changes.recv().await.unwrap();
    let seq = kept[0].message().id.into();
    assert!(
        matches!(&told, Change::Posted { seq: posted, .. } if *posted == seq),
        "{told:?}"
    );
}
