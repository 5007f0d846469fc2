//! `[agents.NAME]`: what answers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use super::claude::ClaudeTable;
use super::policy::PolicyTable;
use super::seconds::Seconds;
use super::secret::Secret;

/// An agent, by what kind it is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum AgentTable {
    /// Says the message again. For trying things out.
    Echo(EchoTable),
    /// A model behind an OpenAI-compatible server: Ollama, llama.cpp, vLLM, a provider.
    Openai(OpenaiTable),
    /// Any program: the prompt on its standard input, the reply on its standard output.
    Command(CommandTable),
    /// The Claude Code CLI, with its tools.
    Claude(Box<ClaudeTable>),
    /// Any agent that speaks the Agent Client Protocol.
    Acp(Box<AcpTable>),
    /// Outside programs that pull messages from the queue API.
    Worker(WorkerTable),
}

/// `kind = "echo"`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EchoTable {
    /// How many turns it may run at once.
    #[serde(default = "EchoTable::at_once")]
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) at_once: usize,
    /// The pause between two pieces of an answer.
    pub(crate) pause_seconds: Option<Seconds>,
}

impl EchoTable {
    fn at_once() -> usize {
        32
    }
}

impl Default for EchoTable {
    fn default() -> Self {
        Self {
            at_once: Self::at_once(),
            pause_seconds: None,
        }
    }
}

/// `kind = "openai"`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenaiTable {
    /// The server, up to and with its `/v1`: `http://127.0.0.1:11434/v1` is Ollama's.
    pub(crate) base_url: String,
    /// The model, as the server names it.
    pub(crate) model: String,
    /// Where the key is, if the server wants one.
    pub(crate) api_key: Option<Secret>,
    /// How many tokens the model can take in and give out together; older history is left out.
    #[schemars(range(min = 256, max = 100_000_000))]
    pub(crate) context_tokens: Option<usize>,
    /// How many turns it may run at once.
    #[serde(default = "OpenaiTable::at_once")]
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) at_once: usize,
}

impl OpenaiTable {
    /// The server's address, if it is one.
    pub(crate) fn server(&self) -> Option<Url> {
        let url = Url::parse(&self.base_url).ok()?;
        (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
    }

    /// A model's server that is asked more at once only makes everybody wait longer.
    pub(crate) fn at_once() -> usize {
        4
    }
}

/// `kind = "command"`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommandTable {
    /// The program and what it is called with, each word for itself; no shell is between.
    #[schemars(length(min = 1))]
    pub(crate) command: Vec<String>,
    /// Where it runs; a relative path starts from the configuration's folder.
    pub(crate) directory: Option<PathBuf>,
    /// Set in its environment. Of Baton's own environment it gets only what every program needs.
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
    /// Secrets that are set in its environment.
    #[serde(default)]
    pub(crate) secrets: BTreeMap<String, Secret>,
    /// How long its output may become, in bytes.
    #[schemars(range(min = 1, max = 67_108_864))]
    pub(crate) output_limit: Option<usize>,
    /// How many turns it may run at once.
    #[serde(default = "CommandTable::at_once")]
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) at_once: usize,
}

impl CommandTable {
    fn at_once() -> usize {
        4
    }
}

/// `kind = "acp"`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcpTable {
    /// The program and what it is called with, each word for itself; no shell is between.
    #[schemars(length(min = 1))]
    pub(crate) command: Vec<String>,
    /// Where it works; a relative path starts from the configuration's folder.
    pub(crate) directory: Option<PathBuf>,
    /// Set in its environment. Of Baton's own environment it gets only what every program needs.
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
    /// Secrets that are set in its environment.
    #[serde(default)]
    pub(crate) secrets: BTreeMap<String, Secret>,
    /// The model, by the agent's own name of it, where it lets anybody choose.
    pub(crate) model: Option<String>,
    /// The mode, by the agent's own name of it, where it lets anybody choose.
    pub(crate) mode: Option<String>,
    /// What becomes of what it asks, before people are asked.
    #[serde(default)]
    pub(crate) policy: PolicyTable,
    /// How long it may take until it can be asked.
    pub(crate) ready_seconds: Option<Seconds>,
    /// How many turns it may run at once.
    #[serde(default = "AcpTable::at_once")]
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) at_once: usize,
}

impl AcpTable {
    fn at_once() -> usize {
        4
    }
}

/// `kind = "worker"`
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WorkerTable {}

impl AgentTable {
    /// The word in `kind`.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Echo(_) => "echo",
            Self::Openai(_) => "openai",
            Self::Command(_) => "command",
            Self::Claude(_) => "claude",
            Self::Acp(_) => "acp",
            Self::Worker(_) => "worker",
        }
    }

    /// Where it works, as it is written.
    pub(crate) fn directory(&self) -> Option<&Path> {
        match self {
            Self::Command(table) => table.directory.as_deref(),
            Self::Claude(table) => table.directory.as_deref(),
            Self::Acp(table) => table.directory.as_deref(),
            Self::Echo(_) | Self::Openai(_) | Self::Worker(_) => None,
        }
    }

    /// What becomes of the tools that it wants to use.
    pub(crate) fn policy(&self) -> Option<&PolicyTable> {
        match self {
            Self::Claude(table) => Some(&table.policy),
            Self::Acp(table) => Some(&table.policy),
            Self::Echo(_) | Self::Openai(_) | Self::Command(_) | Self::Worker(_) => None,
        }
    }

    /// What it is, for people; no secret is in it.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Echo(_) => "says the message again".to_owned(),
            Self::Openai(table) => {
                // Not the whole address: it may hold a password.
                let server = table.server();
                let host = server.as_ref().and_then(Url::host_str).unwrap_or_default();
                let port = server.as_ref().and_then(Url::port);
                let port = port.map(|port| format!(":{port}")).unwrap_or_default();
                format!("{} at {host}{port}", table.model)
            }
            Self::Command(table) => runs(&table.command),
            Self::Acp(table) => runs(&table.command),
            Self::Claude(table) => {
                let program = &table.program;
                let directory = table.directory.as_ref();
                let place = directory.map(|directory| format!(" in {}", directory.display()));
                format!("runs {program}{}", place.unwrap_or_default())
            }
            Self::Worker(_) => "outside programs, by the queue API".to_owned(),
        }
    }
}

fn runs(command: &[String]) -> String {
    let program = command.first().map_or("", String::as_str);
    format!("runs {program}")
}
