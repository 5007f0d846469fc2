//! Ordinary work of a bot: commands, buttons, files, reactions, topics, menus.

use std::path::Path;
use std::process::Stdio;

use baton_testkit::telegram::Telegram;
use serde_json::json;
use tokio::process::Command;

use super::{ClientLibrary, GRAMMY, PYTHON_TELEGRAM_BOT, PersonInChat, program_path, within};

#[tokio::test]
#[ignore = "needs Telegram's client libraries, which ./test brings"]
async fn python_telegram_bot_understands_the_fake() {
    converse(&PYTHON_TELEGRAM_BOT, &[]).await;
}

/// All updates and answers have the types of grammY's description of the Bot API, which TypeScript checks.
#[tokio::test]
#[ignore = "needs Telegram's client libraries, which ./test brings"]
async fn grammy_understands_the_fake() {
    let folder = tempfile::tempdir().unwrap();
    let types = folder.path().join("received.ts");
    converse(&GRAMMY, &[("BOT_TYPES", &types)]).await;
    let received = std::fs::read_to_string(&types).unwrap();
    for expected in ["Methods[\"sendMediaGroup\"]", ": Update ="] {
        assert!(received.contains(expected), "{expected} is checked too");
    }
    let check = Command::new(program_path("check-types"))
        .arg(&types)
        .stdin(Stdio::null())
        .output();
    let check = within("the types are checked", check).await.unwrap();
    let faults = String::from_utf8_lossy(&check.stdout);
    assert!(check.status.success(), "{faults}");
}

async fn converse(library: &ClientLibrary, more: &[(&str, &Path)]) {
    let telegram = Telegram::start().await;
    let ann = telegram.person("Ann");
    let private = telegram.private(ann);
    let forum = telegram.forum("Makers", &[ann]);
    let bot = library.start(&telegram, more);
    let talk = PersonInChat {
        telegram: &telegram,
        chat: private,
        person: ann,
    };
    messages(&talk).await;
    buttons(&talk).await;
    sent_files(&talk).await;
    received_files(&talk).await;
    menus(&talk).await;
    reactions(&talk).await;
    telegram.say(private, ann, "/draft");
    let draft = telegram
        .until_draft(private, |draft| draft.text == "Thinking about it")
        .await;
    assert_eq!((draft.id, draft.times), (7, 2));
    if library.is_newest {
        rich_messages(&talk).await;
    }
    let group = PersonInChat {
        telegram: &telegram,
        chat: forum,
        person: ann,
    };
    topics(&group).await;
    if library.is_newest {
        let told = group.ask("/quietly").await;
        assert_eq!(told.text, "message 1 of Ann came and went");
    }
    all_kinds(&group).await;
    members(&group).await;
    assert_eq!(talk.seen().await, ["nothing"]);
    telegram.until_acknowledged().await;
    assert_eq!(bot.end().await, "", "the library reports nothing");
    telegram.finish();
}

async fn messages(talk: &PersonInChat<'_>) {
    let hello = talk.ask("/start").await;
    assert_eq!(hello.text, "Hello Ann, I am @baton_bot");
    let echo = talk.ask("Good morning, https://example.org 🦀").await;
    assert_eq!(echo.text, "Good morning, https://example.org 🦀");
    let asked = talk.telegram.messages(talk.chat)[2].id;
    assert_eq!(echo.reply_to, Some(asked));
    let known = talk.telegram.bot_messages(talk.chat).len();
    talk.telegram.edit(talk.chat, asked, "Good evening");
    assert_eq!(talk.after(known, 1).await[0].text, "edited: Good evening");
    assert_eq!(talk.ask("/remove").await.text, "soon gone 0");
    talk.telegram
        .until_said(talk.chat, |message| message.text == "removed")
        .await;
    let left = talk.telegram.bot_messages(talk.chat);
    assert!(
        left.iter()
            .all(|message| !message.text.starts_with("soon gone"))
    );
}

async fn buttons(talk: &PersonInChat<'_>) {
    let menu = talk.ask("/menu").await;
    assert_eq!(menu.buttons().len(), 3);
    let press = talk
        .telegram
        .press_label(talk.chat, menu.id, talk.person, "Yes");
    assert_eq!(
        talk.telegram.until_answered(&press).await["text"],
        json!("You chose yes")
    );
    let chosen = |messages: &[baton_testkit::telegram::Message]| {
        messages
            .iter()
            .any(|message| message.id == menu.id && message.text == "Chosen: yes")
    };
    talk.telegram.until_messages(talk.chat, chosen).await;
    assert!(
        talk.telegram
            .message(talk.chat, menu.id)
            .unwrap()
            .buttons()
            .is_empty()
    );
    let gone = talk.ask("/menu").await;
    talk.telegram.delete(talk.chat, gone.id);
    let press = talk.telegram.press(talk.chat, gone.id, talk.person, "yes");
    assert_eq!(
        talk.telegram.until_answered(&press).await["text"],
        json!("The message is gone")
    );
}

async fn sent_files(talk: &PersonInChat<'_>) {
    let sent = talk.ask_for("/files", 6).await;
    let kinds: Vec<&str> = sent
        .iter()
        .map(|message| message.files[0].field.as_str())
        .collect();
    assert_eq!(
        kinds,
        ["photo", "document", "voice", "photo", "photo", "document"]
    );
    assert_eq!(
        (sent[0].text.as_str(), &sent[0].files[0].bytes[1..4]),
        ("a photo", &b"PNG"[..])
    );
    assert_eq!(
        (sent[1].files[0].name.as_str(), &sent[1].files[0].bytes[..]),
        ("notes.txt", &b"some notes"[..])
    );
    assert!(sent[3].album.is_some() && sent[3].album == sent[4].album);
    assert_eq!((sent[3].text.as_str(), sent[4].text.as_str()), ("one", ""));
    assert_eq!(
        (sent[5].text.as_str(), &sent[5].files[0].id),
        ("again", &sent[1].files[0].id)
    );
    talk.telegram.until_asked("sendChatAction", 1).await;
}

async fn received_files(talk: &PersonInChat<'_>) {
    let known = talk.telegram.bot_messages(talk.chat).len();
    let saying = || talk.telegram.saying(talk.chat, talk.person);
    saying()
        .document("a.txt", "text/plain", "hello")
        .text("look")
        .send();
    saying().voice("OggS").send();
    saying().photo("first").album("7").send();
    saying().photo("second").album("7").send();
    let texts: Vec<String> = talk
        .after(known, 4)
        .await
        .into_iter()
        .map(|message| message.text)
        .collect();
    assert_eq!(
        texts,
        [
            "5 bytes: hello",
            "4 bytes: OggS",
            "5 bytes of an album: first",
            "6 bytes of an album: second"
        ]
    );
}

async fn menus(talk: &PersonInChat<'_>) {
    assert_eq!(talk.ask("/commands").await.text, "start menu seen");
    assert_eq!(talk.telegram.until_commands("default", "").await.len(), 2);
}

async fn reactions(talk: &PersonInChat<'_>) {
    let message = talk.telegram.say(talk.chat, talk.person, "/react");
    talk.telegram.until_reaction(talk.chat, message, "👍").await;
    talk.telegram.react(talk.chat, message, talk.person, "🔥");
    talk.telegram.react(talk.chat, message, talk.person, "");
    assert_eq!(
        talk.seen().await,
        ["Ann reacts with 🔥", "Ann reacts with nothing"]
    );
}

async fn rich_messages(talk: &PersonInChat<'_>) {
    let sent = talk.ask("/rich").await;
    talk.telegram
        .until_draft(talk.chat, |draft| draft.can_stop)
        .await;
    let edited = talk.telegram.message(talk.chat, sent.id).unwrap();
    assert_eq!(
        (edited.earlier[0].as_str(), edited.text.as_str()),
        ("Plan\nfirst this", "# Done")
    );
    talk.telegram.stop_draft(talk.chat, 8);
    assert_eq!(talk.seen().await, ["stopped 8"]);
}

async fn topics(talk: &PersonInChat<'_>) {
    let answers = talk.ask_for("/topics Plans", 2).await;
    assert_eq!(
        (answers[0].text.as_str(), answers[1].text.as_str()),
        ("first", "topic Plans")
    );
    let plans = talk.telegram.until_topic(talk.chat, "Plans 2").await;
    let other = talk.telegram.create_topic(talk.chat, talk.person, "Ideas");
    talk.telegram.close_topic(talk.chat, talk.person, other);
    let seen = talk.seen().await;
    assert_eq!(
        seen,
        [
            "sent to its topic: true",
            "created: Plans",
            "renamed: Plans 2",
            "closed",
            "reopened",
            "created: Ideas",
            "closed"
        ]
    );
    talk.telegram
        .say_in(talk.chat, plans, talk.person, "/untopic");
    talk.telegram.until_asked("deleteForumTopic", 1).await;
    let left: Vec<String> = talk
        .telegram
        .topics(talk.chat)
        .into_iter()
        .map(|topic| topic.name)
        .collect();
    assert_eq!(left, ["Ideas"]);
}

/// Sends messages of all kinds. The libraries read each of them, and the bots answer the texts.
async fn all_kinds(talk: &PersonInChat<'_>) {
    let known = talk.telegram.bot_messages(talk.chat).len();
    let channel = talk.telegram.channel("News");
    talk.telegram.post(channel, "News of the day");
    talk.telegram.join(talk.chat, talk.telegram.person("Ben"));
    let saying = || talk.telegram.saying(talk.chat, talk.person);
    saying().sticker().send();
    saying().poll("Which?", &["this", "that"]).send();
    saying()
        .file("video", "a.mp4", Some("video/mp4"), "film")
        .send();
    saying()
        .file("audio", "a.mp3", Some("audio/mpeg"), "song")
        .send();
    let first = saying().text("one").forwarded_from("Cid").send();
    saying().text("two").reply_to(first).quote("on", 0).send();
    saying().text("three").anonymous().send();
    saying().text("four").via_channel(channel).send();
    let answers = talk.after(known, 4).await;
    let answers: Vec<&str> = answers.iter().map(|answer| answer.text.as_str()).collect();
    assert_eq!(answers, ["one", "two", "three", "four"]);
}

async fn members(talk: &PersonInChat<'_>) {
    let told = talk.ask(&format!("/members {}", talk.chat)).await;
    assert_eq!(
        told.text,
        "Makers (supergroup): administrator, creator; you: creator"
    );
    talk.telegram.demote_bot(talk.chat);
    assert_eq!(talk.seen().await, ["in Makers: administrator, then member"]);
}
