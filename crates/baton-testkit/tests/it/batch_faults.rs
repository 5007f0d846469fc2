//! Batches and gaps under faults of the platform and of the connector.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use baton_chat::ChatChannel;
use baton_chat::chat_settings::{Answering, ChatSettings, PlaceScope, PlaceSettings, Trigger};
use baton_chat::connector::{
    BatchCursor, ChatAccess, ChatGap, ChatId, ChatInfo, ChatKind, EventBatch, EventSink,
    IncomingMessage, ListedChat, NewestMessage, PlatformTime, ReadableMessage, Sender,
    UnreadableMessage,
};
use baton_core::agent::Reply;
use baton_core::clock::SystemClock;
use baton_core::message::{Author, MessageState};
use baton_core::name::ExternalId;
use baton_core::persona::Persona;
use baton_core::runtime::{Limits, Parts, Runtime};
use baton_core::store::Store;
use baton_store::sqlite::Sqlite;
use baton_testkit::agent_run::within;
use baton_testkit::scripted_agent::answering;
use baton_testkit::toy_connector::{ToyConnector, ToyPlatform};
use tempfile::TempDir;

use faulty_toy::{Faults, FaultyToy, HastyClock};

mod faulty_toy;

const PERSONA: &str = "bob";

/// A program that repeats each message in one chat of the toy platform.
struct Bench {
    platform: ToyPlatform,
    faults: Arc<Faults>,
    chat: ChatId,
    store: Arc<dyn Store>,
    events: Arc<dyn EventSink>,
    runtime: Runtime,
    _folder: TempDir,
}

impl Bench {
    async fn start() -> Self {
        let (platform, faults) = (ToyPlatform::default(), Arc::<Faults>::default());
        let (chat, folder) = (ChatId::from("one"), TempDir::new().unwrap());
        let settings = ChatSettings {
            places: vec![PlaceSettings {
                scope: PlaceScope::Chat(chat.clone()),
                answering: Answering {
                    trigger: Trigger::Every,
                    ..Answering::by(PERSONA)
                },
            }],
            direct: None,
            messages: 10,
            projects: None,
            clock: HastyClock::shared(),
        };
        let connector = FaultyToy {
            toy: ToyConnector::new(platform.clone()),
            faults: Arc::clone(&faults),
        };
        let channel = ChatChannel::new(Arc::new(connector), settings);
        let clock = SystemClock::shared();
        let store = Sqlite::open(&folder.path().join("baton.db"), clock.clone()).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
        let parts = Parts {
            store: Arc::clone(&store),
            clock,
            agents: vec![("agent".into(), agent, 8)],
            channels: vec![Arc::new(channel)],
            personas: vec![Persona::new(PERSONA, "agent")],
            files: None,
            speech: None,
            limits: Limits::default(),
        };
        let runtime = Runtime::start(parts).await.unwrap();
        let mut given = faults.events.subscribe();
        let given = within("the connector runs", given.wait_for(Option::is_some)).await;
        let events = Arc::clone(given.unwrap().as_ref().unwrap());
        Self {
            platform,
            faults,
            chat,
            store,
            events,
            runtime,
            _folder: folder,
        }
    }

    /// Writes messages into a gap whose history waits, and a later message, which is acknowledged.
    async fn open_gap(&self, missed: &[&str], live: &str) {
        let (platform, chat) = (&self.platform, &self.chat);
        platform.hold_history(chat);
        platform.withhold(chat);
        for text in missed {
            platform.write(chat, text);
        }
        platform.announce_gap(chat);
        platform.write(chat, live);
        platform.until_acknowledged().await;
    }

    async fn until_said(&self, text: &str) -> Vec<String> {
        self.platform.until_said(&self.chat, text).await
    }

    async fn until_gaps_are_closed(&self) {
        let closed = async {
            let account = ("toy".into(), "default".into());
            while !self
                .store
                .gaps(&account.0, &account.1)
                .await
                .unwrap()
                .is_empty()
            {
                tokio::task::yield_now().await;
            }
        };
        within("the gaps are closed", closed).await;
    }

    fn message(&self, number: usize, text: &str) -> ReadableMessage {
        let number = number.to_string();
        ReadableMessage {
            id: ExternalId::within(self.chat.as_str(), &number),
            chat: self.chat.clone(),
            position: number.into(),
            workspace: None,
            is_direct: false,
            sender: Sender {
                author: Author {
                    id: "ada".into(),
                    name: "ada".to_owned(),
                },
                is_us: false,
                is_bot: false,
                roles: None,
            },
            is_from_person: true,
            mentions_us: true,
            is_silent: false,
            text: text.to_owned(),
            button_names: Vec::new(),
            files: Vec::new(),
            reply_to: None,
            sent_at: Some(PlatformTime(0)),
            edited_at: None,
            part_ids: Vec::new(),
            is_joined: false,
        }
    }

    fn edited(&self, number: usize, text: &str) -> IncomingMessage {
        IncomingMessage::Readable(Box::new(ReadableMessage {
            edited_at: Some(PlatformTime(1)),
            ..self.message(number, text)
        }))
    }

    async fn end(self) {
        within("the program ends", self.runtime.shut_down()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_left_to_a_refused_history_of_a_gap_is_answered() {
    let bench = Bench::start().await;
    bench.platform.write(&bench.chat, "before");
    bench.until_said("before").await;
    bench.open_gap(&["missed"], "live").await;
    bench.platform.hide_history(&bench.chat);
    bench.platform.release_history(&bench.chat);
    assert_eq!(bench.until_said("live").await, ["before", "live"]);
    bench.until_gaps_are_closed().await;
    bench.platform.write(&bench.chat, "after");
    assert_eq!(bench.until_said("after").await, ["before", "live", "after"]);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_messages_of_a_gap_above_the_limit_are_lost_from_the_oldest() {
    let bench = Bench::start().await;
    bench.open_gap(&["missed"], "live 0").await;
    for number in 1..=256 {
        bench.platform.write(&bench.chat, &format!("live {number}"));
    }
    bench.platform.until_acknowledged().await;
    bench.platform.hide_history(&bench.chat);
    bench.platform.release_history(&bench.chat);
    bench.until_gaps_are_closed().await;
    assert_eq!(bench.store.counts().await.unwrap().received, 256);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gap_waits_for_new_credentials() {
    let bench = Bench::start().await;
    bench.faults.bad_credentials.store(3, SeqCst);
    bench.open_gap(&["missed"], "live").await;
    bench.platform.release_history(&bench.chat);
    assert_eq!(bench.until_said("live").await, ["missed", "live"]);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gap_stays_open_while_the_newest_message_is_unknown() {
    let bench = Bench::start().await;
    bench.faults.silent_newest.store(3, SeqCst);
    bench.open_gap(&["missed"], "live").await;
    bench.platform.hide_history(&bench.chat);
    bench.platform.release_history(&bench.chat);
    assert_eq!(bench.until_said("live").await, ["live"]);
    bench.until_gaps_are_closed().await;
    assert_eq!(bench.faults.silent_newest.load(SeqCst), 0);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gap_that_makes_baton_panic_is_given_up_and_the_chat_goes_on() {
    let bench = Bench::start().await;
    bench.faults.panics.store(true, SeqCst);
    bench.open_gap(&["missed"], "live").await;
    assert_eq!(bench.until_said("live").await, ["live"]);
    bench.until_gaps_are_closed().await;
    bench.platform.write(&bench.chat, "after");
    assert_eq!(bench.until_said("after").await, ["live", "after"]);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_before_an_open_gap_is_answered() {
    let bench = Bench::start().await;
    bench.faults.holds_chats.send_replace(true);
    bench.platform.hold_history(&bench.chat);
    // The worker waits with the first edit, until the gap is open and the second edit waits too.
    bench.events.take_edit(bench.edited(1, "first"));
    bench.events.take_edit(bench.edited(2, "second"));
    let gap = ChatGap {
        chat: bench.chat.clone(),
        after: "2".into(),
    };
    let batch = EventBatch {
        gaps: vec![gap],
        ..EventBatch::default()
    };
    bench.events.take_batch(batch).await.unwrap();
    bench.faults.holds_chats.send_replace(false);
    assert_eq!(bench.until_said("second").await, ["first", "second"]);
    bench.platform.release_history(&bench.chat);
    bench.until_gaps_are_closed().await;
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn single_events_of_a_connector_with_batches_do_nothing() {
    let bench = Bench::start().await;
    let events = &bench.events;
    events.begin_session();
    events.take_message(IncomingMessage::Readable(Box::new(
        bench.message(9, "single"),
    )));
    events.report_lost(Some(bench.chat.clone()));
    events.report_lost(None);
    events.list_chats(vec![ListedChat {
        id: bench.chat.clone(),
        info: ChatInfo {
            workspace: None,
            kind: ChatKind::Channel,
        },
        newest: NewestMessage::At("9".into()),
        access: ChatAccess::Open,
        counts_since: None,
    }]);
    // A gap would begin at the moved cursor.
    bench.open_gap(&["missed"], "live").await;
    bench.platform.release_history(&bench.chat);
    assert_eq!(bench.until_said("live").await, ["missed", "live"]);
    assert_eq!(bench.store.counts().await.unwrap().received, 2);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_of_a_batch_without_a_chat_is_stored_as_refused() {
    let bench = Bench::start().await;
    let unplaced = UnreadableMessage {
        id: Some("strange".into()),
        position: None,
        chat: None,
        workspace: None,
        sender: None,
        may_be_from_person: true,
        may_mention_us: true,
        text: None,
        raw: "{\"strange\":1}".to_owned(),
        reason: "no chat".to_owned(),
    };
    let batch = EventBatch {
        messages: vec![IncomingMessage::Unreadable(Box::new(unplaced))],
        cursor: Some(BatchCursor {
            reader: "strange".to_owned(),
            position: "1".to_owned(),
        }),
        ..EventBatch::default()
    };
    bench.events.take_batch(batch).await.unwrap();
    let counts = bench.store.counts().await.unwrap();
    assert_eq!(counts.received, 1);
    assert_eq!(counts.messages_in(MessageState::Refused), 1);
    assert_eq!(bench.faults.chats.load(SeqCst), 0, "no such chat exists");
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_first_message_of_a_chat_in_a_batch_uses_up_its_tries() {
    let bench = Bench::start().await;
    bench.faults.silent_chats.store(true, SeqCst);
    let messages = (1..=10).map(|number| {
        let message = bench.message(number, "hello");
        IncomingMessage::Readable(Box::new(message))
    });
    let batch = EventBatch {
        messages: messages.collect(),
        ..EventBatch::default()
    };
    bench.events.take_batch(batch).await.unwrap();
    // The batch is stored at once, and the messages wait for the platform.
    let refused = async {
        let mut changes = bench.store.changes();
        loop {
            let counts = bench.store.counts().await.unwrap();
            if counts.messages_in(MessageState::Refused) == 10 {
                return counts;
            }
            let _ = changes.recv().await;
        }
    };
    let counts = within("all are refused", refused).await;
    assert_eq!(counts.incomplete, 0);
    // One try in the batch. Then twelve tries, one try for each message, and one for the refusal of each message.
    assert_eq!(bench.faults.chats.load(SeqCst), 1 + 12 + 9 + 10);
    bench.end().await;
}
