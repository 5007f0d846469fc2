//! The contract of connectors, on the toy platform.

use std::sync::Arc;

use async_trait::async_trait;
use baton_chat::ChatChannel;
use baton_chat::chat_settings::{Answering, ChatSettings, PlaceScope, PlaceSettings, Trigger};
use baton_chat::connector::ChatId;
use baton_core::clock::SystemClock;
use baton_testkit::connector_contract::{ConnectorRig, PERSONA, ThreadFault, holds};
use baton_testkit::toy_connector::{ToyConnector, ToyPlatform};

mod thread_kills;
mod toy_chats;

/// The chat where the answers go into threads.
const FORUM: &str = "forum";

#[derive(Default)]
pub(crate) struct ToyRig(pub(crate) ToyPlatform);

#[async_trait]
impl ConnectorRig for ToyRig {
    async fn channel(&self) -> Arc<ChatChannel> {
        let [one, other] = self.chats();
        let chats = [(one, false), (other, false), (FORUM.into(), true)];
        let places = chats.map(|(chat, thread_per_request)| PlaceSettings {
            scope: PlaceScope::Chat(chat),
            answering: Answering {
                trigger: Trigger::Every,
                thread_per_request,
                ..Answering::by(PERSONA)
            },
        });
        let settings = ChatSettings {
            places: places.into(),
            direct: None,
            messages: 10,
            projects: None,
            clock: SystemClock::shared(),
        };
        let connector = ToyConnector::new(self.0.clone());
        Arc::new(ChatChannel::new(Arc::new(connector), settings))
    }

    fn chats(&self) -> [ChatId; 2] {
        ["one".into(), "other".into()]
    }

    async fn write(&self, chat: &ChatId, text: &str) {
        self.0.write(chat, text);
    }

    async fn until_said(&self, chat: &ChatId, text: &str) -> Vec<String> {
        self.0.until_said(chat, text).await
    }

    async fn repeat_all(&self) -> bool {
        self.0.repeat_all();
        true
    }

    fn has_acknowledged_all(&self) -> Option<bool> {
        Some(self.0.has_acknowledged_all())
    }

    async fn until_acknowledged(&self) {
        self.0.until_acknowledged().await;
    }

    async fn withhold(&self, chat: &ChatId) -> bool {
        self.0.withhold(chat);
        true
    }

    async fn announce_gap(&self, chat: &ChatId) {
        self.0.announce_gap(chat);
    }

    async fn hold_history(&self, chat: &ChatId) {
        self.0.hold_history(chat);
    }

    async fn release_history(&self, chat: &ChatId) {
        self.0.release_history(chat);
    }

    async fn lose_next_answer(&self) -> bool {
        self.0.lose_next_answer();
        true
    }

    async fn refuse_send(&self, number: usize) -> bool {
        self.0.refuse_send(number);
        true
    }

    async fn move_chat(&self, chat: &ChatId) -> Option<ChatId> {
        Some(self.0.move_chat(chat))
    }

    async fn move_chat_at_send(&self, chat: &ChatId, number: usize) -> ChatId {
        self.0.move_chat_at_send(chat, number)
    }

    async fn report_moves(&self) {
        self.0.report_moves();
    }

    fn forum(&self) -> Option<ChatId> {
        Some(FORUM.into())
    }

    async fn fail_next_thread(&self, fault: ThreadFault) {
        self.0.fail_next_thread(fault);
    }

    async fn until_threads(&self, count: usize) -> Vec<ChatId> {
        let threads = self.0.until_threads(count).await;
        threads.into_iter().map(|thread| thread.id).collect()
    }

    async fn until_thread_named(&self, thread: &ChatId, name: &str) {
        self.0.until_named(thread, name).await;
    }

    async fn delete_thread(&self, thread: &ChatId) {
        self.0.delete_thread(thread);
    }

    async fn close_thread(&self, thread: &ChatId) {
        self.0.close_thread(thread);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_toy_holds_to_the_contract_of_connectors() {
    let left_out = holds(async || ToyRig::default()).await;
    assert_eq!(left_out, [], "the toy platform has every switch");
}
