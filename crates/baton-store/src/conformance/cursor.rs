//! A cursor is never ahead of the stored messages.

use baton_core::store::{Ingest, Store, StoreError};

use super::case_context::{CaseContext, cursor_move, default_account, web_channel, worker_message};

async fn read_position(store: &dyn Store, reader: &str) -> Option<String> {
    store
        .cursor(&web_channel(), &default_account(), reader)
        .await
        .unwrap()
}

pub(super) async fn moves_with_the_messages_that_it_covers(context: CaseContext) {
    let store = context.open_store().await;
    assert_eq!(read_position(&*store, "updates").await, None);
    let read = Ingest {
        messages: vec![worker_message("a", "1"), worker_message("a", "2")],
        cursor: Some(cursor_move("updates", "after-2")),
        ..Ingest::default()
    };
    store.ingest(read).await.unwrap();
    assert_eq!(read_position(&*store, "updates").await.unwrap(), "after-2");
    drop(store);
    let store = context.open_store().await;
    assert_eq!(read_position(&*store, "updates").await.unwrap(), "after-2");
    assert_eq!(store.counts().await.unwrap().received, 2);
}

pub(super) async fn stays_where_nothing_was_stored(context: CaseContext) {
    let store = context.open_store().await;
    store
        .set_cursor(cursor_move("updates", "start"))
        .await
        .unwrap();
    store.close().await;
    let read = Ingest {
        messages: vec![worker_message("a", "1")],
        cursor: Some(cursor_move("updates", "after-1")),
        ..Ingest::default()
    };
    let outcome = store.ingest(read).await;
    assert!(matches!(outcome, Err(StoreError::Closed)), "{outcome:?}");
    drop(store);
    let store = context.open_store().await;
    assert_eq!(read_position(&*store, "updates").await.unwrap(), "start");
    assert_eq!(store.counts().await.unwrap().received, 0);
}

pub(super) async fn moves_alone_over_what_held_no_message(context: CaseContext) {
    let store = context.open_store().await;
    store.set_cursor(cursor_move("updates", "7")).await.unwrap();
    store.set_cursor(cursor_move("updates", "8")).await.unwrap();
    drop(store);
    let store = context.open_store().await;
    assert_eq!(read_position(&*store, "updates").await.unwrap(), "8");
}

pub(super) async fn each_reader_has_its_own(context: CaseContext) {
    let store = context.open_store().await;
    store.set_cursor(cursor_move("one", "1")).await.unwrap();
    store.set_cursor(cursor_move("two", "2")).await.unwrap();
    let mut other = cursor_move("one", "3");
    other.account = "other".into();
    store.set_cursor(other).await.unwrap();
    assert_eq!(read_position(&*store, "one").await.unwrap(), "1");
    assert_eq!(read_position(&*store, "two").await.unwrap(), "2");
    let other = store
        .cursor(&web_channel(), &"other".into(), "one")
        .await
        .unwrap();
    assert_eq!(other.unwrap(), "3");
}
