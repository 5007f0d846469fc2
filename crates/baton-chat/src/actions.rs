//! Actions of people: commands, buttons, forms and reactions.

pub(crate) mod action_context;
pub(crate) mod action_dispatch;
mod command_dispatch;
pub(crate) mod control_reactions;
pub(crate) mod conversation_commands;
pub(crate) mod persistent_responder;
pub mod platform_permissions;
mod project_command;
pub mod projects;
mod reset_confirmation;
