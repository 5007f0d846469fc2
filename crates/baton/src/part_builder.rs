//! Builds the parts of a plan: the agents, and the settings of the channels.

use std::path::Path;
use std::sync::Arc;

use baton_channels::discord::DiscordSettings;
use baton_channels::web::WebSettings;
use baton_core::clock::Clock;
use secrecy::SecretString;

use crate::config::config_document::Document;
use crate::config::config_problem::{Problem, Problems};
use crate::config::secret_location::Secret;
use crate::plan::Plan;

mod agent_builder;
mod discord_settings;
mod web_settings;

use agent_builder::Agents;

/// All parts that need secrets. They are built together, so that one error reports all missing secrets.
pub(crate) struct Wired {
    pub(crate) agents: Agents,
    pub(crate) web: WebSettings,
    pub(crate) discord: Option<DiscordSettings>,
}

/// Builds the agents and the settings of the channels.
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
    let discord = wiring.discord(plan);
    if wiring.problems.is_empty() {
        Ok(Wired {
            agents,
            web,
            discord,
        })
    } else {
        Err(wiring.problems.into())
    }
}

/// The inputs of all parts, and the problems so far.
struct Wiring<'a> {
    document: &'a Document,
    clock: &'a Arc<dyn Clock>,
    problems: Vec<Problem>,
}

impl Wiring<'_> {
    fn folder(&self) -> &Path {
        self.document.folder()
    }

    /// Reads the secret of the key `keys`. Without a readable secret, adds a problem and returns an empty
    /// secret.
    fn secret(&mut self, keys: &[&str], secret: &Secret) -> SecretString {
        secret.read(self.folder()).unwrap_or_else(|error| {
            self.problems
                .push(self.document.problem(keys, error.to_string()));
            SecretString::default()
        })
    }
}
