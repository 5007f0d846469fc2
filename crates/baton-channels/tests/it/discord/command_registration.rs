//! The commands that Discord shows, and their scope.

use baton_channels::discord::OfferedIn;
use baton_channels::discord::translation_rules::TRANSLATION_RULES;
use baton_chat::chat_settings::{Answering, PlaceScope, PlaceSettings};
use baton_chat::command_translations::{CommandTranslations, CommandWords, Translation, WordsKind};
use baton_core::agent::Reply;
use baton_testkit::discord::{Fault, Scope};
use baton_testkit::scripted_agent::answering;
use serde_json::{Value, json};

use super::bot::{BOB, Bot, id};

#[tokio::test]
async fn commands_are_called_and_told_of_in_peoples_own_languages() {
    let said = |locale: &str, command: &str, option: Option<&str>, kind, text: &str| Translation {
        locale: locale.to_owned(),
        of: CommandWords {
            command: command.to_owned(),
            option: option.map(str::to_owned),
            kind,
        },
        text: text.to_owned(),
    };
    let all = [
        said("de", "reset", None, WordsKind::Name, "vergessen"),
        said("fr", "reset", None, WordsKind::Name, "oublier"),
        said("de", "reset", None, WordsKind::Description, "Vergiss alles"),
        said("de", "trace", Some("number"), WordsKind::Name, "nummer"),
        said(
            "de",
            "trace",
            Some("number"),
            WordsKind::Description,
            "Ihre Nummer",
        ),
    ];
    let (translations, wrong) = CommandTranslations::new(all, &TRANSLATION_RULES);
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

/// The names of commands.
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
    bot.settings.chat.direct = Some(Answering::by(BOB));
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
    bot.settings.chat.places.push(PlaceSettings {
        scope: PlaceScope::Workspace(id(first)),
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
    bot.settings.chat.places.push(PlaceSettings {
        scope: PlaceScope::Workspace(id(other)),
        answering: Answering::by(BOB),
    });
    let refused = Fault::Error(403, 50_001, "Missing Access");
    let put = "bulk_set_guild_application_commands";
    bot.discord.fail_next(put, 1, refused);
    bot.start().await;
    // One of the two lists was refused, in any order, and the other was accepted.
    bot.discord.until_asked(put, 2).await;
    let offered = |server| bot.discord.commands(Some(server)).len();
    assert_ne!(offered(bot.server), offered(other));
    bot.say("hello");
    bot.said(1).await;
}

#[tokio::test]
async fn the_command_that_opens_an_activity_stays() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    bot.discord.add_entry_point();
    let before = bot.discord.commands(None);
    bot.start().await;
    bot.discord.until_command(None, "trace").await;
    let is_entry_point = |command: &&Value| command["type"] == 4;
    let after = bot.discord.commands(None);
    let after = after.iter().find(is_entry_point).unwrap();
    for field in ["id", "name", "name_localizations", "handler", "contexts"] {
        assert_eq!(after[field], before[0][field], "{field}");
    }
    bot.stop().await;

    // The removal of Baton's commands also leaves the entry point.
    bot.settings.offered_in = OfferedIn::Servers;
    bot.start().await;
    let alone = |commands: &[Value]| names(commands) == ["launch"];
    bot.discord.until_commands(None, alone).await;
    bot.stop().await;
    bot.start().await;
    bot.discord.until_command(Some(bot.server), "trace").await;
    assert!(alone(&bot.discord.commands(None)));
}

#[tokio::test]
async fn a_name_that_discord_refuses_is_left_out_alone() {
    let named = |locale: &str, command: &str, option: Option<&str>, text: &str| Translation {
        locale: locale.to_owned(),
        of: CommandWords {
            command: command.to_owned(),
            option: option.map(str::to_owned),
            kind: WordsKind::Name,
        },
        text: text.to_owned(),
    };
    let all = [
        named("de", "reset", None, "vergessen"),
        named("fr", "reset", None, "oublier"),
        named("de", "trace", Some("number"), "nummer"),
        named("fr", "trace", Some("number"), "numero"),
    ];
    let (translations, wrong) = CommandTranslations::new(all, &TRANSLATION_RULES);
    assert_eq!(wrong, []);
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    bot.settings.translations = translations;
    for name in ["vergessen", "numero", "stop"] {
        bot.discord.refuse_name(name);
    }
    bot.start().await;
    bot.discord.until_command(None, "trace").await;
    let commands = bot.discord.commands(None);
    assert!(!names(&commands).contains(&"stop"), "its own name");
    let command = |own: &str| {
        let mut commands = commands.iter();
        commands.find(|command| command["name"] == own).unwrap()
    };
    let reset = &command("reset")["name_localizations"];
    assert_eq!(*reset, json!({ "fr": "oublier" }));
    let number = &command("trace")["options"][0]["name_localizations"];
    assert_eq!(*number, json!({ "de": "nummer" }));
}
