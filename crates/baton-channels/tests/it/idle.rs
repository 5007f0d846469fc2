//! What many readers cost while nothing happens, and when something does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use baton_testkit::layered::{Layer, Layered};
use futures_util::future::join_all;
use serde_json::json;

use crate::events::Events;
use crate::world::{Setup, World};

/// Counts what is read.
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

/// How many readers: as many as fit into the number of files that a process may usually open.
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

/// Posts something that is not answered; how often the store was read until all readers had heard
/// of it and of its state.
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
