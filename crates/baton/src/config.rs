//! The configuration: one TOML file, a module for each table.
//!
//! [`LoadedConfig`] is a configuration that passed all checks. The steps of reading a configuration are:
//! * [`config_document`] checks that the file is TOML,
//! * [`schema_check`] checks the keys and types against the types of the tables,
//! * [`reference_check`] checks the names of other tables,
//! * [`value_check`] checks that the values are possible,
//! * [`baton_config::secret_location`] reads the secrets, while the parts are built.
//!
//! Each step reports its own kind of mistake, with the line. [`config_warnings`] reports valid but suspicious
//! values.

use std::collections::BTreeMap;

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
mod loaded_config;
pub(crate) mod person_table;
pub(crate) mod persona_table;
pub(crate) mod projects_table;
pub(crate) mod reference_check;
pub(crate) mod schema_check;
pub(crate) mod server_table;
pub(crate) mod speech_table;
pub(crate) mod value_check;

use agent_tables::AgentTable;
use approvals_table::ApprovalsTable;
use channels_table::ChannelsTable;
use files_table::FilesTable;
use limits_table::LimitsTable;
pub(crate) use loaded_config::LoadedConfig;
use person_table::PersonTable;
use persona_table::PersonaTable;
use projects_table::ProjectsTable;
use server_table::ServerTable;
use speech_table::SpeechTable;

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
    /// The transcriber of voice messages. Without this table, agents get voice messages only as files.
    pub(crate) speech: Option<SpeechTable>,
    /// Projects that people add with `/add-project`.
    pub(crate) projects: ProjectsTable,
    /// Limits: numbers, durations and tries.
    pub(crate) limits: LimitsTable,
    /// The address of the server, and the log.
    pub(crate) server: ServerTable,
}

impl BatonConfig {
    /// The limits of the runtime, including the rules for approvals.
    pub(crate) fn runtime_limits(&self) -> Limits {
        self.limits.runtime_limits(self.approvals.approval_rules())
    }
}

/// The JSON schema of the file, for editors and for the checks in [`schema_check`].
pub(crate) fn json_schema() -> serde_json::Value {
    schema_settings()
        .into_generator()
        .into_root_schema_for::<BatonConfig>()
        .to_value()
}
