//! `[personas.NAME]`: personas.

use std::path::{Path, PathBuf};
use std::time::Duration;

use baton_config::table_schema::as_words;
use baton_core::persona::{Filters, Persona, Sampling};
use baton_core::place::QueueMode;
use schemars::JsonSchema;
use serde::Deserialize;

use super::duration_seconds::DurationSeconds;
use super::limits_table::LimitsTable;

/// A persona: an agent with its own name, prompts and settings.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonaTable {
    /// The agent that answers for the persona.
    pub(crate) agent: String,
    /// The agent's folder for this persona, instead of the agent's own folder. A relative path starts from
    /// the configuration's folder.
    pub(crate) directory: Option<PathBuf>,
    /// The colour of the persona's name on the page: `#rgb` or `#rrggbb`.
    pub(crate) color: Option<String>,
    /// Instructions that the agent gets before the conversation.
    pub(crate) system_prompt: Option<String>,
    /// A template for every message; `{text}` stands for the message, and `{name}` for the name of its
    /// author.
    pub(crate) user_prompt: Option<String>,
    /// The sampling temperature of the model. At 0, the model always takes the most probable token.
    #[schemars(range(min = 0.0, max = 10.0))]
    pub(crate) temperature: Option<f64>,
    /// The longest reply, in tokens.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub(crate) max_tokens: Option<u32>,
    /// The model considers only the most probable tokens whose probabilities add up to this value.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub(crate) top_p: Option<f64>,
    /// Texts at which the model stops. The reply does not contain them.
    #[serde(default)]
    pub(crate) stop: Vec<String>,
    /// Texts to remove from every reply.
    #[serde(default)]
    pub(crate) filter_out: Vec<String>,
    /// Texts at which a reply is cut. The reply ends before the first of these texts.
    #[serde(default)]
    pub(crate) trim_after: Vec<String>,
    /// Whether white space at both ends of a reply is removed.
    #[serde(default)]
    pub(crate) trim_whitespace: bool,
    /// The number of earlier posts of the room that the agent gets.
    #[schemars(range(min = 0, max = 1_000))]
    pub(crate) context_messages: Option<usize>,
    /// The probability that a message is answered, from 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub(crate) response_chance: Option<f64>,
    /// The minimum pause of a conversation after each reply, in seconds.
    pub(crate) minimum_pause_seconds: Option<DurationSeconds>,
    /// The time limit of a turn, in seconds. By default, the limit in `[limits]` applies.
    pub(crate) turn_seconds: Option<DurationSeconds>,
    /// The handling of a message that arrives during another turn of its conversation.
    #[serde(default)]
    pub(crate) mode: QueueModeWord,
    /// For `mode = "collect"`: how long a conversation must be quiet, in seconds, before one turn answers its
    /// messages.
    pub(crate) collect_seconds: Option<DurationSeconds>,
}

/// The handling of a message that arrives during another turn of its conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline, transform = as_words)]
pub(crate) enum QueueModeWord {
    /// The message waits. Each message has its own turn.
    #[default]
    Queue,
    /// The message waits. One turn answers all waiting messages.
    Collect,
    /// The message stops the running turn, and is answered next.
    Interrupt,
    /// The running turn gets the message, if the agent supports this. Otherwise the message waits.
    Steer,
}

/// The default quiet time of `mode = "collect"`.
const COLLECT: Duration = Duration::from_secs(3);

impl PersonaTable {
    /// The persona of this table. `folder` is the configuration's folder.
    pub(crate) fn to_persona(&self, name: &str, limits: &LimitsTable, folder: &Path) -> Persona {
        let plain = Persona::new(name, self.agent.as_str());
        Persona {
            directory: self
                .directory
                .as_ref()
                .map(|it| absolute_path(folder.join(it))),
            color: self.color.clone(),
            mode: match self.mode {
                QueueModeWord::Queue => QueueMode::Queue,
                QueueModeWord::Collect => QueueMode::Collect {
                    window: self.collect_seconds.map_or(COLLECT, Duration::from),
                },
                QueueModeWord::Interrupt => QueueMode::Interrupt,
                QueueModeWord::Steer => QueueMode::Steer,
            },
            turn_limit: self
                .turn_seconds
                .or(limits.turn_seconds)
                .map_or(plain.turn_limit, Duration::from),
            system_prompt: self.system_prompt.clone(),
            user_prompt: self.user_prompt.clone(),
            sampling: Sampling {
                temperature: self.temperature,
                max_tokens: self.max_tokens,
                top_p: self.top_p,
                stop: self.stop.clone(),
            },
            filters: Filters {
                filter_out: self.filter_out.clone(),
                trim_after: self.trim_after.clone(),
                trim_whitespace: self.trim_whitespace,
            },
            context_messages: self.context_messages.unwrap_or(plain.context_messages),
            response_chance: self.response_chance.unwrap_or(plain.response_chance),
            minimum_pause: self
                .minimum_pause_seconds
                .map_or(plain.minimum_pause, Duration::from),
            ..plain
        }
    }
}

/// If the current folder is unknown, the path stays relative, and an error appears when the path is used.
fn absolute_path(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}
