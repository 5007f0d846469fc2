//! Reactions with a meaning.

use baton_testkit::scripted_agent::scripted;

use super::bot::{Bot, texts};

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
        // The answer to this message proves that the earlier reaction was handled.
        bot.discord.say(elsewhere, bot.ann, "and here?");
        script.next_turn().await.reply("here too");
        let said = bot.discord.until_bot_said(elsewhere, 1);
        said.await;
        assert!(!turn.is_stopped());
        turn.reply("done");
        assert_eq!(texts(&bot.said(1).await), ["done"]);
    }
}
