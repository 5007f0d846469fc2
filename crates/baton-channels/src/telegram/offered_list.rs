//! The commands that the bot offers.

use baton_chat::command_specs::{CommandSpec, offered_commands};
use baton_chat::conversation_specs::conversation_commands;

use super::telegram_settings::TelegramSettings;

/// The commands of the chat layer that the bot offers.
pub(super) fn list_offered(
    settings: &TelegramSettings,
) -> impl Iterator<Item = CommandSpec> + use<> {
    offered_commands(settings.chat.projects.is_some()).chain(conversation_commands())
}
