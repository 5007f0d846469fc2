//! The table for direct messages, which is the same for all chat platforms.

use baton_chat::chat_settings::{Answering, Trigger};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::channel_config::Answerer;
use crate::person_list::{WrittenId, check_people, parse_people};

/// The key of the table, below the channel's table.
const DIRECT: &str = "direct";

/// `[channels.NAME.direct]`: the settings for direct messages.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DirectTable {
    /// The agent that answers, under its own name.
    agent: Option<String>,
    /// The persona that answers; instead of `agent`.
    persona: Option<String>,
    /// The people whose messages are answered: `user:ID`. By default, everybody who can write to the bot.
    speakers: Option<Vec<String>>,
    /// Whether the reaction ⏹ stops a message, and 🔁 tries a message again.
    #[serde(default)]
    reactions: bool,
}

impl DirectTable {
    /// Whether the table wants to read reactions.
    pub fn wants_reactions(&self) -> bool {
        self.reactions
    }

    /// The named agent or persona.
    pub(crate) fn answerer(&self) -> Answerer<'_> {
        Answerer {
            keys: vec![DIRECT],
            agent: self.agent.as_deref(),
            persona: self.persona.as_deref(),
        }
    }

    /// The settings for direct messages; `None` for a mistake, which the check of the file has reported.
    pub(crate) fn answering_settings<I: WrittenId>(&self) -> Option<Answering> {
        Some(Answering {
            trigger: Trigger::Every,
            speakers: parse_people::<I>(self.speakers.as_deref()).ok()?,
            reactions: self.reactions,
            ..Answering::by(self.answerer().persona_name()?)
        })
    }

    /// Reports invalid people.
    pub(crate) fn check_values<I: WrittenId>(&self, report: &mut dyn FnMut(&[&str], &str)) {
        check_people::<I>(&[DIRECT], "speakers", self.speakers.as_deref(), report);
    }
}
