//! Replies that are written outside of a turn.

use baton_core::message::MessageState;
use baton_core::store::{Post, PostKind, PostReply, Posted};

use super::case_context::{
    CaseContext, LEASE, TestProcess, claim_message, default_account, finish_with,
    finish_with_reply, ingest_message, route_to_bob, web_channel, web_place, worker_message,
};

fn reply_post(message: Option<&baton_core::message::Message>, text: &str) -> PostReply {
    PostReply {
        route: baton_core::place::Route {
            persona: "hal".into(),
            agent: super::case_context::WORKER_AGENT.into(),
            ..route_to_bob("a")
        },
        external_id: None,
        message: message.map(|message| message.id),
        text: text.to_owned(),
        extra: serde_json::json!({"color": "teal"}),
    }
}

/// The replies in the timeline, in order.
async fn read_replies(process: &TestProcess) -> Vec<Post> {
    let page = process
        .store
        .timeline(super::timeline::last_posts(100))
        .await;
    let mut posts = page.unwrap().posts;
    posts.retain(|post| post.kind == PostKind::Reply);
    posts
}

pub(super) async fn is_delivered_and_read(context: CaseContext) {
    let mut process = context.start_idle().await;
    let asked = ingest_message(&*process.store, worker_message("a", "1")).await;
    let posted = process
        .store
        .post_reply(reply_post(Some(&asked), "hi"))
        .await;
    let Posted::Stored(post) = posted.unwrap() else {
        panic!("it is new");
    };
    assert_eq!(process.mark_next_sent().await, "hi");
    let read = read_replies(&process).await;
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].id, post.id);
    assert_eq!(read[0].text, "hi");
    assert_eq!(read[0].place, web_place("a"));
    assert_eq!(read[0].persona.as_str(), "hal");
    assert_eq!(read[0].author, None);
    assert_eq!(read[0].reply_to, Some("1".into()));
    assert_eq!(read[0].extra, serde_json::json!({"color": "teal"}));
    let by_id = process
        .store
        .post(&web_channel(), &default_account(), &post.id)
        .await;
    assert_eq!(by_id.unwrap().unwrap().text, "hi");
}

pub(super) async fn is_shown_once_a_message(context: CaseContext) {
    let mut process = context.start_idle().await;
    let asked = ingest_message(&*process.store, worker_message("a", "1")).await;
    claim_message(&*process.store, &asked, "dies").await;
    let first = process
        .store
        .post_reply(reply_post(Some(&asked), "one"))
        .await;
    assert!(matches!(first.unwrap(), Posted::Stored(_)));
    // The first worker died before completion, and another worker repeats the work.
    context.advance_clocks(LEASE);
    process.store.expire().await.unwrap();
    let held = claim_message(&*process.store, &asked, "lives").await;
    let second = process
        .store
        .post_reply(reply_post(Some(&asked), "two"))
        .await;
    let Posted::Duplicate(post) = second.unwrap() else {
        panic!("a second reply is not shown");
    };
    assert_eq!(post.text, "one");
    let finish = finish_with(&held, baton_core::turn::TurnEnd::Done);
    process.store.finish(finish, None).await.unwrap();
    assert_eq!(process.mark_next_sent().await, "one");
    process.assert_nothing_goes_out().await;
    let counts = process.store.counts().await.unwrap();
    assert_eq!(counts.messages_in(MessageState::Answered), 1);
    assert_eq!(read_replies(&process).await.len(), 1);
    // Another message gets its own reply.
    let asked = ingest_message(&*process.store, worker_message("a", "2")).await;
    let held = claim_message(&*process.store, &asked, "lives").await;
    process
        .store
        .finish(finish_with_reply(&held, "three"), None)
        .await
        .unwrap();
    assert_eq!(process.mark_next_sent().await, "three");
}

pub(super) async fn the_same_id_again_changes_nothing(context: CaseContext) {
    let mut process = context.start_idle().await;
    let named = |text: &str| PostReply {
        external_id: Some("mine".into()),
        ..reply_post(None, text)
    };
    let first = process.store.post_reply(named("one")).await.unwrap();
    let Posted::Stored(first) = first else {
        panic!("it is new");
    };
    assert_eq!(first.id, "mine");
    let again = process.store.post_reply(named("two")).await.unwrap();
    let Posted::Duplicate(again) = again else {
        panic!("it is not new");
    };
    assert_eq!((again.id.as_str(), again.text.as_str()), ("mine", "one"));
    assert_eq!(process.mark_next_sent().await, "one");
    process.assert_nothing_goes_out().await;
    let post = process
        .store
        .post(&web_channel(), &default_account(), "mine")
        .await;
    assert_eq!(post.unwrap().unwrap().text, "one");
}

pub(super) async fn needs_no_message(context: CaseContext) {
    let mut process = context.start_idle().await;
    for text in ["one", "two"] {
        let posted = process
            .store
            .post_reply(reply_post(None, text))
            .await
            .unwrap();
        assert!(matches!(posted, Posted::Stored(_)));
    }
    assert_eq!(process.mark_next_sent().await, "one");
    assert_eq!(process.mark_next_sent().await, "two");
    let read = read_replies(&process).await;
    assert_eq!(read.len(), 2);
    assert_eq!(read[0].reply_to, None);
}
