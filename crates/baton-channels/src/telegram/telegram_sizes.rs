//! Telegram's limits on sizes: <https://core.telegram.org/bots/api>.

use std::time::Duration;

use baton_chat::text::chunks::{LengthLimit, LengthUnit};

/// One mebibyte, in bytes.
pub(super) const MIB: u64 = 1024 * 1024;

/// The text of a message. Telegram permits 4,096 units after the entities are parsed (`sendMessage`). The rest is room
/// for the mark of a message that may be repeated.
pub(super) const MESSAGE: LengthLimit = utf16(4_096 - 32);

/// The text below a file. Telegram permits 1,024 units (`sendDocument`), and the mark needs the rest.
pub(super) const CAPTION: LengthLimit = utf16(1_024 - 32);

/// The text that answers a press on a button, in characters (`answerCallbackQuery`).
pub(super) const PRESS_ANSWER: usize = 200;

/// The number of files in one request (`sendMediaGroup`).
pub(super) const FILES: usize = 10;

/// The size of one uploaded file, in bytes. The text and the framing of the request need the rest of the 50 MB.
pub(super) const UPLOAD: u64 = 49 * MIB;

/// The size of one uploaded file to a server of one's own, in bytes. Such a server permits 2,000 MB
/// (<https://core.telegram.org/bots/api#using-a-local-bot-api-server>). The text and the framing need the rest.
pub(super) const LOCAL_UPLOAD: u64 = 1_999 * MIB;

/// The largest file that Telegram's own server gives, in bytes (`getFile`). A server of one's own has no limit.
pub(super) const DOWNLOAD: u64 = 20 * MIB;

/// The slowest connection on which a file arrives in time, in bytes a second.
const SLOWEST: u64 = 32 * 1024;

/// The time for a request with or for a file, besides the time for the bytes.
const SPARE: Duration = Duration::from_mins(2);

/// The longest time for one file.
const LONGEST_TRANSFER: Duration = Duration::from_mins(30);

/// The name of a topic, in characters (`createForumTopic`).
pub(super) const TOPIC_NAME: usize = 128;

/// The buttons of one message. Telegram permits more, but a phone shows few.
pub(super) const BUTTONS: usize = 24;

/// The label of a button, in characters. Telegram cuts longer labels.
pub(super) const BUTTON: usize = 64;

/// The text in an empty field for a reply, in characters (`ForceReply`).
pub(super) const PLACEHOLDER: usize = 64;

/// The number of commands in one menu (`setMyCommands`).
pub(super) const COMMANDS: usize = 100;

/// The name of a command, in characters (`BotCommand`).
pub(super) const COMMAND_NAME: usize = 32;

/// The description of a command, in characters (`BotCommand`).
pub(super) const COMMAND_DESCRIPTION: usize = 256;

/// All commands of one menu together, in characters. Telegram refuses a larger menu.
pub(super) const MENU: usize = 5_700;

/// The time limit for a file of this size, in bytes.
pub(super) fn transfer_limit(size: u64) -> Duration {
    let whole = SPARE.saturating_add(Duration::from_secs(size / SLOWEST));
    whole.min(LONGEST_TRANSFER)
}

const fn utf16(size: usize) -> LengthLimit {
    LengthLimit {
        size,
        unit: LengthUnit::Utf16,
    }
}
