//! The tables of Discord, in builds with and without Discord.

use super::says;
use crate::program::Home;

#[cfg(feature = "discord")]
#[test]
fn a_bot_on_discord_is_told_what_is_wrong_with_its_places() {
    let places = "agents.echo.kind = \"echo\"\n\
                  [channels.discord]\ntoken = { env = \"X\" }\napi = \"ftp://x\"\n\
                  [channels.discord.places.a]\nchannel = \"general\"\nagent = \"echo\"\n\
                  [channels.discord.places.b]\nchannel = \"12\"\nagent = \"eco\"\n\
                  [channels.discord.places.c]\nchannel = \"12\"\nagent = \"echo\"\n\
                  speakers = [\"user:1\", \"ann\"]\n\
                  [channels.discord.places.d]\nserver = \"13\"\nchannel = \"14\"\n";
    says(
        places,
        &[
            "baton.toml:4:1: channels.discord.api: this must be an address that begins with https://",
            "baton.toml:6:1: channels.discord.places.a.channel: this is not an id of Discord",
            "baton.toml:10:1: channels.discord.places.b.agent: there is no agent `eco`",
            "another table names the same place",
            "baton.toml:14:23: channels.discord.places.c.speakers.1: write user:ID or role:ID",
            "name the agent or persona that answers here",
            "give either `channel` or `server`",
        ],
    );
    says(
        "[channels.discord]\ntoken = \"MTA.secret\"\n",
        &["must not contain a secret"],
    );
    let named = "agents.echo.kind = \"echo\"\n\
                 [channels.discord]\ntoken = { env = \"X\" }\n\
                 direct.agent = \"echo\"\n\
                 [channels.discord.commands.de]\n\
                 reset = { name = \"Vergessen\", description = \"\" }\nrest.name = \"x\"\n\
                 trace.options = { number.name = \"Nr\", id.name = \"nr\" }\nqueue.name = \"stop\"\n\
                 [channels.discord.commands.german]\nreset.name = \"vergessen\"\n";
    says(
        named,
        &[
            "baton.toml:6:11: channels.discord.commands.de.reset.name: \"Vergessen\" cannot be a name",
            "channels.discord.commands.de.reset.description: a description has 1 to 100 characters",
            "channels.discord.commands.de.rest.name: there is no such command; there are: reset",
            "commands.de.trace.options.number.name: \"Nr\" cannot be a name",
            "commands.de.trace.options.id.name: this command has no such option; it has number",
            "commands.de.queue.name: \"stop\" is the name of `stop` too in this language",
            "channels.discord.commands.german: Discord has no such language",
        ],
    );
    let nowhere = "[channels.discord]\ntoken = { env = \"X\" }\n";
    says(nowhere, &["the bot answers nowhere"]);
}

#[cfg(feature = "discord")]
#[test]
fn what_would_run_names_discord_and_where_its_token_is() {
    let configuration = |places: &str| {
        format!(
            "agents.echo.kind = \"echo\"\n[channels.discord]\n\
             token = {{ env = \"DISCORD_TOKEN\" }}\n{places}"
        )
    };
    let check = |places: &str| {
        let home = Home::with(&configuration(places)).env("DISCORD_TOKEN", "MTA.secret");
        let said = home.run(&["config", "check"]).out;
        let json = home.run(&["config", "check", "--json"]);
        assert!(!format!("{said}{}", json.out).contains("MTA.secret"));
        let line = said.lines().find_map(|line| line.strip_prefix("discord "));
        (line.unwrap().trim().to_owned(), json.json())
    };
    let places = "places.a = { channel = \"12\", agent = \"echo\" }\n\
                  places.b = { server = \"13\", agent = \"echo\" }\n";
    let (said, json) = check(&format!("{places}direct.agent = \"echo\"\n"));
    let token = "the token is in the environment variable DISCORD_TOKEN";
    assert_eq!(said, format!("2 places and direct messages; {token}"));
    let told = serde_json::json!({"places": 2, "direct": true, "token": {"env": "DISCORD_TOKEN"}});
    assert_eq!(json["discord"], told);
    let (said, _) = check("direct.agent = \"echo\"\n");
    assert_eq!(said, format!("direct messages; {token}"));
}

#[cfg(not(feature = "discord"))]
#[test]
fn a_channel_that_this_build_is_without_is_named() {
    says(
        "agents.echo.kind = \"echo\"\n[channels.discord]\ntoken = { env = \"X\" }\n",
        &[
            "baton.toml:2:",
            "channels.discord: this build of Baton has no `discord`",
        ],
    );
    let schema = Home::new().run(&["config", "schema"]).json();
    let discord = &schema["properties"]["channels"]["properties"]["discord"];
    assert!(discord["not"].is_object(), "{discord}");
}
