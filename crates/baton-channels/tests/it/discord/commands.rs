//! What people tell Baton itself.

use std::time::Duration;

use baton_channels::discord::translations::{Kind, Translation, Translations, Words};
use baton_channels::discord::{Answering, Covers, OfferedIn, PlaceSettings};
use baton_core::agent::Reply;
use baton_core::clock::Clock;
use baton_testkit::clock::SimClock;
use baton_testkit::discord::{Fault, Held, Message, Scope, permission};
use baton_testkit::scripted_agent::{answering, scripted};
use serde_json::{Value, json};

use super::bot::{BOB, Bot, id};

#[tokio::test]
async fn s07_a_stop_reaches_a_busy_conversation_while_all_turns_are_taken() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::new(agent).await;
    bot.limits.turns = 1;
    bot.start().await;
    bot.discord.until_command(None, "stop").await;
    bot.say("long");
    let turn = script.next_turn().await;
    bot.say("waits");
    let stop = bot.discord.command(bot.channel, bot.ann, "stop", &[]);
    turn.stopped().await;
    let answer = bot.discord.until_answered(stop).await;
    assert!(answer.content.starts_with("Stopped."), "{}", answer.content);
    assert_eq!(answer.only_for, Some(bot.ann));
    drop(turn);
    let next = script.next_turn().await;
    assert_eq!(next.texts(), ["waits"]);
    next.reply("done");
    bot.discord
        .until_said(bot.channel, |message| message.content == "done")
        .await;
}

/// "Within a second": the clock that the program, the store and Discord share stands still, so the stop and
/// its answer take no time at all. "The global limit" in both senses: all turns that may run do, and Discord
/// has us send nothing; the answer to an interaction does not count there.
#[tokio::test]
async fn s07_a_stop_takes_no_time_while_all_turns_are_taken_and_discord_limits_all_else() {
    const LIMITED: Duration = Duration::from_secs(4);
    let (agent, mut script) = scripted();
    let clock = SimClock::shared();
    let mut bot = Bot::on(clock.clone(), agent).await;
    bot.limits.turns = 2;
    let other = bot.discord.channel(bot.server, "other");
    bot.start().await;
    bot.discord.until_command(None, "stop").await;
    bot.say("long");
    let long = script.next_turn().await;
    bot.discord.say(other, bot.ann, "short");
    let short = script.next_turn().await;
    for channel in [bot.channel, other] {
        bot.discord.until_typing(channel).await;
    }
    let limit = Fault::Limited(Scope::Global, 4_000);
    bot.discord.fail_next("create_message", 1, limit);
    short.reply("1");
    clock.someone_sleeps(LIMITED).await;
    let (asked, now) = (bot.discord.asked().len(), clock.steady());
    bot.discord
        .say(other, bot.ann, "takes the turn that is free");
    let second = script.next_turn().await;
    bot.say("waits");
    bot.discord.say(other, bot.ann, "waits too");
    let stop = bot.discord.command(bot.channel, bot.ann, "stop", &[]);
    long.stopped().await;
    let answer = bot.discord.until_answered(stop).await;
    assert!(answer.content.starts_with("Stopped."), "{}", answer.content);
    assert_eq!(clock.steady(), now);
    for asked in &bot.discord.asked()[asked..] {
        let of_interaction = [
            "create_interaction_response",
            "update_original_webhook_message",
        ];
        assert!(
            of_interaction.contains(&asked.operation.as_str()),
            "{asked:?}"
        );
    }
    drop(long);
    let next = script.next_turn().await;
    assert_eq!(next.texts(), ["waits"]);
    clock.advance(LIMITED);
    let sent = |message: &Message| message.content == "1";
    bot.discord.until_said(other, sent).await;
    drop((next, second));
}

#[tokio::test]
async fn commands_are_called_and_told_of_in_peoples_own_languages() {
    let said = |locale: &str, command: &str, option: Option<&str>, kind, text: &str| Translation {
        locale: locale.to_owned(),
        of: Words {
            command: command.to_owned(),
            option: option.map(str::to_owned),
            kind,
        },
        text: text.to_owned(),
    };
    let (translations, wrong) = Translations::new([
        said("de", "reset", None, Kind::Name, "vergessen"),
        said("fr", "reset", None, Kind::Name, "oublier"),
        said("de", "reset", None, Kind::Description, "Vergiss alles"),
        said("de", "trace", Some("number"), Kind::Name, "nummer"),
        said(
            "de",
            "trace",
            Some("number"),
            Kind::Description,
            "Ihre Nummer",
        ),
    ]);
    assert_eq!(wrong, []);
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    bot.settings.translations = translations;
    bot.start().await;
    bot.discord.until_command(None, "trace").await;
    let commands = bot.discord.commands(None);
    let command = |own: &str| {
        let mut commands = commands.iter();
        commands.find(|command| command["name"] == own).unwrap()
    };
    let reset = command("reset");
    assert_eq!(
        reset["name_localizations"],
        json!({ "de": "vergessen", "fr": "oublier" })
    );
    let described = json!({ "de": "Vergiss alles" });
    assert_eq!(reset["description_localizations"], described);
    let trace = command("trace");
    assert_eq!(trace["name_localizations"], json!(null));
    let number = &trace["options"][0];
    assert_eq!(number["name_localizations"], json!({ "de": "nummer" }));
    let described = json!({ "de": "Ihre Nummer" });
    assert_eq!(number["description_localizations"], described);
}

#[tokio::test]
async fn each_command_is_answered_to_whoever_gave_it() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let bot = Bot::started(agent).await;
    bot.discord.until_command(None, "trace").await;
    let told = async |name: &str, options: &[(&str, serde_json::Value)]| {
        let given = bot.discord.command(bot.channel, bot.ann, name, options);
        let answer = bot.discord.until_answered(given).await;
        assert_eq!(answer.only_for, Some(bot.ann));
        let embed = answer.embeds.first();
        let embed = embed.and_then(|embed| embed["description"].as_str());
        format!("{}{}", answer.content, embed.unwrap_or_default())
    };
    assert_eq!(
        told("queue", &[]).await,
        "nobody has written to bob here yet"
    );
    bot.say("hello");
    let us = bot.discord.bot();
    let answer = |message: &Message| message.content == "hello" && message.author == us;
    bot.discord.until_said(bot.channel, answer).await;
    let status = told("status", &[]).await;
    assert!(status.contains("nothing runs"), "{status}");
    assert_eq!(told("queue", &[]).await, "Nothing waits here.");
    assert_eq!(told("stop", &[]).await, "Nothing runs here.");
    let chosen = told("model", &[("name", json!("opus"))]).await;
    assert!(chosen.contains("`opus`"), "{chosen}");
    let retried = told("retry", &[]).await;
    assert!(retried.starts_with("Nothing was given up"), "{retried}");
    let message = bot.store.counts().await.unwrap().received();
    assert_eq!(message, 1);
    let other = told("trace", &[("number", json!(999))]).await;
    assert_eq!(other, "There is no message 999 in this channel.");
}

#[tokio::test]
async fn a_reset_is_for_who_manages_messages_and_is_confirmed() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let bot = Bot::started(agent).await;
    bot.discord.until_command(None, "reset").await;
    let eve = bot.discord.person("eve");
    let role = bot
        .discord
        .role(bot.server, "keepers", permission::MANAGE_MESSAGES);
    bot.discord.join(bot.server, eve, &[role]);
    bot.say("hello");
    bot.said(1).await;
    let reset = bot.discord.command(bot.channel, eve, "reset", &[]);
    let asked = bot.discord.until_answered(reset).await;
    let pressed = bot.discord.press(bot.channel, asked.id, "reset", eve);
    let answer = bot.discord.until_answered(pressed).await;
    assert!(answer.content.contains("session"), "{}", answer.content);
}

#[tokio::test]
async fn s07_a_stop_waits_for_no_answer_of_discord() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.discord.until_command(None, "stop").await;
    bot.say("long");
    let turn = script.next_turn().await;
    let held = Held::default();
    let responding = "create_interaction_response";
    bot.discord
        .fail_next(responding, 1, Fault::Hold(held.clone()));
    let stop = bot.discord.command(bot.channel, bot.ann, "stop", &[]);
    turn.stopped().await;
    held.release();
    let answer = bot.discord.until_answered(stop).await;
    assert!(answer.content.starts_with("Stopped."), "{}", answer.content);
}

#[tokio::test]
async fn a_command_in_a_thread_that_it_does_not_know_yet_is_answered_without_a_question() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    let thread = bot.discord.thread(bot.channel, None, bot.ann, "talk");
    bot.discord.set_archived(thread, true);
    bot.start().await;
    bot.discord.until_command(None, "status").await;
    let slow = Fault::Hold(Held::default());
    bot.discord.fail("get_channel", slow);
    let status = bot.discord.command(thread, bot.ann, "status", &[]);
    bot.discord.until_acknowledged(status).await;
    bot.discord.until_answered(status).await;
}

#[tokio::test]
async fn a_reset_is_not_confirmed_by_who_may_not_any_more() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let bot = Bot::started(agent).await;
    bot.discord.until_command(None, "reset").await;
    let eve = bot.discord.person("eve");
    let role = bot
        .discord
        .role(bot.server, "keepers", permission::MANAGE_MESSAGES);
    bot.discord.join(bot.server, eve, &[role]);
    let reset = bot.discord.command(bot.channel, eve, "reset", &[]);
    let asked = bot.discord.until_answered(reset).await;
    bot.discord.join(bot.server, eve, &[]);
    let pressed = bot.discord.press(bot.channel, asked.id, "reset", eve);
    let answer = bot.discord.until_answered(pressed).await;
    assert!(
        answer.content.starts_with("Only who may"),
        "{}",
        answer.content
    );
}

/// The names of what is offered, in a server, or everywhere.
fn names(commands: &[Value]) -> Vec<&str> {
    let names = commands.iter().map(|command| command["name"].as_str());
    names.map(|name| name.unwrap()).collect()
}

#[tokio::test]
async fn commands_are_offered_in_our_servers_alone_and_elsewhere_again_where_that_changes() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    let elsewhere = bot.discord.server("Strangers");
    bot.start().await;
    bot.discord.until_command(None, "trace").await;
    let all = bot.discord.commands(None);
    bot.stop().await;

    bot.settings.offered_in = OfferedIn::Servers;
    bot.start().await;
    bot.discord.until_command(Some(bot.server), "trace").await;
    bot.discord.until_commands(None, <[_]>::is_empty).await;
    let ours = bot.discord.commands(Some(bot.server));
    assert_eq!(names(&ours), names(&all));
    assert!(bot.discord.commands(Some(elsewhere)).is_empty());
    bot.stop().await;

    bot.settings.offered_in = OfferedIn::Everywhere;
    bot.start().await;
    bot.discord.until_command(None, "trace").await;
    let ours = bot
        .discord
        .until_commands(Some(bot.server), <[_]>::is_empty);
    ours.await;
}

#[tokio::test]
async fn a_server_that_the_bot_joins_is_offered_them_too_and_who_is_alone_with_it() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    bot.settings.offered_in = OfferedIn::Servers;
    bot.settings.direct = Some(Answering::by(BOB));
    bot.start().await;
    bot.discord.until_command(None, "trace").await;
    for command in bot.discord.commands(None) {
        assert_eq!(command["contexts"], json!([1]), "to who is alone with it");
    }
    bot.discord.until_command(Some(bot.server), "trace").await;
    bot.discord.throw_out(bot.server);
    bot.discord.invite(bot.server);
    bot.discord.until_command(Some(bot.server), "trace").await;
}

#[tokio::test]
async fn what_discord_does_not_take_of_commands_is_offered_again_and_holds_up_no_other() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    bot.settings.offered_in = OfferedIn::Servers;
    let first = bot.discord.server("Away");
    bot.settings.places.push(PlaceSettings {
        covers: Covers::Server(id(first)),
        answering: Answering::by(BOB),
    });
    let put = "bulk_set_guild_application_commands";
    bot.discord.fail_next(put, 1, Fault::Status(503));
    bot.discord
        .fail_next(put, 1, Fault::Limited(Scope::User, 200));
    bot.start().await;
    for server in [bot.server, first] {
        bot.discord.until_command(Some(server), "trace").await;
    }
}

#[tokio::test]
async fn a_server_where_the_bot_may_offer_nothing_holds_up_no_other() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    bot.settings.offered_in = OfferedIn::Servers;
    let other = bot.discord.server("Other");
    bot.settings.places.push(PlaceSettings {
        covers: Covers::Server(id(other)),
        answering: Answering::by(BOB),
    });
    let refused = Fault::Error(403, 50_001, "Missing Access");
    let put = "bulk_set_guild_application_commands";
    bot.discord.fail_next(put, 1, refused);
    bot.start().await;
    // One was refused, whichever it was, and the other is taken.
    bot.discord.until_asked(put, 2).await;
    let offered = |server| bot.discord.commands(Some(server)).len();
    assert_ne!(offered(bot.server), offered(other));
    bot.say("hello");
    bot.said(1).await;
}
