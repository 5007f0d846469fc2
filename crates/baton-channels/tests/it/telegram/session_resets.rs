//! `/reset` and its button.

use baton_core::agent::Reply;
use baton_core::turn::SessionChange;
use baton_testkit::scripted_agent::{Script, ScriptedTurn, scripted};
use baton_testkit::telegram::{Fault, Message, Standing};
use serde_json::Value;

use super::bot::Bot;

const FORGET: &str = "Forget the session";

/// Ends a turn in a session with this id.
fn reply_in(turn: ScriptedTurn, session: &str) {
    turn.end(Ok(Reply {
        session: SessionChange::Set(session.into()),
        ..Reply::text(session)
    }));
}

/// Ann's message in the private chat is answered. Returns whether its turn has a session.
async fn has_session(bot: &Bot, script: &mut Script, text: &str) -> bool {
    bot.telegram.say(bot.private(), bot.ann, text);
    let turn = script.next_turn().await;
    let has_session = turn.turn.claim.session.is_some();
    reply_in(turn, text);
    let replied = |message: &Message| message.author != Some(bot.ann) && message.text == text;
    bot.telegram.until_said(bot.private(), replied).await;
    has_session
}

/// Ann asks for a reset in the private chat, and gets the card with the button.
async fn ask_for_reset(bot: &Bot) -> Message {
    bot.telegram.say(bot.private(), bot.ann, "/reset");
    let is_card = |message: &Message| message.callback(FORGET).is_some();
    bot.telegram.until_said(bot.private(), is_card).await
}

fn text_of(answer: &Value) -> &str {
    answer["text"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn s10_a_late_or_repeated_press_forgets_no_later_session() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    assert!(!has_session(&bot, &mut script, "one").await);
    assert!(has_session(&bot, &mut script, "two").await);
    let card = ask_for_reset(&bot).await;
    let press = || {
        bot.telegram
            .press_label(bot.private(), card.id, bot.ann, FORGET)
    };
    let told = bot.telegram.until_answered(&press()).await;
    assert!(text_of(&told).contains("begins anew"), "{told}");
    assert!(!has_session(&bot, &mut script, "three").await);
    let told = bot.telegram.until_answered(&press()).await;
    assert!(text_of(&told).contains("forgotten already"), "{told}");
    assert!(has_session(&bot, &mut script, "four").await);
}

#[tokio::test]
async fn without_a_conversation_there_is_nothing_to_forget() {
    let (agent, _) = scripted();
    let bot = Bot::started(agent).await;
    bot.telegram.say(bot.private(), bot.ann, "/reset");
    let said = bot.telegram.until_bot_said(bot.private(), 1).await;
    assert!(said[0].text.contains("nobody has written"), "{said:?}");
}

#[tokio::test]
async fn in_a_group_only_an_administrator_resets() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let eve = bot.telegram.person("Eve");
    bot.telegram.join(bot.group, eve);
    bot.telegram
        .set_standing(bot.group, bot.ann, &Standing::Owner);
    bot.say("one");
    reply_in(script.next_turn().await, "one");
    bot.said(1).await;
    let told = async |person, text: &'static str| {
        let like =
            |message: &Message| message.only_for == Some(person) && message.text.contains(text);
        bot.telegram.until_said(bot.group, like).await
    };
    // Telegram does not say who manages the group.
    let broken = Fault::Error(500, "Internal Server Error", Value::Null);
    bot.telegram.fail_next("getChatAdministrators", 1, broken);
    bot.say("/reset");
    told(bot.ann, "does not say now who manages this group").await;
    bot.telegram.say(bot.group, eve, "/reset");
    told(eve, "Only people who may manage messages here").await;
    bot.say("/reset");
    let card = told(bot.ann, "Forget this conversation's session?").await;
    let name = card.callback(FORGET).unwrap();
    let pressed = bot
        .telegram
        .press_ephemeral(bot.group, card.id, bot.ann, &name);
    let answer = bot.telegram.until_answered(&pressed).await;
    assert!(text_of(&answer).contains("begins anew"), "{answer}");
    bot.say("two");
    let turn = script.next_turn().await;
    assert_eq!(turn.turn.claim.session, None);
    turn.reply("2");
}
