//! Builds the agents from their tables.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use baton_agents::policy::PolicyError;
use baton_agents::{
    AcpAgent, AcpSettings, ClaudeAgent, ClaudeSettings, CommandAgent, CommandSettings, EchoAgent,
    EchoSettings, OpenAiAgent, OpenAiSettings,
};
use baton_config::SecretLocation;
use baton_core::agent::Agent;
use baton_core::name::AgentName;
use secrecy::{ExposeSecret, SecretString};

use super::PartBuilder;
use crate::config::agent_tables::AgentTable;
use crate::config::agent_tables::acp_table::AcpTable;
use crate::config::agent_tables::claude_table::ClaudeTable;
use crate::config::agent_tables::command_table::CommandTable;
use crate::config::agent_tables::echo_table::EchoTable;
use crate::config::agent_tables::openai_table::OpenaiTable;
use crate::plan::ProgramPlan;

/// Effectively no limit.
const NO_LIMIT: Duration = Duration::from_hours(24 * 365);

/// The agents, each with its largest number of turns at once.
pub(crate) type Agents = Vec<(AgentName, Arc<dyn Agent>, usize)>;

impl PartBuilder<'_> {
    pub(super) fn build_agents(&mut self, plan: &ProgramPlan) -> Agents {
        let mut agents = Agents::new();
        for (name, table) in &plan.agents {
            let made = match table {
                AgentTable::Echo(table) => Some((self.build_echo(table), table.at_once)),
                AgentTable::Openai(table) => self
                    .build_openai(name, table)
                    .map(|agent| (agent, table.at_once)),
                AgentTable::Command(table) => {
                    Some((self.build_command(name, table), table.at_once))
                }
                AgentTable::Claude(table) => self
                    .build_claude(name, table)
                    .map(|agent| (agent, table.at_once)),
                AgentTable::Acp(table) => self
                    .build_acp(name, table)
                    .map(|agent| (agent, table.at_once)),
                // Programs outside Baton answer for this agent; see `WebSettings::worker_agents`.
                AgentTable::Worker(_) => None,
            };
            if let Some((agent, at_once)) = made {
                agents.push((name.as_str().into(), agent, at_once));
            }
        }
        agents
    }

    fn build_echo(&self, table: &EchoTable) -> Arc<dyn Agent> {
        let plain = EchoSettings::default();
        let settings = EchoSettings {
            pause: table.pause_seconds.map_or(plain.pause, Into::into),
        };
        Arc::new(EchoAgent::new(settings, Arc::clone(self.clock)))
    }

    fn build_openai(&mut self, name: &str, table: &OpenaiTable) -> Option<Arc<dyn Agent>> {
        let plain = OpenAiSettings::new(table.server_url()?, table.model.as_str());
        let api_key = table
            .api_key
            .as_ref()
            .map(|key| self.read_secret(&["agents", name, "api_key"], key));
        let silence = table.silence_seconds.map(Duration::from);
        let (first_silence_limit, silence_limit) = match silence {
            None => (plain.first_silence_limit, plain.silence_limit),
            Some(Duration::ZERO) => (NO_LIMIT, NO_LIMIT),
            Some(silence) => (silence, silence.min(plain.silence_limit)),
        };
        let settings = OpenAiSettings {
            api_key,
            first_silence_limit,
            silence_limit,
            context_tokens: table.context_tokens.unwrap_or(plain.context_tokens),
            images: table.images,
            ..plain
        };
        match OpenAiAgent::new(settings, Arc::clone(self.clock)) {
            Ok(agent) => Some(Arc::new(agent)),
            Err(error) => {
                self.problems.push(
                    self.document
                        .problem_at(&["agents", name], error.to_string()),
                );
                None
            }
        }
    }

    fn build_command(&mut self, name: &str, table: &CommandTable) -> Arc<dyn Agent> {
        let mut words = table.command.iter().cloned();
        let plain = CommandSettings::new(words.next().unwrap_or_default());
        let settings = CommandSettings {
            args: words.collect(),
            env: self.read_environment(name, &table.env, &table.secrets),
            directory: table
                .directory
                .as_ref()
                .map(|it| self.config_folder().join(it)),
            output_limit: table.output_limit.unwrap_or(plain.output_limit),
            ..plain
        };
        Arc::new(CommandAgent::new(settings, Arc::clone(self.clock)))
    }

    fn build_claude(&mut self, name: &str, table: &ClaudeTable) -> Option<Arc<dyn Agent>> {
        let plain = ClaudeSettings::new(table.program.as_str());
        let env = self.read_environment(name, &table.env, &table.secrets);
        let silence = table.silence_seconds.map(Duration::from);
        let settings = ClaudeSettings {
            args: table.args.clone(),
            model: table.model.clone(),
            permission_mode: table.permission_mode.clone(),
            allowed_tools: table.allowed_tools.clone(),
            disallowed_tools: table.disallowed_tools.clone(),
            commands: table.commands.clone(),
            policy: table.policy.policy_settings(home_of(&env)),
            system_prompt: table.system_prompt.clone(),
            directory: table
                .directory
                .as_ref()
                .map(|it| self.config_folder().join(it)),
            env,
            session_in_use: table.session_in_use.into(),
            silence: silence.map_or(plain.silence, |it| (!it.is_zero()).then_some(it)),
            background: table
                .background_seconds
                .map_or(plain.background, Duration::from),
            keep_warm: table
                .keep_warm_seconds
                .map_or(plain.keep_warm, Duration::from),
            warm_at_most: table.warm_at_most,
            ..plain
        };
        let agent = ClaudeAgent::new(settings, Arc::clone(self.clock));
        Some(Arc::new(self.with_policy(name, agent)?))
    }

    fn build_acp(&mut self, name: &str, table: &AcpTable) -> Option<Arc<dyn Agent>> {
        let mut words = table.command.iter().cloned();
        let plain = AcpSettings::new(words.next().unwrap_or_default());
        let env = self.read_environment(name, &table.env, &table.secrets);
        let settings = AcpSettings {
            args: words.collect(),
            policy: table.policy.policy_settings(home_of(&env)),
            env,
            directory: table
                .directory
                .as_ref()
                .map(|it| self.config_folder().join(it)),
            model: table.model.clone(),
            mode: table.mode.clone(),
            ready_limit: table.ready_seconds.map_or(plain.ready_limit, Into::into),
            ..plain
        };
        let agent = AcpAgent::new(settings, Arc::clone(self.clock));
        Some(Arc::new(self.with_policy(name, agent)?))
    }

    /// The agent, or a problem if its policy is invalid.
    fn with_policy<A>(&mut self, name: &str, agent: Result<A, PolicyError>) -> Option<A> {
        agent
            .map_err(|error| {
                let keys = ["agents", name, "policy"];
                let problem = self.document.problem_at(&keys, error.to_string());
                self.problems.push(problem);
            })
            .ok()
    }

    /// The configured environment variables of an agent's program, including secrets.
    fn read_environment(
        &mut self,
        name: &str,
        plain: &BTreeMap<String, String>,
        secrets: &BTreeMap<String, SecretLocation>,
    ) -> BTreeMap<String, SecretString> {
        let plain = plain.iter();
        let plain = plain.map(|(name, value)| (name.clone(), value.as_str().into()));
        let mut env: BTreeMap<_, SecretString> = plain.collect();
        for (variable, secret) in secrets {
            let secret = self.read_secret(&["agents", name, "secrets", variable], secret);
            env.insert(variable.clone(), secret);
        }
        env
    }
}

/// The home folder of a program with this environment.
fn home_of(env: &BTreeMap<String, SecretString>) -> Option<PathBuf> {
    let set = env.get("HOME");
    let set = set.map(|home| OsString::from(home.expose_secret()));
    set.or_else(|| std::env::var_os("HOME")).map(PathBuf::from)
}
