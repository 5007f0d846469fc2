//! The toy connector with faults that the toy platform does not have, and with its events in the hands of the test.

use std::cmp::Ordering;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::Duration;

use async_trait::async_trait;
use baton_chat::connector::{
    AccountCapabilities, Capabilities, ChatHistory, ChatId, ChatInfo, ConnectionStates, Connector,
    ConnectorAbilities, ConnectorError, EventSink, HistoryPage, HistoryReader, IncomingMessage,
    OutgoingMessage, PageStart, PlatformTime, Position, Refusal, RequestFailure, SendKey,
    SendTarget, Urgency,
};
use baton_core::clock::{Clock, Steady, SystemClock, Wall};
use baton_core::name::{AccountName, ChannelName, ExternalId};
use baton_testkit::toy_connector::ToyConnector;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The faults of one platform.
#[derive(Default)]
pub(super) struct Faults {
    /// Each request for a page panics.
    pub(super) panics: AtomicBool,
    /// This many further requests for a page are refused, because of the credentials.
    pub(super) bad_credentials: AtomicUsize,
    /// This many further requests for the newest message get no answer.
    pub(super) silent_newest: AtomicUsize,
    /// Requests for a chat get no answer.
    pub(super) silent_chats: AtomicBool,
    /// The number of requests for a chat.
    pub(super) chats: AtomicUsize,
    /// Requests for a chat wait while this is true.
    pub(super) holds_chats: watch::Sender<bool>,
    /// The events of the running program.
    pub(super) events: watch::Sender<Option<Arc<dyn EventSink>>>,
}

impl Faults {
    fn spend(count: &AtomicUsize) -> bool {
        count
            .fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1))
            .is_ok()
    }
}

pub(super) struct FaultyToy {
    pub(super) toy: ToyConnector,
    pub(super) faults: Arc<Faults>,
}

impl FaultyToy {
    fn past(&self) -> &dyn ChatHistory {
        self.toy.abilities().history.unwrap()
    }
}

fn no_answer() -> ConnectorError {
    ConnectorError::new(RequestFailure::NotTaken { after: None }, "no answer")
}

#[async_trait]
impl Connector for FaultyToy {
    fn channel(&self) -> ChannelName {
        self.toy.channel()
    }

    fn account(&self) -> AccountName {
        self.toy.account()
    }

    fn capabilities(&self, chat: &ChatId) -> &Capabilities {
        self.toy.capabilities(chat)
    }

    fn account_capabilities(&self) -> AccountCapabilities {
        self.toy.account_capabilities()
    }

    fn connections(&self) -> ConnectionStates {
        self.toy.connections()
    }

    async fn run(
        &self,
        events: Arc<dyn EventSink>,
        shutdown: CancellationToken,
    ) -> Result<(), String> {
        self.faults.events.send_replace(Some(Arc::clone(&events)));
        let ended = self.toy.run(events, shutdown).await;
        self.faults.events.send_replace(None);
        ended
    }

    async fn fetch_chat(&self, chat: &ChatId) -> Result<ChatInfo, ConnectorError> {
        self.faults.chats.fetch_add(1, SeqCst);
        let mut holds = self.faults.holds_chats.subscribe();
        drop(holds.wait_for(|holds| !holds).await);
        if self.faults.silent_chats.load(SeqCst) {
            return Err(no_answer());
        }
        self.toy.fetch_chat(chat).await
    }

    async fn send(
        &self,
        target: &SendTarget,
        message: &OutgoingMessage,
        key: Option<&SendKey>,
        urgency: Urgency,
    ) -> Result<Option<ExternalId>, ConnectorError> {
        self.toy.send(target, message, key, urgency).await
    }

    fn abilities(&self) -> ConnectorAbilities<'_> {
        ConnectorAbilities {
            history: Some(self),
            ..self.toy.abilities()
        }
    }
}

#[async_trait]
impl ChatHistory for FaultyToy {
    fn compare(&self, one: &Position, other: &Position) -> Ordering {
        self.past().compare(one, other)
    }

    fn parse_position(&self, stored: &str) -> Option<Position> {
        self.past().parse_position(stored)
    }

    fn beginning(&self) -> Position {
        self.past().beginning()
    }

    fn position_before(&self, position: &Position) -> Position {
        self.past().position_before(position)
    }

    fn position_of(&self, message: &ExternalId) -> Option<Position> {
        self.past().position_of(message)
    }

    fn position_at(&self, time: PlatformTime) -> Option<Position> {
        self.past().position_at(time)
    }

    fn read(&self, chat: &ChatId) -> Box<dyn HistoryReader + '_> {
        Box::new(FaultyPages {
            inner: self.past().read(chat),
            faults: Arc::clone(&self.faults),
        })
    }

    async fn fetch_message(
        &self,
        chat: &ChatId,
        message: &ExternalId,
    ) -> Result<IncomingMessage, ConnectorError> {
        self.past().fetch_message(chat, message).await
    }
}

struct FaultyPages<'a> {
    inner: Box<dyn HistoryReader + 'a>,
    faults: Arc<Faults>,
}

#[async_trait]
impl HistoryReader for FaultyPages<'_> {
    async fn fetch_page(&mut self, from: PageStart) -> Result<HistoryPage, ConnectorError> {
        assert!(!self.faults.panics.load(SeqCst), "a fault of the test");
        if Faults::spend(&self.faults.bad_credentials) {
            let refused = RequestFailure::Refused(Refusal::Credentials);
            return Err(ConnectorError::new(refused, "the token is old"));
        }
        if from == PageStart::Newest && Faults::spend(&self.faults.silent_newest) {
            return Err(no_answer());
        }
        self.inner.fetch_page(from).await
    }
}

/// A clock on which each pause is a thousand times as short.
pub(super) struct HastyClock(pub(super) Arc<dyn Clock>);

impl HastyClock {
    pub(super) fn shared() -> Arc<dyn Clock> {
        Arc::new(Self(SystemClock::shared()))
    }
}

#[async_trait]
impl Clock for HastyClock {
    fn wall(&self) -> Wall {
        self.0.wall()
    }

    fn steady(&self) -> Steady {
        self.0.steady()
    }

    async fn sleep_until(&self, deadline: Steady) {
        let pause = deadline.since(self.0.steady()) / 1000;
        let pause = pause.max(Duration::from_millis(1));
        self.0.sleep_until(self.0.steady().after(pause)).await;
    }
}
