//! `baton` without a command: runs everything until a stop.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use baton_agents::leftovers;
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

use crate::cli::CommonOptions;
use crate::config::agent_tables::AgentTable;
use crate::instance::InstanceLock;
use crate::line_thread::LineThread;
use crate::plan::ProgramPlan;
use crate::program_failure::ProgramFailure;
use crate::signals::StopSignals;
use crate::{descriptors, listen_address, part_builder, standard_output};

/// Runs until a signal, or until an essential task fails.
pub(crate) async fn run(plan: ProgramPlan, common: &CommonOptions) -> Result<(), ProgramFailure> {
    listen_address::check_exposure(&plan.loaded, plan.listen, common.listen.is_some())?;
    for warning in &plan.loaded.warnings {
        tracing::warn!("{warning}");
    }
    let clock = SystemClock::shared();
    if clock.wall() < Wall(0) {
        return Err(ProgramFailure::Before1970);
    }
    descriptors::raise_limit();
    let token = make_token()?;
    let parts = part_builder::build_parts(&plan, &clock, Some(token.clone()))?;
    let mut stop = StopSignals::new()?;

    let instance = InstanceLock::take_folder(&plan.data)?;
    let listener = listen_address::bind_address(plan.listen)?;
    leftovers::end_all(&plan.data, &*clock)
        .await
        .map_err(|error| ProgramFailure::System {
            what: "processes of an earlier run cannot be searched for",
            error,
        })?;
    let address = listener
        .local_addr()
        .map_err(|error| ProgramFailure::System {
            what: "the address cannot be read",
            error,
        })?;
    let store = Arc::new(Sqlite::open(&instance.database_path(), Arc::clone(&clock))?);
    let files = Files::new(
        instance.files_folder(),
        plan.loaded.config.files.file_limits(),
    );
    let mut channels: Vec<Arc<dyn Channel>> = vec![Arc::new(Web::new(parts.web, listener))];
    for channel in parts.channels {
        channels.push(channel.config.build(channel.parts)?);
    }
    let limits = plan.loaded.config.runtime_limits();
    let grace = limits.shutdown_grace;
    let mut runtime = Runtime::start(Parts {
        store,
        clock: Arc::clone(&clock),
        agents: parts.agents,
        channels,
        personas: plan.personas.clone(),
        files: Some(Arc::new(files)),
        speech: parts.speech,
        limits,
    })
    .await?;
    instance.announce_process(address, &token)?;
    let output = LineThread::start_writing(std::io::stdout(), |_| {}).map_err(|error| {
        ProgramFailure::System {
            what: "standard output cannot be written to",
            error,
        }
    })?;
    output.add_line(standard_output::render_answer(
        common.json,
        &StartAnnouncement::new(&plan, address),
    ));

    let ended = tokio::select! {
        () = stop.wait_for_stop() => Ok(()),
        error = runtime.failed() => Err(ProgramFailure::from(error)),
    };
    if ended.is_ok() {
        output.add_line(standard_output::render_answer(
            common.json,
            &StopAnnouncement::new(grace),
        ));
    }
    tokio::select! {
        () = runtime.shut_down() => {}
        () = stop.wait_for_second() => {
            // All turns are dropped with their threads, and their child processes end with them.
            return Err(ProgramFailure::CutOff);
        }
    }
    drop(instance);
    ended
}

/// The token with which commands sign in to the running Baton.
fn make_token() -> Result<SecretString, ProgramFailure> {
    let mut bytes = [0; 32];
    ring::default_provider()
        .secure_random
        .fill(&mut bytes)
        .map_err(|_| ProgramFailure::System {
            what: "no token can be made for the command line",
            error: std::io::Error::other("the system gives no random numbers"),
        })?;
    Ok(hex(bytes).into())
}

/// The message after the signal to stop.
#[derive(Serialize)]
struct StopAnnouncement {
    /// The time in which running turns can end.
    stopping_seconds: f64,
}

impl StopAnnouncement {
    fn new(grace: Duration) -> Self {
        Self {
            stopping_seconds: grace.as_secs_f64(),
        }
    }
}

impl fmt::Display for StopAnnouncement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.stopping_seconds;
        write!(
            f,
            "Stopping: no new turn begins, and running turns have {seconds} s to end. Ctrl-C again stops at once."
        )
    }
}

/// The message after a successful start.
#[derive(Serialize)]
struct StartAnnouncement {
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

impl StartAnnouncement {
    fn new(plan: &ProgramPlan, address: SocketAddr) -> Self {
        let persona = plan
            .personas
            .iter()
            .find(|persona| persona.name.as_str() == plan.default_persona);
        let agent = persona
            .map(|persona| persona.agent.to_string())
            .unwrap_or_default();
        let what = plan.agents.get(&agent).map(AgentTable::describe_agent);
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

impl fmt::Display for StartAnnouncement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Baton is at {}", self.url)?;
        writeln!(f)?;
        write!(f, "  answers with   {}: {}", self.agent, self.what)?;
        if let Some(why) = &self.why {
            write!(f, " ({why})")?;
        }
        writeln!(f)?;
        writeln!(f, "  data folder    {}", self.data.display())?;
        match &self.config {
            Some(file) => writeln!(f, "  configured by  {}", file.display())?,
            None => writeln!(
                f,
                "  configured by  no file; `baton config example` prints an example"
            )?,
        }
        writeln!(f)?;
        write!(f, "Ctrl-C stops Baton.")
    }
}
