//! Files of messages, and files of replies.

use baton_core::agent::Reply;
use baton_core::speech::SpeechLimits;
use baton_testkit::clock::SimClock;
use baton_testkit::discord::{Fault, Message, Said};
use baton_testkit::scripted_agent::{Abilities, Script, answering, scripted, scripted_with};
use baton_testkit::scripted_transcriber::scripted_speech;

use super::bot::Bot;

#[tokio::test]
async fn a_file_comes_to_the_agent_and_goes_back_to_people() {
    let (agent, mut script) = scripted_with(Abilities {
        handles_files: true,
        ..Abilities::default()
    });
    let bot = Bot::started(agent).await;
    let said = Said::text("look").file("notes.txt", "text/plain", b"hello");
    bot.discord.send(bot.channel, bot.ann, said);
    let turn = script.next_turn().await;
    let file = &turn.turn.files.received[0];
    assert_eq!(file.name, "notes.txt");
    assert_eq!(std::fs::read(&file.path).unwrap(), b"hello");
    let outbox = turn.turn.files.outbox.clone().unwrap();
    std::fs::write(outbox.join("back.txt"), "HELLO").unwrap();
    turn.reply("seen");
    let said = bot.said(1).await;
    assert_eq!(said[0].content, "seen");
    assert_eq!(said[0].attachments[0].name, "back.txt");
    assert_eq!(&*said[0].attachments[0].bytes, b"HELLO");
}

#[tokio::test]
async fn a_voice_message_is_heard() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::new(agent).await;
    let (speech, transcriber) = scripted_speech(SpeechLimits::default());
    bot.speech = Some(speech);
    bot.start().await;
    let said = Said::text("").file("voice-message.ogg", "audio/ogg", b"OggS");
    let message = bot.discord.send(bot.channel, bot.ann, said);
    let asked = transcriber.next_recording().await;
    assert_eq!(asked.recording.name, "voice-message.ogg");
    asked.answer(Ok("buy some milk"));
    let turn = script.next_turn().await;
    assert_eq!(turn.texts(), ["buy some milk"]);
    turn.reply("bought");
    // The agent opens no files, but misses none.
    let said = bot.said(1).await;
    assert_eq!(said[0].content, "bought");
    let kept = bot.kept(message).await.unwrap();
    assert_eq!(kept.text, "buy some milk");
}

#[tokio::test]
async fn nothing_is_sent_of_what_a_kept_file_was_replaced_with() {
    let (agent, mut script) = scripted_with(Abilities {
        handles_files: true,
        ..Abilities::default()
    });
    let mut bot = Bot::new(agent).await;
    bot.limits.retry.first_pause = std::time::Duration::from_millis(20);
    bot.start().await;
    bot.discord.fail("create_message", Fault::Status(503));
    bot.say("write");
    let turn = script.next_turn().await;
    let outbox = turn.turn.files.outbox.clone().unwrap();
    std::fs::write(outbox.join("back.txt"), "HELLO").unwrap();
    turn.reply("done");
    bot.discord.until_asked("create_message", 1).await;
    let conversation = outbox.ancestors().nth(2).unwrap();
    let kept = std::fs::read_dir(conversation.join("kept")).unwrap();
    for file in kept {
        let file = file.unwrap().path();
        std::fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", &file).unwrap();
    }
    // An earlier try may have read the file before the change. The second try from now on has not.
    let tries = bot.discord.until_asked("create_message", 1).await.len();
    bot.discord.until_asked("create_message", tries + 2).await;
    bot.discord.recover();
    let said = bot.said(2).await;
    assert!(said[0].attachments.is_empty());
    let told = &said[1].content;
    assert!(told.contains("back.txt no longer exists"), "{told}");
}

#[tokio::test]
async fn s71_a_reply_that_would_be_too_many_messages_is_a_file_with_a_summary() {
    let long = "A paragraph with **bold** and `code`.\n\n".repeat(2_500);
    let reply = long.clone();
    let (agent, _) = answering(move |_| Ok(Reply::text(reply.clone())));
    let bot = Bot::started(agent).await;
    bot.say("much, please");
    let said = bot.said(1).await;
    assert!(said[0].content.starts_with("A paragraph"));
    assert_eq!(said[0].attachments[0].name, "reply.md");
    assert_eq!(&*said[0].attachments[0].bytes, long.as_bytes());
}

#[tokio::test]
async fn s71_a_reply_of_several_messages_comes_whole_and_in_order() {
    let code = "let x = 1; // 🦉 שלום\n".repeat(200);
    let reply = format!("Before.\n\n```rust\n{code}```\n\nAfter.");
    let (agent, _) = answering(move |_| Ok(Reply::text(reply.clone())));
    let bot = Bot::started(agent).await;
    let asked = bot.say("much, please");
    let said = bot
        .discord
        .until_messages(bot.channel, |messages| {
            messages
                .last()
                .is_some_and(|last| last.content.contains("After."))
        })
        .await;
    let said: Vec<_> = said.into_iter().skip(1).collect();
    assert!(said.len() > 1);
    assert_eq!(said[0].reply_to, Some(asked), "the first quotes");
    let lines = said.iter().flat_map(|message| message.content.lines());
    let code = lines.filter(|line| line.starts_with("let x")).count();
    assert_eq!(code, 200);
    for message in &said {
        assert_eq!(message.content.matches("```").count() % 2, 0);
        assert!(message.content.encode_utf16().count() <= 2_000);
    }
}

/// The messages of the bot after an answer with this text and files of these sizes in bytes.
async fn with_files(
    bot: &Bot,
    script: &mut Script,
    text: &str,
    files: &[(&str, usize)],
) -> Vec<Message> {
    bot.say("go");
    let turn = script.next_turn().await;
    let outbox = turn.turn.files.outbox.clone().unwrap();
    for (name, size) in files {
        let file = std::fs::File::create(outbox.join(name)).unwrap();
        file.set_len(*size as u64).unwrap();
    }
    turn.reply(text);
    bot.said(2).await
}

fn names(message: &Message) -> Vec<&str> {
    let files = message.attachments.iter();
    files.map(|file| file.name.as_str()).collect()
}

#[tokio::test]
async fn s71_the_whole_of_a_long_reply_goes_before_its_other_files() {
    let (agent, mut script) = scripted_with(Abilities {
        handles_files: true,
        ..Abilities::default()
    });
    let bot = Bot::started(agent).await;
    let long = "A paragraph.\n\n".repeat(2_500);
    bot.discord.set_largest_file(long.len());
    let large = [("large.txt", long.len() + 1)];
    let said = with_files(&bot, &mut script, &long, &large).await;
    assert_eq!(names(&said[0]), ["reply.md"]);
    assert_eq!(said[1].content, "*Not sent: large.txt is too large.*");
}

#[tokio::test]
async fn where_a_file_is_all_and_discord_does_not_take_it_nothing_else_is_said() {
    let (agent, mut script) = scripted_with(Abilities {
        handles_files: true,
        ..Abilities::default()
    });
    let bot = Bot::started(agent).await;
    bot.discord.set_largest_file(0);
    bot.say("go");
    let turn = script.next_turn().await;
    let outbox = turn.turn.files.outbox.clone().unwrap();
    std::fs::write(outbox.join("large.txt"), "text").unwrap();
    turn.reply("");
    let said = bot.said(1).await;
    assert_eq!(said[0].content, "*Not sent: large.txt is too large.*");
}

#[tokio::test]
async fn a_file_that_is_one_too_many_is_told_of() {
    let (agent, mut script) = scripted_with(Abilities {
        handles_files: true,
        ..Abilities::default()
    });
    let bot = Bot::started(agent).await;
    let long = "A paragraph.\n\n".repeat(2_500);
    let files: Vec<_> = (0..10).map(|n| format!("{n}.txt")).collect();
    let files: Vec<_> = files.iter().map(|name| (name.as_str(), 4)).collect();
    let said = with_files(&bot, &mut script, &long, &files).await;
    assert_eq!(names(&said[0]).len(), 10);
    assert_eq!(names(&said[0])[0], "reply.md");
    assert!(said[1].content.contains("9.txt"), "{}", said[1].content);
}

#[tokio::test]
async fn what_discord_takes_of_large_files_is_sent_and_the_rest_is_told_of() {
    const MIB: usize = 1 << 20;
    let (agent, mut script) = scripted_with(Abilities {
        handles_files: true,
        ..Abilities::default()
    });
    let bot = Bot::started(agent).await;
    let files = [
        ("1.bin", 10 * MIB),
        ("2.bin", 10 * MIB + 1),
        ("3.bin", 10 * MIB),
        ("4.bin", 10 * MIB),
        ("5.bin", 4 * MIB),
    ];
    let said = with_files(&bot, &mut script, "done", &files).await;
    assert_eq!(names(&said[0]), ["1.bin", "3.bin", "5.bin"]);
    let told = "*Not sent: 2.bin is larger than 10 MiB; \
                4.bin does not fit into a message with the other files.*";
    assert_eq!(said[1].content, told);
    // Baton needed no further try.
    let sent = bot.discord.until_asked("create_message", 2).await;
    assert_eq!(sent.len(), 2);
}

#[tokio::test]
async fn a_file_that_never_comes_holds_up_nobody_for_good() {
    let (agent, mut script) = scripted_with(Abilities {
        handles_files: true,
        ..Abilities::default()
    });
    let mut bot = Bot::new(agent).await;
    let clock = SimClock::shared();
    bot.settings.chat.clock = clock.clone();
    bot.start().await;
    let event = serde_json::json!({
        "id": "4000000000000000001",
        "channel_id": bot.channel.to_string(),
        "guild_id": bot.server.to_string(),
        "author": { "id": bot.ann.to_string(), "username": "ann" },
        "content": "look",
        "attachments": [{ "filename": "lost.png", "size": 5, "url": "http://127.0.0.1:1/lost.png" }],
    });
    bot.discord.send_event("MESSAGE_CREATE", event);
    let time = tokio::spawn(async move {
        loop {
            if let Some(next) = clock.earliest() {
                clock.advance_to(next);
            }
            tokio::task::yield_now().await;
        }
    });
    let turn = script.next_turn().await;
    let prompt = turn.turn.prompt();
    assert!(prompt.contains("left out: lost.png"), "{prompt}");
    turn.reply("seen");
    bot.discord
        .until_said(bot.channel, |message| message.content == "seen")
        .await;
    time.abort();
}
