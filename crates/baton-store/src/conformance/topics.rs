//! Each conversation has one topic.

use std::sync::Arc;
use std::time::Duration;

use baton_core::id::ConversationId;
use baton_core::store::{ReserveTopic, Reserved, Store, TopicError};

use super::case_context::{CaseContext, LEASE, NEARLY_LEASE, ingest_message, worker_message};

async fn new_conversation(store: &dyn Store) -> ConversationId {
    ingest_message(store, worker_message("a", "1"))
        .await
        .conversation
}

fn reserve_request(conversation: ConversationId) -> ReserveTopic {
    ReserveTopic {
        conversation,
        lease: LEASE,
    }
}

pub(super) async fn one_of_many_may_make_it(context: CaseContext) {
    let process = context.start_idle().await;
    let conversation = new_conversation(&*process.store).await;
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let store = Arc::clone(&process.store);
        tries.spawn(async move {
            store
                .reserve_topic(reserve_request(conversation))
                .await
                .unwrap()
        });
    }
    let outcomes = tries.join_all().await;
    let yours = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Reserved::Yours(_)));
    let taken = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Reserved::Taken));
    assert_eq!((yours.count(), taken.count()), (1, 19));
}

pub(super) async fn made_is_made_for_good(context: CaseContext) {
    let store = context.open_store().await;
    let conversation = new_conversation(&*store).await;
    let outcome = store
        .reserve_topic(reserve_request(conversation))
        .await
        .unwrap();
    let Reserved::Yours(fence) = outcome else {
        panic!("nobody else wants it, so not {outcome:?}");
    };
    let made = store.topic_created(conversation, fence, "topic-7").await;
    made.unwrap();
    drop(store);
    let store = context.open_store().await;
    context.advance_clocks(LEASE * 2);
    store.expire().await.unwrap();
    let ready = Reserved::Ready {
        platform_id: "topic-7".to_owned(),
    };
    let outcome = store.reserve_topic(reserve_request(conversation)).await;
    assert_eq!(outcome.unwrap(), ready);
}

pub(super) async fn a_take_over_outdates_the_one_before(context: CaseContext) {
    let store = context.open_store().await;
    let conversation = new_conversation(&*store).await;
    let outcome = store
        .reserve_topic(reserve_request(conversation))
        .await
        .unwrap();
    let Reserved::Yours(slow) = outcome else {
        panic!("nobody else wants it, so not {outcome:?}");
    };
    context.advance_clocks(NEARLY_LEASE);
    store.expire().await.unwrap();
    let outcome = store
        .reserve_topic(reserve_request(conversation))
        .await
        .unwrap();
    assert_eq!(outcome, Reserved::Taken);
    context.advance_clocks(Duration::from_millis(1));
    store.expire().await.unwrap();
    let outcome = store
        .reserve_topic(reserve_request(conversation))
        .await
        .unwrap();
    let Reserved::Yours(quick) = outcome else {
        panic!("the reservation is over, so not {outcome:?}");
    };
    assert!(quick > slow);
    let orphan = store.topic_created(conversation, slow, "orphan").await;
    let expected = TopicError::TakenOver(conversation, "orphan".to_owned());
    assert_eq!(orphan.unwrap_err(), expected);
    let made = store.topic_created(conversation, quick, "topic").await;
    made.unwrap();
    // Later calls are refused as well.
    let orphan = store.topic_created(conversation, slow, "orphan").await;
    assert_eq!(orphan.unwrap_err(), expected);
}
