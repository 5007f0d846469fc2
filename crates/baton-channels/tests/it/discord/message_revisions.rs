//! Edits and deletions of messages.

use baton_chat::chat_settings::{Answering, Trigger};
use baton_core::agent::Reply;
use baton_core::message::MessageState;
use baton_testkit::scripted_agent::{answering, scripted};
use serde_json::json;

use super::bot::{BOB, Bot, texts};

#[tokio::test]
async fn s19_what_is_edited_while_it_waits_is_answered_in_its_new_words() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.say("one");
    let one = script.next_turn().await;
    let two = bot.say("two");
    bot.until_kept(two, |_| true).await;
    // The preview of a link is no edit.
    bot.discord.unfurl(bot.channel, two);
    bot.discord.edit(bot.channel, two, "zwei");
    bot.until_kept(two, |it| it.text == "zwei").await;
    one.reply("1");
    let turn = script.next_turn().await;
    assert_eq!(turn.texts(), ["zwei"]);
    turn.reply("2");
    assert_eq!(texts(&bot.said(2).await), ["1", "2"]);
    let kept = bot.kept(two).await.unwrap();
    let trace = bot.store.trace(kept.id.into()).await.unwrap();
    let edited = trace.iter().filter(|line| line.what.contains("edited"));
    assert_eq!(edited.count(), 1, "{trace:?}");
}

#[tokio::test]
async fn s19_what_is_edited_when_it_runs_or_is_answered_stays_and_people_are_told_once() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let one = bot.say("one");
    let turn = script.next_turn().await;
    bot.discord.edit(bot.channel, one, "eins");
    // The arrival of a later message proves that the edit was handled.
    let two = bot.say("two");
    bot.until_kept(two, |_| true).await;
    turn.reply("1");
    script.next_turn().await.reply("2");
    bot.said(3).await;
    bot.discord.edit(bot.channel, one, "uno");
    bot.say("three");
    script.next_turn().await.reply("3");
    let said = bot.said(4).await;
    let texts = texts(&said);
    assert!(texts[0].contains("answers the first text"), "{texts:?}");
    assert_eq!(texts[1..], ["1", "2", "3"]);
    let kept = bot.kept(one).await.unwrap();
    assert_eq!(kept.text, "one");
    let trace = bot.store.trace(kept.id.into()).await.unwrap();
    for state in ["running", "answered"] {
        let what = format!("edited by its author when it was {state}");
        let found = trace.iter().find(|line| line.what.contains(&what));
        assert!(found.is_some(), "{trace:?}");
    }
}

#[tokio::test]
async fn s19_what_is_deleted_while_it_waits_is_withdrawn() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.say("one");
    let one = script.next_turn().await;
    let waiting: Vec<_> = ["two", "three", "four", "five"]
        .map(|it| bot.say(it))
        .into();
    bot.discord.delete(bot.channel, waiting[0]);
    bot.discord
        .delete_many(bot.channel, &[waiting[1], waiting[2]]);
    for gone in &waiting[..3] {
        bot.until_kept(*gone, |it| it.state == MessageState::Withdrawn)
            .await;
    }
    one.reply("1");
    let turn = script.next_turn().await;
    assert_eq!(turn.texts(), ["five"]);
    turn.reply("5");
    assert_eq!(texts(&bot.said(2).await), ["1", "5"]);
    let counts = bot.store.counts().await.unwrap();
    assert_eq!(counts.messages_in(MessageState::Withdrawn), 3);
    assert_eq!(counts.received, 5);
}

#[tokio::test]
async fn s19_what_is_told_to_be_deleted_before_it_comes_is_not_answered() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let bot = Bot::started(agent).await;
    bot.say("before");
    bot.said(1).await;
    bot.discord.swap_next_events();
    let gone = bot.say("gone");
    bot.discord.delete(bot.channel, gone);
    bot.say("after");
    assert_eq!(texts(&bot.said(2).await), ["before", "after"]);
    assert!(bot.kept(gone).await.is_none());
}

#[tokio::test]
async fn s19_a_mention_that_is_added_by_an_edit_is_heard_once() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    bot.answering().trigger = Trigger::Mention;
    bot.start().await;
    let one = bot.say("one");
    let two = bot.say("two");
    let mention = bot.discord.mention(bot.discord.bot());
    bot.discord.edit(bot.channel, two, "zwei");
    bot.discord
        .edit(bot.channel, one, &format!("{mention} eins"));
    bot.said(1).await;
    bot.discord
        .edit(bot.channel, one, &format!("{mention} uno"));
    assert!(bot.said(2).await[1].content.contains("too late"));
    bot.discord.say_to_bot(bot.channel, bot.ann, "three");
    assert_eq!(texts(&bot.said(3).await)[2..], ["three"]);
    assert_eq!(bot.store.counts().await.unwrap().received, 2);
}

#[tokio::test]
async fn s19_an_old_message_that_is_edited_where_all_is_answered_is_no_new_one() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    let old = bot.say("before it came");
    bot.start().await;
    bot.discord.edit(bot.channel, old, "before it came, still");
    bot.say("now");
    assert_eq!(texts(&bot.said(1).await), ["now"]);
    assert_eq!(bot.store.counts().await.unwrap().received, 1);
}

#[tokio::test]
async fn s19_what_was_edited_or_deleted_while_it_was_away_is_seen_where_it_still_waits() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::new(agent).await;
    bot.settings.chat.direct = Some(Answering {
        trigger: Trigger::Every,
        ..Answering::by(BOB)
    });
    bot.start().await;
    bot.say("one");
    let one = script.next_turn().await;
    let waiting: Vec<_> = ["two", "three", "four"].map(|it| bot.say(it)).into();
    bot.until_kept(waiting[2], |_| true).await;
    // The session ends, and Discord reports nothing from the outage.
    bot.discord.set_gateway_down(true);
    bot.discord.drop_sockets(None);
    bot.discord.until_disconnected().await;
    bot.discord.edit(bot.channel, waiting[0], "zwei");
    bot.discord.delete(bot.channel, waiting[1]);
    bot.discord.forget_sessions();
    bot.discord.set_gateway_down(false);
    bot.until_kept(waiting[0], |it| it.text == "zwei").await;
    bot.until_kept(waiting[1], |it| it.state == MessageState::Withdrawn)
        .await;
    one.reply("1");
    let two = script.next_turn().await;
    assert_eq!(two.texts(), ["zwei"]);
    two.reply("2");
    let four = script.next_turn().await;
    assert_eq!(four.texts(), ["four"]);
}

#[tokio::test]
async fn s19_an_edit_of_which_only_what_is_new_is_told_is_looked_up() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.say("one");
    let one = script.next_turn().await;
    let two = bot.say("two");
    bot.until_kept(two, |_| true).await;
    bot.discord.tell_event_oddly("MESSAGE_UPDATE", |it| {
        let part = json!({
            "id": it["id"], "channel_id": it["channel_id"], "guild_id": it["guild_id"],
            "content": it["content"], "edited_timestamp": it["edited_timestamp"],
        });
        *it = part;
    });
    bot.discord.edit(bot.channel, two, "zwei");
    bot.until_kept(two, |it| it.text == "zwei").await;
    one.reply("1");
    assert_eq!(script.next_turn().await.texts(), ["zwei"]);
}

#[tokio::test]
async fn s19_a_mention_that_is_added_where_nothing_was_read_brings_no_old_message_back() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    bot.settings.chat.direct = Some(Answering {
        trigger: Trigger::Every,
        ..Answering::by(BOB)
    });
    let direct = bot.discord.direct(bot.ann);
    let old = (0..5).map(|n| bot.discord.say(direct, bot.ann, &format!("old {n}")));
    let old: Vec<_> = old.collect();
    bot.start().await;
    let mention = bot.discord.mention(bot.discord.bot());
    bot.discord
        .edit(direct, old[0], &format!("{mention} and now?"));
    bot.discord.until_bot_said(direct, 1).await;
    bot.discord.say(direct, bot.ann, "new");
    let said = bot.discord.until_bot_said(direct, 2).await;
    assert_eq!(texts(&said), ["and now?", "new"]);
    assert_eq!(bot.store.counts().await.unwrap().received, 2);
}
