//! The pause after a rate limit of Telegram: the bot makes no other request in its place.

use std::time::Duration;

use baton_testkit::telegram::Fault;

use super::private_chat::Chatting;

/// The pause that Telegram asks for.
const LIMITED: Duration = Duration::from_secs(40);

/// The requests that show something in a chat, and that no limit of Baton counts.
const UNCOUNTED: [&str; 3] = ["sendChatAction", "setMessageReaction", "deleteMessage"];

#[tokio::test]
async fn s45_typing_and_reactions_wait_for_the_end_of_a_pause_too() {
    let mut it = Chatting::started().await;
    let first = it.begin_turn("one").await;
    it.bot.telegram.until_typing(it.private).await;
    let fault = Fault::Limited(LIMITED.as_secs());
    it.bot.telegram.fail_next("sendMessage", 1, fault);
    first.reply("1");
    it.bot.telegram.until_request_answered("sendMessage").await;
    let limited = it.bot.telegram.asked().pop().unwrap().at;
    // A turn in the pause types and shows progress, and a second message waits with a reaction.
    it.bot.say("two");
    let second = it.script.next_turn().await;
    it.bot.say("three");
    let typed = it.bot.telegram.until_asked("sendChatAction", 2);
    it.while_time_passes(typed).await;
    second.reply("2");
    let said = it.bot.said(1);
    it.while_time_passes(said).await;
    it.script.next_turn().await.reply("3");
    let said = it.bot.said(2);
    it.while_time_passes(said).await;
    for asked in it.bot.telegram.asked() {
        let is_late = asked.at <= limited || asked.at.since(limited) >= LIMITED;
        let is_uncounted = UNCOUNTED.contains(&asked.method.as_str());
        assert!(is_late || !is_uncounted, "in the pause: {asked:?}");
    }
}
