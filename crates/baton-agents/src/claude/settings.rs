//! How the CLI is run.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use crate::policy::PolicySettings;

/// Which program, and how it is run.
#[derive(Clone, Debug)]
pub struct ClaudeSettings {
    /// A name that is looked up in `PATH`, or an absolute path.
    pub program: String,
    /// More words that it is called with, as they are.
    pub args: Vec<String>,
    /// The model, as the CLI names it; its own choice when `None`. What people choose in a
    /// conversation goes before.
    pub model: Option<String>,
    /// How it handles permissions by itself: `acceptEdits`, `plan`, …
    pub permission_mode: Option<String>,
    /// Tools that it may use without a question, as rules of the CLI's.
    pub allowed_tools: Vec<String>,
    /// Tools that it may not use, as rules of the CLI's.
    pub disallowed_tools: Vec<String>,
    /// The CLI's own commands that people may use, by their names without the `/`. A message that
    /// begins with any other is words for the model.
    pub commands: Vec<String>,
    /// What becomes of what it wants to do: this goes before all of the CLI's own.
    pub policy: PolicySettings,
    /// What it is told beside its own instructions; what the persona says comes behind.
    pub system_prompt: Option<String>,
    /// Where it works, unless the persona says otherwise; where we do when `None`.
    pub directory: Option<PathBuf>,
    /// Set in its environment. Of our own environment it gets only what every program needs
    /// (`PATH`, `HOME`, `LANG` and the like).
    pub env: BTreeMap<String, SecretString>,
    /// What happens when somebody has the conversation's session open.
    pub session_in_use: SessionInUse,
    /// How long it may say nothing, while no tool runs and nobody is asked; `None` for ever.
    pub silence: Option<Duration>,
    /// How long commands that it began in the background are waited for when it has answered.
    pub background: Duration,
    /// How long a child is kept after its turn for the next one of its conversation; zero for none.
    pub keep_warm: Duration,
    /// How many are kept at most.
    pub warm_at_most: usize,
}

/// What happens when the session is open in another terminal: two never write one transcript.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SessionInUse {
    /// The conversation goes on in a copy of it.
    #[default]
    Fork,
    /// The message is not answered.
    Refuse,
}

impl ClaudeSettings {
    /// Those of the CLI's own commands that tell or spare something and change nothing else.
    pub const COMMANDS: [&str; 3] = ["compact", "context", "cost"];

    /// A program with nothing said of how it is run.
    pub fn new(program: impl Into<String>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            model: None,
            permission_mode: None,
            allowed_tools: Vec::new(),
            disallowed_tools: Vec::new(),
            commands: Self::COMMANDS.map(str::to_owned).into(),
            policy: PolicySettings::default(),
            system_prompt: None,
            directory: None,
            env: BTreeMap::new(),
            session_in_use: SessionInUse::default(),
            silence: Some(Duration::from_mins(10)),
            background: Duration::from_mins(1),
            keep_warm: Duration::ZERO,
            warm_at_most: 4,
        }
    }
}
