//! Projects from `/add-project`.

use std::sync::Arc;

use async_trait::async_trait;
use baton_chat::chat_settings::{Answering, PlaceScope, PlaceSettings, Trigger};
use baton_chat::projects::{AddsProjects, NotAdded, Wanted};
use baton_core::agent::Reply;
use baton_core::persona::{Persona, Personas};
use baton_testkit::discord::{Message, Snowflake, permission};
use baton_testkit::scripted_agent::answering;
use serde_json::json;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::bot::Bot;

/// Reports half of the work, then waits for the notification or the shutdown.
#[derive(Default)]
struct Halfway(Notify);

#[async_trait]
impl AddsProjects for Halfway {
    async fn add(
        &self,
        wanted: Wanted,
        personas: &Personas,
        tell: &(dyn Fn(String) + Send + Sync),
        stop: &CancellationToken,
    ) -> Result<PlaceSettings, NotAdded> {
        tell("half of it".to_owned());
        tokio::select! {
            () = self.0.notified() => {}
            () = stop.cancelled() => {}
        }
        let name = wanted.name.unwrap_or_default();
        let taken = |error: baton_core::persona::NameTaken| NotAdded(error.to_string());
        personas
            .add(Persona::new(name.as_str(), "agent"))
            .map_err(taken)?;
        Ok(PlaceSettings {
            scope: PlaceScope::Chat(wanted.chat),
            answering: Answering {
                trigger: Trigger::Every,
                ..Answering::by(name)
            },
        })
    }
}

/// A bot with this implementation of `/add-project`, and an administrator of the server.
async fn bot(halfway: &Arc<Halfway>) -> (Bot, Snowflake) {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.persona.name.to_string())));
    let mut bot = Bot::new(agent).await;
    bot.settings.chat.projects = Some(Arc::clone(halfway) as Arc<dyn AddsProjects>);
    bot.start().await;
    bot.discord.until_command(None, "add-project").await;
    let eve = bot.keeper("eve", permission::ADMINISTRATOR);
    (bot, eve)
}

const OPTIONS: [(&str, &str); 2] = [("url", "https://example.org/ship"), ("name", "ship")];

#[tokio::test]
async fn it_is_seen_how_far_it_is_and_the_next_message_is_answered_by_the_project() {
    let halfway = Arc::new(Halfway::default());
    let (bot, eve) = bot(&halfway).await;
    let options = OPTIONS.map(|(name, value)| (name, json!(value)));
    let given = bot
        .discord
        .command(bot.channel, eve, "add-project", &options);
    let said = |part: &'static str| {
        let like = move |message: &Message| message.content.contains(part);
        bot.discord.until_said(bot.channel, like)
    };
    bot.discord.until_acknowledged(given).await;
    let seen = said("half of it").await;
    assert_eq!(seen.only_for, Some(eve));
    // Meanwhile, the bot answers as before.
    let first = bot.say("who is there?");
    let answer = |to| move |message: &Message| message.reply_to == Some(to);
    let answered = bot.discord.until_said(bot.channel, answer(first)).await;
    assert_eq!(answered.content, "bob");
    halfway.0.notify_one();
    let ended = said("**ship** answers").await;
    assert_eq!(ended.id, seen.id, "in place of how far it was");
    let second = bot.say("and now?");
    let answered = bot.discord.until_said(bot.channel, answer(second)).await;
    assert_eq!(answered.content, "ship");
}

#[tokio::test]
async fn what_came_of_it_is_told_as_it_is_though_baton_is_stopped_meanwhile() {
    let halfway = Arc::new(Halfway::default());
    let (mut bot, eve) = bot(&halfway).await;
    let options = OPTIONS.map(|(name, value)| (name, json!(value)));
    bot.discord
        .command(bot.channel, eve, "add-project", &options);
    let half = |message: &Message| message.content.contains("half of it");
    bot.discord.until_said(bot.channel, half).await;
    bot.stop().await;
    let is_here = |message: &Message| message.content.contains("**ship** answers");
    bot.discord.until_said(bot.channel, is_here).await;
}

#[tokio::test]
async fn who_administers_nothing_is_refused_though_discord_offers_it_to_them() {
    let halfway = Arc::new(Halfway::default());
    let (bot, _) = bot(&halfway).await;
    bot.discord.open_command(bot.server, "add-project");
    // A member with all other permissions.
    let bea = bot.keeper("bea", !permission::ADMINISTRATOR);
    let options = OPTIONS.map(|(name, value)| (name, json!(value)));
    let given = bot
        .discord
        .command(bot.channel, bea, "add-project", &options);
    let answer = bot.discord.until_answered(given).await;
    assert!(
        answer
            .content
            .contains("Only administrators of this server"),
        "{}",
        answer.content
    );
    assert_eq!(answer.only_for, Some(bea));
}

#[tokio::test]
async fn only_administrators_of_a_server_that_is_configured_may() {
    let halfway = Arc::new(Halfway::default());
    let (bot, eve) = bot(&halfway).await;
    let elsewhere = bot.discord.server("Strangers");
    let channel = bot.discord.channel(elsewhere, "general");
    let role = bot
        .discord
        .role(elsewhere, "keepers", permission::ADMINISTRATOR);
    bot.discord.join(elsewhere, eve, &[role]);
    let options = OPTIONS.map(|(name, value)| (name, json!(value)));
    let given = bot.discord.command(channel, eve, "add-project", &options);
    let answer = bot.discord.until_answered(given).await;
    assert!(
        answer.content.contains("any place in this server"),
        "{}",
        answer.content
    );
    assert_eq!(answer.only_for, Some(eve));
}

#[tokio::test]
async fn nothing_is_offered_where_nothing_can_be_added() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let bot = Bot::started(agent).await;
    bot.discord.until_command(None, "trace").await;
    let commands = bot.discord.commands(None);
    let names: Vec<_> = commands.iter().map(|it| &it["name"]).collect();
    assert!(!names.contains(&&json!("add-project")), "{names:?}");
}
