//! The conversations of a chat, and the mute of a conversation.

use baton_core::store::{ChatMove, ConversationsQuery, ListedConversation};

use super::case_context::{CaseContext, TestProcess, ingest_message, new_message, web_channel};

async fn list(process: &TestProcess, chat: &str, limit: usize) -> Vec<ListedConversation> {
    let query = ConversationsQuery {
        channel: web_channel(),
        account: super::case_context::default_account(),
        chat: chat.to_owned(),
        limit,
    };
    process.store.conversations(query).await.unwrap()
}

fn addresses(listed: &[ListedConversation]) -> Vec<&str> {
    let places = listed.iter().map(|it| it.place.address.as_str());
    places.collect()
}

pub(super) async fn a_chat_lists_its_conversations_and_no_others(context: CaseContext) {
    let mut process = context.start_process().await;
    for (address, id) in [("a/7", "1"), ("a", "2"), ("b", "3"), ("ab", "4"), ("a/8", "5")] {
        process.complete_exchange(new_message(address, id), "done").await;
    }
    let listed = list(&process, "a", 10).await;
    assert_eq!(addresses(&listed), ["a/8", "a", "a/7"]);
    assert_eq!(addresses(&list(&process, "a", 2).await), ["a/8", "a"]);
    assert!(list(&process, "c", 10).await.is_empty());
    let newest = listed[0].newest.clone().unwrap();
    assert_eq!(newest.1, new_message("a/8", "5").text);
    // A conversation with a turn comes first.
    ingest_message(&*process.store, new_message("a/7", "6")).await;
    let started = process.next_started().await;
    ingest_message(&*process.store, new_message("a/7", "7")).await;
    let listed = list(&process, "a", 10).await;
    assert_eq!(addresses(&listed), ["a/7", "a/8", "a"]);
    assert!(listed[0].is_running && listed[0].waiting == 1);
    assert!(!listed[1].is_running && listed[1].waiting == 0);
    process.answer_turn(started, "done").await;
}

pub(super) async fn a_muted_conversation_marks_its_deliveries(context: CaseContext) {
    let mut process = context.start_process().await;
    ingest_message(&*process.store, new_message("a", "1")).await;
    let started = process.next_started().await;
    let conversation = started.claim.conversation;
    process.store.set_muted(conversation, true).await.unwrap();
    process.answer_turn(started, "one").await;
    let outgoing = process.next_outgoing().await;
    assert!(outgoing.delivery.is_muted);
    drop(outgoing);
    // A delivery that waits for a restart, and one of a moved chat.
    drop(process);
    let mut process = context.start_process().await;
    let moved = ChatMove {
        channel: web_channel(),
        account: super::case_context::default_account(),
        from: "a".to_owned(),
        to: "z".to_owned(),
    };
    process.store.move_chat(moved).await.unwrap();
    assert!(process.next_outgoing().await.delivery.is_muted);
    assert!(list(&process, "z", 10).await[0].is_muted);
    assert!(list(&process, "a", 10).await[0].is_muted, "by the earlier id");
    process.store.set_muted(conversation, false).await.unwrap();
    assert!(!list(&process, "z", 10).await[0].is_muted);
}
