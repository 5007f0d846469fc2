//! `[personas.NAME]`: who answers.

use std::path::{Path, PathBuf};
use std::time::Duration;

use baton_core::persona::{Filters, Persona, Sampling};
use baton_core::place::QueueMode;
use schemars::JsonSchema;
use serde::Deserialize;

use super::limits::LimitsTable;
use super::seconds::Seconds;
use super::shape::as_words;

/// A persona: an agent under a name of its own, with prompts and settings.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonaTable {
    /// The agent that answers for it.
    pub(crate) agent: String,
    /// The folder that its agent works in, instead of the agent's own; a relative path starts from
    /// the configuration's folder.
    pub(crate) directory: Option<PathBuf>,
    /// Colour of its name on the page: `#rgb` or `#rrggbb`.
    pub(crate) color: Option<String>,
    /// What the agent is told before anything else.
    pub(crate) system_prompt: Option<String>,
    /// Wraps every message; `{text}` and `{name}` stand for what was said and who said it.
    pub(crate) user_prompt: Option<String>,
    /// How freely a model chooses its words; 0 always takes the likeliest.
    #[schemars(range(min = 0.0, max = 10.0))]
    pub(crate) temperature: Option<f64>,
    /// How long a reply may become, in tokens.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub(crate) max_tokens: Option<u32>,
    /// Only words that together are this likely are considered.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub(crate) top_p: Option<f64>,
    /// The model stops before any of these.
    #[serde(default)]
    pub(crate) stop: Vec<String>,
    /// Each of these is removed from a reply.
    #[serde(default)]
    pub(crate) filter_out: Vec<String>,
    /// A reply is cut before the first of any of these.
    #[serde(default)]
    pub(crate) trim_after: Vec<String>,
    /// Whether white space at both ends of a reply is removed.
    #[serde(default)]
    pub(crate) trim_whitespace: bool,
    /// How many earlier posts of the room the agent is shown.
    #[schemars(range(min = 0, max = 1_000))]
    pub(crate) context_messages: Option<usize>,
    /// How likely a message is answered at all.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub(crate) response_chance: Option<f64>,
    /// How long a conversation rests after each reply.
    pub(crate) minimum_pause_seconds: Option<Seconds>,
    /// How long one turn may take; what `[limits]` says if it is not given.
    pub(crate) turn_seconds: Option<Seconds>,
    /// What happens to a message that arrives while another is being answered.
    #[serde(default)]
    pub(crate) mode: Mode,
    /// With `mode = "collect"`: how long a conversation must be quiet before its messages are
    /// answered together.
    pub(crate) collect_seconds: Option<Seconds>,
}

/// What happens to a message that arrives while another is being answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline, transform = as_words)]
pub(crate) enum Mode {
    /// It waits; one turn for each message.
    #[default]
    Queue,
    /// It waits, and is answered together with the others that wait.
    Collect,
    /// It stops the running turn and is answered next.
    Interrupt,
    /// It is handed into the running turn where the agent can take it; else it waits.
    Steer,
}

/// How long `collect` waits for quiet where nothing is said of it.
const COLLECT: Duration = Duration::from_secs(3);

impl PersonaTable {
    /// The persona that this table describes, in a configuration in `folder`.
    pub(crate) fn persona(&self, name: &str, limits: &LimitsTable, folder: &Path) -> Persona {
        let plain = Persona::new(name, self.agent.as_str());
        Persona {
            directory: self.directory.as_ref().map(|it| absolute(folder.join(it))),
            color: self.color.clone(),
            mode: match self.mode {
                Mode::Queue => QueueMode::Queue,
                Mode::Collect => QueueMode::Collect {
                    window: self.collect_seconds.map_or(COLLECT, Duration::from),
                },
                Mode::Interrupt => QueueMode::Interrupt,
                Mode::Steer => QueueMode::Steer,
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

/// Where even our own folder is not known, it does not exist: then so it is said when it is needed.
fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}
