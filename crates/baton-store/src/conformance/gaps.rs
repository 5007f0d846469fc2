//! A gap is stored with the cursor that passes it, and stays until its messages are stored.

use baton_core::store::{Gap, Ingest, Store};

use super::case_context::{CaseContext, cursor_move, default_account, web_channel, worker_message};

fn gap(chat: &str, after: &str) -> Gap {
    Gap {
        channel: web_channel(),
        account: default_account(),
        chat: chat.to_owned(),
        after: after.to_owned(),
    }
}

async fn read_gaps(store: &dyn Store) -> Vec<Gap> {
    store
        .gaps(&web_channel(), &default_account())
        .await
        .unwrap()
}

async fn ingest_with_gaps(store: &dyn Store, position: &str, gaps: Vec<Gap>) {
    let read = Ingest {
        messages: vec![worker_message("a", position)],
        cursor: Some(cursor_move("updates", position)),
        gaps,
        ..Ingest::default()
    };
    store.ingest(read).await.unwrap();
}

pub(super) async fn is_stored_with_the_cursor_that_passes_it(context: CaseContext) {
    let store = context.open_store().await;
    assert_eq!(read_gaps(&*store).await, []);
    ingest_with_gaps(&*store, "9", vec![gap("b", "3"), gap("a", "5")]).await;
    drop(store);
    let store = context.open_store().await;
    assert_eq!(read_gaps(&*store).await, [gap("a", "5"), gap("b", "3")]);
    let (channel, account) = (web_channel(), default_account());
    let reader = store.cursor(&channel, &account, "updates");
    assert_eq!(reader.await.unwrap().unwrap(), "9");
}

pub(super) async fn keeps_its_first_position(context: CaseContext) {
    let store = context.open_store().await;
    ingest_with_gaps(&*store, "9", vec![gap("a", "3")]).await;
    ingest_with_gaps(&*store, "12", vec![gap("a", "10")]).await;
    assert_eq!(read_gaps(&*store).await, [gap("a", "3")]);
}

pub(super) async fn is_gone_when_it_is_closed(context: CaseContext) {
    let store = context.open_store().await;
    ingest_with_gaps(&*store, "9", vec![gap("a", "3"), gap("b", "4")]).await;
    store.gap_closed(gap("a", "3")).await.unwrap();
    store.gap_closed(gap("a", "3")).await.unwrap();
    assert_eq!(read_gaps(&*store).await, [gap("b", "4")]);
    // A later gap of the same chat is a new one.
    ingest_with_gaps(&*store, "20", vec![gap("a", "15")]).await;
    assert_eq!(read_gaps(&*store).await, [gap("a", "15"), gap("b", "4")]);
    drop(store);
    let store = context.open_store().await;
    assert_eq!(read_gaps(&*store).await, [gap("a", "15"), gap("b", "4")]);
}
