//! Messages of people, and the answers.

use baton_core::agent::Reply;
use baton_testkit::discord::{Fault, Said};
use baton_testkit::scripted_agent::{answering, scripted};

use serde_json::json;

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
    bot.answering().trigger = baton_chat::chat_settings::Trigger::Mention;
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
async fn an_answer_to_the_bot_is_for_it_also_where_it_rings_nobody() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    bot.answering().trigger = baton_chat::chat_settings::Trigger::Threads;
    bot.start().await;
    let to_us = bot.discord.mention(bot.discord.bot());
    let asked = bot.say(&format!("{to_us} hello"));
    let ours = bot.said(1).await[0].id;
    let answer = |message, text| {
        let said = Said::text(text).reply_to(message).quietly();
        bot.discord.send(bot.channel, bot.ann, said)
    };
    answer(asked, "not for the bot");
    answer(ours, "and then?");
    assert_eq!(texts(&bot.said(2).await), ["hello", "and then?"]);
}

#[tokio::test]
async fn what_is_no_text_is_said_in_words() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let bot = Bot::started(agent).await;
    let send = |said| bot.discord.send(bot.channel, bot.ann, said);
    let poll = json!({ "poll": {
        "question": { "text": "When?" }, "allow_multiselect": false, "layout_type": 1,
        "answers": [{ "answer_id": 1, "poll_media": { "text": "now" } },
                    { "answer_id": 2, "poll_media": { "text": "later" } }],
    } });
    let wave = json!({ "sticker_items": [{ "id": "1", "name": "Wave", "format_type": 1 }] });
    let frame = json!({ "embeds": [{ "type": "rich", "title": "Build 5", "description": "It failed.",
        "fields": [{ "name": "step", "value": "test", "inline": false }] }] });
    let passed_on = json!({
        "message_reference": { "type": 1, "channel_id": "5", "message_id": "6" },
        "message_snapshots": [{ "message": {
            "type": 0, "content": "It is broken.\nLook!", "embeds": [], "attachments": [],
            "mentions": [], "mention_roles": [], "flags": 0, "edited_timestamp": null,
            "timestamp": "2026-01-01T00:00:00+00:00", "components": [],
        } }],
    });
    // An empty message does not reach the agent.
    send(Said::text(""));
    send(Said::text("").with(poll));
    send(Said::text("").with(wave));
    send(Said::text("").with(frame.clone()));
    send(Said::text("a link").with(frame));
    send(Said::text("").with(passed_on));
    let said = bot.said(5).await;
    let expected = [
        "Poll: When?\n- now\n- later",
        "[a sticker: Wave]",
        "Build 5\nIt failed.\nstep: test",
        "a link",
        "Forwarded:\n> It is broken.\n> Look!",
    ];
    assert_eq!(texts(&said), expected);
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
    bot.answering().trigger = baton_chat::chat_settings::Trigger::Threads;
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

#[tokio::test]
async fn a_table_that_would_be_thousands_of_times_as_long_when_drawn_is_a_file() {
    let (wide, rows) = ("x".repeat(50_000), "|x|y|\n".repeat(8_000));
    let table = format!("|{wide}|b|\n|-|-|\n{rows}");
    let reply = table.clone();
    let (agent, _) = answering(move |_| Ok(Reply::text(reply.clone())));
    let bot = Bot::started(agent).await;
    bot.say("a table, please");
    let said = bot.said(1).await;
    assert!(said[0].content.ends_with("in reply.md.*"), "{said:?}");
    let sent = String::from_utf8_lossy(&said[0].attachments[0].bytes);
    assert!(sent.trim_end() == table.trim_end(), "{}", sent.len());
}
