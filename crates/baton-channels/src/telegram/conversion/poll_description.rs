//! The whole decoder in one call, for the fuzz target.

use baton_chat::command_specs::all_commands;
use baton_chat::http::json_repair;

use super::update_conversion::decode_update;
use crate::telegram::actions::prompt_mark::PromptKey;
use crate::telegram::bot_context::{BotContext, KnownCommand};
use crate::telegram::updates::message_joining::join_updates;

/// Decodes and joins the updates of a poll, given as a JSON list. Returns the events in the form of `Debug`; `None` for
/// a text that is no list.
pub fn describe_poll(json: &[u8]) -> Option<Vec<String>> {
    let bot = BotContext {
        id: 4_242,
        username: "baton_bot".to_owned(),
        commands: all_commands().iter().map(KnownCommand::from_spec).collect(),
        prompt_key: PromptKey::from_token(""),
    };
    let updates = json_repair::split_elements(json).ok()?;
    let updates = updates.iter().map(|update| decode_update(&bot, update));
    let joined = join_updates(updates.collect(), |_| true);
    let events = joined.ready.iter();
    Some(events.map(|update| format!("{update:?}")).collect())
}
