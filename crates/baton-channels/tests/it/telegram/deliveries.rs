//! Deliveries to Telegram: kills, typing, and places that are gone.

use std::time::Duration;

use baton_core::agent::Reply;
use baton_testkit::agent_run::within;
use baton_testkit::clock::SimClock;
use baton_testkit::scripted_agent::{answering, scripted};
use baton_testkit::telegram::{Fault, Held, Message};
use serde_json::Value;

use super::bot::{BOB, Bot, echo_agent, place, texts};
use super::waits::while_pauses_pass;

/// The mark of a message that may be repeated.
const REPEATED: &str = "↻ Possibly repeated:\n\n";

/// An agent that answers with the text of the message.
#[tokio::test]
async fn s70_killed_between_sending_and_recording_a_reply_is_repeated_once_and_marked() {
    let mut bot = Bot::started(echo_agent()).await;
    let held = Held::default();
    bot.telegram
        .fail_next("sendMessage", 1, Fault::Hold(held.clone()));
    bot.say("one");
    bot.said(1).await;
    bot.kill();
    held.release();
    bot.start().await;
    bot.say("two");
    let said = bot.said(3).await;
    let repeated = format!("{REPEATED}one");
    assert_eq!(texts(&said), ["one", &repeated, "two"]);
}

#[tokio::test]
async fn s70_killed_in_a_reply_of_three_messages_only_the_unrecorded_message_is_repeated() {
    let words = ["one", "two", "three"];
    let reply = words.map(|word| format!("{word} {}", "x".repeat(4_000)));
    let reply = reply.join("\n\n");
    let (agent, _) = answering(move |_| Ok(Reply::text(reply.clone())));
    let mut bot = Bot::started(agent).await;
    let held = Held::default();
    bot.telegram.pass_next("sendMessage", 1);
    bot.telegram
        .fail_next("sendMessage", 1, Fault::Hold(held.clone()));
    bot.say("much, please");
    bot.said(2).await;
    bot.kill();
    held.release();
    bot.start().await;
    let said = bot.said(4).await;
    let first_word = |message: &Message| {
        let text = message.text.strip_prefix(REPEATED);
        let word = text.unwrap_or(&message.text).split(' ').next();
        (word.unwrap_or_default().to_owned(), text.is_some())
    };
    let said: Vec<_> = said.iter().map(first_word).collect();
    let expected = [
        ("one", false),
        ("two", false),
        ("two", true),
        ("three", false),
    ];
    assert_eq!(
        said,
        expected.map(|(word, marked)| (word.to_owned(), marked))
    );
}

/// The loss of a place while an answer is due.
#[derive(Clone, Copy, Debug)]
enum LostPlace {
    KickedBot,
    DeletedGroup,
    UnknownGroup,
    DeletedAccount,
    BlockedBot,
    MutedBot,
}

#[tokio::test]
async fn s73_a_reply_without_a_place_is_dead_with_a_reason_and_holds_up_nobody() {
    for (lost, why) in [
        (
            LostPlace::KickedBot,
            "bot was kicked from the supergroup chat",
        ),
        (LostPlace::DeletedGroup, "the group chat was deleted"),
        (LostPlace::UnknownGroup, "chat not found"),
        (LostPlace::DeletedAccount, "user is deactivated"),
        (LostPlace::BlockedBot, "bot was blocked by the user"),
        (
            LostPlace::MutedBot,
            "not enough rights to send text messages",
        ),
    ] {
        let (agent, mut script) = scripted();
        let mut bot = Bot::new(agent).await;
        let eve = bot.telegram.person("Eve");
        let chat = match lost {
            LostPlace::DeletedAccount | LostPlace::BlockedBot => bot.telegram.private(eve),
            _ => bot.telegram.supergroup("Elsewhere", &[eve]),
        };
        bot.settings.chat.places.push(place(&chat.to_string(), BOB));
        bot.start().await;
        bot.telegram.say(chat, eve, "hello");
        let turn = script.next_turn().await;
        match lost {
            LostPlace::KickedBot | LostPlace::BlockedBot => bot.telegram.kick_bot(chat),
            LostPlace::DeletedGroup => bot.telegram.delete_chat(chat),
            LostPlace::UnknownGroup => bot.telegram.forget_chat(chat),
            LostPlace::DeletedAccount => bot.telegram.delete_account(chat),
            LostPlace::MutedBot => {
                let refused = "Bad Request: not enough rights to send text messages to the chat";
                let fault = Fault::Error(400, refused, Value::Null);
                bot.telegram.fail_next("sendMessage", 1, fault);
            }
        }
        turn.reply("to nobody");
        let dead = bot.until_dead().await;
        let reason = dead.reason.unwrap_or_default();
        assert!(reason.contains(why), "{lost:?}: {reason}");
        assert_eq!(dead.text, "to nobody");
        bot.say("hello");
        script.next_turn().await.reply("hi");
        assert_eq!(texts(&bot.said(1).await), ["hi"], "{lost:?}");
    }
}

#[tokio::test]
async fn s75_typing_ends_where_a_turn_fails() {
    let (agent, mut script) = scripted();
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), agent).await;
    bot.limits.retry.attempts = 1;
    bot.start().await;
    bot.say("one");
    let turn = script.next_turn().await;
    bot.telegram.until_typing(bot.group).await;
    let typed_again = bot.telegram.until_asked("sendChatAction", 2);
    within("it types on", while_pauses_pass(&clock, typed_again)).await;
    turn.fail("broken");
    let told = |message: &Message| message.text.contains("broken");
    bot.telegram.until_said(bot.group, told).await;
    bot.until_settled().await;
    assert!(!bot.telegram.is_typing(bot.group));
    let asked = bot.telegram.until_asked("sendChatAction", 2).await.len();
    clock.advance(Duration::from_mins(1));
    // The second turn types once at its beginning.
    bot.say("two");
    script.next_turn().await.reply("2");
    let second = |message: &Message| message.text == "2";
    bot.telegram.until_said(bot.group, second).await;
    let typed = bot.telegram.until_asked("sendChatAction", 2).await.len();
    assert!(typed <= asked + 1, "{typed} after {asked}");
}
