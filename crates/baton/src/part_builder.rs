//! Builds the parts of a plan: the agents, the transcriber, the settings of the page, and the parts of the other channels.

use std::path::Path;
use std::sync::Arc;

use baton_channels::web::WebSettings;
use baton_config::SecretLocation;
use baton_core::clock::Clock;
use baton_core::speech::Speech;
use secrecy::SecretString;

use crate::config::config_document::ConfigDocument;
use crate::config::config_problem::{ConfigProblem, ConfigProblems};
use crate::plan::ProgramPlan;

mod agent_builder;
mod channel_parts;
mod speech_builder;
mod web_settings;

use agent_builder::Agents;
use channel_parts::PreparedChannel;

/// All parts with secrets. These parts are built together, so that one error reports all missing secrets.
pub(crate) struct BuiltParts {
    pub(crate) agents: Agents,
    pub(crate) speech: Option<Speech>,
    pub(crate) web: WebSettings,
    pub(crate) channels: Vec<PreparedChannel>,
}

/// Builds the agents and the transcriber, and prepares the channels.
pub(crate) fn build_parts(
    plan: &ProgramPlan,
    clock: &Arc<dyn Clock>,
    operator_token: Option<SecretString>,
) -> Result<BuiltParts, ConfigProblems> {
    let mut builder = PartBuilder {
        document: &plan.loaded.document,
        clock,
        problems: Vec::new(),
    };
    let agents = builder.build_agents(plan);
    let speech = builder.build_speech(plan);
    let web = builder.build_web_settings(plan, operator_token);
    let channels = plan.loaded.config.channels.others.iter();
    let channels = channels.map(|channel| builder.prepare_channel(plan, channel));
    let channels = channels.collect();
    if builder.problems.is_empty() {
        Ok(BuiltParts {
            agents,
            speech,
            web,
            channels,
        })
    } else {
        Err(builder.problems.into())
    }
}

/// The inputs of all parts, and the problems so far.
struct PartBuilder<'a> {
    document: &'a ConfigDocument,
    clock: &'a Arc<dyn Clock>,
    problems: Vec<ConfigProblem>,
}

impl PartBuilder<'_> {
    fn config_folder(&self) -> &Path {
        self.document.folder()
    }

    /// Reads the secret of the key `keys`. Without a readable secret, adds a problem and returns an empty
    /// secret.
    fn read_secret(&mut self, keys: &[&str], secret: &SecretLocation) -> SecretString {
        secret
            .read_secret(self.config_folder())
            .unwrap_or_else(|error| {
                self.problems
                    .push(self.document.problem_at(keys, error.to_string()));
                SecretString::default()
            })
    }
}
