//! `baton` without a command: runs everything until a stop.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use baton_agents::leftovers;
use baton_channels::discord::Discord;
use baton_channels::web::Web;
use baton_core::channel::Channel;
use baton_core::clock::{SystemClock, Wall};
use baton_core::files::Files;
use baton_core::hex::hex;
use baton_core::runtime::{Parts, Runtime};
use baton_store::sqlite::Sqlite;
use rustls::crypto::ring;
use secrecy::SecretString;
use serde::Serialize;

use crate::cli::Common;
use crate::command_failure::Failure;
use crate::config::agent_tables::AgentTable;
use crate::instance::Instance;
use crate::line_thread::Lines;
use crate::plan::Plan;
use crate::signals::Stop;
use crate::{descriptors, listen_address, part_builder, standard_output};

/// Runs until a signal, or until an essential task fails.
pub(crate) async fn run(plan: Plan, common: &Common) -> Result<(), Failure> {
    listen_address::check(&plan, common.listen.is_some())?;
    for warning in &plan.loaded.warnings {
        tracing::warn!("{warning}");
    }
    let clock = SystemClock::shared();
    if clock.wall() < Wall(0) {
        return Err(Failure::Before1970);
    }
    descriptors::raise();
    let token = token()?;
    let wired = part_builder::wire(&plan, &clock, Some(token.clone()))?;
    let mut stop = Stop::new()?;

    let instance = Instance::take(&plan.data)?;
    let listener = listen_address::listen(plan.listen)?;
    leftovers::end_all(&plan.data, &*clock)
        .await
        .map_err(|error| Failure::System {
            what: "processes of an earlier run cannot be searched for",
            error,
        })?;
    let address = listener.local_addr().map_err(|error| Failure::System {
        what: "the address cannot be read",
        error,
    })?;
    let store = Arc::new(Sqlite::open(&instance.database(), Arc::clone(&clock))?);
    let files = Files::new(instance.files(), plan.loaded.config.files.limits());
    let mut channels: Vec<Arc<dyn Channel>> = vec![Arc::new(Web::new(wired.web, listener))];
    if let Some(settings) = wired.discord {
        channels.push(Arc::new(Discord::new(settings)?));
    }
    let limits = plan.loaded.config.limits();
    let grace = limits.shutdown_grace;
    let mut runtime = Runtime::start(Parts {
        store,
        clock: Arc::clone(&clock),
        agents: wired.agents,
        channels,
        personas: plan.personas.clone(),
        files: Some(Arc::new(files)),
        limits,
    })
    .await?;
    instance.announce(address, &token)?;
    let said = Lines::to(std::io::stdout(), |_| {}).map_err(|error| Failure::System {
        what: "standard output cannot be written to",
        error,
    })?;
    said.say(standard_output::spelled(
        common.json,
        &Running::new(&plan, address),
    ));

    let ended = tokio::select! {
        () = stop.asked() => Ok(()),
        error = runtime.failed() => Err(Failure::from(error)),
    };
    if ended.is_ok() {
        said.say(standard_output::spelled(common.json, &Stopping::new(grace)));
    }
    tokio::select! {
        () = runtime.shut_down() => {}
        () = stop.asked_again() => {
            // All turns are dropped with their threads, and their child processes end with them.
            return Err(Failure::CutOff);
        }
    }
    drop(instance);
    ended
}

/// The token with which commands sign in to the running Baton.
fn token() -> Result<SecretString, Failure> {
    let mut bytes = [0; 32];
    ring::default_provider()
        .secure_random
        .fill(&mut bytes)
        .map_err(|_| Failure::System {
            what: "no token can be made for the command line",
            error: std::io::Error::other("the system gives no random numbers"),
        })?;
    Ok(hex(bytes).into())
}

/// The message after the signal to stop.
#[derive(Serialize)]
struct Stopping {
    /// The time in which running turns can end.
    stopping_seconds: f64,
}

impl Stopping {
    fn new(grace: Duration) -> Self {
        Self {
            stopping_seconds: grace.as_secs_f64(),
        }
    }
}

impl fmt::Display for Stopping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.stopping_seconds;
        write!(
            f,
            "Stopping: no new turns begin, those that run have {seconds} s. Ctrl-C again stops at once."
        )
    }
}

/// The message after a successful start.
#[derive(Serialize)]
struct Running {
    address: SocketAddr,
    url: String,
    pid: u32,
    data: PathBuf,
    config: Option<PathBuf>,
    persona: String,
    agent: String,
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

impl Running {
    fn new(plan: &Plan, address: SocketAddr) -> Self {
        let persona = plan
            .personas
            .iter()
            .find(|persona| persona.name.as_str() == plan.default_persona);
        let agent = persona
            .map(|persona| persona.agent.to_string())
            .unwrap_or_default();
        let what = plan.agents.get(&agent).map(AgentTable::describe);
        Self {
            address,
            url: format!("http://{address}"),
            pid: std::process::id(),
            data: plan.data.clone(),
            config: plan.file.clone(),
            persona: plan.default_persona.clone(),
            what: what.unwrap_or_default(),
            agent,
            why: plan.why.clone(),
        }
    }
}

impl fmt::Display for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Baton is at {}", self.url)?;
        writeln!(f)?;
        write!(f, "  answers with   {}: {}", self.agent, self.what)?;
        if let Some(why) = &self.why {
            write!(f, " ({why})")?;
        }
        writeln!(f)?;
        writeln!(f, "  keeps all in   {}", self.data.display())?;
        match &self.config {
            Some(file) => writeln!(f, "  configured by  {}", file.display())?,
            None => writeln!(
                f,
                "  configured by  nothing; `baton config example` prints an example"
            )?,
        }
        writeln!(f)?;
        write!(f, "Ctrl-C stops it.")
    }
}
