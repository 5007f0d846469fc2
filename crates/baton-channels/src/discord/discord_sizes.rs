//! Discord's limits on sizes, from the pages below <https://docs.discord.com/developers/>. The limits on the rate of
//! requests are learned from Discord's answers, see `baton_chat::http::rate_limit_buckets`.

use baton_chat::text::chunks::{LengthLimit, LengthUnit};

/// The text of a message (`resources/message#create-message`). Discord says "characters" and counts code
/// points; the apps count UTF-16 units. UTF-16 never counts fewer, so a text within the limit in UTF-16 fits
/// both.
pub(super) const MESSAGE: LengthLimit = LengthLimit {
    size: 2_000,
    unit: LengthUnit::Utf16,
};

/// The description of an embed, in characters (`resources/message#embed-object-embed-limits`).
pub(super) const EMBED: usize = 4_096;

/// The nonce of a message, in characters (`resources/message#create-message`).
pub(super) const NONCE: usize = 25;

/// The messages on one page (`resources/message#get-channel-messages`).
pub(super) const PAGE: usize = 100;

/// The name of a thread, in characters (`resources/channel#start-thread-from-message`).
pub(super) const THREAD_NAME: usize = 100;

/// The buttons of a row, and the rows of a message (`components/reference#action-row`).
pub(super) const BUTTONS: usize = 5;
pub(super) const ROWS: usize = 5;

/// The label of a button, in characters (`components/reference#button`).
pub(super) const BUTTON: usize = 80;

/// The fields of a form (`interactions/receiving-and-responding`, "Modal").
pub(super) const FIELDS: usize = 5;

/// The label of a field of a form, in characters (`components/reference#label`).
pub(super) const FIELD: usize = 45;

/// The text in a field of a form, in characters (`components/reference#text-input`).
pub(super) const FIELD_TEXT: usize = 4_000;

/// The name and the description of a command or option, in characters
/// (`interactions/application-commands#application-command-object-application-command-naming`).
pub(super) const COMMAND_NAME: usize = 32;
pub(super) const COMMAND_DESCRIPTION: usize = 100;

/// The files of one message (`resources/message#create-message`).
pub(super) const FILES: usize = 10;

/// One file of a bot, in bytes, in a server without paid boosts (`reference#uploading-files`).
pub(super) const FILE: u64 = 10 * MIB;

/// A request with files, in bytes (`resources/message#create-message`).
pub(super) const REQUEST: u64 = 25 * MIB;

/// The bytes of one MiB.
pub(super) const MIB: u64 = 1024 * 1024;
