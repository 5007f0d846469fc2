//! Objects of Telegram become events of the chat layer.
//!
//! * [`update_conversion`]: one update becomes one event. [`telegram_update`]: the events. [`poll_description`]: the
//!   decoder in one call, for the fuzz target.
//! * [`incoming_conversion`]: messages. [`sender_conversion`]: their authors. [`content_words`], [`entity_rendering`]
//!   and [`rich_text_words`]: their text. [`media_files`]: their files. [`command_parsing`]: commands.
//! * [`press_conversion`]: buttons and reactions. [`service_conversion`]: topics and memberships.

pub(super) mod command_parsing;
pub(super) mod content_words;
pub(super) mod entity_rendering;
pub(super) mod incoming_conversion;
pub(super) mod media_files;
pub(super) mod poll_description;
pub(super) mod press_conversion;
pub(super) mod rich_text_words;
pub(super) mod sender_conversion;
pub(super) mod service_conversion;
pub(super) mod telegram_update;
pub(super) mod update_conversion;
