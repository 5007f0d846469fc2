//! Actions of people: commands, buttons and forms.
//!
//! * [`command_menu`], [`menu_registration`] and [`menu_languages`]: the commands that Telegram shows.
//! * [`action_passing`]: commands and presses on their way to the chat layer.
//! * [`command_audience`]: the people whose commands get an answer. [`own_commands`]: commands that the connector answers
//!   itself. [`group_admins`]: the people who may manage a group.
//! * [`command_response`] and [`press_response`]: the answers to commands and to buttons.
//! * [`form_prompt`], [`prompt_mark`] and [`form_answer`]: questions that people answer by a reply.

pub(super) mod action_passing;
pub(super) mod command_audience;
pub(super) mod command_menu;
pub(super) mod command_response;
pub(super) mod form_answer;
pub(super) mod form_prompt;
pub(super) mod group_admins;
pub(super) mod menu_languages;
pub(super) mod menu_registration;
pub(super) mod own_commands;
pub(super) mod press_response;
pub(super) mod prompt_mark;
