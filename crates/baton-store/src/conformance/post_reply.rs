//! Replies that are written outside of a turn.

use baton_core::message::MessageState;
use baton_core::store::{Post, PostKind, PostReply, Posted};

use super::bed::{
    Bed, LEASE, Process, account, claim, done, ended, job, place, route, say, web,
};

fn to(message: Option<&baton_core::message::Message>, text: &str) -> PostReply {
    PostReply {
        route: baton_core::place::Route {
            persona: "hal".into(),
            agent: super::bed::HANDS.into(),
            ..route("a")
        },
        external_id: None,
        message: message.map(|message| message.id),
        text: text.to_owned(),
        extra: serde_json::json!({"color": "teal"}),
    }
}

/// The replies in the timeline, in order.
async fn replies(process: &Process) -> Vec<Post> {
    let page = process.store.timeline(super::timeline::all(100)).await;
    let mut posts = page.unwrap().posts;
    posts.retain(|post| post.kind == PostKind::Reply);
    posts
}

pub(super) async fn is_delivered_and_read(bed: Bed) {
    let mut process = bed.start_idle().await;
    let asked = say(&*process.store, job("a", "1")).await;
    let posted = process.store.post_reply(to(Some(&asked), "hi")).await;
    let Posted::Stored(post) = posted.unwrap() else {
        panic!("it is new");
    };
    assert_eq!(process.carry().await, "hi");
    let read = replies(&process).await;
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].id, post.id);
    assert_eq!(read[0].text, "hi");
    assert_eq!(read[0].place, place("a"));
    assert_eq!(read[0].persona.as_str(), "hal");
    assert_eq!(read[0].author, None);
    assert_eq!(read[0].reply_to, Some("1".into()));
    assert_eq!(read[0].extra, serde_json::json!({"color": "teal"}));
    let by_id = process.store.post(&web(), &account(), &post.id).await;
    assert_eq!(by_id.unwrap().unwrap().text, "hi");
}

pub(super) async fn is_shown_once_a_message(bed: Bed) {
    let mut process = bed.start_idle().await;
    let asked = say(&*process.store, job("a", "1")).await;
    claim(&*process.store, &asked, "dies").await;
    let first = process.store.post_reply(to(Some(&asked), "one")).await;
    assert!(matches!(first.unwrap(), Posted::Stored(_)));
    // The first worker died before completion, and another worker repeats the work.
    bed.advance(LEASE);
    process.store.expire().await.unwrap();
    let held = claim(&*process.store, &asked, "lives").await;
    let second = process.store.post_reply(to(Some(&asked), "two")).await;
    let Posted::Duplicate(post) = second.unwrap() else {
        panic!("a second reply is not shown");
    };
    assert_eq!(post.text, "one");
    let finish = ended(&held, baton_core::turn::TurnEnd::Done);
    process.store.finish(finish, None).await.unwrap();
    assert_eq!(process.carry().await, "one");
    process.nothing_goes_out().await;
    let counts = process.store.counts().await.unwrap();
    assert_eq!(counts.messages_in(MessageState::Answered), 1);
    assert_eq!(replies(&process).await.len(), 1);
    // Another message gets its own reply.
    let asked = say(&*process.store, job("a", "2")).await;
    let held = claim(&*process.store, &asked, "lives").await;
    process
        .store
        .finish(done(&held, "three"), None)
        .await
        .unwrap();
    assert_eq!(process.carry().await, "three");
}

pub(super) async fn the_same_id_again_changes_nothing(bed: Bed) {
    let mut process = bed.start_idle().await;
    let named = |text: &str| PostReply {
        external_id: Some("mine".into()),
        ..to(None, text)
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
    assert_eq!(process.carry().await, "one");
    process.nothing_goes_out().await;
    let post = process.store.post(&web(), &account(), "mine").await;
    assert_eq!(post.unwrap().unwrap().text, "one");
}

pub(super) async fn needs_no_message(bed: Bed) {
    let mut process = bed.start_idle().await;
    for text in ["one", "two"] {
        let posted = process.store.post_reply(to(None, text)).await.unwrap();
        assert!(matches!(posted, Posted::Stored(_)));
    }
    assert_eq!(process.carry().await, "one");
    assert_eq!(process.carry().await, "two");
    let read = replies(&process).await;
    assert_eq!(read.len(), 2);
    assert_eq!(read[0].reply_to, None);
}
