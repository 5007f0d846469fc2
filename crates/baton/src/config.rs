//! The configuration: one TOML file, a module for each table.
//!
//! The steps of reading a configuration are:
//! * [`config_document`] checks that the file is TOML,
//! * [`schema_check`] checks the keys and types against the types of the tables,
//! * [`reference_check`] checks the names of other tables,
//! * [`value_check`] checks that the values are possible,
//! * [`baton_config::secret_location`] reads the secrets, while the parts are built.
//!
//! Each step reports its own kind of mistake, with the line. [`config_warnings`] reports valid but suspicious
//! values.

use std::collections::BTreeMap;
use std::path::Path;

use baton_config::table_schema::schema_settings;
use baton_core::runtime::Limits;
use schemars::JsonSchema;
use serde::Deserialize;

pub(crate) mod agent_tables;
pub(crate) mod approvals_table;
pub(crate) mod channels_table;
pub(crate) mod config_document;
pub(crate) mod config_problem;
pub(crate) mod config_warnings;
pub(crate) mod duration_seconds;
pub(crate) mod example;
pub(crate) mod files_table;
pub(crate) mod limits_table;
pub(crate) mod person_table;
pub(crate) mod persona_table;
pub(crate) mod projects_table;
pub(crate) mod reference_check;
pub(crate) mod schema_check;
pub(crate) mod server_table;
pub(crate) mod value_check;

use agent_tables::AgentTable;
use approvals_table::ApprovalsTable;
use channels_table::ChannelsTable;
use config_document::ConfigDocument;
use config_problem::{ConfigProblem, ConfigProblems};
use files_table::FilesTable;
use limits_table::LimitsTable;
use person_table::PersonTable;
use persona_table::PersonaTable;
use projects_table::ProjectsTable;
use server_table::ServerTable;

/// Baton's configuration.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct BatonConfig {
    /// The agents. Without any agent, Baton looks for a model on this machine, and else echoes messages.
    pub(crate) agents: BTreeMap<String, AgentTable>,
    /// The personas: agents with their own names, prompts and settings.
    pub(crate) personas: BTreeMap<String, PersonaTable>,
    /// The connections to chat platforms.
    pub(crate) channels: ChannelsTable,
    /// The people with access. Without any people, everybody who can reach the address has access.
    pub(crate) people: BTreeMap<String, PersonTable>,
    /// The deciders of approvals, and their time limit.
    pub(crate) approvals: ApprovalsTable,
    /// Limits for files of messages and replies.
    pub(crate) files: FilesTable,
    /// Projects that people add with `/add-project`.
    pub(crate) projects: ProjectsTable,
    /// Limits: numbers, durations and tries.
    pub(crate) limits: LimitsTable,
    /// The address of the server, and the log.
    pub(crate) server: ServerTable,
}

/// A configuration and its text, so that later mistakes also have a line.
pub(crate) struct LoadedConfig {
    pub(crate) config: BatonConfig,
    pub(crate) document: ConfigDocument,
    /// Valid but suspicious values.
    pub(crate) warnings: Vec<ConfigProblem>,
}

impl BatonConfig {
    /// The limits of the runtime, including the rules for approvals.
    pub(crate) fn runtime_limits(&self) -> Limits {
        self.limits.runtime_limits(self.approvals.approval_rules())
    }
}

impl LoadedConfig {
    /// The configuration of a program without a configuration file.
    pub(crate) fn without_file() -> Self {
        Self {
            config: BatonConfig::default(),
            document: ConfigDocument::empty(),
            warnings: Vec::new(),
        }
    }

    /// Reads the file at `path`.
    pub(crate) fn read_file(path: &Path) -> Result<Self, ConfigProblems> {
        Self::from_document(ConfigDocument::read_file(path)?)
    }

    /// Checks `text` as the possible content of the file at `path`.
    pub(crate) fn parse_text(path: &Path, text: &str) -> Result<Self, ConfigProblems> {
        Self::from_document(ConfigDocument::parse_text(path, text)?)
    }

    fn from_document(document: ConfigDocument) -> Result<Self, ConfigProblems> {
        let mut problems = schema_check::check_schema(&document, &json_schema());
        if !problems.is_empty() {
            return Err(problems.into());
        }
        let config = document.deserialize::<BatonConfig>()?;
        problems.extend(reference_check::check_references(&config, &document));
        problems.extend(value_check::check_values(&config, &document));
        if problems.is_empty() {
            let warnings = config_warnings::find_warnings(&config, &document);
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

/// The JSON schema of the file, for editors and for the checks in [`schema_check`].
pub(crate) fn json_schema() -> serde_json::Value {
    schema_settings()
        .into_generator()
        .into_root_schema_for::<BatonConfig>()
        .to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_text(text: &str) -> Result<LoadedConfig, ConfigProblems> {
        LoadedConfig::from_document(ConfigDocument::parse_text("baton.toml", text)?)
    }

    #[test]
    fn an_empty_file_is_a_configuration() {
        assert!(load_text("").is_ok_and(|loaded| loaded.config.agents.is_empty()));
    }

    #[test]
    fn every_mistake_is_reported_not_only_the_first() {
        let text = "[limits]\nturnz = 3\n[server]\nlissen = \"x\"\n[people.ann]\n";
        let problems = load_text(text).err().expect("three mistakes").to_string();
        assert_eq!(problems.lines().count(), 3, "{problems}");
    }
}
