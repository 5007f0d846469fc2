//! What Discord takes at most, as its reference says: the pages are below
//! <https://docs.discord.com/developers/>.

use crate::chunks::{Limit, Unit};

/// What a message holds (`resources/message#create-message`). Discord says "characters" and counts code points;
/// its apps count in UTF-16. What fits counted in the greater of both, fits.
pub(super) const MESSAGE: Limit = Limit {
    size: 2_000,
    unit: Unit::Utf16,
};

/// The description of an embed, in characters (`resources/message#embed-object-embed-limits`).
pub(super) const EMBED: usize = 4_096;

/// What a message is known by for some minutes, in characters (`resources/message#create-message`).
pub(super) const NONCE: usize = 25;

/// How many messages one page of them holds (`resources/message#get-channel-messages`).
pub(super) const PAGE: usize = 100;

/// The name of a thread, in characters (`resources/channel#start-thread-from-message`).
pub(super) const THREAD_NAME: usize = 100;

/// How many buttons a row has, and how many rows a message (`components/reference#action-row`).
pub(super) const BUTTONS: usize = 5;
pub(super) const ROWS: usize = 5;

/// The label of a button, in characters (`components/reference#button`).
pub(super) const BUTTON: usize = 80;

/// How many fields a form has (`interactions/receiving-and-responding`, "Modal").
pub(super) const FIELDS: usize = 5;

/// The words above a field of a form, in characters (`components/reference#label`).
pub(super) const FIELD: usize = 45;

/// The name of a command or option, and what is said of it, in characters
/// (`interactions/application-commands#application-command-object-application-command-naming`).
pub(super) const COMMAND_NAME: usize = 32;
pub(super) const COMMAND_DESCRIPTION: usize = 100;

/// How many files go with one message (`resources/message#create-message`).
pub(super) const FILES: usize = 10;

/// One file of a bot, in bytes, in a server that nobody pays for (`reference#uploading-files`).
pub(super) const FILE: u64 = 10 * MIB;

/// A request with files, in bytes (`resources/message#create-message`).
pub(super) const REQUEST: u64 = 25 * MIB;

/// In bytes.
pub(super) const MIB: u64 = 1024 * 1024;
