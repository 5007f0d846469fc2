//! The configuration of the CLI.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use crate::policy::PolicySettings;

/// How Baton runs the Claude CLI.
#[derive(Clone, Debug)]
pub struct ClaudeSettings {
    /// The program: a name to look up in `PATH`, or an absolute path.
    pub program: String,
    /// Additional arguments for the CLI, passed unchanged.
    pub args: Vec<String>,
    /// The model, by a name that the CLI knows; `None` for the CLI's default. A choice of people for a
    /// conversation takes precedence.
    pub model: Option<String>,
    /// The CLI's permission mode: `acceptEdits`, `plan`, …
    pub permission_mode: Option<String>,
    /// Tools that the CLI may use without a question, as rules in the CLI's syntax.
    pub allowed_tools: Vec<String>,
    /// Tools that the CLI may not use, as rules in the CLI's syntax.
    pub disallowed_tools: Vec<String>,
    /// The CLI's own commands that people may use, by name without the `/`. A message that begins with
    /// another command is plain text for the model.
    pub commands: Vec<String>,
    /// Rules about the CLI's uses of tools. They take precedence over the CLI's own rules.
    pub policy: PolicySettings,
    /// Text added to the CLI's own instructions. The persona's prompt follows.
    pub system_prompt: Option<String>,
    /// The working directory, unless the persona sets one; `None` for Baton's working directory.
    pub directory: Option<PathBuf>,
    /// Environment variables for the CLI. Of Baton's environment, the CLI gets only variables that every
    /// program needs (`PATH`, `HOME`, `LANG` and the like).
    pub env: BTreeMap<String, SecretString>,
    /// The behaviour when another process has the conversation's session open.
    pub session_in_use: SessionInUse,
    /// The time without output after which Baton ends the CLI; `None` for no limit. Running tools and open
    /// questions suspend the limit.
    pub silence: Option<Duration>,
    /// How long Baton waits, after the answer, for commands in the background.
    pub background: Duration,
    /// How long Baton keeps a child after its turn for the next turn of the conversation; zero to keep none.
    pub keep_warm: Duration,
    /// The maximum number of kept children.
    pub warm_at_most: usize,
}

/// The behaviour when the session is open in another terminal. Two processes never write one transcript.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SessionInUse {
    /// The conversation continues in a copy of the session.
    #[default]
    Fork,
    /// The turn fails, and the message gets no answer.
    Refuse,
}

impl ClaudeSettings {
    /// The CLI's own commands that only show information or shorten the context.
    pub const COMMANDS: [&str; 3] = ["compact", "context", "cost"];

    /// Default settings for this program.
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
