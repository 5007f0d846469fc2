//! The cost of many readers while nothing happens, and with news.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use baton_channels::web::{ACCOUNT, CHANNEL, DEFAULT_ROOM};
use baton_core::message::{Author, NewMessage, Priority};
use baton_core::place::Place;
use baton_testkit::layered::{Layer, Layered};
use futures_util::future::join_all;
use serde_json::json;

use crate::events::Events;
use crate::world::{Setup, World};

/// Counts the reads of the store.
#[derive(Clone, Default)]
struct Reads(Arc<AtomicUsize>);

impl Reads {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Layer for Reads {
    async fn before_read(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Number of readers: as many as the usual limit of open files permits.
const READERS: usize = 400;

#[tokio::test]
async fn s35_idle_readers_cost_nothing_and_news_are_read_once_for_all() {
    let reads = Reads::default();
    let layer = reads.clone();
    let world = Setup::default()
        .wrap(|store| Layered::over(layer, store))
        .start()
        .await;
    let mut one = world.events("").await.ready().await;
    let for_one = reads_for_a_post(&world, &reads, std::slice::from_mut(&mut one)).await;
    let mut all: Vec<_> = join_all((0..READERS).map(|_| world.events(""))).await;
    all = join_all(all.into_iter().map(Events::ready)).await;
    let before = reads.count();
    world.clock.advance(Duration::from_hours(1));
    world.store.expire().await.unwrap();
    assert_eq!(
        reads.count(),
        before,
        "nothing happened, and yet the store was read"
    );
    let for_all = reads_for_a_post(&world, &reads, &mut all).await;
    assert!(
        for_all <= for_one + for_one / 2,
        "one post took {for_one} reads for one reader and {for_all} for {READERS}"
    );
}

/// Posts a message that nobody answers. Returns the number of reads of the store until all readers have the
/// comment and its state.
async fn reads_for_a_post(world: &World, reads: &Reads, readers: &mut [Events]) -> usize {
    let before = reads.count();
    world
        .say(json!({ "text": "news", "entity": "worker" }))
        .await;
    for reader in readers {
        reader.next_of("comment").await;
        reader.next_of("status").await;
    }
    reads.count() - before
}

/// Panics at the next read after a signal.
#[derive(Clone, Default)]
struct PanicsOnce(Arc<AtomicBool>);

#[async_trait]
impl Layer for PanicsOnce {
    async fn before_read(&self) {
        let panics = self.0.swap(false, Ordering::SeqCst);
        assert!(!panics, "a planted fault");
    }
}

#[tokio::test]
async fn s89_what_follows_the_store_panics_and_readers_come_back_to_all_of_it() {
    let panics = PanicsOnce::default();
    let layer = panics.clone();
    let world = Setup::default()
        .wrap(|store| Layered::over(layer, store))
        .start()
        .await;
    world
        .say(json!({ "text": "one", "entity": "worker" }))
        .await;
    let mut events = world.events("").await.ready().await;
    // Nothing else reads the store while the next message is published.
    panics.0.store(true, Ordering::SeqCst);
    let inbox = world.inbox();
    let place = Place {
        channel: CHANNEL.into(),
        account: ACCOUNT.into(),
        address: DEFAULT_ROOM.to_owned(),
    };
    let message = NewMessage {
        external_id: "two".into(),
        part_ids: Vec::new(),
        route: inbox.route(place, &"worker".into()).unwrap(),
        author: Author {
            id: "ann".into(),
            name: "Ann".to_owned(),
        },
        text: "two".to_owned(),
        attachments: Vec::new(),
        reply_to: None,
        reply_route: serde_json::Value::Null,
        extra: serde_json::Value::Null,
        priority: Priority::default(),
    };
    inbox.ingest(message).await.unwrap();
    while events.next().await.is_some() {}
    let pause = Duration::from_secs(1);
    world.clock.someone_sleeps(pause).await;
    world.clock.advance(pause);
    let mut events = world.events("?cursor=0").await;
    for text in ["one", "two"] {
        assert_eq!(events.next_of("comment").await["text"], text);
    }
    let mut events = events.ready().await;
    world
        .say(json!({ "text": "three", "entity": "worker" }))
        .await;
    assert_eq!(events.next_of("comment").await["text"], "three");
}
