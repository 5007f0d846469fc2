//! Refused requests, and outages of Discord.

use std::time::Duration;

use baton_chat::chat_settings::{PlaceScope, PlaceSettings};
use baton_core::agent::Reply;
use baton_core::delivery::DeliveryState;
use baton_core::message::MessageState;
use baton_testkit::agent_run::within;
use baton_testkit::clock::SimClock;
use baton_testkit::discord::{Fault, Held, Message, Scope, permission};
use baton_testkit::scripted_agent::{answering, scripted};

use super::bot::{Bot, id, texts};

/// The loss of a place while an answer is due.
#[derive(Clone, Copy, Debug)]
enum Loses {
    Channel,
    Thread,
    Permission,
    Bot,
    Key,
}

#[tokio::test]
async fn s73_what_cannot_be_said_any_more_is_dead_with_a_reason_and_holds_up_nobody() {
    for (loses, why) in [
        (Loses::Channel, "was deleted"),
        (Loses::Thread, "was deleted"),
        (
            Loses::Permission,
            "lacks a permission in the channel: Send Messages",
        ),
        (Loses::Bot, "not in the server any more"),
        (Loses::Key, "the thread is locked"),
    ] {
        let (agent, mut script) = scripted();
        let mut bot = Bot::new(agent).await;
        let elsewhere = bot.discord.server("Elsewhere");
        bot.discord.join(elsewhere, bot.ann, &[]);
        let place = PlaceSettings {
            scope: PlaceScope::Workspace(id(elsewhere)),
            answering: bot.answering().clone(),
        };
        bot.settings.chat.places.push(place);
        let mut place = bot.discord.channel(elsewhere, "other");
        if matches!(loses, Loses::Thread | Loses::Key) {
            place = bot.discord.thread(place, None, bot.ann, "talk");
        }
        bot.start().await;
        bot.discord.say(place, bot.ann, "hello");
        let turn = script.next_turn().await;
        match loses {
            Loses::Channel | Loses::Thread => bot.discord.delete_channel(place),
            Loses::Permission => bot.discord.forbid(place, permission::SEND_MESSAGES),
            Loses::Bot => bot.discord.throw_out(elsewhere),
            Loses::Key => bot.discord.set_locked(place, true),
        }
        turn.reply("to nobody");
        bot.say("hello");
        script.next_turn().await.reply("hi");
        assert_eq!(texts(&bot.said(1).await), ["hi"], "{loses:?}");
        let dead = bot.until_dead().await;
        let reason = dead.reason.unwrap();
        assert!(reason.contains(why), "{loses:?}: {reason}");
        assert_eq!(dead.text, "to nobody");
    }
}

#[tokio::test]
async fn who_may_not_read_what_was_said_answers_without_a_quote() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let bot = Bot::started(agent).await;
    bot.discord
        .forbid(bot.channel, permission::READ_MESSAGE_HISTORY);
    bot.say("one");
    let said = bot.said(1).await;
    assert_eq!(texts(&said), ["one"]);
    assert_eq!(said[0].reply_to, None);
}

#[tokio::test]
async fn s74_what_could_not_be_sent_for_ten_minutes_is_sent_after_them_in_order() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), agent).await;
    bot.start().await;
    for operation in ["create_message", "list_messages"] {
        bot.discord.fail(operation, Fault::Status(503));
    }
    for text in ["one", "two", "three"] {
        bot.say(text);
    }
    // Afterwards, only deliveries sleep, because all turns have ended.
    bot.until_counts("three turns end", |counts| {
        counts.messages_in(MessageState::Answered) == 3
    })
    .await;
    // The pauses grow, up to a minute.
    let pauses = [1, 2, 4, 8, 16, 32].into_iter();
    let mut passed = Duration::ZERO;
    for pause in pauses.chain(std::iter::repeat(60)) {
        let pause = Duration::from_secs(pause);
        if passed > Duration::from_mins(10) {
            break;
        }
        passed += within("it waits so long", clock.pass_pause(pause)).await;
    }
    assert_eq!(bot.discord.until_asked("create_message", 1).await.len(), 1);
    bot.discord.recover();
    let pauses = async {
        loop {
            clock.pass_pause(Duration::from_mins(1)).await;
        }
    };
    let said = tokio::select! {
        said = bot.said(3) => said,
        never = pauses => never,
    };
    assert_eq!(texts(&said), ["one", "two", "three"]);
    let counts = bot.store.counts().await.unwrap();
    assert_eq!(counts.deliveries_in(DeliveryState::Dead), 0);
}

#[tokio::test]
async fn s74_what_stands_before_discord_refuses_nothing_for_good() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    bot.limits.retry.first_pause = std::time::Duration::from_millis(20);
    bot.start().await;
    bot.say("before");
    bot.said(1).await;
    bot.kill().await;
    bot.say("one");
    bot.discord
        .fail_next("list_messages", 1, Fault::Status(403));
    let refuses = Fault::Error(403, 40_333, "internal network error");
    bot.discord.fail_next("create_message", 1, refuses);
    bot.discord
        .fail_next("create_message", 1, Fault::Status(429));
    bot.start().await;
    assert_eq!(texts(&bot.said(2).await), ["before", "one"]);
}

#[tokio::test]
async fn s45_a_limit_is_waited_for_and_nobody_hammers() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), agent).await;
    bot.start().await;
    let scopes = [Scope::User, Scope::Shared, Scope::Global];
    // The client waits for a short pause, and the outbox for a long one.
    let pauses = [4_000, 40_000].map(|pause| scopes.map(|scope| (scope, pause)));
    for (times, (scope, pause)) in (1..).zip(pauses.concat()) {
        let limited = Fault::Limited(scope, pause);
        bot.discord.fail_next("create_message", 1, limited);
        bot.say("hello");
        let pause = Duration::from_millis(pause);
        within("it waits so long", clock.someone_sleeps(pause)).await;
        let asked = bot.discord.until_asked("create_message", 1).await;
        assert_eq!(asked.len(), 2 * times - 1, "once too fast");
        clock.advance(pause);
        let said = |said: &[Message]| said.len() == 2 * times;
        bot.discord.until_messages(bot.channel, said).await;
        let asked = bot.discord.until_asked("create_message", 1).await;
        assert_eq!(asked.len(), 2 * times, "and once after the pause");
    }
}

#[tokio::test]
async fn s78_the_token_is_in_no_error() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    bot.settings.token = "not-the-token".into();
    bot.start_unconnected().await;
    let failed = bot.failed().await;
    assert!(failed.contains("does not know the bot's token"), "{failed}");
    assert!(!failed.contains("not-the-token"), "{failed}");
    bot.discord.take_violations();
}

#[tokio::test]
async fn s70_killed_between_sending_and_recording_it_is_seen_once() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    for forgets in [false, true] {
        let mut bot = Bot::started(agent.clone()).await;
        let held = Held::default();
        bot.discord
            .fail_next("create_message", 1, Fault::Hold(held.clone()));
        bot.say("one");
        bot.said(1).await;
        bot.kill().await;
        if forgets {
            // Discord remembers a nonce for some minutes.
            bot.discord.forget_nonces();
        }
        held.release();
        bot.start().await;
        bot.say("two");
        assert_eq!(texts(&bot.said(2).await), ["one", "two"]);
    }
}

#[tokio::test]
async fn s70_a_message_whose_answer_was_lost_is_sent_once_where_nothing_can_be_looked_at() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    bot.limits.retry.first_pause = Duration::from_millis(20);
    bot.start().await;
    let missing = Fault::Error(403, 50_001, "Missing Access");
    bot.discord.fail("list_messages", missing);
    bot.discord
        .fail_next("create_message", 1, Fault::LoseAnswer);
    bot.say("one");
    bot.say("two");
    // Only the nonce lets Discord recognize the second try.
    assert_eq!(texts(&bot.said(2).await), ["one", "two"]);
    bot.discord.until_asked("create_message", 3).await;
}

#[tokio::test]
async fn s70_a_message_with_an_unreadable_answer_is_sent_once_where_nothing_can_be_looked_at() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    bot.limits.retry.first_pause = Duration::from_millis(20);
    bot.start().await;
    let missing = Fault::Error(403, 50_001, "Missing Access");
    bot.discord.fail("list_messages", missing);
    let unreadable = Fault::Answer {
        status: 200,
        headers: Vec::new(),
        body: b"[7]".to_vec(),
    };
    bot.discord.fail_next("create_message", 1, unreadable);
    bot.say("one");
    bot.say("two");
    // The fake Discord keeps no message behind the unreadable answer, so a second try would be visible.
    assert_eq!(texts(&bot.said(1).await), ["two"]);
    assert_eq!(bot.discord.until_asked("create_message", 2).await.len(), 2);
}

#[tokio::test]
async fn a_file_that_discord_does_not_take_keeps_no_reply_back() {
    let long = "A paragraph.\n\n".repeat(2_500);
    let (agent, _) = answering(move |_| Ok(Reply::text(long.clone())));
    let bot = Bot::started(agent).await;
    let too_large = Fault::Error(413, 40_005, "Request entity too large");
    bot.discord.fail_next("create_message", 1, too_large);
    bot.say("much, please");
    let said = bot.said(1).await;
    assert!(said[0].content.starts_with("A paragraph."));
    assert!(said[0].content.contains("reply.md"), "{}", said[0].content);
    assert!(said[0].attachments.is_empty());
}

#[tokio::test]
async fn s70_what_was_sent_of_a_long_reply_is_not_sent_again_after_a_long_pause() {
    let long = (0..200).map(|n| format!("Paragraph number {n}.\n\n"));
    let long: String = long.collect();
    let (agent, _) = answering(move |_| Ok(Reply::text(long.clone())));
    let mut bot = Bot::new(agent).await;
    bot.limits.retry.first_pause = Duration::from_millis(20);
    bot.start().await;
    let held = Held::default();
    bot.discord
        .fail_next("create_message", 1, Fault::Hold(held.clone()));
    let refused = Fault::Error(401, 0, "401: Unauthorized");
    bot.discord.fail_next("create_message", 1, refused);
    bot.say("much, please");
    bot.said(1).await;
    bot.discord.forget_nonces();
    held.release();
    let said = bot.said(3).await;
    let mut texts = texts(&said);
    let count = texts.len();
    texts.dedup();
    assert_eq!(texts.len(), count, "nothing is there twice");
    bot.stop().await;
    assert_eq!(bot.said(3).await.len(), 3);
}

#[tokio::test]
async fn s70_a_piece_of_one_reply_is_not_taken_for_that_of_another() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::new(agent).await;
    bot.limits.retry.first_pause = std::time::Duration::from_millis(20);
    bot.start().await;
    let reply = |own: &str| format!("{}\n\n{}", own.repeat(1_500), "z".repeat(1_500));
    bot.say("one");
    bot.say("two");
    script.next_turn().await.reply(reply("a"));
    bot.said(2).await;
    let two = script.next_turn().await;
    bot.discord
        .fail_next("create_message", 1, Fault::LoseAnswer);
    bot.discord.fail_next(
        "create_message",
        1,
        Fault::Error(401, 0, "401: Unauthorized"),
    );
    two.reply(reply("b"));
    let said = bot.said(4).await;
    let begin: String = texts(&said).iter().map(|text| &text[..1]).collect();
    assert_eq!(begin, "azbz");
}

#[tokio::test]
async fn a_bot_that_is_shut_out_says_so_at_once_whatever_its_channels_do() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::started(agent).await;
    bot.say("hello");
    bot.said(1).await;
    bot.discord.fail("list_messages", Fault::Status(503));
    bot.discord.invalidate_sessions(false);
    bot.say("missed");
    bot.discord.until_asked("list_messages", 1).await;
    bot.discord.drop_sockets(Some(4_014));
    let failed = bot.failed().await;
    assert!(failed.contains("Message Content Intent"), "{failed}");
}
