//! Threads, direct conversations, and marks that mean something.

use baton_channels::discord::{Answering, Trigger};
use baton_core::agent::Reply;
use baton_testkit::discord::Fault;
use baton_testkit::scripted_agent::{answering, scripted};
use serde_json::json;

use super::bot::{BOB, Bot, texts};

#[tokio::test]
async fn each_request_has_a_thread_of_its_own_where_that_is_configured() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    bot.answering().thread_per_request = true;
    bot.answering().trigger = Trigger::Threads;
    bot.start().await;
    let us = bot.discord.mention(bot.discord.bot());
    let asked = bot.say(&format!("{us} what is this?"));
    let thread = bot.discord.until_thread(asked).await;
    assert_eq!(bot.discord.name_of(thread), "what is this?");
    let said = bot.discord.until_bot_said(thread, 1).await;
    assert_eq!(texts(&said), ["what is this?"]);
    bot.discord.say(thread, bot.ann, "and that?");
    let said = bot.discord.until_bot_said(thread, 2).await;
    assert_eq!(
        texts(&said),
        ["what is this?", "and that?"],
        "without a mention"
    );
    let conversations = bot.store.counts().await.unwrap().conversations;
    assert_eq!(conversations, 1);
}

#[tokio::test]
async fn s47_an_archived_thread_is_opened_to_answer() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let thread = bot.discord.thread(bot.channel, None, bot.ann, "talk");
    bot.discord.say(thread, bot.ann, "hello");
    let turn = script.next_turn().await;
    bot.discord.set_archived(thread, true);
    turn.reply("hi");
    let said = bot.discord.until_bot_said(thread, 1).await;
    assert_eq!(texts(&said), ["hi"]);
    assert!(!bot.discord.is_archived(thread));
    // Where writing into it does not open it, it is opened first.
    bot.discord.say(thread, bot.ann, "and now?");
    let turn = script.next_turn().await;
    bot.discord.set_archived(thread, true);
    let archived = Fault::Error(400, 50_083, "Thread is archived");
    bot.discord.fail_next("create_message", 1, archived);
    turn.reply("hi again");
    let said = bot.discord.until_bot_said(thread, 2).await;
    assert_eq!(texts(&said), ["hi", "hi again"]);
    let opened = bot.discord.until_asked("update_channel", 1).await;
    assert_eq!(opened[0].body, json!({ "archived": false }));
}

#[tokio::test]
async fn s76_who_wrote_to_it_alone_is_answered_also_after_a_restart() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    bot.settings.direct = Some(Answering {
        trigger: Trigger::Every,
        ..Answering::by(BOB)
    });
    bot.start().await;
    let direct = bot.discord.direct(bot.ann);
    bot.discord.say(direct, bot.ann, "one");
    bot.discord.until_bot_said(direct, 1).await;
    bot.kill().await;
    bot.discord.say(direct, bot.ann, "two");
    // Whatever Discord answers first.
    bot.discord.fail("get_channel", Fault::Status(503));
    bot.discord.fail("list_messages", Fault::Status(503));
    bot.start().await;
    bot.discord.until_asked("list_messages", 2).await;
    bot.discord.recover();
    let said = bot.discord.until_bot_said(direct, 2).await;
    assert_eq!(texts(&said), ["one", "two"]);
}

#[tokio::test]
async fn a_mark_stops_and_retries_where_that_is_configured() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::new(agent).await;
    bot.answering().reactions = true;
    bot.start().await;
    let asked = bot.say("go");
    let turn = script.next_turn().await;
    bot.discord.react(bot.channel, asked, bot.ann, "⏹️");
    turn.stopped().await;
    turn.gone().await;
    let mut changes = bot.store.changes();
    let id = asked.to_string().into();
    loop {
        let (channel, account) = ("discord".into(), "default".into());
        let message = bot.store.message_by_external_id(&channel, &account, &id);
        let message = message.await.unwrap().unwrap();
        if message.state == baton_core::message::MessageState::Withdrawn {
            break;
        }
        let _ = changes.recv().await;
    }
    bot.discord.react(bot.channel, asked, bot.ann, "🔁");
    script.next_turn().await.reply("again");
    bot.discord
        .until_said(bot.channel, |message| message.content == "again")
        .await;
}

#[tokio::test]
async fn a_mark_of_another_bot_stops_nothing_unless_bots_are_heard() {
    for allow_bots in [false, true] {
        let (agent, mut script) = scripted();
        let mut bot = Bot::new(agent).await;
        bot.answering().reactions = true;
        bot.answering().allow_bots = allow_bots;
        let other = bot.discord.other_bot("counter");
        bot.discord.join(bot.server, other, &[]);
        let elsewhere = bot.discord.channel(bot.server, "elsewhere");
        bot.start().await;
        let asked = bot.say("go");
        let turn = script.next_turn().await;
        bot.discord.react(bot.channel, asked, other, "⏹️");
        if allow_bots {
            turn.stopped().await;
            continue;
        }
        // When this is answered, the mark was looked at long ago.
        bot.discord.say(elsewhere, bot.ann, "and here?");
        script.next_turn().await.reply("here too");
        let said = bot.discord.until_bot_said(elsewhere, 1);
        said.await;
        assert!(!turn.is_stopped());
        turn.reply("done");
        assert_eq!(texts(&bot.said(1).await), ["done"]);
    }
}
