//! Commands to Baton itself.

use std::time::Duration;

use baton_core::agent::Reply;
use baton_core::clock::Clock;
use baton_testkit::clock::SimClock;
use baton_testkit::discord::{Fault, Held, Message, Scope, permission};
use baton_testkit::scripted_agent::{answering, scripted};
use serde_json::json;

use super::approval_decisions::button;
use super::bot::Bot;

/// "Within a second": Baton, the store and the fake Discord share a stopped clock, so the stop and its answer
/// take no time at all. "The global limit" has both meanings: all slots are taken, and Discord refuses all
/// requests. The answer to an interaction does not count against Discord's limit.
#[tokio::test]
async fn s07_a_stop_takes_no_time_while_all_turns_are_taken_and_discord_limits_all_else() {
    const LIMITED: Duration = Duration::from_secs(4);
    let (agent, mut script) = scripted();
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), agent).await;
    bot.limits.turns = 2;
    let other = bot.discord.channel(bot.server, "other");
    bot.start().await;
    bot.discord.until_command(None, "stop").await;
    bot.say("long");
    let long = script.next_turn().await;
    bot.discord.say(other, bot.ann, "short");
    let short = script.next_turn().await;
    for channel in [bot.channel, other] {
        bot.discord.until_typing(channel).await;
    }
    let limit = Fault::Limited(Scope::Global, 4_000);
    bot.discord.fail_next("create_message", 1, limit);
    short.reply("1");
    clock.someone_sleeps(LIMITED).await;
    let (asked, now) = (bot.discord.asked().len(), clock.steady());
    bot.discord
        .say(other, bot.ann, "takes the turn that is free");
    let second = script.next_turn().await;
    bot.say("waits");
    bot.discord.say(other, bot.ann, "waits too");
    let stop = bot.discord.command(bot.channel, bot.ann, "stop", &[]);
    long.stopped().await;
    let answer = bot.discord.until_answered(stop).await;
    assert!(answer.content.starts_with("Stopped."), "{}", answer.content);
    assert_eq!(clock.steady(), now);
    for asked in &bot.discord.asked()[asked..] {
        let of_interaction = [
            "create_interaction_response",
            "update_original_webhook_message",
        ];
        assert!(
            of_interaction.contains(&asked.operation.as_str()),
            "{asked:?}"
        );
    }
    drop(long);
    let next = script.next_turn().await;
    assert_eq!(next.texts(), ["waits"]);
    clock.advance(LIMITED);
    let sent = |message: &Message| message.content == "1";
    bot.discord.until_said(other, sent).await;
    drop((next, second));
}

#[tokio::test]
async fn each_command_is_answered_to_whoever_gave_it() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let bot = Bot::started(agent).await;
    bot.discord.until_command(None, "trace").await;
    let told = async |name: &str, options: &[(&str, serde_json::Value)]| {
        let given = bot.discord.command(bot.channel, bot.ann, name, options);
        let answer = bot.discord.until_answered(given).await;
        assert_eq!(answer.only_for, Some(bot.ann));
        let embed = answer.embeds.first();
        let embed = embed.and_then(|embed| embed["description"].as_str());
        format!("{}{}", answer.content, embed.unwrap_or_default())
    };
    assert_eq!(
        told("queue", &[]).await,
        "nobody has written to bob here yet"
    );
    let said = bot.say("hello");
    let us = bot.discord.bot();
    let answer = |message: &Message| message.content == "hello" && message.author == us;
    bot.discord.until_said(bot.channel, answer).await;
    let status = told("status", &[]).await;
    assert!(status.contains("nothing runs"), "{status}");
    assert_eq!(told("queue", &[]).await, "Nothing waits here.");
    assert_eq!(told("stop", &[]).await, "Nothing runs here.");
    let chosen = told("model", &[("name", json!("opus"))]).await;
    assert!(chosen.contains("`opus`"), "{chosen}");
    let retried = told("retry", &[]).await;
    assert!(retried.starts_with("Nothing was given up"), "{retried}");
    let message = bot.store.counts().await.unwrap().received;
    assert_eq!(message, 1);
    let other = told("trace", &[("number", json!("999"))]).await;
    assert_eq!(other, "there is no message 999 here");
    let unwritten = told("trace", &[("number", json!("first"))]).await;
    assert_eq!(unwritten, "write it as: /trace NUMBER");
    let said = said.to_string().into();
    let (channel, account) = ("discord".into(), "default".into());
    let kept = bot.store.message_by_external_id(&channel, &account, &said);
    let number = kept.await.unwrap().unwrap().id.to_string();
    let traced = told("trace", &[("number", json!(number))]).await;
    assert!(traced.contains("now answered"), "{traced}");
    let other = bot.discord.channel(bot.server, "other");
    let asked = bot
        .discord
        .command(other, bot.ann, "trace", &[("number", json!(number))]);
    let answer = bot.discord.until_answered(asked).await;
    let unknown = format!("there is no message {number} here");
    assert_eq!(answer.content, unknown, "of another channel");
}

#[tokio::test]
async fn a_reset_is_for_who_manages_messages_and_is_confirmed() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let bot = Bot::started(agent).await;
    bot.discord.until_command(None, "reset").await;
    let eve = bot.keeper("eve", permission::MANAGE_MESSAGES);
    bot.say("hello");
    bot.said(1).await;
    let reset = bot.discord.command(bot.channel, eve, "reset", &[]);
    let asked = bot.discord.until_answered(reset).await;
    let pressed = bot.discord.press(
        bot.channel,
        asked.id,
        &button(&asked, "Forget the session"),
        eve,
    );
    let answer = bot.discord.until_answered(pressed).await;
    let told = &answer.content;
    assert!(told.contains("The next message begins anew"), "{told}");
}

#[tokio::test]
async fn s07_a_stop_waits_for_no_answer_of_discord() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.discord.until_command(None, "stop").await;
    bot.say("long");
    let turn = script.next_turn().await;
    let held = Held::default();
    let responding = "create_interaction_response";
    bot.discord
        .fail_next(responding, 1, Fault::Hold(held.clone()));
    let stop = bot.discord.command(bot.channel, bot.ann, "stop", &[]);
    turn.stopped().await;
    held.release();
    let answer = bot.discord.until_answered(stop).await;
    assert!(answer.content.starts_with("Stopped."), "{}", answer.content);
}

#[tokio::test]
async fn a_command_in_a_thread_that_it_does_not_know_yet_is_answered_without_a_question() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    let thread = bot.discord.thread(bot.channel, None, bot.ann, "talk");
    bot.discord.set_archived(thread, true);
    bot.start().await;
    bot.discord.until_command(None, "status").await;
    let slow = Fault::Hold(Held::default());
    bot.discord.fail("get_channel", slow);
    let status = bot.discord.command(thread, bot.ann, "status", &[]);
    bot.discord.until_acknowledged(status).await;
    bot.discord.until_answered(status).await;
}

#[tokio::test]
async fn a_reset_is_not_confirmed_by_who_may_not_any_more() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let bot = Bot::started(agent).await;
    bot.discord.until_command(None, "reset").await;
    let eve = bot.keeper("eve", permission::MANAGE_MESSAGES);
    bot.say("hello");
    bot.said(1).await;
    let reset = bot.discord.command(bot.channel, eve, "reset", &[]);
    let asked = bot.discord.until_answered(reset).await;
    bot.discord.join(bot.server, eve, &[]);
    let pressed = bot.discord.press(
        bot.channel,
        asked.id,
        &button(&asked, "Forget the session"),
        eve,
    );
    let answer = bot.discord.until_answered(pressed).await;
    assert!(
        answer.content.starts_with("Only people who may"),
        "{}",
        answer.content
    );
}
