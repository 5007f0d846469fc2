//! Threads, permissions, reactions, files, typing.

use baton_testkit::discord::{Discord, Snowflake, permission};
use twilight_http::error::ErrorType;
use twilight_http::request::channel::reaction::RequestReactionType;
use twilight_model::gateway::event::Event;
use twilight_model::http::attachment::Attachment;

use super::{Bot, id};

struct Place {
    discord: Discord,
    server: Snowflake,
    channel: Snowflake,
    ann: Snowflake,
    bot: Bot,
}

async fn place() -> Place {
    let discord = Discord::start().await;
    let server = discord.server("Makers");
    let channel = discord.channel(server, "general");
    let ann = discord.person("ann");
    discord.join(server, ann, &[]);
    let mut bot = Bot::new(&discord);
    bot.ready(1).await;
    Place {
        discord,
        server,
        channel,
        ann,
        bot,
    }
}

/// Discord's own code in an error.
fn code(error: &twilight_http::Error) -> u64 {
    match error.kind() {
        ErrorType::Response {
            error: twilight_http::api_error::ApiError::General(error),
            ..
        } => error.code,
        other => panic!("not an error of Discord: {other:?}"),
    }
}

#[tokio::test]
async fn a_thread_is_begun_once_and_opens_when_somebody_writes() {
    let Place {
        discord,
        channel,
        ann,
        mut bot,
        ..
    } = place().await;
    let asked = discord.say(channel, ann, "a long story");
    let begin = || {
        bot.client
            .create_thread_from_message(id(channel), id(asked), "Story")
    };
    let thread = begin().await.unwrap().model().await.unwrap();
    assert_eq!(thread.id, id(asked), "a thread has its message's id");
    assert_eq!(code(&begin().await.unwrap_err()), 160_004);
    bot.until("the thread", |event| match event {
        Event::ThreadCreate(thread) => Some(thread),
        _ => None,
    })
    .await;
    bot.client
        .update_thread(id(asked))
        .archived(true)
        .await
        .unwrap();
    assert!(discord.is_archived(asked));
    bot.client
        .create_message(id(asked))
        .content("Go on.")
        .await
        .unwrap();
    assert!(!discord.is_archived(asked));
    discord.set_archived(asked, true);
    discord.set_locked(asked, true);
    let locked = bot.client.create_message(id(asked)).content("And?").await;
    assert_eq!(code(&locked.unwrap_err()), 160_005);
    assert_eq!(discord.threads(channel), [asked]);
    discord.finish();
}

#[tokio::test]
async fn what_is_forbidden_or_gone_is_told_as_discord_tells_it() {
    let Place {
        discord,
        channel,
        ann,
        bot,
        ..
    } = place().await;
    let say = || bot.client.create_message(id(channel)).content("Hello.");
    discord.forbid(channel, permission::SEND_MESSAGES);
    assert_eq!(code(&say().await.unwrap_err()), 50013);
    discord.forbid(channel, permission::VIEW_CHANNEL);
    assert_eq!(code(&say().await.unwrap_err()), 50001);
    discord.forbid(channel, 0);
    let theirs = discord.say(channel, ann, "mine");
    let edit = bot
        .client
        .update_message(id(channel), id(theirs))
        .content(Some("yours"));
    assert_eq!(code(&edit.await.unwrap_err()), 50005);
    let quoting = bot
        .client
        .create_message(id(channel))
        .content("x")
        .reply(id(Snowflake(7)));
    assert!(quoting.await.is_err());
    discord.delete_channel(channel);
    assert_eq!(code(&say().await.unwrap_err()), 10003);
    // The quoted message is unknown: an error, but not a violation.
    discord.finish();
}

#[tokio::test]
async fn edits_reactions_files_and_typing_are_seen() {
    let Place {
        discord,
        channel,
        ann,
        mut bot,
        ..
    } = place().await;
    let theirs = discord.say(channel, ann, "look");
    let emoji = RequestReactionType::Unicode { name: "⏳" };
    bot.client
        .create_reaction(id(channel), id(theirs), &emoji)
        .await
        .unwrap();
    discord.until_reaction(channel, theirs, "⏳", true).await;
    bot.client
        .delete_current_user_reaction(id(channel), id(theirs), &emoji)
        .await
        .unwrap();
    discord.until_reaction(channel, theirs, "⏳", false).await;
    bot.client.create_typing_trigger(id(channel)).await.unwrap();
    assert!(discord.is_typing(channel));
    let file = Attachment::from_bytes("a.txt".to_owned(), b"hello".to_vec(), 0);
    let sent = bot
        .client
        .create_message(id(channel))
        .content("one")
        .attachments(&[file])
        .await;
    let sent = sent.unwrap().model().await.unwrap();
    assert!(!discord.is_typing(channel), "who has written types no more");
    assert_eq!(
        discord.messages(channel)[1].attachments[0].bytes.as_ref(),
        b"hello"
    );
    bot.client
        .update_message(id(channel), sent.id)
        .content(Some("two"))
        .await
        .unwrap();
    let seen = &discord.messages(channel)[1];
    assert_eq!(
        (seen.content.as_str(), seen.earlier.as_slice()),
        ("two", ["one".to_owned()].as_slice())
    );
    discord.react(channel, theirs, ann, "⏹");
    let reaction = bot.until("a reaction", |event| match event {
        Event::ReactionAdd(reaction) if reaction.user_id == id(ann) => Some(reaction.0),
        _ => None,
    });
    assert_eq!(reaction.await.message_id, id(theirs));
    discord.edit(channel, theirs, "look here");
    let edited = bot.until("an edit", |event| match event {
        Event::MessageUpdate(message) if message.id == id(theirs) => Some(message.0),
        _ => None,
    });
    assert_eq!(edited.await.content, "look here");
    bot.client
        .delete_message(id(channel), sent.id)
        .await
        .unwrap();
    discord.delete(channel, theirs);
    let deleted = bot.until("a deletion", |event| match event {
        Event::MessageDelete(message) if message.id == id(theirs) => Some(()),
        _ => None,
    });
    deleted.await;
    assert!(discord.messages(channel).is_empty());
    discord.finish();
}

#[tokio::test]
async fn a_server_its_members_and_direct_messages_can_be_read() {
    let Place {
        discord,
        server,
        ann,
        bot,
        ..
    } = place().await;
    let role = discord.role(server, "moderators", permission::MANAGE_MESSAGES);
    discord.join(server, ann, &[role]);
    let member = bot
        .client
        .guild_member(id(server), id(ann))
        .await
        .unwrap()
        .model()
        .await
        .unwrap();
    assert_eq!(member.roles, [id(role)]);
    let roles = bot
        .client
        .roles(id(server))
        .await
        .unwrap()
        .models()
        .await
        .unwrap();
    assert_eq!(roles.len(), 2);
    let guild = bot
        .client
        .guild(id(server))
        .await
        .unwrap()
        .model()
        .await
        .unwrap();
    assert_eq!(guild.name, "Makers");
    let active = bot
        .client
        .active_threads(id(server))
        .await
        .unwrap()
        .model()
        .await
        .unwrap();
    assert!(active.threads.is_empty());
    let direct = bot
        .client
        .create_private_channel(id(ann))
        .await
        .unwrap()
        .model()
        .await
        .unwrap();
    assert_eq!(direct.id, id(discord.direct(ann)));
    let me = bot
        .client
        .current_user()
        .await
        .unwrap()
        .model()
        .await
        .unwrap();
    assert_eq!(me.id, id(discord.bot()));
    let application = bot
        .client
        .current_user_application()
        .await
        .unwrap()
        .model()
        .await
        .unwrap();
    assert_eq!(application.id, id(discord.application()));
    let gateway = bot
        .client
        .gateway()
        .authed()
        .await
        .unwrap()
        .model()
        .await
        .unwrap();
    assert_eq!(gateway.url, discord.gateway_url());
    discord.finish();
}
