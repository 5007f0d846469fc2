//! Commands, buttons and forms.

use std::time::Duration;

use baton_testkit::clock::SimClock;
use baton_testkit::discord::{Discord, Snowflake, permission};
use serde_json::{Value, json};
use twilight_model::application::interaction::{Interaction, InteractionData};
use twilight_model::gateway::event::Event;

use super::{Bot, http, id};

const AGENT: &str = "DiscordBot (https://example.org, 1.0)";

struct Place {
    discord: Discord,
    server: Snowflake,
    channel: Snowflake,
    ann: Snowflake,
}

async fn place() -> Place {
    let discord = Discord::start().await;
    discord.check_answers();
    let server = discord.server("Makers");
    let channel = discord.channel(server, "general");
    let ann = discord.person("ann");
    discord.join(server, ann, &[]);
    Place {
        discord,
        server,
        channel,
        ann,
    }
}

async fn ask(discord: &Discord, method: &str, path: &str, body: Value) -> (u16, Value) {
    let url = format!("{}/api/v10{path}", discord.rest_url());
    let request = http()
        .request(method.parse().unwrap(), url)
        .header("user-agent", AGENT);
    let request = request.header("authorization", format!("Bot {}", discord.token()));
    let request = if body.is_null() {
        request
    } else {
        request.json(&body)
    };
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

async fn register(discord: &Discord, server: Snowflake, commands: Value) -> (u16, Value) {
    let path = format!(
        "/applications/{}/guilds/{server}/commands",
        discord.application()
    );
    ask(discord, "PUT", &path, commands).await
}

async fn next(bot: &mut Bot) -> Interaction {
    bot.until("an interaction", |event| match event {
        Event::InteractionCreate(interaction) => Some(interaction.0),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn a_command_is_deferred_and_answered_later() {
    let Place {
        discord,
        server,
        channel,
        ann,
    } = place().await;
    let status = json!({
        "name": "status", "description": "What runs",
        "options": [{"type": 3, "name": "which", "description": "Which", "required": true}],
    });
    let (code, first) = register(&discord, server, json!([status])).await;
    assert_eq!(code, 200);
    let (_, again) = register(&discord, server, json!([status])).await;
    assert_eq!(first[0]["id"], again[0]["id"], "the same name keeps its id");
    let mut bot = Bot::new(&discord);
    bot.ready(1).await;
    let asked = discord.command(channel, ann, "status", &[("which", json!("all"))]);
    let interaction = next(&mut bot).await;
    let Some(InteractionData::ApplicationCommand(data)) = &interaction.data else {
        panic!("{interaction:?}");
    };
    assert_eq!(data.name, "status");
    assert_eq!(interaction.author_id(), Some(id(ann)));
    let path = format!("/interactions/{asked}/{}/callback", interaction.token);
    let (code, _) = ask(
        &discord,
        "POST",
        &path,
        json!({"type": 5, "data": {"flags": 64}}),
    )
    .await;
    assert_eq!(code, 204);
    assert!(discord.until_acknowledged(asked).await < Duration::from_secs(3));
    let client = bot.client.interaction(id(discord.application()));
    let update = client
        .update_response(&interaction.token)
        .content(Some("Two run."));
    let message = update.await.unwrap().model().await.unwrap();
    assert_eq!(message.content, "Two run.");
    let seen = discord.until_answered(asked).await;
    assert_eq!(
        (seen.content.as_str(), seen.only_for),
        ("Two run.", Some(ann))
    );
    assert_eq!(discord.messages(channel).len(), 0, "only ann sees it");
    client
        .create_followup(&interaction.token)
        .content("More.")
        .await
        .unwrap();
    discord
        .until_said(channel, |message| message.content == "More.")
        .await;
    discord.finish();
}

#[tokio::test]
async fn a_button_opens_a_form_and_the_form_updates_the_message() {
    let Place {
        discord,
        channel,
        ann,
        ..
    } = place().await;
    let mut bot = Bot::new(&discord);
    bot.ready(1).await;
    let button = json!({"type": 2, "style": 1, "label": "Allow", "custom_id": "allow:7"});
    let body = json!({"content": "May I?", "components": [{"type": 1, "components": [button]}]});
    let (code, sent) = ask(
        &discord,
        "POST",
        &format!("/channels/{channel}/messages"),
        body,
    )
    .await;
    assert_eq!(code, 200);
    let question: Snowflake = sent["id"].as_str().unwrap().parse().unwrap();
    let pressed = discord.press(channel, question, "allow:7", ann);
    let interaction = next(&mut bot).await;
    assert_eq!(interaction.message.as_ref().unwrap().id, id(question));
    let input = json!({"type": 4, "custom_id": "why", "style": 1, "label": "Why?"});
    let form = json!({"type": 9, "data": {
        "custom_id": "form:7", "title": "Why?", "components": [{"type": 1, "components": [input]}],
    }});
    let path = format!("/interactions/{pressed}/{}/callback", interaction.token);
    assert_eq!(ask(&discord, "POST", &path, form).await.0, 204);
    discord.until_form(pressed).await;
    let filled = discord.submit(pressed, &[("why", "because")]);
    let interaction = next(&mut bot).await;
    let Some(InteractionData::ModalSubmit(data)) = &interaction.data else {
        panic!("{interaction:?}");
    };
    assert_eq!(data.custom_id, "form:7");
    let path = format!(
        "/interactions/{filled}/{}/callback?with_response=true",
        interaction.token
    );
    let update = json!({"type": 7, "data": {"content": "Allowed.", "components": []}});
    let (code, answer) = ask(&discord, "POST", &path, update).await;
    assert_eq!(
        (code, &answer["resource"]["message"]["content"]),
        (200, &json!("Allowed."))
    );
    let message = discord.message(channel, question).unwrap();
    assert_eq!(
        (message.content.as_str(), message.components.len()),
        ("Allowed.", 0)
    );
    discord.finish();
}

#[tokio::test]
async fn a_first_answer_comes_once_and_in_time() {
    let clock = SimClock::shared();
    let discord = Discord::start_with(clock.clone()).await;
    let server = discord.server("Makers");
    let channel = discord.channel(server, "general");
    let ann = discord.person("ann");
    discord.join(server, ann, &[]);
    register(
        &discord,
        server,
        json!([{"name": "stop", "description": "Stop"}]),
    )
    .await;
    let path =
        |asked: Snowflake| format!("/interactions/{asked}/interaction-token-{asked}/callback");
    let answer = json!({"type": 4, "data": {"content": "Stopped."}});
    let asked = discord.command(channel, ann, "stop", &[]);
    assert_eq!(
        ask(&discord, "POST", &path(asked), answer.clone()).await.0,
        204
    );
    let (code, twice) = ask(&discord, "POST", &path(asked), answer.clone()).await;
    assert_eq!((code, &twice["code"]), (400, &json!(40060)));
    let asked = discord.command(channel, ann, "stop", &[]);
    clock.advance(Duration::from_millis(3001));
    let (code, late) = ask(&discord, "POST", &path(asked), answer).await;
    assert_eq!((code, &late["code"]), (404, &json!(10062)));
    assert_eq!(discord.take_violations().len(), 2);
}

#[tokio::test]
#[should_panic(expected = "may not use /reset")]
async fn a_command_is_offered_only_to_those_who_may_use_it() {
    let Place {
        discord,
        server,
        channel,
        ann,
    } = place().await;
    let needed = permission::MANAGE_MESSAGES.to_string();
    let reset =
        json!({"name": "reset", "description": "Forget", "default_member_permissions": needed});
    register(&discord, server, json!([reset])).await;
    let role = discord.role(server, "moderators", permission::MANAGE_MESSAGES);
    let bob = discord.person("bob");
    discord.join(server, bob, &[role]);
    discord.command(channel, bob, "reset", &[]);
    discord.command(channel, ann, "reset", &[]);
}

#[tokio::test]
async fn commands_that_discord_does_not_take_are_violations() {
    let Place {
        discord, server, ..
    } = place().await;
    let wrong = [
        (
            json!([{"name": "Reset", "description": "x"}]),
            "no name for a command",
        ),
        (
            json!([{"name": "a", "description": "x"}, {"name": "a", "description": "y"}]),
            "there twice",
        ),
        (json!([{"name": "a", "description": ""}]), "no description"),
        (
            json!([{"name": "a", "description": "x", "option": []}]),
            "option is not a known property",
        ),
    ];
    for (commands, expected) in wrong {
        assert_eq!(
            register(&discord, server, commands).await.0,
            400,
            "{expected}"
        );
        let found = discord.take_violations();
        assert!(
            found.iter().any(|found| found.what.contains(expected)),
            "{expected}: {found:?}"
        );
    }
    discord.finish();
}
