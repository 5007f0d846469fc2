//! Makes the parts that a plan names.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use baton_agents::policy::PolicyError;
use baton_agents::{
    AcpAgent, AcpSettings, ClaudeAgent, ClaudeSettings, CommandAgent, CommandSettings, EchoAgent,
    EchoSettings, OpenAiAgent, OpenAiSettings,
};
use baton_channels::web::settings::strangers_come;
use baton_channels::web::{PersonAccount, WebSettings};
use baton_core::agent::Agent;
use baton_core::clock::Clock;
use baton_core::name::AgentName;
use secrecy::{ExposeSecret, SecretString};

use crate::config::agents::{AcpTable, AgentTable, CommandTable, EchoTable, OpenaiTable};
use crate::config::claude::ClaudeTable;
use crate::config::document::Document;
use crate::config::problem::{Problem, Problems};
use crate::config::secret::Secret;
use crate::plan::Plan;

/// How many posts an address may send in a minute where strangers can reach the page.
const POSTS_PER_MINUTE: u32 = 10;

/// Why Baton does not listen where it was told to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    /// Strangers could come in.
    #[error(
        "{at}{listen} can be reached from beyond this machine{how}, and nobody has to say who they are; \
         add [people.NAME] with a token to the configuration, or write public = true in \
         [channels.web] if everybody may read and write there"
    )]
    Open {
        /// Where the configuration says so, if it is there.
        at: String,
        listen: SocketAddr,
        /// How, where the address does not say it.
        how: &'static str,
    },
    /// The system refused.
    #[error("cannot listen on {listen}: {error}; choose another address with --listen")]
    Refused {
        listen: SocketAddr,
        error: std::io::Error,
    },
}

/// What answers, and how many turns of it may run at once.
pub(crate) type Agents = Vec<(AgentName, Arc<dyn Agent>, usize)>;

/// All that a plan needs secrets for: made together, so that all that are missing are reported at
/// once.
pub(crate) struct Wired {
    pub(crate) agents: Agents,
    pub(crate) web: WebSettings,
}

/// Refuses to let strangers in by accident.
pub(crate) fn check_listening(plan: &Plan, from_command_line: bool) -> Result<(), ListenError> {
    let config = &plan.loaded.config;
    let closed = !config.people.is_empty() || config.channels.web.public;
    if closed || !reached_from_beyond(plan) {
        return Ok(());
    }
    let document = &plan.loaded.document;
    let at = |key| format!("{}: ", document.at(&["server", key]));
    let server = &config.server;
    let (at, how) = if plan.listen.ip().is_loopback() {
        let key = if server.hosts.is_empty() {
            "trusted_proxies"
        } else {
            "hosts"
        };
        (at(key), " through a proxy")
    } else if from_command_line || server.listen.is_none() {
        (String::new(), "")
    } else {
        (at("listen"), "")
    };
    Err(ListenError::Open {
        at,
        listen: plan.listen,
        how,
    })
}

fn reached_from_beyond(plan: &Plan) -> bool {
    let server = &plan.loaded.config.server;
    strangers_come(plan.listen, &server.hosts, &server.trusted_proxies)
}

/// Takes the address.
pub(crate) fn listen(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).map_err(|error| ListenError::Refused {
        listen: address,
        error,
    })
}

/// Makes the agents and the web channel's settings.
pub(crate) fn wire(
    plan: &Plan,
    clock: &Arc<dyn Clock>,
    operator_token: Option<SecretString>,
) -> Result<Wired, Problems> {
    let mut wiring = Wiring {
        document: &plan.loaded.document,
        clock,
        problems: Vec::new(),
    };
    let agents = wiring.agents(plan);
    let web = wiring.web(plan, operator_token);
    if wiring.problems.is_empty() {
        Ok(Wired { agents, web })
    } else {
        Err(wiring.problems.into())
    }
}

struct Wiring<'a> {
    document: &'a Document,
    clock: &'a Arc<dyn Clock>,
    problems: Vec<Problem>,
}

impl Wiring<'_> {
    fn folder(&self) -> &Path {
        self.document.folder()
    }

    /// The secret that `keys` names; an empty one, and a problem, where it is not there.
    fn secret(&mut self, keys: &[&str], secret: &Secret) -> SecretString {
        secret.read(self.folder()).unwrap_or_else(|error| {
            self.problems
                .push(self.document.problem(keys, error.to_string()));
            SecretString::default()
        })
    }

    fn agents(&mut self, plan: &Plan) -> Agents {
        let mut agents = Agents::new();
        for (name, table) in &plan.agents {
            let made = match table {
                AgentTable::Echo(table) => Some((self.echo(table), table.at_once)),
                AgentTable::Openai(table) => {
                    self.openai(name, table).map(|agent| (agent, table.at_once))
                }
                AgentTable::Command(table) => Some((self.command(name, table), table.at_once)),
                AgentTable::Claude(table) => {
                    self.claude(name, table).map(|agent| (agent, table.at_once))
                }
                AgentTable::Acp(table) => self.acp(name, table).map(|agent| (agent, table.at_once)),
                // Outside programs answer for it; see `WebSettings::worker_agents`.
                AgentTable::Worker(_) => None,
            };
            if let Some((agent, at_once)) = made {
                agents.push((name.as_str().into(), agent, at_once));
            }
        }
        agents
    }

    fn echo(&self, table: &EchoTable) -> Arc<dyn Agent> {
        let plain = EchoSettings::default();
        let settings = EchoSettings {
            pause: table.pause_seconds.map_or(plain.pause, Into::into),
        };
        Arc::new(EchoAgent::new(settings, Arc::clone(self.clock)))
    }

    fn openai(&mut self, name: &str, table: &OpenaiTable) -> Option<Arc<dyn Agent>> {
        let plain = OpenAiSettings::new(table.server()?, table.model.as_str());
        let api_key = table
            .api_key
            .as_ref()
            .map(|key| self.secret(&["agents", name, "api_key"], key));
        let settings = OpenAiSettings {
            api_key,
            context_tokens: table.context_tokens.unwrap_or(plain.context_tokens),
            ..plain
        };
        match OpenAiAgent::new(settings, Arc::clone(self.clock)) {
            Ok(agent) => Some(Arc::new(agent)),
            Err(error) => {
                self.problems
                    .push(self.document.problem(&["agents", name], error.to_string()));
                None
            }
        }
    }

    fn command(&mut self, name: &str, table: &CommandTable) -> Arc<dyn Agent> {
        let mut words = table.command.iter().cloned();
        let plain = CommandSettings::new(words.next().unwrap_or_default());
        let settings = CommandSettings {
            args: words.collect(),
            env: self.environment(name, &table.env, &table.secrets),
            directory: table.directory.as_ref().map(|it| self.folder().join(it)),
            output_limit: table.output_limit.unwrap_or(plain.output_limit),
            ..plain
        };
        Arc::new(CommandAgent::new(settings, Arc::clone(self.clock)))
    }

    fn claude(&mut self, name: &str, table: &ClaudeTable) -> Option<Arc<dyn Agent>> {
        let plain = ClaudeSettings::new(table.program.as_str());
        let env = self.environment(name, &table.env, &table.secrets);
        let silence = table.silence_seconds.map(Duration::from);
        let settings = ClaudeSettings {
            args: table.args.clone(),
            model: table.model.clone(),
            permission_mode: table.permission_mode.clone(),
            allowed_tools: table.allowed_tools.clone(),
            disallowed_tools: table.disallowed_tools.clone(),
            policy: table.policy.settings(home_of(&env)),
            system_prompt: table.system_prompt.clone(),
            directory: table.directory.as_ref().map(|it| self.folder().join(it)),
            env,
            session_in_use: table.session_in_use.into(),
            silence: silence.map_or(plain.silence, |it| (!it.is_zero()).then_some(it)),
            background: table
                .background_seconds
                .map_or(plain.background, Duration::from),
            ..plain
        };
        let agent = ClaudeAgent::new(settings, Arc::clone(self.clock));
        Some(Arc::new(self.with_policy(name, agent)?))
    }

    fn acp(&mut self, name: &str, table: &AcpTable) -> Option<Arc<dyn Agent>> {
        let mut words = table.command.iter().cloned();
        let plain = AcpSettings::new(words.next().unwrap_or_default());
        let env = self.environment(name, &table.env, &table.secrets);
        let settings = AcpSettings {
            args: words.collect(),
            policy: table.policy.settings(home_of(&env)),
            env,
            directory: table.directory.as_ref().map(|it| self.folder().join(it)),
            model: table.model.clone(),
            mode: table.mode.clone(),
            ready_limit: table.ready_seconds.map_or(plain.ready_limit, Into::into),
            ..plain
        };
        let agent = AcpAgent::new(settings, Arc::clone(self.clock));
        Some(Arc::new(self.with_policy(name, agent)?))
    }

    /// An agent whose policy can be used; a problem where it cannot.
    fn with_policy<A>(&mut self, name: &str, agent: Result<A, PolicyError>) -> Option<A> {
        agent
            .map_err(|error| {
                let keys = ["agents", name, "policy"];
                let problem = self.document.problem(&keys, error.to_string());
                self.problems.push(problem);
            })
            .ok()
    }

    /// What an agent's program finds in its environment, as it is configured.
    fn environment(
        &mut self,
        name: &str,
        plain: &BTreeMap<String, String>,
        secrets: &BTreeMap<String, Secret>,
    ) -> BTreeMap<String, SecretString> {
        let plain = plain.iter();
        let plain = plain.map(|(name, value)| (name.clone(), value.as_str().into()));
        let mut env: BTreeMap<_, SecretString> = plain.collect();
        for (variable, secret) in secrets {
            let secret = self.secret(&["agents", name, "secrets", variable], secret);
            env.insert(variable.clone(), secret);
        }
        env
    }

    /// Whoever shows a token that two have would be taken for one of them.
    fn check_tokens(&mut self, people: &[PersonAccount]) {
        for (number, person) in people.iter().enumerate() {
            let token = person.token.expose_secret();
            let mut before = people[..number].iter();
            let same = before.find(|other| other.token.expose_secret() == token);
            // One that could not be read is reported already.
            if let Some(other) = same.filter(|_| !token.is_empty()) {
                let what = format!(
                    "this is the token of {} as well; each needs one of their own",
                    other.name
                );
                let keys = ["people", &person.name, "token"];
                self.problems.push(self.document.problem(&keys, what));
            }
        }
    }

    fn web(&mut self, plan: &Plan, operator_token: Option<SecretString>) -> WebSettings {
        let config = &plan.loaded.config;
        let people = config.people.iter().map(|(name, person)| PersonAccount {
            id: name.as_str().into(),
            name: name.clone(),
            token: self.secret(&["people", name, "token"], &person.token),
            operator: person.operator,
        });
        let people: Vec<_> = people.collect();
        self.check_tokens(&people);
        let rooms = config.channels.web.rooms.iter().map(|(room, table)| {
            let members = table.members.iter().map(|member| member.as_str().into());
            (room.clone(), members.collect())
        });
        let beyond = reached_from_beyond(plan);
        let usual = if beyond { POSTS_PER_MINUTE } else { 0 };
        let workers = plan.agents.iter();
        let workers = workers.filter(|(_, agent)| matches!(agent, AgentTable::Worker(_)));
        let posts = config.channels.web.posts_per_minute.unwrap_or(usual);
        WebSettings {
            public: config.channels.web.public,
            people,
            rooms: rooms.collect(),
            operator_token,
            hosts: config.server.hosts.clone(),
            trusted_proxies: config.server.trusted_proxies.clone(),
            posts_per_minute: NonZeroU32::new(posts),
            worker_agents: workers.map(|(name, _)| name.as_str().into()).collect(),
            retry: config.limits().retry,
            ..WebSettings::new(plan.default_persona.as_str(), Arc::clone(self.clock))
        }
    }
}

/// The home of a program with that environment.
fn home_of(env: &BTreeMap<String, SecretString>) -> Option<PathBuf> {
    let set = env.get("HOME");
    let set = set.map(|home| OsString::from(home.expose_secret()));
    set.or_else(|| std::env::var_os("HOME")).map(PathBuf::from)
}
