//! Approvals: the requests of agents, and the decisions of people.

use std::time::Duration;

use baton_chat::chat_settings::People;
use baton_core::approval::{Choice, ChoiceOption, Decision, Question, Verdict, Wants};
use baton_core::authority::{PersonRole, Principal};
use baton_core::delivery::DeliveryState;
use baton_core::message::Author;
use baton_core::store::{ApprovalsQuery, Ask, Decide};
use baton_testkit::discord::{Fault, Message};
use baton_testkit::scripted_agent::scripted;
use serde_json::json;

use super::bot::{self, Bot};
use crate::questions::command_question;

/// The id of the button with this label.
pub(super) fn button(message: &Message, label: &str) -> String {
    let rows = message.components.iter();
    let mut buttons = rows.flat_map(|row| row["components"].as_array().unwrap());
    let found = buttons.find(|button| button["label"] == label);
    let found = found.unwrap_or_else(|| panic!("no {label} in {message:?}"));
    found["custom_id"].as_str().unwrap().to_owned()
}

/// The labels of the buttons.
fn labels(message: &Message) -> Vec<&str> {
    let rows = message.components.iter();
    let buttons = rows.flat_map(|row| row["components"].as_array().unwrap());
    buttons
        .map(|button| button["label"].as_str().unwrap())
        .collect()
}

pub(super) async fn asked(bot: &Bot) -> Message {
    let asks = |message: &Message| !message.components.is_empty();
    bot.discord.until_said(bot.channel, asks).await
}

#[tokio::test]
async fn s52_a_press_decides_once_and_the_message_says_who() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.say("do it");
    let turn = script.next_turn().await;
    let decided = turn.ask(command_question("ls"));
    let question = asked(&bot).await;
    assert!(
        question.content.contains("Run `ls`"),
        "{}",
        question.content
    );
    let allow = button(&question, "Allow");
    let eve = bot.discord.person("eve");
    bot.discord.join(bot.server, eve, &[]);
    // Eve may not decide, because she did not write the answered message.
    let pressed = bot.discord.press(bot.channel, question.id, &allow, eve);
    let refused = bot.discord.until_answered(pressed).await;
    assert!(refused.content.contains("not yours"), "{}", refused.content);
    let first = bot.discord.press(bot.channel, question.id, &allow, bot.ann);
    let second = bot.discord.press(bot.channel, question.id, &allow, bot.ann);
    assert_eq!(decided.await.unwrap(), Verdict::Allowed);
    let first = bot.discord.until_answered(first).await;
    let second = bot.discord.until_answered(second).await;
    let told = [first.content, second.content];
    assert!(told.iter().any(|it| it == "Allowed by ann"), "{told:?}");
    assert!(told.iter().any(|it| it.contains("is over")), "{told:?}");
    let told = |message: &Message| message.content.contains("**Allowed by ann**");
    let told = bot.discord.until_said(bot.channel, told).await;
    assert_eq!(told.id, question.id, "on the message that asked");
    assert!(told.components.is_empty());
    turn.reply("done");
}

#[tokio::test]
async fn who_decides_is_configured_by_role() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::new(agent).await;
    let keepers = bot.discord.role(bot.server, "keepers", 0);
    let eve = bot.discord.person("eve");
    bot.discord.join(bot.server, eve, &[keepers]);
    let ann = bot.ann;
    let answering = bot.answering();
    answering.deciders = Some(People {
        roles: [bot::id(keepers)].into(),
        ..People::default()
    });
    // A decider need not be a speaker, and may only decide.
    answering.speakers = Some(People {
        users: [bot::id(ann)].into(),
        ..People::default()
    });
    bot.start().await;
    bot.say("do it");
    let turn = script.next_turn().await;
    let decided = turn.ask(command_question("ls"));
    let question = asked(&bot).await;
    let deny = button(&question, "Deny and say why");
    let pressed = bot.discord.press(
        bot.channel,
        question.id,
        &button(&question, "Allow"),
        bot.ann,
    );
    let refused = bot.discord.until_answered(pressed).await;
    assert_eq!(refused.content, "You may not decide approvals here.");
    let pressed = bot.discord.press(bot.channel, question.id, &deny, eve);
    bot.discord.until_form(pressed).await;
    let submitted = bot.discord.submit(pressed, &[("0", "\u{1b}[2J")]);
    let refused = bot.discord.until_answered(submitted).await;
    assert!(
        refused.content.contains("control character U+001B"),
        "{}",
        refused.content
    );
    bot.discord.submit(pressed, &[("0", "too dangerous")]);
    let reason = "Denied by eve: too dangerous".to_owned();
    assert_eq!(decided.await.unwrap(), Verdict::Denied { reason });
    let used = bot.discord.command(bot.channel, eve, "stop", &[]);
    let refused = bot.discord.until_answered(used).await;
    assert!(
        refused
            .content
            .contains("has not allowed you to use the bot here")
    );
    turn.reply("then not");
}

#[tokio::test]
async fn s54_a_question_is_answered_after_a_restart() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::started(agent).await;
    bot.say("do it");
    let turn = script.next_turn().await;
    bot.others_talk(310);
    let _decided = turn.ask(command_question("ls"));
    let question = asked(&bot).await;
    bot.kill().await;
    drop(turn);
    bot.start().await;
    let turn = script.next_turn().await;
    let decided = turn.ask(command_question("ls"));
    bot.discord.press(
        bot.channel,
        question.id,
        &button(&question, "Allow"),
        bot.ann,
    );
    assert_eq!(decided.await.unwrap(), Verdict::Allowed);
    let told = |message: &Message| message.content.contains("**Allowed by ann**");
    let told = bot.discord.until_said(bot.channel, told).await;
    assert_eq!(told.id, question.id, "on the message that asked");
    turn.reply("done");
    bot.said(2).await;
}

#[tokio::test]
async fn s54_what_was_asked_before_a_restart_is_decided_before_it_is_asked_again() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::started(agent).await;
    bot.say("do it");
    let turn = script.next_turn().await;
    let _decided = turn.ask(command_question("ls"));
    let question = asked(&bot).await;
    let mut changes = bot.store.changes();
    while bot
        .store
        .counts()
        .await
        .unwrap()
        .deliveries_in(DeliveryState::Sent)
        == 0
    {
        let _ = changes.recv().await;
    }
    bot.kill().await;
    drop(turn);
    bot.start().await;
    let turn = script.next_turn().await;
    let allow = button(&question, "Allow");
    bot.discord.press(bot.channel, question.id, &allow, bot.ann);
    let told = |message: &Message| message.content.contains("**Allowed by ann**");
    let told = bot.discord.until_said(bot.channel, told).await;
    assert_eq!(told.id, question.id, "found again by its buttons");
    assert_eq!(
        turn.ask(command_question("ls")).await.unwrap(),
        Verdict::Allowed
    );
    turn.reply("done");
    assert_eq!(bot.said(2).await.len(), 2, "asked once");
}

#[tokio::test]
async fn s47_what_came_of_a_question_is_shown_in_a_thread_that_was_archived() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let thread = bot.discord.thread(bot.channel, None, bot.ann, "talk");
    bot.discord.say(thread, bot.ann, "do it");
    let turn = script.next_turn().await;
    let decided = turn.ask(command_question("ls"));
    let asks = |message: &Message| !message.components.is_empty();
    bot.discord.until_said(thread, asks).await;
    bot.discord.set_archived(thread, true);
    // The decision comes from the web page, so no press opens the thread.
    let one = ApprovalsQuery {
        limit: 1,
        ..ApprovalsQuery::default()
    };
    let asked = bot.store.approvals(one).await;
    let by = Author {
        id: bot.ann.to_string().into(),
        name: "ann".to_owned(),
    };
    let decide = Decide {
        approval: asked.unwrap()[0].id,
        decision: Decision::Allow,
        by: Principal::new(by, [PersonRole::Operator]),
    };
    bot.store.decide(decide).await.unwrap();
    assert_eq!(decided.await.unwrap(), Verdict::Allowed);
    let told = |message: &Message| {
        message.components.is_empty() && message.content.contains("**Allowed by ann**")
    };
    bot.discord.until_said(thread, told).await;
    turn.reply("done");
}

#[tokio::test]
async fn two_questions_that_say_the_same_are_both_asked() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::new(agent).await;
    bot.limits.retry.first_pause = std::time::Duration::from_millis(20);
    bot.start().await;
    bot.say("do it");
    let turn = script.next_turn().await;
    // The text is so long that the cut removes the number of the approval.
    let long = || Question {
        title: "Run a long command".to_owned(),
        ..command_question(&"echo and ".repeat(300))
    };
    let _decided = turn.ask(long());
    let first = asked(&bot).await;
    let later = Fault::Error(401, 0, "401: Unauthorized");
    bot.discord.fail_next("create_message", 1, later);
    let again = Ask {
        turn: turn.turn.claim.turn,
        fence: turn.turn.claim.fence,
        question: long(),
        deciders: Vec::new(),
        within: Duration::from_mins(1),
    };
    bot.store.ask(again).await.unwrap();
    let other = |message: &Message| message.id != first.id && !message.components.is_empty();
    let second = bot.discord.until_said(bot.channel, other).await;
    assert_eq!(first.content, second.content);
    assert_ne!(button(&first, "Allow"), button(&second, "Allow"));
}

#[tokio::test]
async fn s55_a_button_of_another_data_folder_decides_nothing() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::started(agent).await;
    bot.say("do it");
    let turn = script.next_turn().await;
    let _decided = turn.ask(command_question("ls"));
    let old = asked(&bot).await;
    bot.kill_and_forget().await;
    drop(turn);
    bot.start().await;
    bot.say("do that");
    let turn = script.next_turn().await;
    let decided = turn.ask(command_question("rm -rf build"));
    let asks = |message: &Message| message.id != old.id && !message.components.is_empty();
    let new = bot.discord.until_said(bot.channel, asks).await;
    // The new approval has the same number, because the numbers start again.
    let number = |button: String| button.split(['.', ':']).nth(1).map(str::to_owned);
    let allow = button(&old, "Allow");
    assert_eq!(number(allow.clone()), number(button(&new, "Allow")));
    let pressed = bot.discord.press(bot.channel, old.id, &allow, bot.ann);
    let told = bot.discord.until_answered(pressed).await;
    assert!(
        told.content.contains("does not exist here"),
        "{}",
        told.content
    );
    let deny = button(&new, "Deny");
    bot.discord.press(bot.channel, new.id, &deny, bot.ann);
    let verdict = decided.await.unwrap();
    assert!(matches!(verdict, Verdict::Denied { .. }), "{verdict:?}");
    turn.reply("not done");
}

#[tokio::test]
async fn a_choice_has_a_button_for_each_option_and_one_for_anything_else() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let which = || Question {
        tool: "AskUserQuestion".to_owned(),
        title: "Which colour?".to_owned(),
        input: json!({}),
        wants: Wants::Answers {
            choices: vec![Choice {
                header: "Colour".to_owned(),
                text: "Which colour?".to_owned(),
                options: ["red", "blue"]
                    .map(|label| ChoiceOption {
                        label: label.to_owned(),
                        description: String::new(),
                    })
                    .into(),
                several: false,
            }],
        },
    };
    bot.say("paint it");
    let turn = script.next_turn().await;
    let decided = turn.ask(which());
    let question = asked(&bot).await;
    bot.discord.press(
        bot.channel,
        question.id,
        &button(&question, "blue"),
        bot.ann,
    );
    assert_eq!(
        decided.await.unwrap(),
        Verdict::Answered(vec!["blue".to_owned()])
    );
    let answered = |message: &Message| message.content.contains("**Answered by ann: blue**");
    bot.discord.until_said(bot.channel, answered).await;
    let decided = turn.ask(which());
    let question = asked(&bot).await;
    let other = button(&question, "Something else");
    let pressed = bot.discord.press(bot.channel, question.id, &other, bot.ann);
    bot.discord.until_form(pressed).await;
    bot.discord.submit(pressed, &[("0", "mauve")]);
    assert_eq!(
        decided.await.unwrap(),
        Verdict::Answered(vec!["mauve".to_owned()])
    );
    turn.reply("painted");
}

/// A question with this number of choices, each without options.
pub(super) fn choices(count: usize) -> Question {
    let choice = |number| Choice {
        header: format!("Choice {number}"),
        text: format!("What of {number}?"),
        options: Vec::new(),
        several: false,
    };
    Question {
        tool: "AskUserQuestion".to_owned(),
        title: "What shall it be?".to_owned(),
        input: json!({}),
        wants: Wants::Answers {
            choices: (1..=count).map(choice).collect(),
        },
    }
}

#[tokio::test]
async fn what_has_more_choices_than_a_form_has_fields_says_where_it_is_answered() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.say("plan it");
    let turn = script.next_turn().await;
    let decided = turn.ask(choices(5));
    let question = asked(&bot).await;
    let answer = button(&question, "Answer");
    let pressed = bot
        .discord
        .press(bot.channel, question.id, &answer, bot.ann);
    bot.discord.until_form(pressed).await;
    let fields = ["0", "1", "2", "3", "4"].map(|field| (field, field));
    bot.discord.submit(pressed, &fields);
    let answers = ["0", "1", "2", "3", "4"].map(str::to_owned);
    assert_eq!(decided.await.unwrap(), Verdict::Answered(answers.into()));
    let decided = turn.ask(choices(6));
    let sends_away = |message: &Message| message.content.contains("on Baton's web page");
    let question = bot.discord.until_said(bot.channel, sends_away).await;
    assert_eq!(
        labels(&question),
        ["Do not answer", "Stop", "Show the whole input"]
    );
    let deny = button(&question, "Do not answer");
    bot.discord.press(bot.channel, question.id, &deny, bot.ann);
    let verdict = decided.await.unwrap();
    assert!(matches!(verdict, Verdict::Denied { .. }), "{verdict:?}");
    turn.reply("not planned");
}
