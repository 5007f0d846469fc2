//! A message that waits for its files is stored with the cursor that passes it, and is received once.

use baton_core::message::MessageState;
use baton_core::name::ExternalId;
use baton_core::store::{
    ChatMove, IncompleteMessage, Ingest, MoveReport, NewIncompleteMessage, Store,
};

use super::case_context::{
    CaseContext, WithChange, cursor_move, default_account, ingest_message, read_state, web_channel,
    worker_message,
};

impl WithChange for NewIncompleteMessage {}

fn incomplete(chat: &str, number: &str) -> NewIncompleteMessage {
    NewIncompleteMessage {
        channel: web_channel(),
        account: default_account(),
        chat: chat.to_owned(),
        external_id: ExternalId::within(chat, number),
        content: format!("content {number}"),
    }
}

async fn ingest_incomplete(store: &dyn Store, messages: Vec<NewIncompleteMessage>) {
    let read = Ingest {
        incomplete: messages,
        cursor: Some(cursor_move("updates", "9")),
        ..Ingest::default()
    };
    assert!(store.ingest(read).await.unwrap().is_empty());
}

async fn first_of(store: &dyn Store, chat: &str) -> Option<IncompleteMessage> {
    let (channel, account) = (web_channel(), default_account());
    let first = store.first_incomplete(&channel, &account, chat).await;
    first.unwrap()
}

/// The incomplete message with this number of the platform.
async fn find(store: &dyn Store, chat: &str, number: &str) -> Option<IncompleteMessage> {
    let (channel, account) = (web_channel(), default_account());
    let id = ExternalId::within(chat, number);
    let found = store.incomplete_message(&channel, &account, &id).await;
    found.unwrap()
}

/// The chats with their numbers of messages and of bytes.
async fn chats_of(store: &dyn Store) -> Vec<(String, usize, usize)> {
    let (channel, account) = (web_channel(), default_account());
    let chats = store.incomplete_chats(&channel, &account);
    let chats = chats.await.unwrap().into_iter();
    chats
        .map(|chat| (chat.chat, chat.messages, chat.bytes))
        .collect()
}

pub(super) async fn wait_in_the_order_of_their_chat(context: CaseContext) {
    let store = context.open_store().await;
    assert_eq!(first_of(&*store, "a").await, None);
    let first = incomplete("a", "7").with_change(|new| "ä".clone_into(&mut new.content));
    let messages = vec![first, incomplete("b", "1"), incomplete("a", "3")];
    ingest_incomplete(&*store, messages).await;
    drop(store);
    let store = context.open_store().await;
    let chats = [("a".to_owned(), 2, 11), ("b".to_owned(), 1, 9)];
    assert_eq!(chats_of(&*store).await, chats);
    let first = first_of(&*store, "a").await.unwrap();
    assert_eq!(first.content, "ä");
    assert_eq!(first.external_id, ExternalId::within("a", "7"));
    let (channel, account) = (web_channel(), default_account());
    let cursor = store.cursor(&channel, &account, "updates").await;
    assert_eq!(cursor.unwrap().as_deref(), Some("9"));
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.received, counts.incomplete), (0, 3));
}

pub(super) async fn are_received_in_the_commit_that_removes_them(context: CaseContext) {
    let process = context.start_idle().await;
    let store = &*process.store;
    let messages = vec![incomplete("a", "1"), incomplete("a", "2")];
    ingest_incomplete(store, messages).await;
    let first = first_of(store, "a").await.unwrap();
    let message = worker_message("a", "1")
        .with_change(|message| message.external_id = first.external_id.clone());
    let complete = Ingest {
        messages: vec![message],
        completed: vec![first.id],
        ..Ingest::default()
    };
    let received = store.ingest(complete.clone()).await.unwrap();
    assert_eq!(
        read_state(store, received[0].message()).await,
        MessageState::Waiting
    );
    let second = first_of(store, "a").await.unwrap();
    assert_eq!(second.external_id, ExternalId::within("a", "2"));
    // Both repetitions change nothing: the message is received.
    store.ingest(complete).await.unwrap();
    ingest_incomplete(store, vec![incomplete("a", "1"), incomplete("a", "2")]).await;
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.received, counts.incomplete), (1, 1));
    // A later message gets no number of a removed one.
    assert!(store.drop_incomplete(second.id).await.unwrap());
    ingest_incomplete(store, vec![incomplete("a", "3")]).await;
    assert!(first_of(store, "a").await.unwrap().id > second.id);
}

pub(super) async fn are_revised_and_dropped_while_they_wait(context: CaseContext) {
    let store = context.open_store().await;
    ingest_incomplete(&*store, vec![incomplete("a", "1")]).await;
    let id = find(&*store, "a", "1").await.unwrap().id;
    let revised = store.revise_incomplete(id, "edited".to_owned()).await;
    assert!(revised.unwrap());
    // The platform repeats the first form, and the edit stays.
    ingest_incomplete(&*store, vec![incomplete("a", "1")]).await;
    assert_eq!(find(&*store, "a", "1").await.unwrap().content, "edited");
    assert_eq!(find(&*store, "b", "1").await, None);
    assert!(store.drop_incomplete(id).await.unwrap());
    assert!(!store.drop_incomplete(id).await.unwrap());
    let revised = store.revise_incomplete(id, "late".to_owned()).await;
    assert!(!revised.unwrap());
    assert_eq!(first_of(&*store, "a").await, None);
}

pub(super) async fn go_with_their_chat(context: CaseContext) {
    let process = context.start_idle().await;
    let store = &*process.store;
    ingest_message(store, worker_message("old", "0")).await;
    let messages = ["old", "old/7", "older"].map(|chat| incomplete(chat, "1"));
    ingest_incomplete(store, messages.to_vec()).await;
    let moved = ChatMove {
        channel: web_channel(),
        account: default_account(),
        from: "old".to_owned(),
        to: "new".to_owned(),
    };
    assert_eq!(store.move_chat(moved).await.unwrap(), MoveReport::Moved);
    // A late message with the earlier id goes to the new one, behind the others.
    ingest_incomplete(store, vec![incomplete("old", "2")]).await;
    let chats = ["new", "new/7", "older"].map(str::to_owned);
    let chats: Vec<_> = chats.into_iter().zip([2, 1, 1]).collect();
    let found = chats_of(store).await.into_iter();
    let found: Vec<_> = found.map(|(chat, count, _)| (chat, count)).collect();
    assert_eq!(found, chats);
    let first = first_of(store, "new").await.unwrap();
    assert_eq!(first.external_id, ExternalId::within("old", "1"));
}
