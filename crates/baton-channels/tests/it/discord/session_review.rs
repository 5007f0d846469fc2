//! Messages that wait while a new session begins. Only a message that Discord reports as deleted is
//! withdrawn.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use baton_core::message::MessageState;
use baton_testkit::discord::{Said, Snowflake, permission};
use baton_testkit::scripted_agent::scripted;
use serde_json::{Value, json};

use super::bot::Bot;

fn pages(bot: &Bot) -> usize {
    let asked = bot.discord.asked();
    let pages = asked.iter().filter(|it| it.operation == "list_messages");
    pages.count()
}

/// Begins a new session, and waits until the waiting messages were checked.
async fn begin_again(bot: &Bot) {
    let before = pages(bot);
    bot.discord.set_gateway_down(true);
    bot.discord.drop_sockets(None);
    bot.discord.until_disconnected().await;
    bot.discord.forget_sessions();
    bot.discord.set_gateway_down(false);
    bot.discord.until_asked("list_messages", before + 1).await;
    // Messages of a channel are handled in order, so this message is stored after the check.
    let last = bot.say("last");
    bot.until_kept(last, |_| true).await;
}

async fn state(bot: &Bot, message: Snowflake) -> MessageState {
    bot.kept(message).await.unwrap().state
}

#[tokio::test]
async fn s19_what_waits_where_the_bot_may_not_read_back_is_not_taken_for_deleted() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.say("one");
    let _running = script.next_turn().await;
    let waiting = ["two", "three"].map(|it| bot.say(it));
    bot.until_kept(waiting[1], |_| true).await;
    bot.discord
        .forbid(bot.channel, permission::READ_MESSAGE_HISTORY);
    begin_again(&bot).await;
    for message in waiting {
        assert_eq!(state(&bot, message).await, MessageState::Waiting);
    }
}

#[tokio::test]
async fn s19_what_waits_and_comes_without_its_id_is_not_taken_for_deleted() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.say("one");
    let _running = script.next_turn().await;
    let is_odd = Arc::new(AtomicBool::new(false));
    let odd = Arc::clone(&is_odd);
    let hide = move |it: &mut Value| {
        if odd.load(Ordering::Acquire) {
            it["id"] = json!([]);
        }
    };
    let two = Said::text("two").told_oddly(hide);
    let two = bot.discord.send(bot.channel, bot.ann, two);
    let three = bot.say("three");
    bot.until_kept(three, |_| true).await;
    is_odd.store(true, Ordering::Release);
    begin_again(&bot).await;
    for message in [two, three] {
        assert_eq!(state(&bot, message).await, MessageState::Waiting);
    }
}
