//! The commands that the bot offers.

use baton_chat::command_specs::{CommandSpec, offered_commands};
use baton_chat::conversation_specs::conversation_commands;

/// The commands of the chat layer that the bot offers. No project can be added on Telegram.
pub(crate) fn list_menu_commands() -> impl Iterator<Item = CommandSpec> {
    offered_commands(false).chain(conversation_commands())
}
