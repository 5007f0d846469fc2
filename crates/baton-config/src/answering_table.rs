//! The keys of a place that all chat platforms share: who answers, which messages are answered, and the people who may
//! write and decide.

use baton_chat::chat_settings::{Answering, Trigger};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::channel_config::Answerer;
use crate::person_list::{WrittenId, check_people, parse_people};
use crate::table_schema::as_words;

/// The keys of a place that all chat platforms share. A connector's table of a place flattens these keys into its
/// own.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct AnsweringTable {
    /// The agent that answers here, under its own name.
    agent: Option<String>,
    /// The persona that answers here; instead of `agent`.
    persona: Option<String>,
    /// The messages that the bot answers.
    #[serde(default)]
    trigger: TriggerWord,
    /// Whether each message outside of threads gets its own thread for the answer.
    #[serde(default)]
    thread_per_request: bool,
    /// The people whose messages are answered: `user:ID` or `role:ID`. By default, everybody.
    speakers: Option<Vec<String>>,
    /// The people who decide approvals: `user:ID` or `role:ID`. By default, the deciders of `[approvals]`.
    deciders: Option<Vec<String>>,
    /// Whether messages of other bots and webhooks are answered.
    #[serde(default)]
    allow_bots: bool,
    /// Whether the reaction ⏹ stops a message, and 🔁 tries a message again.
    #[serde(default)]
    reactions: bool,
}

impl AnsweringTable {
    /// Whether the table wants threads for answers.
    pub fn wants_threads(&self) -> bool {
        self.thread_per_request || self.trigger == TriggerWord::Threads
    }

    /// Whether the table wants to read reactions.
    pub fn wants_reactions(&self) -> bool {
        self.reactions
    }

    /// The named agent or persona. `keys` are the keys of the table.
    pub(crate) fn answerer<'a>(&'a self, keys: Vec<&'a str>) -> Answerer<'a> {
        Answerer {
            keys,
            agent: self.agent.as_deref(),
            persona: self.persona.as_deref(),
        }
    }

    /// The settings; `None` for a mistake, which the check of the file has reported.
    pub(crate) fn answering_settings<I: WrittenId>(&self) -> Option<Answering> {
        Some(Answering {
            trigger: self.trigger.into(),
            thread_per_request: self.thread_per_request,
            speakers: parse_people::<I>(self.speakers.as_deref()).ok()?,
            deciders: parse_people::<I>(self.deciders.as_deref()).ok()?,
            allow_bots: self.allow_bots,
            reactions: self.reactions,
            ..Answering::by(self.answerer(Vec::new()).persona_name()?)
        })
    }

    /// Reports invalid people. `keys` are the keys of the table.
    pub(crate) fn check_values<I: WrittenId>(
        &self,
        keys: &[&str],
        report: &mut dyn FnMut(&[&str], &str),
    ) {
        check_people::<I>(keys, "speakers", self.speakers.as_deref(), report);
        check_people::<I>(keys, "deciders", self.deciders.as_deref(), report);
    }
}

/// The messages that the bot answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline, transform = as_words)]
enum TriggerWord {
    /// Messages that mention the bot.
    #[default]
    Mention,
    /// Every message.
    Every,
    /// Every message in threads that the bot began; elsewhere messages that mention the bot.
    Threads,
}

impl From<TriggerWord> for Trigger {
    fn from(word: TriggerWord) -> Self {
        match word {
            TriggerWord::Mention => Self::Mention,
            TriggerWord::Every => Self::Every,
            TriggerWord::Threads => Self::Threads,
        }
    }
}
