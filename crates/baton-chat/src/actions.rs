//! Actions of people: commands, buttons, forms and reactions.

pub(crate) mod action_context;
pub(crate) mod action_dispatch;
mod command_dispatch;
pub mod command_registration;
pub mod command_specs;
pub mod command_translations;
pub(crate) mod control_reactions;
pub(crate) mod persistent_responder;
mod project_command;
pub mod projects;
pub mod translation_check;
