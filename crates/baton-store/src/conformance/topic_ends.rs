//! Reports about topics, and the end of idle ones.

use std::time::Duration;

use baton_core::clock::Wall;
use baton_core::delivery::Operation;
use baton_core::store::{
    ListedTopic, PruneTopics, PrunedTopics, ReplaceTopic, ReserveTopic, Reserved, Store,
    TopicAddress, TopicNews, TopicReport,
};
use baton_core::topic::{TopicEnd, TopicNamer, TopicState};

use super::case_context::{
    CaseContext, LEASE, TestProcess, default_account, ingest_message, new_message, timeline_of,
    web_channel,
};

/// The address of a conversation whose topic has another id.
const PLACE: &str = "forum/for 1";

fn address(id: &str) -> TopicAddress {
    TopicAddress {
        channel: web_channel(),
        account: default_account(),
        id: id.to_owned(),
    }
}

async fn report(store: &dyn Store, id: &str, news: TopicNews) {
    let topic = address(id);
    store.report_topic(TopicReport { topic, news }).await.unwrap();
}

fn named(name: &str, by: TopicNamer) -> TopicNews {
    TopicNews::Named {
        name: name.to_owned(),
        by,
    }
}

async fn listed(store: &dyn Store, id: &str) -> Vec<ListedTopic> {
    let all = store.list_topics().await.unwrap();
    let topics = all.into_iter().filter(|it| it.id.as_deref() == Some(id));
    topics.collect()
}

async fn prune(store: &dyn Store, end: TopicEnd, named: &[&str]) -> PrunedTopics {
    let prune = PruneTopics {
        end,
        idle_since: Wall(i64::MAX),
        named: named.iter().map(|id| (*id).to_owned()).collect(),
        is_rehearsal: false,
    };
    store.prune_topics(prune).await.unwrap()
}

fn ids(topics: &[ListedTopic]) -> Vec<&str> {
    topics.iter().filter_map(|it| it.id.as_deref()).collect()
}

/// A conversation with an answered message, in a topic of Baton.
async fn answer_in_own_topic(process: &mut TestProcess) {
    let message = process
        .complete_exchange(new_message(PLACE, "1"), "done")
        .await;
    let reserve = ReserveTopic {
        conversation: message.conversation,
        lease: LEASE,
        held: None,
    };
    let reserved = process.store.reserve_topic(reserve).await.unwrap();
    let Reserved::Yours(fence) = reserved else {
        panic!("nobody else wants it, so not {reserved:?}");
    };
    let adopted = process.store.adopt_topic(message.conversation, fence, "forum/7");
    adopted.await.unwrap();
}

pub(super) async fn an_invented_name_is_replaced_once(context: CaseContext) {
    let store = context.open_store().await;
    let claim = async |id: &str| store.claim_topic_name(address(id), "mine").await.unwrap();
    assert!(!claim("p/1").await, "nobody has reported the topic");
    report(&*store, "p/1", TopicNews::Seen).await;
    assert!(!claim("p/1").await, "nobody knows who gave the name");
    report(&*store, "p/1", named("New", TopicNamer::Platform)).await;
    assert!(claim("p/1").await);
    assert!(!claim("p/1").await);
    // The platform repeats its report.
    report(&*store, "p/1", named("New", TopicNamer::Platform)).await;
    assert!(!claim("p/1").await);
    let topic = listed(&*store, "p/1").await.remove(0);
    assert_eq!((topic.name.as_deref(), topic.is_ours), (Some("mine"), false));
    report(&*store, "p/2", named("New", TopicNamer::Platform)).await;
    report(&*store, "p/2", named("hers", TopicNamer::Person)).await;
    assert!(!claim("p/2").await, "a person chose the name");
}

pub(super) async fn the_next_topic_has_the_name_of_the_deleted_one(context: CaseContext) {
    let mut process = context.start_process().await;
    answer_in_own_topic(&mut process).await;
    report(&*process.store, "forum/7", named("plan", TopicNamer::Baton)).await;
    let topic = listed(&*process.store, "forum/7").await.remove(0);
    assert!(topic.is_ours && topic.state == TopicState::Ready);
    let (conversation, _) = topic.conversation.unwrap();
    let replace = ReplaceTopic {
        conversation,
        gone: "forum/7".to_owned(),
        lease: LEASE,
    };
    let replaced = process.store.replace_topic(replace).await.unwrap();
    assert!(matches!(replaced, Reserved::Yours(_)), "{replaced:?}");
    let next = process.store.topic_of(conversation).await.unwrap().unwrap();
    assert_eq!(next.title.as_deref(), Some("plan"));
    assert!(listed(&*process.store, "forum/7").await.is_empty());
}

pub(super) async fn an_idle_topic_ends_once_and_without_a_post(context: CaseContext) {
    let mut process = context.start_process().await;
    answer_in_own_topic(&mut process).await;
    report(&*process.store, "forum/8", TopicNews::Seen).await;
    let pruned = prune(&*process.store, TopicEnd::Closed, &[]).await;
    assert_eq!(ids(&pruned.ended), ["forum/7"], "not the topic of people");
    let outgoing = process.next_outgoing().await;
    let expected = Operation::Topic {
        topic: "forum/7".to_owned(),
        end: TopicEnd::Closed,
        text: outgoing.delivery.operation.text().to_owned(),
    };
    assert_eq!(outgoing.delivery.operation, expected);
    assert_eq!(outgoing.delivery.message, None);
    let again = prune(&*process.store, TopicEnd::Closed, &[]).await;
    assert_eq!(again, PrunedTopics::default(), "the end is on its way");
    let attempt = outgoing.attempt();
    let sent = process.store.delivery_sent(attempt, None, Some(outgoing.slot));
    sent.await.unwrap();
    report(&*process.store, "forum/7", TopicNews::Closed).await;
    let topic = listed(&*process.store, "forum/7").await.remove(0);
    assert_eq!(topic.state, TopicState::Closed);
    let over = prune(&*process.store, TopicEnd::Closed, &[]).await;
    assert_eq!(over, PrunedTopics::default());
    let posts = timeline_of(&*process.store, PLACE).await;
    assert_eq!(posts.len(), 2, "the message and its answer");
    report(&*process.store, "forum/7", TopicNews::Gone).await;
    assert!(listed(&*process.store, "forum/7").await.is_empty());
}

pub(super) async fn a_topic_with_work_stays(context: CaseContext) {
    let mut process = context.start_process().await;
    answer_in_own_topic(&mut process).await;
    ingest_message(&*process.store, new_message(PLACE, "2")).await;
    let started = process.next_started().await;
    let pruned = prune(&*process.store, TopicEnd::Deleted, &[]).await;
    assert_eq!(pruned, PrunedTopics::default(), "a turn runs");
    let pruned = prune(&*process.store, TopicEnd::Deleted, &["forum/7"]).await;
    assert_eq!(ids(&pruned.busy), ["forum/7"]);
    assert!(pruned.busy[0].is_running);
    process.answer_turn(started, "two").await;
    let pruned = prune(&*process.store, TopicEnd::Deleted, &["forum/7"]).await;
    assert_eq!(pruned.busy[0].unsent, 1, "the reply is not sent yet");
    assert_eq!(process.mark_next_sent().await, "two");
    let pruned = prune(&*process.store, TopicEnd::Deleted, &["forum/7"]).await;
    assert_eq!(ids(&pruned.ended), ["forum/7"]);
}

pub(super) async fn only_old_topics_end_and_topics_of_people_by_name(context: CaseContext) {
    let mut process = context.start_process().await;
    answer_in_own_topic(&mut process).await;
    report(&*process.store, "forum/8", TopicNews::Seen).await;
    process
        .complete_exchange(new_message("forum/8", "3"), "done")
        .await;
    let last = listed(&*process.store, "forum/7").await.remove(0).last_at;
    context.advance_clocks(Duration::from_secs(1));
    let young = PruneTopics {
        end: TopicEnd::Closed,
        idle_since: last.unwrap(),
        named: Vec::new(),
        is_rehearsal: false,
    };
    let pruned = process.store.prune_topics(young).await.unwrap();
    assert_eq!(pruned, PrunedTopics::default());
    let pruned = prune(&*process.store, TopicEnd::Closed, &["forum/8", "forum"]).await;
    assert_eq!(ids(&pruned.ended), ["forum/8"]);
    assert_eq!(pruned.unknown, ["forum"]);
}
