//! The progress message in a group, and edits.

use std::time::Duration;

use baton_core::activity::{Activity, ActivityState};
use baton_core::approval::{Question, Wants};
use baton_testkit::clock::SimClock;
use baton_testkit::scripted_agent::{Script, scripted};
use baton_testkit::telegram::{Fault, Message};
use serde_json::json;

use super::bot::{BOB, Bot, place};

/// The shortest time between two edits.
const EDIT_PAUSE: Duration = Duration::from_secs(4);

fn tool(number: usize) -> Activity {
    Activity {
        id: number.to_string(),
        title: format!("tool {number}"),
        detail: String::new(),
        state: ActivityState::Running,
        within: None,
    }
}

/// A bot in a small group, on a simulated clock.
async fn in_small_group() -> (std::sync::Arc<SimClock>, Bot, Script, i64) {
    let clock = SimClock::shared();
    let (agent, script) = scripted();
    let mut bot = Bot::with_clock(clock.clone(), agent).await;
    let group = bot.telegram.group("Friends", &[bot.ann]);
    let friends = place(&group.to_string(), BOB);
    bot.settings.chat.places.push(friends);
    bot.start().await;
    (clock, bot, script, group)
}

/// Whether the bot's only message with a text is this one.
fn is_only(messages: &[Message], us: i64, text: &str) -> bool {
    let ours = messages.iter().filter(|it| it.author == Some(us));
    let ours = ours.filter(|it| !it.text.is_empty());
    ours.map(|it| it.text.as_str()).eq([text])
}

/// The group becomes a supergroup while a turn shows progress. The progress goes on in the supergroup, and the answer is
/// the only message there at the end. `migrate` returns the supergroup of a group.
async fn check_progress_after_a_move(migrate: impl AsyncFn(&Bot, i64) -> i64) {
    let (clock, bot, mut script, group) = in_small_group().await;
    bot.telegram.say(group, bot.ann, "work");
    let turn = script.next_turn().await;
    turn.show(tool(1)).await;
    bot.telegram
        .until_said(group, |it| it.text.contains("tool 1"))
        .await;
    let supergroup = migrate(&bot, group).await;
    turn.show(tool(2)).await;
    let goes_on = bot
        .telegram
        .until_said(supergroup, |it| it.text.contains("tool 2"));
    clock.pass_until(EDIT_PAUSE, goes_on).await;
    turn.reply("done");
    let us = bot.telegram.bot();
    bot.telegram
        .until_messages(supergroup, |messages| is_only(messages, us, "done"))
        .await;
}

#[tokio::test]
async fn s67_progress_goes_on_in_the_supergroup_that_its_group_became() {
    check_progress_after_a_move(async |bot, group| {
        let supergroup = bot.telegram.migrate(group, bot.ann);
        bot.telegram.until_acknowledged().await;
        supergroup
    })
    .await;
}

#[tokio::test]
async fn s67_an_edit_of_progress_can_tell_the_move_of_the_group() {
    check_progress_after_a_move(async |bot, group| {
        bot.telegram
            .migrate_at(group, bot.ann, "editMessageText", 1)
    })
    .await;
}

#[tokio::test]
async fn an_edit_with_a_lost_answer_is_done_when_telegram_finds_nothing_to_change() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.say("do it");
    let turn = script.next_turn().await;
    let decided = turn.ask(Question {
        tool: "shell".to_owned(),
        title: "Run `ls`".to_owned(),
        input: json!({ "command": "ls" }),
        wants: Wants::Permission { grant: None },
    });
    let asked = bot
        .telegram
        .until_said(bot.group, |message| !message.buttons().is_empty())
        .await;
    bot.telegram
        .fail_next("editMessageText", 1, Fault::LoseAnswer);
    bot.telegram
        .press_label(bot.group, asked.id, bot.ann, "Allow");
    assert!(decided.await.is_ok());
    let edits = bot.telegram.until_asked("editMessageText", 2).await;
    assert_eq!(edits[0].body, edits[1].body);
    turn.reply("done");
    bot.telegram
        .until_said(bot.group, |message| message.text == "done")
        .await;
    bot.until_settled().await;
    assert_eq!(bot.store.dead(1).await.unwrap().len(), 0);
}
