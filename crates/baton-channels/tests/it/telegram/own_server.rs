//! A Bot API server of one's own, which keeps its files on its own disk.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;

use baton_core::agent::Agent;
use baton_testkit::scripted_agent::scripted_with;
use tempfile::TempDir;

use super::bot::{Bot, echo_agent};
use super::sent_files::WITH_FILES;

/// A running bot, on a server with files below a folder. The settings name the folder.
async fn bot_with_folder(agent: Arc<dyn Agent>) -> (Bot, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut bot = Bot::new(agent).await;
    // Telegram's own server takes at most 50 MB.
    bot.file_limits.size = 60 * 1024 * 1024;
    bot.settings.server_files = Some(folder.path().to_owned());
    bot.telegram.keep_files_below(folder.path());
    bot.start().await;
    (bot, folder)
}

fn send_file(bot: &Bot, text: &str, content: Vec<u8>) -> i64 {
    let saying = bot.telegram.saying(bot.group, bot.ann).text(text);
    saying.document("notes.txt", "text/plain", content).send()
}

/// The server names this path for the file of a message. Returns the note in the message.
async fn note_about(bot: &Bot, path: &Path) -> String {
    let before = bot.telegram.bot_messages(bot.group).len();
    bot.telegram.plant_file_path(path);
    let message = send_file(bot, "read this", b"the notes".to_vec());
    bot.said(before + 1).await;
    let kept = bot.kept(bot.group, message).await.unwrap();
    assert!(kept.attachments.is_empty(), "{kept:?}");
    kept.text
}

#[tokio::test]
async fn a_file_is_read_from_the_disk_of_the_server() {
    let (bot, _folder) = bot_with_folder(echo_agent()).await;
    // Telegram's own server gives at most 20 MB.
    let size = 21 * 1024 * 1024;
    let message = send_file(&bot, "read this", vec![7; size]);
    bot.said(1).await;
    let kept = bot.kept(bot.group, message).await.unwrap();
    assert_eq!(kept.attachments[0].size, size as u64);
}

#[tokio::test]
async fn a_server_of_ones_own_gets_files_above_the_limit_of_telegram() {
    let (agent, mut script) = scripted_with(WITH_FILES);
    let (bot, _folder) = bot_with_folder(agent).await;
    bot.say("make a file");
    let turn = script.next_turn().await;
    let outbox = turn.turn.files.outbox.clone().unwrap();
    let size = 51 * 1024 * 1024;
    let file = std::fs::File::create(outbox.join("large.bin")).unwrap();
    file.set_len(size).unwrap();
    turn.reply("Here it is.");
    let said = bot.said(1).await;
    assert_eq!(said[0].files[0].size as u64, size);
}

#[tokio::test]
async fn only_regular_files_of_the_folder_are_read() {
    let (bot, folder) = bot_with_folder(echo_agent()).await;
    let outer = tempfile::tempdir().unwrap();
    let outside = outer.path().join("passwords");
    std::fs::write(&outside, "secret").unwrap();
    let link = folder.path().join("link");
    symlink(&outside, &link).unwrap();
    for path in [outside, link] {
        let note = note_about(&bot, &path).await;
        assert!(
            note.contains("outside of the folder `server_files`"),
            "{note}"
        );
    }
    let pipe = folder.path().join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let note = note_about(&bot, &pipe).await;
    assert!(note.contains("no regular file"), "{note}");
}

#[tokio::test]
async fn a_missing_folder_is_named_without_the_token() {
    let bot = Bot::started(echo_agent()).await;
    let folder = tempfile::tempdir().unwrap();
    bot.telegram.keep_files_below(folder.path());
    let message = send_file(&bot, "read this", b"the notes".to_vec());
    bot.said(1).await;
    let note = bot.kept(bot.group, message).await.unwrap().text;
    assert!(
        note.contains("name its folder with `server_files`"),
        "{note}"
    );
    assert!(!note.contains(bot.telegram.token()), "{note}");
}
