use std::time::Duration;

use baton_chat::command_specs::{CommandAudience, CommandOptionSpec, CommandSpec};
use baton_chat::command_translations::{CommandTranslations, CommandWords, Translation, WordsKind};
use baton_chat::connector::{ActionForm, Button, ButtonLook, FormField, OutgoingFile, Urgency};
use baton_testkit::clock::SimClock;
use baton_testkit::discord::{Discord, Limit, Snowflake};
use serde::Serialize;
use serde_json::{Value, json};

use super::*;
use crate::discord::discord_id::Id;
use crate::discord::translation_rules::TRANSLATION_RULES;
use crate::discord::type_numbers::{CommandContext, MessageFlags};

#[tokio::test]
async fn what_is_counted_together_pauses_together_in_one_channel() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let clock = SimClock::shared();
    let discord = Discord::start_with(clock.clone()).await;
    let server = discord.server("Makers");
    let (here, there) = (
        discord.channel(server, "here"),
        discord.channel(server, "there"),
    );
    let window = Duration::from_mins(1);
    let together = ["trigger_typing_indicator", "create_message"];
    discord.limit_together(
        &together,
        Limit {
            requests: 1,
            window,
        },
    );
    let api = format!("{}/api/v10", discord.rest_url());
    let rest =
        RestClient::new(api.parse().unwrap(), &discord.token().into(), clock.clone()).unwrap();
    let types = async |channel: Snowflake| {
        rest.trigger_typing(channel.to_string().parse().unwrap())
            .await
    };
    let says = async |channel: Snowflake| {
        let channel = channel.to_string().parse().unwrap();
        let message = MessageBody::with_content("hello");
        let sent = rest.create_message(channel, &message, Urgency::NowOrNever);
        sent.await.map(drop)
    };
    let too_fast = |result| matches!(result, Err(RestError::RateLimited { .. }));
    assert_eq!(types(here).await, Ok(()));
    // Discord has not named the bucket of these requests yet.
    assert!(too_fast(says(here).await));
    assert_eq!(discord.limits_exceeded(), 1);
    assert_eq!(says(there).await, Ok(()), "each channel has its own count");
    assert!(too_fast(types(there).await));

    clock.advance(window);
    assert_eq!(types(here).await, Ok(()));
    assert!(too_fast(says(here).await));
    clock.advance(window);
    assert_eq!(says(here).await, Ok(()));
    assert!(too_fast(types(here).await));
    assert_eq!(discord.limits_exceeded(), 1, "Discord was not asked");
}

fn to_value(body: &impl Serialize) -> Value {
    serde_json::to_value(body).unwrap()
}

#[test]
fn a_message_has_only_the_given_fields() {
    let button = Button {
        look: ButtonLook::Secondary,
        label: "Stop".to_owned(),
        name: "stop".to_owned(),
    };
    let rows = json!([{ "type": 1, "components": [
        { "type": 2, "style": 2, "label": "Stop", "custom_id": "stop" },
    ] }]);
    let file = OutgoingFile {
        name: "a.txt".to_owned(),
        content: "a".into(),
    };

    assert_eq!(to_value(&MessageBody::default()), json!({}));
    let message = MessageBody::with_content("hello");
    let none = json!({ "parse": [] });
    let plain = json!({ "content": "hello", "allowed_mentions": none });
    assert_eq!(to_value(&message), plain);
    let message = MessageBody {
        components: arrange_buttons(&[button]),
        nonce: Some("1-2-3".to_owned()),
        enforce_nonce: Some(true),
        allowed_mentions: Some(mention_nobody_in_reply()),
        message_reference: Some(refer_to(Id(7))),
        files: vec![file],
        ..message
    };
    let whole = json!({
        "content": "hello",
        "components": rows,
        "nonce": "1-2-3",
        "enforce_nonce": true,
        "allowed_mentions": { "parse": [], "replied_user": false },
        "message_reference": { "message_id": "7", "fail_if_not_exists": false },
        "attachments": [{ "id": "0", "filename": "a.txt" }],
    });
    assert_eq!(to_value(&message), whole);
    let edit = MessageBody {
        components: Some(Vec::new()),
        ..MessageBody::with_content("done")
    };
    let removes = json!({ "content": "done", "components": [], "allowed_mentions": none });
    assert_eq!(to_value(&edit), removes, "the buttons are removed");
}

#[test]
fn an_interaction_is_answered_in_each_way() {
    let message = MessageBody {
        flags: Some(MessageFlags::EPHEMERAL),
        ..MessageBody::with_content("Done.")
    };
    let data = json!({ "content": "Done.", "allowed_mentions": { "parse": [] }, "flags": 64 });
    let callback = InteractionCallback::message(&message);
    assert_eq!(to_value(&callback), json!({ "type": 4, "data": data }));
    let later = InteractionCallback::deferred_message(MessageFlags::EPHEMERAL);
    assert_eq!(
        to_value(&later),
        json!({ "type": 5, "data": { "flags": 64 } })
    );
    let form = ActionForm {
        name: "form".to_owned(),
        title: "Deny".to_owned(),
        fields: vec![FormField {
            label: "Why?".to_owned(),
            longest: 500,
            required: false,
        }],
    };
    let field = json!({
        "type": 4, "custom_id": "0", "style": 2, "required": false, "max_length": 500,
    });
    let label = json!({ "type": 18, "label": "Why?", "component": field });
    let data = json!({ "custom_id": "form", "title": "Deny", "components": [label] });
    let callback = InteractionCallback::modal(&form);
    assert_eq!(to_value(&callback), json!({ "type": 9, "data": data }));
}

#[test]
fn a_command_loses_the_refused_words_of_one_language() {
    let spec = CommandSpec {
        name: "trace",
        description: "Shows a message",
        options: vec![CommandOptionSpec {
            name: "number",
            description: "Which message",
            required: true,
            limit: Some(20),
        }],
        audience: CommandAudience::Everybody,
        needs_workspace: false,
    };
    let words = |option: Option<&str>, kind, text: &str| Translation {
        locale: "de".to_owned(),
        of: CommandWords {
            command: "trace".to_owned(),
            option: option.map(str::to_owned),
            kind,
        },
        text: text.to_owned(),
    };
    let all = [
        words(None, WordsKind::Name, "spur"),
        words(Some("number"), WordsKind::Description, "Welche Nachricht"),
    ];
    let (translations, wrong) = CommandTranslations::new(all, &TRANSLATION_RULES);
    assert_eq!(wrong, []);
    let contexts = vec![CommandContext::GUILD, CommandContext::BOT_DM];
    let mut command = CommandDefinition::new(&spec, &translations, Some(contexts));
    let option = |words: Value| {
        json!({
            "type": 3,
            "name": "number",
            "description": "Which message",
            "required": true,
            "max_length": 20,
            "description_localizations": words,
        })
    };
    let whole = |words: Value| {
        json!({
            "name": "trace",
            "description": "Shows a message",
            "type": 1,
            "options": [option(words)],
            "contexts": [0, 1],
            "name_localizations": { "de": "spur" },
        })
    };
    assert_eq!(
        to_value(&command),
        whole(json!({ "de": "Welche Nachricht" }))
    );
    for path in [
        "name_localizations.fr",
        "description_localizations.de",
        "options.1.name_localizations.de",
        "options.0.name",
    ] {
        assert_eq!(command.remove_words(path), None, "{path}");
    }
    let path = "options.0.description_localizations.de._errors";
    let removed = command.remove_words(path);
    assert_eq!(removed.as_deref(), Some("Welche Nachricht"));
    assert_eq!(to_value(&command), whole(json!({})));
}
