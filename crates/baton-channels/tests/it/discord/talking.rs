//! What people write, and what they are told.

use baton_core::agent::Reply;
use baton_testkit::discord::Fault;
use baton_testkit::scripted_agent::{answering, scripted};

use super::bot::{Bot, texts};

#[tokio::test]
async fn a_reply_quotes_what_it_answers_and_rings_nobody() {
    let (agent, _) = answering(|turn| Ok(Reply::text(format!("<@1> @everyone {}", turn.prompt()))));
    let bot = Bot::started(agent).await;
    let asked = bot.say("hello");
    let said = bot.said(1).await;
    assert_eq!(texts(&said), ["<@1> @everyone hello"]);
    assert_eq!(said[0].reply_to, Some(asked));
    assert!(said[0].pings.is_empty(), "{:?}", said[0].pings);
}

#[tokio::test]
async fn a_bot_hears_no_bot_and_only_what_mentions_it() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    bot.answering().trigger = baton_channels::discord::Trigger::Mention;
    bot.start().await;
    let other = bot.discord.other_bot("robot");
    bot.discord.join(bot.server, other, &[]);
    let to_us = bot.discord.mention(bot.discord.bot());
    bot.say("not for the bot");
    bot.discord
        .say(bot.channel, other, &format!("{to_us} from a bot"));
    bot.say(&format!("{to_us} hello"));
    assert_eq!(texts(&bot.said(1).await), ["hello"]);
    bot.say(&format!("and {to_us}?"));
    assert_eq!(texts(&bot.said(2).await), ["hello", "and ?"]);
}

#[tokio::test]
async fn s02_a_long_turn_holds_up_no_other_channel() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let other = bot.discord.channel(bot.server, "other");
    bot.say("long");
    let long = script.next_turn().await;
    bot.discord.say(other, bot.ann, "short");
    script.next_turn().await.reply("at once");
    let said = bot.discord.until_bot_said(other, 1).await;
    assert_eq!(texts(&said), ["at once"]);
    long.reply("at last");
    assert_eq!(texts(&bot.said(1).await), ["at last"]);
}

#[tokio::test]
async fn s70_a_message_whose_answer_was_lost_is_sent_once() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let bot = Bot::started(agent).await;
    bot.discord
        .fail_next("create_message", 1, Fault::LoseAnswer);
    bot.say("one");
    bot.said(1).await;
    bot.say("two");
    assert_eq!(texts(&bot.said(2).await), ["one", "two"]);
}

#[tokio::test]
async fn a_mention_of_the_role_that_has_its_name_means_it() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    bot.answering().trigger = baton_channels::discord::Trigger::Threads;
    bot.start().await;
    let role = bot.discord.role(bot.server, "Baton", 0);
    let made_for_us = serde_json::json!({ "bot_id": bot.discord.bot().to_string() });
    let server = serde_json::json!({
        "id": bot.server.to_string(),
        "roles": [{ "id": role.to_string(), "tags": made_for_us }],
    });
    bot.discord.send_event("GUILD_CREATE", server);
    bot.say(&format!("<@&{role}> hello"));
    assert_eq!(texts(&bot.said(1).await), ["hello"]);
}
