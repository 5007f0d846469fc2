//! The cards of approvals on the toy platform, which has buttons and no forms, compared with copies in `snapshots/`.
//! `INSTA_UPDATE=always cargo nextest run -p baton-testkit approval_cards` stores new copies.

use std::fmt::Write;
use std::sync::Arc;

use baton_chat::connector::ChatId;
use baton_core::approval::{Choice, ChoiceOption, Question, Wants};
use baton_core::clock::SystemClock;
use baton_core::persona::Persona;
use baton_core::runtime::{Limits, Parts, Runtime};
use baton_store::sqlite::Sqlite;
use baton_testkit::connector_contract::{ConnectorRig, PERSONA};
use baton_testkit::scripted_agent::{ScriptedTurn, scripted};
use baton_testkit::toy_connector::{ToyMessage, ToyPlatform};
use insta::assert_snapshot;
use serde_json::json;
use tempfile::TempDir;

use crate::connectors::ToyRig;

/// A card on a platform of its own. The program runs until the end of the test.
struct Card {
    platform: ToyPlatform,
    chat: ChatId,
    message: ToyMessage,
    turn: ScriptedTurn,
    _runtime: Runtime,
    _folder: TempDir,
}

impl Card {
    async fn of(question: Question) -> Self {
        let (agent, mut script) = scripted();
        let (rig, folder, clock) = (
            ToyRig::default(),
            TempDir::new().unwrap(),
            SystemClock::shared(),
        );
        let store = Sqlite::open(&folder.path().join("baton.db"), clock.clone()).unwrap();
        let parts = Parts {
            store: Arc::new(store),
            clock,
            agents: vec![("agent".into(), agent, 8)],
            channels: vec![rig.channel().await],
            personas: vec![Persona::new(PERSONA, "agent")],
            files: None,
            speech: None,
            limits: Limits::default(),
        };
        let runtime = Runtime::start(parts).await.unwrap();
        let ([chat, _], platform) = (rig.chats(), rig.0);
        platform.write(&chat, "do it");
        let turn = script.next_turn().await;
        let _verdict = turn.ask(question);
        let has_buttons = |message: &ToyMessage| !message.buttons.is_empty();
        let message = platform.until_message(&chat, has_buttons).await;
        Self {
            platform,
            chat,
            message,
            turn,
            _runtime: runtime,
            _folder: folder,
        }
    }

    /// The message as people see it, with the look and the name of each button. The number of the approval can be
    /// another one in each run.
    fn render(&self, message: &ToyMessage) -> String {
        let mut card = message.text.clone().unwrap_or_default() + "\n";
        for button in &message.buttons {
            let (label, look, name) = (&button.label, button.look, &button.name);
            write!(card, "\n[{label}] {look:?}, {name}").unwrap();
        }
        let name = self.message.buttons[0].name.strip_prefix("q:");
        let approval = name.and_then(|name| name.split('.').next()).unwrap();
        card.replace(&format!("q:{approval}."), "q:NUMBER.")
            .replace(&format!("approval {approval}"), "approval NUMBER")
    }
}

fn permission(grant: Option<&str>) -> Question {
    Question {
        tool: "shell".to_owned(),
        title: "Run `ls`".to_owned(),
        input: json!({ "command": "ls" }),
        wants: Wants::Permission {
            grant: grant.map(str::to_owned),
        },
    }
}

fn ask_for(choices: Vec<Choice>) -> Question {
    Question {
        tool: "AskUserQuestion".to_owned(),
        title: "What shall it be?".to_owned(),
        input: json!({}),
        wants: Wants::Answers { choices },
    }
}

fn choice(header: &str, options: &[&str]) -> Choice {
    let option = |label: &&str| ChoiceOption {
        label: (*label).to_owned(),
        description: String::new(),
    };
    Choice {
        header: header.to_owned(),
        text: format!("Which {header}?"),
        options: options.iter().map(option).collect(),
        several: false,
    }
}

#[tokio::test]
async fn a_permission_with_a_grant_for_the_session() {
    let card = Card::of(permission(Some("shell"))).await;
    assert_snapshot!("permission-with-grant", card.render(&card.message));
}

#[tokio::test]
async fn a_permission_for_once() {
    let card = Card::of(permission(None)).await;
    assert_snapshot!("permission-for-once", card.render(&card.message));
}

#[tokio::test]
async fn one_choice_with_options() {
    let card = Card::of(ask_for(vec![choice("colour", &["red", "blue"])])).await;
    assert_snapshot!("one-choice", card.render(&card.message));
}

#[tokio::test]
async fn several_choices_without_forms() {
    let choices = vec![choice("colour", &["red", "blue"]), choice("size", &[])];
    let card = Card::of(ask_for(choices)).await;
    assert_snapshot!("several-choices", card.render(&card.message));
}

#[tokio::test]
async fn more_options_than_buttons() {
    let options = ["red", "blue", "green"];
    let card = Card::of(ask_for(vec![choice("colour", &options)])).await;
    assert_snapshot!("more-options-than-buttons", card.render(&card.message));
}

#[tokio::test]
async fn the_outcome_on_the_card() {
    let card = Card::of(permission(Some("shell"))).await;
    let allow = &card.message.buttons[0].name;
    card.platform.press(&card.chat, allow);
    let is_told = |message: &ToyMessage| {
        let text = message.text.as_deref();
        text.is_some_and(|text| text.contains("**Allowed by ada**"))
    };
    let told = card.platform.until_message(&card.chat, is_told).await;
    assert!(told.is_edited);
    assert_snapshot!("outcome", card.render(&told));
    card.turn.reply("done");
}
