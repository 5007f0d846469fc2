//! The cards of approvals as Discord gets them, compared with copies in `snapshots/`.
//! `INSTA_UPDATE=always cargo nextest run -p baton-channels approval_cards` stores new copies.

use baton_core::approval::{Choice, ChoiceOption, Question, Wants};
use baton_testkit::discord::{Message, Snowflake};
use baton_testkit::scripted_agent::{ScriptedTurn, scripted};
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::approval_decisions::{asked, button, choices};
use super::bot::Bot;
use crate::questions::command_question;

/// A card on a Discord of its own.
struct Card {
    bot: Bot,
    turn: ScriptedTurn,
    /// The message that the turn answers.
    answered: Snowflake,
    message: Message,
}

impl Card {
    async fn of(question: Question) -> Self {
        let (agent, mut script) = scripted();
        let bot = Bot::started(agent).await;
        let answered = bot.say("do it");
        let turn = script.next_turn().await;
        let _verdict = turn.ask(question);
        let message = asked(&bot).await;
        Self {
            bot,
            turn,
            answered,
            message,
        }
    }

    /// The request that sent the card.
    async fn sent(&self) -> String {
        let has_buttons = |body: &Value| {
            let rows = body["components"].as_array();
            rows.is_some_and(|rows| !rows.is_empty())
        };
        self.request("create_message", has_buttons).await
    }

    /// The first request of this operation with a body that `like` accepts.
    async fn request(&self, operation: &str, like: impl Fn(&Value) -> bool) -> String {
        let requests = self.bot.discord.until_asked(operation, 1).await;
        let mut bodies = requests.into_iter().map(|request| request.body);
        self.redact(bodies.find(like).unwrap())
    }

    /// The JSON, with a word for each value that is another one in each run.
    fn redact(&self, mut body: Value) -> String {
        if let Some(nonce) = body.get_mut("nonce") {
            *nonce = json!("NONCE");
        }
        body.sort_all_objects();
        let name = self.message.components[0]["components"][0]["custom_id"].as_str();
        let approval = name.and_then(|name| name.strip_prefix("q:")?.split('.').next());
        let approval = approval.unwrap();
        format!("{body:#}")
            .replace(&self.answered.to_string(), "ANSWERED")
            .replace(&format!("q:{approval}."), "q:NUMBER.")
            .replace(&format!("approval {approval}"), "approval NUMBER")
    }

    /// Ann presses the button with this label.
    fn press(&self, label: &str) -> Snowflake {
        let Self { bot, message, .. } = self;
        let name = button(message, label);
        bot.discord.press(bot.channel, message.id, &name, bot.ann)
    }
}

/// One choice with two options.
fn one_choice() -> Question {
    let option = |label: &str, description: &str| ChoiceOption {
        label: label.to_owned(),
        description: description.to_owned(),
    };
    Question {
        wants: Wants::Answers {
            choices: vec![Choice {
                header: "Colour".to_owned(),
                text: "Which colour?".to_owned(),
                options: vec![option("red", "like a rose"), option("blue", "")],
                several: false,
            }],
        },
        ..choices(0)
    }
}

#[tokio::test]
async fn a_permission_with_a_grant_for_the_session() {
    let card = Card::of(command_question("ls")).await;
    assert_snapshot!("permission-with-grant", card.sent().await);
}

#[tokio::test]
async fn a_permission_for_once() {
    let once = Question {
        wants: Wants::Permission { grant: None },
        ..command_question("ls")
    };
    let card = Card::of(once).await;
    assert_snapshot!("permission-for-once", card.sent().await);
    let pressed = card.press("Deny and say why");
    let form = card.bot.discord.until_form(pressed).await;
    assert_snapshot!("form-for-a-reason", card.redact(form));
}

#[tokio::test]
async fn one_choice_with_options() {
    let card = Card::of(one_choice()).await;
    assert_snapshot!("one-choice", card.sent().await);
}

#[tokio::test]
async fn several_choices_with_a_form() {
    let card = Card::of(choices(3)).await;
    assert_snapshot!("several-choices", card.sent().await);
    let pressed = card.press("Answer");
    let form = card.bot.discord.until_form(pressed).await;
    assert_snapshot!("form-for-answers", card.redact(form));
}

#[tokio::test]
async fn more_choices_than_a_form_has_fields() {
    let card = Card::of(choices(6)).await;
    assert_snapshot!("more-choices-than-fields", card.sent().await);
}

#[tokio::test]
async fn the_outcome_on_the_card() {
    const OUTCOME: &str = "**Allowed by ann**";
    let card = Card::of(command_question("ls")).await;
    card.press("Allow");
    let told = |message: &Message| message.content.contains(OUTCOME);
    card.bot.discord.until_said(card.bot.channel, told).await;
    let tells = |body: &Value| {
        let text = body["content"].as_str();
        text.is_some_and(|text| text.contains(OUTCOME))
    };
    assert_snapshot!("outcome", card.request("update_message", tells).await);
    card.turn.reply("done");
}
