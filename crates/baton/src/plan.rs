//! The result of a configuration: the agents, the personas, and the default persona.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use baton_core::persona::Persona;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::cli::CommonOptions;
use crate::config::LoadedConfig;
use crate::config::agent_tables::AgentTable;
use crate::config::config_problem::ConfigProblem;
use crate::config::server_table::LISTEN;
use crate::config::speech_table::SpeechTable;
use crate::default_agent;
use crate::paths::{self, MissingHomeFolder};
use crate::program_failure::ProgramFailure;

/// The parts to run.
pub(crate) struct ProgramPlan {
    /// The configuration of the plan.
    pub(crate) loaded: LoadedConfig,
    /// The path of the configuration file; `None` without such a file.
    pub(crate) file: Option<PathBuf>,
    /// The data folder.
    pub(crate) data: PathBuf,
    /// The address to listen on.
    pub(crate) listen: SocketAddr,
    /// The agents by name.
    pub(crate) agents: BTreeMap<String, AgentTable>,
    /// The personas, including agents that answer under their own names.
    pub(crate) personas: Vec<Persona>,
    /// The persona for posts without a named persona.
    pub(crate) default_persona: String,
    /// The reason for the found agent; `None` if agents are configured.
    pub(crate) why: Option<String>,
}

impl ProgramPlan {
    /// Reads the configuration, and looks for an agent if none is configured.
    pub(crate) async fn from_options(common: &CommonOptions) -> Result<Self, ProgramFailure> {
        Ok(Self::from_loaded(paths::load_config(common)?, common).await?)
    }

    /// Makes a plan from a configuration that was read before.
    pub(crate) async fn from_loaded(
        loaded: LoadedConfig,
        common: &CommonOptions,
    ) -> Result<Self, MissingHomeFolder> {
        let config = &loaded.config;
        let mut agents = config.agents.clone();
        let mut why = None;
        if agents.is_empty() {
            let found = default_agent::find_default_agent().await;
            agents.insert(found.name.to_owned(), found.agent);
            why = Some(found.why);
        }
        let tables = &config.personas;
        let mut personas: Vec<_> = tables
            .iter()
            .map(|(name, table)| table.to_persona(name, &config.limits, loaded.document.folder()))
            .collect();
        let web = &config.channels.web;
        // The check of the configuration has refused an open choice, unless there is only one candidate.
        let only_persona = || tables.keys().next();
        let only_agent = || agents.keys().next();
        let default_persona = web
            .persona
            .as_ref()
            .or(web.agent.as_ref())
            .or_else(only_persona)
            .or_else(only_agent)
            .cloned()
            .unwrap_or_default();
        // Agents that answer under their own names become personas.
        let channels = config.channels.others.iter();
        let named = channels.flat_map(|channel| channel.config.list_answerers());
        let named = named.filter_map(|answerer| answerer.agent);
        let alone: BTreeSet<_> = named.chain([default_persona.as_str()]).collect();
        for name in alone {
            if !tables.contains_key(name) {
                let mut persona = Persona::new(name, name);
                if let Some(limit) = config.limits.turn_seconds {
                    persona.turn_limit = limit.into();
                }
                personas.push(persona);
            }
        }
        Ok(Self {
            file: paths::find_config_file(common),
            data: paths::data_folder(common)?,
            listen: common.listen.or(config.server.listen).unwrap_or(LISTEN),
            agents,
            personas,
            default_persona,
            why,
            loaded,
        })
    }

    /// A summary for people and programs, without secrets.
    pub(crate) fn summary(&self) -> PlanSummary {
        let described = self.agents.iter().map(|(name, agent)| AgentSummary {
            name: name.clone(),
            kind: agent.kind(),
            what: agent.describe_agent(),
        });
        let personas = self.personas.iter().map(|persona| PersonaSummary {
            name: persona.name.to_string(),
            agent: persona.agent.to_string(),
            default: persona.name.as_str() == self.default_persona,
        });
        let config = &self.loaded.config;
        let channels = config.channels.others.iter();
        let channels = channels.map(|it| (it.name(), it.config.summary()));
        let (lines, facts) = channels
            .map(|(name, summary)| ((name, summary.line), (name.to_owned(), summary.facts)))
            .unzip();
        PlanSummary {
            config: self.file.clone(),
            data: self.data.clone(),
            listen: self.listen,
            agents: described.collect(),
            why: self.why.clone(),
            speech: config.speech.as_ref().map(SpeechTable::describe),
            personas: personas.collect(),
            people: config.people.keys().cloned().collect(),
            public: config.channels.web.public,
            channels: facts,
            channel_lines: lines,
            warnings: self
                .loaded
                .warnings
                .iter()
                .map(ConfigProblem::to_string)
                .collect(),
        }
    }
}

/// A summary of a plan, without secrets.
#[derive(Serialize)]
pub(crate) struct PlanSummary {
    config: Option<PathBuf>,
    data: PathBuf,
    listen: SocketAddr,
    agents: Vec<AgentSummary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// The transcriber of voice messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    speech: Option<String>,
    personas: Vec<PersonaSummary>,
    people: Vec<String>,
    public: bool,
    /// The facts about each channel besides the page, under the name of the channel.
    #[serde(flatten)]
    channels: Map<String, Value>,
    /// The name and the line of each channel besides the page.
    #[serde(skip)]
    channel_lines: Vec<(&'static str, String)>,
    /// The warnings about the configuration.
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct AgentSummary {
    name: String,
    kind: &'static str,
    what: String,
}

#[derive(Serialize)]
struct PersonaSummary {
    name: String,
    agent: String,
    default: bool,
}

impl fmt::Display for PlanSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.config {
            Some(file) => writeln!(f, "configuration  {}", file.display())?,
            None => writeln!(
                f,
                "configuration  no file; `baton config example` prints one"
            )?,
        }
        writeln!(f, "listens on     {}", self.listen)?;
        writeln!(f, "data folder    {}", self.data.display())?;
        for agent in &self.agents {
            write!(
                f,
                "agent          {} ({}): {}",
                agent.name, agent.kind, agent.what
            )?;
            match &self.why {
                Some(why) => writeln!(f, " ({why})")?,
                None => writeln!(f)?,
            }
        }
        for persona in &self.personas {
            let default = if persona.default { " by default" } else { "" };
            writeln!(
                f,
                "persona        {}: answered by {}{default}",
                persona.name, persona.agent
            )?;
        }
        if let Some(speech) = &self.speech {
            writeln!(f, "speech         {speech}")?;
        }
        let people = match (self.people.is_empty(), self.public) {
            (true, false) => "everybody on this machine".to_owned(),
            (true, true) => "everybody who can reach the address".to_owned(),
            (false, false) => self.people.join(", "),
            (false, true) => format!(
                "{}; the public room is open to everybody",
                self.people.join(", ")
            ),
        };
        write!(f, "people         {people}")?;
        for (channel, line) in &self.channel_lines {
            write!(f, "\n{channel:<14} {line}")?;
        }
        for warning in &self.warnings {
            write!(f, "\nwarning        {warning}")?;
        }
        Ok(())
    }
}
