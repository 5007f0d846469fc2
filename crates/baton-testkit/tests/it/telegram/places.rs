//! Chats, topics and what happens to them.

use super::{Bot, Telegram, json};

#[tokio::test]
async fn a_message_for_a_topic_is_misrouted_without_topics() {
    let telegram = Telegram::start().await;
    let bot = Bot::new(&telegram);
    let ann = telegram.person("Ann");
    let forum = telegram.forum("Makers", &[ann]);
    let topic = bot
        .done("createForumTopic", json!({"chat_id": forum, "name": "One"}))
        .await;
    let topic = topic["message_thread_id"].clone();
    let body = json!({"chat_id": forum, "message_thread_id": topic, "text": "x"});
    let sent = bot.done("sendMessage", body.clone()).await;
    assert_eq!(
        (&sent["message_thread_id"], &sent["is_topic_message"]),
        (&topic, &json!(true))
    );
    telegram.set_forum(forum, false);
    let sent = bot.done("sendMessage", body.clone()).await;
    assert!(sent["message_thread_id"].is_null(), "{sent}");
    let create = json!({"chat_id": forum, "name": "Two"});
    assert_eq!(
        bot.refused("createForumTopic", create).await,
        "Bad Request: the chat is not a forum"
    );
    telegram.set_forum(forum, true);
    telegram.delete_topic(forum, topic.as_i64().unwrap());
    assert_eq!(
        bot.refused("sendMessage", body).await,
        "Bad Request: message thread not found"
    );
    telegram.finish();
}

#[tokio::test]
async fn topics_close_reopen_and_keep_general_apart() {
    let telegram = Telegram::start().await;
    let bot = Bot::new(&telegram);
    let ann = telegram.person("Ann");
    let forum = telegram.forum("Makers", &[ann]);
    let topic = telegram.create_topic(forum, ann, "One");
    let place = json!({"chat_id": forum, "message_thread_id": topic});
    let body = json!({"chat_id": forum, "message_thread_id": topic, "text": "x"});
    bot.done("closeForumTopic", place.clone()).await;
    telegram.until_closed(forum, topic, true).await;
    assert_eq!(
        bot.refused("closeForumTopic", place.clone()).await,
        "Bad Request: TOPIC_NOT_MODIFIED"
    );
    assert_eq!(
        bot.refused("sendMessage", body).await,
        "Bad Request: TOPIC_CLOSED"
    );
    bot.done("reopenForumTopic", place).await;
    let general = json!({"chat_id": forum, "message_thread_id": 1, "text": "x"});
    assert_eq!(
        bot.refused("sendMessage", general).await,
        "Bad Request: message thread not found"
    );
    assert_eq!(telegram.take_violations().len(), 1);
    telegram.set_general_closed(forum, true);
    let general = json!({"chat_id": forum, "text": "x"});
    assert_eq!(
        bot.refused("sendMessage", general).await,
        "Bad Request: TOPIC_CLOSED"
    );
    telegram.demote_bot(forum);
    let create = json!({"chat_id": forum, "name": "Two"});
    assert_eq!(
        bot.refused("createForumTopic", create).await,
        "Bad Request: not enough rights to create a topic"
    );
    telegram.finish();
}

#[tokio::test]
async fn a_group_that_moves_says_where() {
    let telegram = Telegram::start().await;
    let bot = Bot::new(&telegram);
    let ann = telegram.person("Ann");
    let group = telegram.group("Makers", &[ann]);
    let new = telegram.migrate(group, ann);
    let answer = bot
        .ask("sendMessage", json!({"chat_id": group, "text": "x"}))
        .await;
    assert_eq!(answer["parameters"]["migrate_to_chat_id"], json!(new));
    let updates = bot.done("getUpdates", json!({})).await;
    assert_eq!(updates[0]["message"]["migrate_to_chat_id"], json!(new));
    assert_eq!(updates[1]["message"]["migrate_from_chat_id"], json!(group));
    bot.done("sendMessage", json!({"chat_id": new, "text": "x"}))
        .await;
    telegram.finish();
}

#[tokio::test]
async fn places_that_are_gone_have_their_errors() {
    let telegram = Telegram::start().await;
    let bot = Bot::new(&telegram);
    let (ann, bob) = (telegram.person("Ann"), telegram.person("Bob"));
    let (blocked, gone) = (telegram.private(ann), telegram.private(bob));
    let (kicked, deleted) = (
        telegram.supergroup("A", &[ann]),
        telegram.group("B", &[ann]),
    );
    telegram.kick_bot(blocked);
    telegram.kick_bot(kicked);
    telegram.delete_account(gone);
    telegram.delete_chat(deleted);
    for (chat, answer) in [
        (blocked, "Forbidden: bot was blocked by the user"),
        (kicked, "Forbidden: bot was kicked from the supergroup chat"),
        (gone, "Forbidden: user is deactivated"),
        (deleted, "Forbidden: the group chat was deleted"),
        (5, "Bad Request: chat not found"),
    ] {
        assert_eq!(
            bot.refused("sendMessage", json!({"chat_id": chat, "text": "x"}))
                .await,
            answer
        );
    }
    let updates = bot.done("getUpdates", json!({})).await;
    assert_eq!(
        updates[0]["my_chat_member"]["new_chat_member"]["status"],
        json!("kicked")
    );
    telegram.finish();
}

#[tokio::test]
async fn edits_replies_and_presses_have_their_errors() {
    let telegram = Telegram::start().await;
    let bot = Bot::new(&telegram);
    let ann = telegram.person("Ann");
    let group = telegram.supergroup("Makers", &[ann]);
    let keyboard =
        json!({"inline_keyboard": [[{"text": "Yes", "callback_data": "y", "style": "success"}]]});
    let sent = bot
        .done(
            "sendMessage",
            json!({"chat_id": group, "text": "x", "reply_markup": keyboard}),
        )
        .await;
    let id = sent["message_id"].as_i64().unwrap();
    let same = json!({"chat_id": group, "message_id": id, "text": "x", "reply_markup": keyboard});
    assert!(
        bot.refused("editMessageText", same)
            .await
            .contains("message is not modified")
    );
    let missing = json!({"chat_id": group, "message_id": 99, "text": "y"});
    assert_eq!(
        bot.refused("editMessageText", missing).await,
        "Bad Request: message to edit not found"
    );
    let reply = json!({"chat_id": group, "text": "y", "reply_parameters": {"message_id": 99}});
    assert_eq!(
        bot.refused("sendMessage", reply).await,
        "Bad Request: message to be replied not found"
    );
    let press = telegram.press_label(group, id, ann, "Yes");
    bot.done(
        "answerCallbackQuery",
        json!({"callback_query_id": press, "text": "ok"}),
    )
    .await;
    assert_eq!(telegram.until_answered(&press).await["text"], json!("ok"));
    let again = json!({"callback_query_id": press});
    assert!(
        bot.refused("answerCallbackQuery", again)
            .await
            .contains("query is too old")
    );
    let ephemeral = json!({"chat_id": group, "text": "psst", "ephemeral_message_parameters": {"receiver_user_id": ann}});
    bot.done("sendMessage", ephemeral).await;
    assert_eq!(telegram.messages_only_for(group, ann).len(), 1);
    bot.done(
        "editMessageText",
        json!({"chat_id": group, "message_id": id, "text": "z"}),
    )
    .await;
    let edited = telegram.message(group, id).unwrap();
    assert!(
        edited.buttons().is_empty(),
        "an edit without buttons removes them"
    );
    assert_eq!(edited.earlier, ["x"]);
    telegram.finish();
}

#[tokio::test]
async fn drafts_can_be_stopped_in_private_chats_only() {
    let telegram = Telegram::start().await;
    let bot = Bot::new(&telegram);
    let ann = telegram.person("Ann");
    let (chat, group) = (telegram.private(ann), telegram.supergroup("Makers", &[ann]));
    let draft = json!({"chat_id": group, "draft_id": 1, "text": "x"});
    assert_eq!(
        bot.refused("sendMessageDraft", draft).await,
        "Bad Request: TEXTDRAFT_PEER_INVALID"
    );
    let draft = json!({"chat_id": chat, "draft_id": 7, "rich_message": {"markdown": "# x"}, "can_stop": true});
    bot.done("sendRichMessageDraft", draft).await;
    telegram
        .until_draft(chat, |draft| draft.text == "# x")
        .await;
    telegram.stop_draft(chat, 7);
    let updates = bot.done("getUpdates", json!({})).await;
    assert_eq!(
        updates[0]["stopped_message_generation"]["draft_id"],
        json!(7)
    );
    let rich = json!({"chat_id": chat, "rich_message": {"blocks": [{"type": "paragraph", "text": ["a ", {"type": "bold", "text": "b"}]}]}});
    let sent = bot.done("sendRichMessage", rich).await;
    assert_eq!(
        sent["rich_message"]["blocks"][0]["type"],
        json!("paragraph")
    );
    assert_eq!(telegram.bot_messages(chat)[0].text, "a b");
    telegram.finish();
}
