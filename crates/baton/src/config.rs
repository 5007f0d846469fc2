//! The configuration: one TOML file, a module for each table.
//!
//! Reading it takes five steps, each with its own kind of mistake to report, and all of them name
//! the line: it is TOML ([`document`]), it has the keys and types that the tables below declare
//! ([`shape`]), its names refer to something ([`references`]), its values can be what they are there
//! for ([`values`]), and its secrets can be read ([`secret`], in the wiring). What is no mistake and worth a second
//! look is in [`warnings`].

use std::collections::BTreeMap;
use std::path::Path;

use baton_core::runtime::Limits;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Deserialize;

pub(crate) mod agents;
pub(crate) mod approvals;
pub(crate) mod channels;
pub(crate) mod discord;
pub(crate) mod document;
pub(crate) mod example;
pub(crate) mod files;
pub(crate) mod limits;
pub(crate) mod people;
pub(crate) mod personas;
pub(crate) mod problem;
pub(crate) mod projects;
pub(crate) mod references;
pub(crate) mod seconds;
pub(crate) mod secret;
pub(crate) mod server;
pub(crate) mod shape;
pub(crate) mod values;
pub(crate) mod warnings;

use agents::AgentTable;
use approvals::ApprovalsTable;
use channels::ChannelsTable;
use document::Document;
use files::FilesTable;
use limits::LimitsTable;
use people::PersonTable;
use personas::PersonaTable;
use problem::{Problem, Problems};
use projects::ProjectsTable;
use server::ServerTable;

/// Baton's configuration.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// What answers. Without any, Baton looks for a model on this machine, and echoes if there is
    /// none.
    pub(crate) agents: BTreeMap<String, AgentTable>,
    /// Who answers: agents under a name of their own, with prompts and settings.
    pub(crate) personas: BTreeMap<String, PersonaTable>,
    /// Where people write.
    pub(crate) channels: ChannelsTable,
    /// Who may come in. Without any, everybody who can reach the address may.
    pub(crate) people: BTreeMap<String, PersonTable>,
    /// Who decides what agents ask, and how long they have.
    pub(crate) approvals: ApprovalsTable,
    /// What may come with messages, and be sent with replies.
    pub(crate) files: FilesTable,
    /// Projects that people add with `/add-project`.
    pub(crate) projects: ProjectsTable,
    /// How much, how long, how often.
    pub(crate) limits: LimitsTable,
    /// Where Baton listens, and what it logs.
    pub(crate) server: ServerTable,
}

/// A configuration and the text that it came from, so that a mistake found later still has a line.
pub(crate) struct Loaded {
    pub(crate) config: Config,
    pub(crate) document: Document,
    /// What is worth a second look.
    pub(crate) warnings: Vec<Problem>,
}

impl Config {
    /// How much, how long, how often, and who decides.
    pub(crate) fn limits(&self) -> Limits {
        self.limits.limits(self.approvals.rules())
    }
}

impl Loaded {
    /// What runs when nothing is configured.
    pub(crate) fn nothing() -> Self {
        Self {
            config: Config::default(),
            document: Document::empty(),
            warnings: Vec::new(),
        }
    }

    /// Reads the file at `path`.
    pub(crate) fn read(path: &Path) -> Result<Self, Problems> {
        Self::from_document(Document::read(path)?)
    }

    /// What a file at `path` would mean that held `text`.
    pub(crate) fn parse(path: &Path, text: &str) -> Result<Self, Problems> {
        Self::from_document(Document::parse(path, text)?)
    }

    fn from_document(document: Document) -> Result<Self, Problems> {
        let mut problems = shape::check(&document, &schema());
        if !problems.is_empty() {
            return Err(problems.into());
        }
        let config = document.deserialize::<Config>()?;
        problems.extend(references::check(&config, &document));
        problems.extend(values::check(&config, &document));
        if problems.is_empty() {
            let warnings = warnings::find(&config, &document);
            Ok(Self {
                config,
                document,
                warnings,
            })
        } else {
            Err(problems.into())
        }
    }
}

/// The JSON schema of the file: what an editor completes with, and what [`shape`] checks against.
pub(crate) fn schema() -> serde_json::Value {
    SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
        .into_root_schema_for::<Config>()
        .to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Loaded, Problems> {
        Loaded::from_document(Document::parse("baton.toml", text)?)
    }

    #[test]
    fn an_empty_file_is_a_configuration() {
        assert!(read("").is_ok_and(|loaded| loaded.config.agents.is_empty()));
    }

    #[test]
    fn every_mistake_is_reported_not_only_the_first() {
        let text = "[limits]\nturnz = 3\n[server]\nlissen = \"x\"\n[people.ann]\n";
        let problems = read(text).err().expect("three mistakes").to_string();
        assert_eq!(problems.lines().count(), 3, "{problems}");
    }
}
