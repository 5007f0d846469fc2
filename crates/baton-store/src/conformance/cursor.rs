//! A cursor is never ahead of the stored messages.

use baton_core::store::{Ingest, Store, StoreError};

use super::bed::{Bed, account, cursor, job, web};

async fn position(store: &dyn Store, reader: &str) -> Option<String> {
    store.cursor(&web(), &account(), reader).await.unwrap()
}

pub(super) async fn moves_with_the_messages_that_it_covers(bed: Bed) {
    let store = bed.open().await;
    assert_eq!(position(&*store, "updates").await, None);
    let read = Ingest {
        messages: vec![job("a", "1"), job("a", "2")],
        cursor: Some(cursor("updates", "after-2")),
        ..Ingest::default()
    };
    store.ingest(read).await.unwrap();
    assert_eq!(position(&*store, "updates").await.unwrap(), "after-2");
    drop(store);
    let store = bed.open().await;
    assert_eq!(position(&*store, "updates").await.unwrap(), "after-2");
    assert_eq!(store.counts().await.unwrap().received, 2);
}

pub(super) async fn stays_where_nothing_was_stored(bed: Bed) {
    let store = bed.open().await;
    store.set_cursor(cursor("updates", "start")).await.unwrap();
    store.close().await;
    let read = Ingest {
        messages: vec![job("a", "1")],
        cursor: Some(cursor("updates", "after-1")),
        ..Ingest::default()
    };
    let outcome = store.ingest(read).await;
    assert!(matches!(outcome, Err(StoreError::Closed)), "{outcome:?}");
    drop(store);
    let store = bed.open().await;
    assert_eq!(position(&*store, "updates").await.unwrap(), "start");
    assert_eq!(store.counts().await.unwrap().received, 0);
}

pub(super) async fn moves_alone_over_what_held_no_message(bed: Bed) {
    let store = bed.open().await;
    store.set_cursor(cursor("updates", "7")).await.unwrap();
    store.set_cursor(cursor("updates", "8")).await.unwrap();
    drop(store);
    let store = bed.open().await;
    assert_eq!(position(&*store, "updates").await.unwrap(), "8");
}

pub(super) async fn each_reader_has_its_own(bed: Bed) {
    let store = bed.open().await;
    store.set_cursor(cursor("one", "1")).await.unwrap();
    store.set_cursor(cursor("two", "2")).await.unwrap();
    let mut other = cursor("one", "3");
    other.account = "other".into();
    store.set_cursor(other).await.unwrap();
    assert_eq!(position(&*store, "one").await.unwrap(), "1");
    assert_eq!(position(&*store, "two").await.unwrap(), "2");
    let other = store.cursor(&web(), &"other".into(), "one").await.unwrap();
    assert_eq!(other.unwrap(), "3");
}
