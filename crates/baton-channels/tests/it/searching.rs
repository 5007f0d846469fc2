//! What a search may cost, and what it costs others.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use baton_core::message::{Author, NewMessage, Priority};
use baton_core::place::{Place, QueueMode, Route};
use baton_core::store::Ingest;
use baton_testkit::agent_run::within;
use baton_testkit::layered::{Layer, Layered};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::world::{Setup, World, field};

/// Lets the reads of the start through, and once it is closed none before it is opened again.
#[derive(Clone)]
struct Gate {
    open: Arc<Semaphore>,
    came: Arc<AtomicUsize>,
    arrivals: Arc<Semaphore>,
}

impl Gate {
    fn new() -> Self {
        Self {
            open: Arc::new(Semaphore::new(1)),
            came: Arc::default(),
            arrivals: Arc::new(Semaphore::new(0)),
        }
    }

    async fn close(&self) {
        self.open.acquire().await.unwrap().forget();
        let before = self.came.swap(0, Ordering::SeqCst);
        self.arrivals.forget_permits(before);
    }

    /// Waits until so many more reads have come to it.
    async fn reached_by(&self, count: u32) {
        let arrived = self.arrivals.acquire_many(count);
        within("the reads come", arrived).await.unwrap().forget();
    }
}

#[async_trait]
impl Layer for Gate {
    async fn before_read(&self) {
        self.came.fetch_add(1, Ordering::SeqCst);
        self.arrivals.add_permits(1);
        drop(self.open.acquire().await.unwrap());
    }
}

#[tokio::test]
async fn searches_leave_room_for_others_and_too_many_are_sent_away() {
    /// As many as may go on or wait to.
    const MOST: usize = 16;
    /// As many as go on at once.
    const AT_ONCE: u32 = 2;
    let gate = Gate::new();
    let layer = gate.clone();
    let world = Setup::default()
        .wrap(|store| Layered::over(layer, store))
        .start()
        .await;
    gate.close().await;
    let filters = ["search=x", "user=x", "type=AI", "since=0"];
    let mut searches: FuturesUnordered<_> = (0..=MOST)
        .map(|n| {
            let path = format!("/api/comments?before=latest&{}", filters[n % filters.len()]);
            world.request(Method::GET, &path).send()
        })
        .collect();
    // One too many; the others wait.
    let refused = within("an answer", searches.next()).await.unwrap().unwrap();
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers().contains_key("retry-after"));
    let body: Value = serde_json::from_slice(&refused.bytes().await.unwrap()).unwrap();
    assert_eq!(body["error"], "busy");
    gate.reached_by(AT_ONCE).await;
    // Whoever only reads along comes through beside them.
    let reads = world.read("/api/comments?before=latest");
    let opens = async {
        gate.reached_by(1).await;
        assert_eq!(gate.came.load(Ordering::SeqCst), AT_ONCE as usize + 1);
        gate.open.add_permits(1);
    };
    tokio::join!(reads, opens);
    while let Some(answer) = within("the others", searches.next()).await {
        assert_eq!(answer.unwrap().status(), StatusCode::OK);
    }
}

async fn remember(world: &World, texts: impl Iterator<Item = String>) {
    let message = |(number, text): (usize, String)| NewMessage {
        external_id: format!("{number}").into(),
        route: Route {
            place: Place {
                channel: "web".into(),
                account: "default".into(),
                address: "main".to_owned(),
            },
            persona: "worker".into(),
            agent: "workers".into(),
            mode: QueueMode::Queue,
            waiting_limit: u32::MAX,
        },
        author: Author {
            id: "local".into(),
            name: "Ada".to_owned(),
        },
        text,
        attachments: Vec::new(),
        reply_to: None,
        reply_route: Value::Null,
        extra: Value::Null,
        priority: Priority::default(),
    };
    let messages = texts.enumerate().map(message).collect();
    let ingest = Ingest {
        messages,
        ..Ingest::default()
    };
    world.store.ingest(ingest).await.unwrap();
}

#[tokio::test]
async fn a_search_looks_so_far_at_once_and_says_where_to_go_on() {
    const FAR: usize = 5_000;
    let world = World::start().await;
    let texts = (0..=FAR).map(|n| match n {
        0 | FAR => format!("needle {n}"),
        n => format!("hay {n}"),
    });
    remember(&world, texts).await;
    for (begin, name, order) in [
        ("cursor=0", "cursor", ["needle 0", "needle 5000"]),
        ("before=latest", "before", ["needle 5000", "needle 0"]),
    ] {
        let (mut found, mut pages) = (Vec::new(), 0);
        let mut at = begin.to_owned();
        loop {
            let page = world
                .read(&format!("/api/comments?search=needle&{at}"))
                .await;
            found.extend(field(page["comments"].as_array().unwrap(), "text"));
            pages += 1;
            if page["hasMore"] == false {
                break;
            }
            at = format!("{name}={}", page[name]);
        }
        assert_eq!(found, order);
        assert!(pages > 2, "all was looked at in {pages} pages");
    }
    // What is not searched needs no more pages than before.
    let page = world.read("/api/comments?limit=200").await;
    assert_eq!(page["comments"].as_array().unwrap().len(), 200);
}
