//! A chat on the toy platform with faults of the platform, and with presses on buttons.

use std::sync::Arc;

use baton_chat::connector::ChatId;
use baton_core::agent::{Agent, Reply};
use baton_core::approval::{Question, Verdict, Wants};
use baton_core::clock::SystemClock;
use baton_core::delivery::DeliveryState;
use baton_core::persona::Persona;
use baton_core::runtime::{Limits, Parts, Runtime};
use baton_core::store::Store;
use baton_store::sqlite::Sqlite;
use baton_testkit::agent_run::within;
use baton_testkit::connector_contract::{ConnectorRig, PERSONA};
use baton_testkit::layered::{Layer, Layered};
use baton_testkit::scripted_agent::{answering, scripted};
use baton_testkit::toy_connector::{ToyMessage, ToyPlatform};
use tempfile::TempDir;
use tokio::sync::watch;

use super::ToyRig;

/// A program that answers in a chat of the toy platform.
struct ToyChat {
    platform: ToyPlatform,
    chat: ChatId,
    store: Arc<dyn Store>,
    /// The number of gaps that are closed, or are about to be.
    closed_gaps: watch::Receiver<usize>,
    runtime: Runtime,
    _folder: TempDir,
}

/// Counts the gaps that the program closes.
struct GapCount(watch::Sender<usize>);

impl Layer for GapCount {
    fn asked(&self, command: &'static str) {
        if command == "gap_closed" {
            self.0.send_modify(|closed| *closed += 1);
        }
    }
}

impl ToyChat {
    async fn start(agent: Arc<dyn Agent>) -> Self {
        let rig = ToyRig::default();
        let [chat, _] = rig.chats();
        let (folder, clock) = (tempfile::tempdir().unwrap(), SystemClock::shared());
        let store = Sqlite::open(&folder.path().join("baton.db"), clock.clone()).unwrap();
        let (closing, closed_gaps) = watch::channel(0);
        let store = Layered::over(GapCount(closing), Arc::new(store));
        let parts = Parts {
            store: Arc::clone(&store),
            clock,
            agents: vec![("agent".into(), agent, 8)],
            channels: vec![rig.channel().await],
            personas: vec![Persona::new(PERSONA, "agent")],
            files: None,
            speech: None,
            limits: Limits::default(),
        };
        Self {
            platform: rig.0,
            chat,
            store,
            closed_gaps,
            runtime: Runtime::start(parts).await.unwrap(),
            _folder: folder,
        }
    }

    async fn until_said(&self, text: &str) -> Vec<String> {
        self.platform.until_said(&self.chat, text).await
    }

    async fn until_message(&self, wanted: impl Fn(&ToyMessage) -> bool) -> ToyMessage {
        self.platform.until_message(&self.chat, wanted).await
    }

    /// Waits until the store has this number of sent deliveries.
    async fn until_sent(&self, count: u64) {
        let sent = async {
            let mut changes = self.store.changes();
            loop {
                let counts = self.store.counts().await.unwrap();
                if counts.deliveries_in(DeliveryState::Sent) >= count {
                    return;
                }
                // A receiver that missed changes reads the counts again.
                let _ = changes.recv().await;
            }
        };
        within("the deliveries are sent", sent).await;
    }

    /// A person presses the button with this label.
    fn press(&self, asked: &ToyMessage, label: &str) {
        let mut buttons = asked.buttons.iter();
        let button = buttons.find(|button| button.label == label).unwrap();
        self.platform.press(&self.chat, &button.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gap_with_a_refused_history_is_given_up_and_the_toy_chat_goes_on() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut toy = ToyChat::start(agent).await;
    let (platform, chat) = (toy.platform.clone(), toy.chat.clone());
    platform.write(&chat, "before");
    toy.until_said("before").await;
    platform.withhold(&chat);
    platform.write(&chat, "missed");
    platform.hide_history(&chat);
    platform.announce_gap(&chat);
    // From this call on, the messages of the chat are not left to the history any more.
    let closed = toy.closed_gaps.wait_for(|closed| *closed == 1);
    drop(within("the gap is closed", closed).await);
    platform.write(&chat, "after");
    assert_eq!(toy.until_said("after").await, ["before", "after"]);
    // One request for the missed messages, and one for the newest message. The gap is closed in the store too.
    assert_eq!(platform.pages(), 2);
    let gaps = toy.store.gaps(&"toy".into(), &"default".into()).await;
    assert_eq!(gaps.unwrap(), []);
    within("the program ends", toy.runtime.shut_down()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_in_a_moved_toy_chat_is_decided_by_a_new_button() {
    let (agent, mut script) = scripted();
    let toy = ToyChat::start(agent).await;
    toy.platform.write(&toy.chat, "clean up");
    let turn = script.next_turn().await;
    let verdict = turn.ask(Question {
        tool: "shell".to_owned(),
        title: "Run `rm -rf build`".to_owned(),
        input: serde_json::json!({ "command": "rm -rf build" }),
        wants: Wants::Permission { grant: None },
    });
    let has_buttons = |message: &ToyMessage| !message.buttons.is_empty();
    let before = toy.until_message(has_buttons).await;
    // Only a card whose sending is stored is shown again after a move.
    toy.until_sent(1).await;
    let moved = toy.platform.move_chat(&toy.chat);
    let asked = toy.platform.until_message(&moved, has_buttons).await;
    assert_eq!(asked.buttons, before.buttons);
    let mut buttons = asked.buttons.iter();
    let allow = buttons.find(|button| button.label == "Allow").unwrap();
    toy.platform.press(&moved, &allow.name);
    assert!(matches!(verdict.await, Ok(Verdict::Allowed)));
    assert_eq!(toy.platform.until_answers(1).await, ["Allowed by ada"]);
    let is_edited = |message: &ToyMessage| message.is_edited && !message.is_silent;
    let decided = toy.platform.until_message(&moved, is_edited).await;
    assert_eq!(decided.buttons, [], "a decided approval has no buttons");
    turn.reply("done");
    toy.platform.until_said(&moved, "done").await;
    within("the program ends", toy.runtime.shut_down()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_press_on_a_button_of_the_toy_decides_the_approval_and_is_answered() {
    let (agent, mut script) = scripted();
    let toy = ToyChat::start(agent).await;
    toy.platform.write(&toy.chat, "clean up");
    let turn = script.next_turn().await;
    let verdict = turn.ask(Question {
        tool: "shell".to_owned(),
        title: "Run `rm -rf build`".to_owned(),
        input: serde_json::json!({ "command": "rm -rf build" }),
        wants: Wants::Permission { grant: None },
    });
    let has_buttons = |message: &ToyMessage| !message.buttons.is_empty();
    let asked = toy.until_message(has_buttons).await;
    toy.press(&asked, "Allow");
    assert!(matches!(verdict.await, Ok(Verdict::Allowed)));
    assert_eq!(toy.platform.until_answers(1).await, ["Allowed by ada"]);
    let is_edited = |message: &ToyMessage| message.is_edited && !message.is_silent;
    let decided = toy.until_message(is_edited).await;
    assert!(
        decided
            .text
            .is_some_and(|text| text.contains("Allowed by ada"))
    );
    assert_eq!(decided.buttons, [], "a decided approval has no buttons");
    // A late press decides nothing, and the person learns the outcome.
    toy.press(&asked, "Deny");
    let answers = toy.platform.until_answers(2).await;
    assert!(
        answers[1].ends_with("is over: Allowed by ada"),
        "{answers:?}"
    );
    turn.reply("done");
    toy.until_said("done").await;
    within("the program ends", toy.runtime.shut_down()).await;
}
