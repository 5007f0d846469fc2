//! The buttons of approvals on Telegram, and the presses that decide nothing.

use baton_core::agent::TurnOver;
use baton_core::approval::{Choice, ChoiceOption, Decision, Question, Verdict, Wants};
use baton_core::authority::{PersonRole, Principal};
use baton_core::message::Author;
use baton_core::store::{ApprovalsQuery, Decide};
use baton_testkit::agent_run::within;
use baton_testkit::clock::SimClock;
use baton_testkit::scripted_agent::{Script, ScriptedTurn, scripted};
use baton_testkit::telegram::{Fault, Held, Message};
use serde_json::{Value, json};

use super::bot::Bot;
use super::waits::while_pauses_pass;
use crate::questions::command_question;

/// The refusal of a server that does not know disabled buttons.
const NO_ACTION: &str = "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard";

pub(super) fn which_colour() -> Question {
    let option = |label: &str| ChoiceOption {
        label: label.to_owned(),
        description: String::new(),
    };
    Question {
        tool: "AskUserQuestion".to_owned(),
        title: "What shall it be?".to_owned(),
        input: json!({}),
        wants: Wants::Answers {
            choices: vec![Choice {
                header: "Colour".to_owned(),
                text: "Which colour?".to_owned(),
                options: vec![option("red"), option("blue")],
                several: false,
            }],
        },
    }
}

/// Waits for the card with this text in a chat. The card has buttons with an effect.
pub(super) async fn card_in(bot: &Bot, chat: i64, text: &str) -> Message {
    let like = |message: &Message| {
        let buttons = message.buttons();
        let has_names = buttons.iter().any(|it| !it["callback_data"].is_null());
        has_names && message.text.contains(text)
    };
    bot.telegram.until_said(chat, like).await
}

/// Ann begins a turn in the group, and the turn asks whether it may run `ls`. Returns the turn, the decision and the card.
pub(super) async fn ask_in_group(
    bot: &Bot,
    script: &mut Script,
) -> (
    ScriptedTurn,
    impl Future<Output = Result<Verdict, TurnOver>> + use<>,
    Message,
) {
    bot.say("do it");
    let turn = script.next_turn().await;
    let decided = turn.ask(command_question("ls"));
    let card = card_in(bot, bot.group, "Run ls").await;
    (turn, decided, card)
}

/// Waits until a card shows this outcome.
pub(super) async fn until_outcome(bot: &Bot, card: &Message, outcome: &str) -> Message {
    let like = |message: &Message| message.id == card.id && message.text.contains(outcome);
    let shown = bot.telegram.until_said(card.chat, like);
    within(outcome, shown).await
}

/// The labels of the disabled buttons. Panics if a button has an effect.
pub(super) fn disabled_labels(card: &Message) -> Vec<String> {
    let buttons = card.buttons();
    let labels = buttons.iter().map(|button| {
        assert_eq!(button["disabled"], json!({}), "{button}");
        button["text"].as_str().unwrap().to_owned()
    });
    labels.collect()
}

fn text_of(answer: &Value) -> &str {
    answer["text"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn s52_a_press_decides_once_and_the_card_says_who() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let eve = bot.telegram.person("Eve");
    bot.telegram.join(bot.group, eve);
    let (turn, decided, card) = ask_in_group(&bot, &mut script).await;
    let press = |person, label| bot.telegram.press_label(bot.group, card.id, person, label);
    let (deny, allow) = (card.callback("Deny").unwrap(), press(eve, "Allow"));
    let refused = bot.telegram.until_answered(&allow).await;
    let text = text_of(&refused);
    assert!(
        text.contains("not yours") || text.contains("may not"),
        "{refused}"
    );
    bot.telegram.until_answered(&press(bot.ann, "Allow")).await;
    assert_eq!(decided.await.unwrap(), Verdict::Allowed);
    let shown = until_outcome(&bot, &card, "Allowed by Ann").await;
    let labels = disabled_labels(&shown);
    assert_eq!(labels, ["☑ Allow", "Allow for this session", "Deny"]);
    // A client that still shows the old buttons can press them.
    let again = bot.telegram.press(bot.group, card.id, bot.ann, &deny);
    let late = bot.telegram.until_answered(&again).await;
    assert!(text_of(&late).contains("Allowed by Ann"), "{late}");
    turn.reply("done");
    let done = |message: &Message| message.text == "done";
    bot.telegram.until_said(bot.group, done).await;
}

#[tokio::test]
async fn an_older_server_removes_the_buttons_and_is_asked_once() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let refused = Fault::Error(400, NO_ACTION, Value::Null);
    // One refusal for the text with entities, and one for the text without.
    bot.telegram.fail_next("editMessageText", 2, refused);
    bot.say("do it");
    let turn = script.next_turn().await;
    for (number, command) in ["ls", "pwd"].into_iter().enumerate() {
        let decided = turn.ask(command_question(command));
        let card = card_in(&bot, bot.group, command).await;
        bot.telegram
            .press_label(bot.group, card.id, bot.ann, "Allow");
        assert_eq!(decided.await.unwrap(), Verdict::Allowed);
        let shown = until_outcome(&bot, &card, "Allowed by Ann").await;
        assert!(shown.buttons().is_empty(), "{shown:?}");
        let edits = bot.telegram.until_asked("editMessageText", 1).await;
        let edits = edits.iter().filter(|it| it.body["message_id"] == card.id);
        assert_eq!(edits.count(), [3, 1][number]);
    }
    turn.reply("done");
}

#[tokio::test]
async fn s53_an_expired_approval_has_disabled_buttons_and_a_late_press_allows_nothing() {
    let (agent, mut script) = scripted();
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), agent).await;
    bot.start().await;
    let (_turn, decided, card) = ask_in_group(&bot, &mut script).await;
    let allow = card.callback("Allow").unwrap();
    // The time limit begins when the card is sent.
    let limit = bot.limits.approvals.within;
    let verdict = within("it expires", clock.pass_until(limit, decided)).await;
    assert!(matches!(verdict.unwrap(), Verdict::Denied { .. }));
    // A client that still shows the buttons can press them.
    let press = bot.telegram.press(bot.group, card.id, bot.ann, &allow);
    // The long pause looked like a lost connection, so the bot connects again first.
    let late = while_pauses_pass(&clock, bot.telegram.until_answered(&press)).await;
    assert!(text_of(&late).contains("Expired"), "{late}");
    let labels = disabled_labels(&until_outcome(&bot, &card, "Expired").await);
    assert_eq!(labels, ["Allow", "Allow for this session", "Deny"]);
}

#[tokio::test]
async fn a_decision_on_the_page_is_shown_on_the_card_also_after_a_restart() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::started(agent).await;
    let (turn, _decided, card) = ask_in_group(&bot, &mut script).await;
    bot.until_settled().await;
    bot.kill();
    drop(turn);
    bot.start().await;
    let turn = script.next_turn().await;
    let one = ApprovalsQuery {
        limit: 1,
        ..ApprovalsQuery::default()
    };
    let by = Author {
        id: "grace".into(),
        name: "Grace".to_owned(),
    };
    let decide = Decide {
        approval: bot.store.approvals(one).await.unwrap()[0].id,
        decision: Decision::AllowForSession,
        by: Principal::new(by, [PersonRole::Operator]),
    };
    bot.store.decide(decide).await.unwrap();
    let shown = until_outcome(&bot, &card, "Allowed for this session by Grace").await;
    let labels = disabled_labels(&shown);
    assert_eq!(labels, ["Allow", "☑ Allow for this session", "Deny"]);
    assert_eq!(
        turn.ask(command_question("ls")).await.unwrap(),
        Verdict::Allowed
    );
    turn.reply("done");
    let said = bot.said(2).await;
    assert_eq!(said.len(), 2, "asked once: {said:?}");
}

#[tokio::test]
async fn s55_a_late_press_of_an_earlier_request_decides_no_later_one() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let (turn, first, card) = ask_in_group(&bot, &mut script).await;
    let allow = card.callback("Allow").unwrap();
    bot.telegram
        .press_label(bot.group, card.id, bot.ann, "Deny");
    assert!(matches!(first.await.unwrap(), Verdict::Denied { .. }));
    let second = turn.ask(command_question("rm"));
    let other = card_in(&bot, bot.group, "Run rm").await;
    let late = bot.telegram.press(bot.group, card.id, bot.ann, &allow);
    let told = bot.telegram.until_answered(&late).await;
    assert!(text_of(&told).contains("Denied by Ann"), "{told}");
    bot.telegram
        .press_label(bot.group, other.id, bot.ann, "Deny");
    assert!(matches!(second.await.unwrap(), Verdict::Denied { .. }));
    turn.reply("done");
}

#[tokio::test]
async fn a_press_on_an_inaccessible_message_decides_where_its_chat_is_clear() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let topic = bot.telegram.create_topic(bot.group, bot.ann, "ships");
    bot.telegram.say_in(bot.group, topic, bot.ann, "do it");
    let turn = script.next_turn().await;
    let in_topic = turn.ask(command_question("ls"));
    let card = card_in(&bot, bot.group, "Run ls").await;
    let allow = card.callback("Allow").unwrap();
    bot.telegram.delete(bot.group, card.id);
    // The update does not tell the topic.
    let press = bot.telegram.press(bot.group, card.id, bot.ann, &allow);
    let told = bot.telegram.until_answered(&press).await;
    assert!(text_of(&told).contains("does not exist here"), "{told}");
    let private = bot.private();
    bot.telegram.say(private, bot.ann, "do it");
    let other = script.next_turn().await;
    let decided = other.ask(command_question("ls"));
    let card = card_in(&bot, private, "Run ls").await;
    let allow = card.callback("Allow").unwrap();
    bot.telegram.delete(private, card.id);
    bot.telegram.press(private, card.id, bot.ann, &allow);
    assert_eq!(decided.await.unwrap(), Verdict::Allowed);
    other.reply("done");
    // The deleted card holds up nothing.
    let done = |message: &Message| message.text == "done";
    bot.telegram.until_said(private, done).await;
    drop((in_topic, turn));
}

#[tokio::test]
async fn a_press_that_is_answered_too_late_still_decides() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let (turn, decided, card) = ask_in_group(&bot, &mut script).await;
    let held = Held::default();
    bot.telegram
        .fail_next("editMessageText", 1, Fault::Hold(held.clone()));
    let too_old =
        "Bad Request: query is too old and response timeout expired or query ID is invalid";
    let too_old = Fault::Error(400, too_old, Value::Null);
    bot.telegram.fail_next("answerCallbackQuery", 1, too_old);
    bot.telegram
        .press_label(bot.group, card.id, bot.ann, "Allow");
    assert_eq!(decided.await.unwrap(), Verdict::Allowed);
    bot.telegram.until_asked("answerCallbackQuery", 1).await;
    held.release();
    until_outcome(&bot, &card, "Allowed by Ann").await;
    turn.reply("done");
    let done = |message: &Message| message.text == "done";
    bot.telegram.until_said(bot.group, done).await;
    let answers = bot.telegram.until_asked("answerCallbackQuery", 1).await;
    assert_eq!(answers.len(), 1, "nothing is tried again");
}

#[tokio::test]
async fn the_whole_input_is_for_the_person_who_asks() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.say("do it");
    let turn = script.next_turn().await;
    let long = "x".repeat(300);
    let _decided = turn.ask(command_question(&long));
    let card = card_in(&bot, bot.group, "xxx").await;
    let show = "Show the whole input";
    bot.telegram.press_label(bot.group, card.id, bot.ann, show);
    let private = |message: &Message| message.only_for == Some(bot.ann);
    let shown = bot.telegram.until_said(bot.group, private).await;
    assert!(shown.text.contains(&long), "{}", shown.text);
    // An older server does not know messages for one person.
    let refused = Fault::Error(400, "Bad Request: EPHEMERAL_RECEIVER_INVALID", Value::Null);
    bot.telegram.fail("sendMessage", refused);
    let press = bot.telegram.press_label(bot.group, card.id, bot.ann, show);
    let answer = bot.telegram.until_answered(&press).await;
    assert!(text_of(&answer).contains("web page"), "{answer}");
    bot.telegram.recover();
    let public = bot.telegram.bot_messages(bot.group);
    assert_eq!(public.len(), 1, "only the card: {public:?}");
    drop(turn);
}
