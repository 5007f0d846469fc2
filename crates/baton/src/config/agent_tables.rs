//! `[agents.NAME]`: the agents, one module for each kind.

use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

pub(crate) mod acp_table;
pub(crate) mod claude_table;
pub(crate) mod command_table;
pub(crate) mod echo_table;
pub(crate) mod openai_table;
pub(crate) mod policy_table;

use acp_table::AcpTable;
use claude_table::ClaudeTable;
use command_table::CommandTable;
use echo_table::EchoTable;
use openai_table::OpenaiTable;
use policy_table::PolicyTable;

/// An agent; `kind` selects the type.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum AgentTable {
    /// Repeats the message, for trying Baton out.
    Echo(EchoTable),
    /// A model behind an OpenAI-compatible server: Ollama, llama.cpp, vLLM, or a provider.
    Openai(OpenaiTable),
    /// Any program: the prompt on its standard input, the reply on its standard output.
    Command(CommandTable),
    /// The Claude Code CLI with its tools.
    Claude(Box<ClaudeTable>),
    /// Any agent that speaks the Agent Client Protocol.
    Acp(Box<AcpTable>),
    /// Programs outside Baton that claim messages from the queue API.
    Worker(WorkerTable),
}

/// The default number of turns of an agent at once. Each turn can be a program of some hundred megabytes, and
/// more requests at once only slow a model's server down.
pub(crate) fn at_once() -> usize {
    4
}

/// `kind = "worker"`: programs outside Baton that claim messages from the queue API.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WorkerTable {}

impl AgentTable {
    /// The value of `kind`.
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

    /// Whether the agent works in a folder: its own, or a persona's.
    pub(crate) fn works_in_a_folder(&self) -> bool {
        match self {
            Self::Command(_) | Self::Claude(_) | Self::Acp(_) => true,
            Self::Echo(_) | Self::Openai(_) | Self::Worker(_) => false,
        }
    }

    /// The agent's folder as configured.
    pub(crate) fn directory(&self) -> Option<&Path> {
        match self {
            Self::Command(table) => table.directory.as_deref(),
            Self::Claude(table) => table.directory.as_deref(),
            Self::Acp(table) => table.directory.as_deref(),
            Self::Echo(_) | Self::Openai(_) | Self::Worker(_) => None,
        }
    }

    /// The policy of an agent with tools.
    pub(crate) fn policy(&self) -> Option<&PolicyTable> {
        match self {
            Self::Claude(table) => Some(&table.policy),
            Self::Acp(table) => Some(&table.policy),
            Self::Echo(_) | Self::Openai(_) | Self::Command(_) | Self::Worker(_) => None,
        }
    }

    /// A description for people, without any secret.
    pub(crate) fn describe_agent(&self) -> String {
        match self {
            Self::Echo(_) => "repeats the message".to_owned(),
            Self::Openai(table) => {
                // The whole address may contain a password.
                let server = table.server_url();
                let host = server.as_ref().and_then(Url::host_str).unwrap_or_default();
                let port = server.as_ref().and_then(Url::port);
                let port = port.map(|port| format!(":{port}")).unwrap_or_default();
                format!("{} at {host}{port}", table.model)
            }
            Self::Command(table) => self.describe_program(table.command.first()),
            Self::Acp(table) => self.describe_program(table.command.first()),
            Self::Claude(table) => self.describe_program(Some(&table.program)),
            Self::Worker(_) => "outside workers, through the queue API".to_owned(),
        }
    }

    fn describe_program(&self, program: Option<&String>) -> String {
        let program = program.map_or("", String::as_str);
        match self.directory() {
            Some(directory) => format!("runs {program} in {}", directory.display()),
            None => format!("runs {program}"),
        }
    }
}
