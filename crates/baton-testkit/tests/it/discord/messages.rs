//! Messages in both directions.

use baton_testkit::discord::{Discord, Fault, Said};
use serde_json::json;
use twilight_model::gateway::event::Event;

use super::{Bot, id};

#[tokio::test]
async fn a_message_comes_by_the_gateway_and_the_reply_goes_by_http() {
    let discord = Discord::start().await;
    let server = discord.server("Makers");
    let channel = discord.channel(server, "general");
    let ann = discord.person("ann");
    discord.join(server, ann, &[]);
    let mut bot = Bot::new(&discord);
    bot.ready(1).await;
    let said = Said::text(&format!("{} look", discord.mention(discord.bot()))).file(
        "a.txt",
        "text/plain",
        b"hello",
    );
    let asked = discord.send(channel, ann, said);
    let message = bot
        .until("the message", |event| match event {
            Event::MessageCreate(message) => Some(message),
            _ => None,
        })
        .await;
    assert_eq!(message.id, id(asked));
    assert_eq!(message.author.id, id(ann));
    assert_eq!(message.mentions[0].id, id(discord.bot()));
    let file = reqwest::get(&message.attachments[0].url).await.unwrap();
    assert_eq!(file.text().await.unwrap(), "hello");
    let sent = bot
        .client
        .create_message(id(channel))
        .content("Seen.")
        .reply(id(asked));
    sent.await.unwrap();
    let reply = discord.until_bot_said(channel, 1).await.remove(0);
    assert_eq!(reply.content, "Seen.");
    assert_eq!(reply.reply_to, Some(asked));
    assert!(reply.pings.contains(&ann));
    discord.finish();
}

#[tokio::test]
async fn a_lost_answer_and_its_repetition_are_one_message_by_the_nonce() {
    let discord = Discord::start().await;
    let server = discord.server("Makers");
    let channel = discord.channel(server, "general");
    let bot = Bot::new(&discord);
    let body = json!({"content": "once", "nonce": "delivery-7", "enforce_nonce": true});
    let body = body.to_string().into_bytes();
    discord.fail_next("create_message", 1, Fault::LoseAnswer);
    let lost = bot
        .client
        .create_message(id(channel))
        .payload_json(&body)
        .await;
    assert!(lost.is_err());
    assert_eq!(discord.messages(channel).len(), 1);
    let again = bot
        .client
        .create_message(id(channel))
        .payload_json(&body)
        .await;
    let again = again.unwrap().model().await.unwrap();
    assert_eq!(again.id, id(discord.messages(channel)[0].id));
    assert_eq!(discord.messages(channel).len(), 1);
    discord.finish();
}
