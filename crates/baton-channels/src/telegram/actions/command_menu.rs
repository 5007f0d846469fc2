//! The commands that the bot offers.

use baton_chat::command_specs::{CommandSpec, offered_commands};
use baton_chat::conversation_specs::conversation_commands;

use crate::telegram::telegram_settings::TelegramSettings;

/// The commands of the chat layer that the bot offers.
pub(crate) fn list_menu_commands(
    settings: &TelegramSettings,
) -> impl Iterator<Item = CommandSpec> + use<> {
    offered_commands(settings.chat.projects.is_some()).chain(conversation_commands())
}
