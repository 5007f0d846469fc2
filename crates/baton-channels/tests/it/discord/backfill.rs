//! Messages written while the bot was away.

use baton_chat::chat_settings::{Answering, Trigger};
use baton_core::agent::Reply;
use baton_testkit::discord::{Fault, Held, permission};
use baton_testkit::scripted_agent::answering;

use super::bot::{BOB, Bot, texts};

#[tokio::test]
async fn s76_what_was_written_while_it_was_away_is_answered_once_and_in_order() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::started(agent).await;
    bot.say("before");
    bot.said(1).await;
    bot.kill().await;
    let missed: Vec<_> = (0..130).map(|n| format!("missed {n}")).collect();
    for text in &missed {
        bot.say(text);
    }
    bot.start().await;
    bot.say("after");
    let said = bot.said(missed.len() + 2).await;
    let mut expected = vec!["before"];
    expected.extend(missed.iter().map(String::as_str));
    expected.push("after");
    assert_eq!(texts(&said), expected);
}

#[tokio::test]
async fn s76_a_session_that_ended_loses_nothing() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let bot = Bot::started(agent).await;
    bot.say("before");
    bot.said(1).await;
    bot.discord.set_gateway_down(true);
    bot.discord.drop_sockets(None);
    bot.discord.until_disconnected().await;
    bot.say("while it was away");
    bot.discord.forget_sessions();
    bot.discord.set_gateway_down(false);
    let said = bot.said(2).await;
    assert_eq!(texts(&said), ["before", "while it was away"]);
}

#[tokio::test]
async fn s76_a_session_that_ended_loses_nothing_of_what_discord_does_not_show_again() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let bot = Bot::started(agent).await;
    let thread = bot.discord.thread(bot.channel, None, bot.ann, "talk");
    bot.discord.say(thread, bot.ann, "before");
    bot.discord.until_bot_said(thread, 1).await;
    bot.discord.set_gateway_down(true);
    bot.discord.drop_sockets(None);
    bot.discord.until_disconnected().await;
    bot.discord.say(thread, bot.ann, "while it was away");
    bot.discord.set_archived(thread, true);
    bot.discord.forget_sessions();
    bot.discord.set_gateway_down(false);
    bot.discord.until_identified(2).await;
    bot.discord.say(thread, bot.ann, "after");
    let said = bot.discord.until_bot_said(thread, 3).await;
    assert_eq!(texts(&said), ["before", "while it was away", "after"]);
}

#[tokio::test]
async fn s09_what_was_answered_is_not_answered_again_after_a_restart() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::started(agent).await;
    bot.discord.double_events(2);
    let one = bot.say("one");
    bot.said(1).await;
    bot.stop().await;
    bot.start().await;
    let again = serde_json::json!({
        "id": one, "channel_id": bot.channel, "guild_id": bot.server, "type": 0,
        "author": { "id": bot.ann, "username": "ann" }, "content": "one",
    });
    bot.discord.send_event("MESSAGE_CREATE", again);
    bot.say("two");
    assert_eq!(texts(&bot.said(2).await), ["one", "two"]);
    assert_eq!(bot.store.counts().await.unwrap().received, 2);
}

#[tokio::test]
async fn what_comes_twice_or_out_of_order_or_with_new_fields_is_answered_once() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let bot = Bot::started(agent).await;
    bot.discord.add_unknown_fields();
    bot.say("one");
    bot.said(1).await;
    bot.discord.swap_next_events();
    bot.say("two");
    bot.say("three");
    bot.said(3).await;
    bot.discord.double_events(1);
    bot.say("four");
    bot.say("five");
    let said = bot.said(5).await;
    let mut said = texts(&said);
    assert_eq!(said[3..], ["four", "five"]);
    said.sort_unstable();
    assert_eq!(said, ["five", "four", "one", "three", "two"]);
}

#[tokio::test]
async fn what_comes_faster_than_it_is_kept_is_fetched_in_order() {
    const MANY: usize = 600;
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    bot.settings.chat.direct = Some(Answering {
        trigger: Trigger::Every,
        ..Answering::by(BOB)
    });
    bot.start().await;
    let direct = bot.discord.direct(bot.ann);
    // Baton first asks for the channel of the message, and Discord does not answer.
    let held = Held::default();
    bot.discord
        .fail_next("get_channel", 1, Fault::Hold(held.clone()));
    let written: Vec<_> = (0..MANY).map(|n| format!("message {n}")).collect();
    for (number, text) in written.iter().enumerate() {
        if number == MANY / 2 {
            bot.discord.until_asked("get_channel", 1).await;
            held.release();
        }
        bot.discord.say(direct, bot.ann, text);
    }
    let said = bot.discord.until_bot_said(direct, MANY).await;
    assert_eq!(texts(&said), written);
}

#[tokio::test]
async fn s76_what_comes_first_does_not_hide_what_was_missed() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    bot.settings.chat.direct = Some(Answering {
        trigger: Trigger::Every,
        ..Answering::by(BOB)
    });
    bot.start().await;
    let direct = bot.discord.direct(bot.ann);
    let thread = bot.discord.thread(bot.channel, None, bot.ann, "talk");
    for place in [direct, thread] {
        bot.discord.say(place, bot.ann, "one");
        bot.discord.until_bot_said(place, 1).await;
    }
    bot.kill().await;
    for place in [direct, thread] {
        bot.discord.say(place, bot.ann, "two");
    }
    bot.discord.set_archived(thread, true);
    // The work at the start of a session never ends.
    let held = Held::default();
    let registering = "bulk_set_application_commands";
    bot.discord
        .fail_next(registering, 1, Fault::Hold(held.clone()));
    bot.start().await;
    for place in [direct, thread] {
        bot.discord.say(place, bot.ann, "three");
        let said = bot.discord.until_bot_said(place, 3).await;
        assert_eq!(texts(&said), ["one", "two", "three"]);
    }
    held.release();
}

#[tokio::test]
async fn s76_what_was_said_where_it_could_not_see_is_not_for_it() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    let hidden = permission::VIEW_CHANNEL;
    bot.discord.forbid(bot.channel, hidden);
    bot.say("among ourselves");
    bot.start().await;
    let open = bot.discord.channel(bot.server, "open");
    bot.discord.say(open, bot.ann, "here");
    bot.discord.until_bot_said(open, 1).await;
    bot.say("still among ourselves");
    bot.discord.forbid(bot.channel, 0);
    bot.kill().await;
    bot.start().await;
    bot.say("come in");
    assert_eq!(texts(&bot.said(1).await), ["come in"]);
}

#[tokio::test]
async fn s76_what_was_said_while_it_was_shut_out_is_not_for_it() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::started(agent).await;
    bot.say("before");
    bot.said(1).await;
    bot.discord.forbid(bot.channel, permission::VIEW_CHANNEL);
    bot.kill().await;
    bot.say("among ourselves");
    bot.start().await;
    let open = bot.discord.channel(bot.server, "open");
    bot.discord.say(open, bot.ann, "here");
    bot.discord.until_bot_said(open, 1).await;
    bot.discord.forbid(bot.channel, 0);
    bot.say("come in");
    assert_eq!(texts(&bot.said(2).await), ["before", "come in"]);
}

#[tokio::test]
async fn s55_threads_of_another_data_folder_are_not_answered_again() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    bot.answering().thread_per_request = true;
    bot.start().await;
    let asked = bot.say("one");
    let thread = bot.discord.until_thread(asked).await;
    bot.discord.until_bot_said(thread, 1).await;
    bot.discord.say(thread, bot.ann, "two");
    bot.discord.until_bot_said(thread, 2).await;
    bot.kill_and_forget().await;
    bot.start().await;
    bot.discord.say(thread, bot.ann, "three");
    let said = bot.discord.until_bot_said(thread, 3).await;
    assert_eq!(texts(&said), ["one", "two", "three"]);
}

#[tokio::test]
async fn s76_who_wrote_to_it_alone_is_answered_also_after_a_restart() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    bot.settings.chat.direct = Some(Answering {
        trigger: Trigger::Every,
        ..Answering::by(BOB)
    });
    bot.start().await;
    let direct = bot.discord.direct(bot.ann);
    bot.discord.say(direct, bot.ann, "one");
    bot.discord.until_bot_said(direct, 1).await;
    bot.kill().await;
    bot.discord.say(direct, bot.ann, "two");
    // The first requests of the new run all fail.
    bot.discord.fail("get_channel", Fault::Status(503));
    bot.discord.fail("list_messages", Fault::Status(503));
    bot.start().await;
    bot.discord.until_asked("list_messages", 2).await;
    bot.discord.recover();
    let said = bot.discord.until_bot_said(direct, 2).await;
    assert_eq!(texts(&said), ["one", "two"]);
}
