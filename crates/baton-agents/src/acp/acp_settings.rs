//! The configuration of an agent that speaks the Agent Client Protocol.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use crate::policy::PolicySettings;

/// The configuration of an agent that speaks the Agent Client Protocol.
#[derive(Clone, Debug)]
pub struct AcpSettings {
    /// The program: a name to look up in `PATH`, or an absolute path.
    pub program: String,
    /// The arguments of the program.
    pub args: Vec<String>,
    /// Environment variables for the agent. Of Baton's environment, the agent gets only variables that every
    /// program needs (`PATH`, `HOME`, `LANG` and the like).
    pub env: BTreeMap<String, SecretString>,
    /// The working directory, unless the persona sets one; `None` for Baton's working directory.
    pub directory: Option<PathBuf>,
    /// The model, by the agent's id or name; `None` for the agent's default. A choice of people for a
    /// conversation takes precedence.
    pub model: Option<String>,
    /// The mode, by the agent's id or name: "plan", "default", … With `None`, Baton selects a mode in which
    /// the agent asks before it acts, if the agent offers one. Baton makes no selection if `policy` allows
    /// everything.
    pub mode: Option<String>,
    /// Rules that answer the agent's permission requests before people do. Baton sees actions without a
    /// request only after the fact.
    pub policy: PolicySettings,
    /// How long the agent may take until Baton can send the prompt.
    pub ready_limit: Duration,
    /// Limit of a line of the agent's output, in bytes.
    pub line_limit: usize,
    /// Limit of the reply, in bytes.
    pub reply_limit: usize,
    /// How long the agent may take to answer a cancel before the agent is ended, and then to exit before it
    /// is killed. The sum should stay below the dispatcher's limit (0.9 s), which applies anyway.
    pub stop_pause: Duration,
    /// How long the agent's input stays open after the answer. Some agents save their session only then, and
    /// exit as soon as their input closes.
    pub settle_pause: Duration,
    /// How long the agent may take to exit after its input is closed.
    pub exit_pause: Duration,
}

impl AcpSettings {
    /// Default settings for this program, without arguments.
    pub fn new(program: impl Into<String>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            env: BTreeMap::new(),
            directory: None,
            model: None,
            mode: None,
            policy: PolicySettings::default(),
            ready_limit: Duration::from_mins(1),
            // Enough for a picture that a tool read.
            line_limit: 16 * 1024 * 1024,
            reply_limit: 1024 * 1024,
            stop_pause: Duration::from_millis(200),
            settle_pause: Duration::from_millis(150),
            exit_pause: Duration::from_secs(2),
        }
    }
}
