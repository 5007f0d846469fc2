//! Each conversation has one topic.

use std::sync::Arc;
use std::time::Duration;

use baton_core::id::{ConversationId, Fence};
use baton_core::store::{Adoption, ReplaceTopic, ReserveTopic, Reserved, Store, TopicError};

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
        held: None,
    }
}

/// Reserves the topic, which nobody else wants.
async fn reserve(store: &dyn Store, conversation: ConversationId) -> Fence {
    let outcome = store.reserve_topic(reserve_request(conversation)).await;
    let Ok(Reserved::Yours(fence)) = outcome else {
        panic!("nobody else wants it, so not {outcome:?}");
    };
    fence
}

/// Takes the reservation over after the end of its lease.
async fn inherit(
    store: &dyn Store,
    context: &CaseContext,
    conversation: ConversationId,
) -> Fence {
    context.advance_clocks(LEASE);
    store.expire().await.unwrap();
    let outcome = store.reserve_topic(reserve_request(conversation)).await;
    let Ok(Reserved::Inherited(fence)) = outcome else {
        panic!("the reservation is over, so not {outcome:?}");
    };
    fence
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
    let Reserved::Inherited(quick) = outcome else {
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

pub(super) async fn a_renewed_reservation_is_not_taken_over(context: CaseContext) {
    let store = context.open_store().await;
    let conversation = new_conversation(&*store).await;
    let fence = reserve(&*store, conversation).await;
    context.advance_clocks(NEARLY_LEASE);
    store.expire().await.unwrap();
    let renewal = ReserveTopic {
        held: Some(fence),
        ..reserve_request(conversation)
    };
    let renewed = store.reserve_topic(renewal.clone()).await;
    assert_eq!(renewed.unwrap(), Reserved::Yours(fence));
    context.advance_clocks(NEARLY_LEASE);
    store.expire().await.unwrap();
    let other = store.reserve_topic(reserve_request(conversation)).await;
    assert_eq!(other.unwrap(), Reserved::Taken);
    let next = inherit(&*store, &context, conversation).await;
    assert!(next > fence);
    // The earlier holder has lost the reservation.
    let renewed = store.reserve_topic(renewal).await;
    assert_eq!(renewed.unwrap(), Reserved::Taken);
}

pub(super) async fn is_adopted_from_an_outdated_reservation_while_there_is_none(
    context: CaseContext,
) {
    let store = context.open_store().await;
    let conversation = new_conversation(&*store).await;
    let slow = reserve(&*store, conversation).await;
    let quick = inherit(&*store, &context, conversation).await;
    let unknown = store.adopt_topic(conversation, Fence(quick.0 + 1), "t").await;
    let orphan = |id: &str| TopicError::TakenOver(conversation, id.to_owned());
    assert_eq!(unknown.unwrap_err(), orphan("t"));
    let adopted = store.adopt_topic(conversation, slow, "topic").await;
    assert_eq!(adopted.unwrap(), Adoption::Adopted);
    for fence in [slow, quick] {
        let again = store.adopt_topic(conversation, fence, "topic").await;
        assert_eq!(again.unwrap(), Adoption::Known);
        let other = store.adopt_topic(conversation, fence, "other").await;
        assert_eq!(other.unwrap_err(), orphan("other"));
    }
    let ready = Reserved::Ready {
        platform_id: "topic".to_owned(),
    };
    let outcome = store.reserve_topic(reserve_request(conversation)).await;
    assert_eq!(outcome.unwrap(), ready);
}

pub(super) async fn that_is_gone_is_replaced_and_never_adopted_again(context: CaseContext) {
    let store = context.open_store().await;
    let conversation = new_conversation(&*store).await;
    let first = reserve(&*store, conversation).await;
    store.adopt_topic(conversation, first, "one").await.unwrap();
    let replace = |gone: &str| ReplaceTopic {
        conversation,
        gone: gone.to_owned(),
        lease: LEASE,
    };
    let outcome = store.replace_topic(replace("one")).await;
    let Ok(Reserved::Yours(second)) = outcome else {
        panic!("nobody else replaces it, so not {outcome:?}");
    };
    assert!(second > first);
    let topic = store.topic_of(conversation).await.unwrap().unwrap();
    assert_eq!(topic.platform_id, None);
    let again = store.replace_topic(replace("one")).await;
    assert_eq!(again.unwrap(), Reserved::Taken);
    let late = store.adopt_topic(conversation, first, "one").await;
    let orphan = TopicError::TakenOver(conversation, "one".to_owned());
    assert_eq!(late.unwrap_err(), orphan);
    store.adopt_topic(conversation, second, "two").await.unwrap();
    // A late report of the first topic does not harm the second one.
    let ready = Reserved::Ready {
        platform_id: "two".to_owned(),
    };
    let late = store.replace_topic(replace("one")).await;
    assert_eq!(late.unwrap(), ready);
}

pub(super) async fn is_found_by_its_id_on_the_platform(context: CaseContext) {
    let store = context.open_store().await;
    let message = worker_message("a", "1");
    let place = message.route.place.clone();
    let conversation = ingest_message(&*store, message).await.conversation;
    assert_eq!(store.topic_of(conversation).await.unwrap(), None);
    let fence = reserve(&*store, conversation).await;
    let reserved = store.topic_of(conversation).await.unwrap().unwrap();
    assert_eq!((reserved.place, reserved.platform_id), (place.clone(), None));
    let find = |channel: &str, id: &'static str| {
        let (store, channel, account) = (&store, channel.into(), place.account.clone());
        async move { store.topic_place(&channel, &account, id).await.unwrap() }
    };
    let channel = place.channel.as_str();
    assert_eq!(find(channel, "7").await, None);
    store.adopt_topic(conversation, fence, "7").await.unwrap();
    assert_eq!(find(channel, "7").await.as_ref(), Some(&place));
    assert_eq!(find(channel, "8").await, None);
    assert_eq!(find("elsewhere", "7").await, None);
}
