//! The program: command line, configuration, wiring.
//!
//! # Layout
//!
//! * `cli`: what can be asked. `commands`: one file a command. `exit`: what a shell is told.
//! * [`mod@config`]: the file, one module a table. `paths`: where files are. `log`: the log, and
//!   `lines`: how it is written, so that nobody waits for it.
//! * `plan`: what a configuration means. `discover`: what answers where it names nothing.
//!   `listening`: where it listens, and who could come in. `wiring`: the parts that a plan names.
//!   `daemon`: runs them. `signals`: what the system tells it. `descriptors`: how much it may open.
//! * `instance`: one Baton a data folder. `remote`: asking the one that runs.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

mod cli;
mod commands;
mod config;
mod daemon;
mod descriptors;
mod discover;
mod exit;
mod instance;
mod lines;
mod listening;
mod log;
mod out;
mod paths;
mod plan;
mod projects;
mod remote;
mod signals;
mod wiring;

use cli::{Cli, Command, Common};
use exit::Failure;
use lines::Lines;
use plan::Plan;

/// Turns wait for the network and the disk, not for the processor.
const THREADS: usize = 2;

/// How long what was cut off has to let go.
const LAST_GRACE: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let code = failure.code();
            // Also where nobody reads it, the program ends.
            if let Ok(err) = Lines::to(std::io::stderr(), |_| {}) {
                match failure {
                    // Each line begins with the file and the line in it, for editors to jump to.
                    Failure::Configuration(problems) => err.say(problems),
                    failure => err.say(format_args!("baton: {failure}")),
                }
            }
            code
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    baton_agents::tls::install();
    let common = &cli.common;
    let mut builder = match &cli.command {
        None => {
            let mut builder = tokio::runtime::Builder::new_multi_thread();
            builder.worker_threads(THREADS);
            builder
        }
        Some(_) => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = builder
        .enable_all()
        .build()
        .map_err(|error| Failure::System {
            what: "no threads can be started",
            error,
        })?;
    // Written to its end when all else has ended.
    let mut log = None;
    let ended = runtime.block_on(async {
        let _outlived = signals::outlive_full_files()?;
        match cli.command {
            None => {
                let loaded = paths::load(common)?;
                log = Some(log::start(common, &loaded.config.server)?);
                let plan = Plan::from_loaded(loaded, common).await?;
                daemon::run(plan, common).await
            }
            Some(command) => self::command(command, common).await,
        }
    });
    // Everything that still runs is dropped; a read that hangs is not waited for.
    runtime.shutdown_timeout(LAST_GRACE);
    drop(log);
    ended
}

async fn command(command: Command, common: &Common) -> Result<(), Failure> {
    match command {
        Command::Config(command) => commands::config::run(command, common).await,
        Command::Status => commands::status::run(&paths::data(common)?, common.json).await,
        Command::Trace { id } => {
            commands::trace::run(&paths::data(common)?, &id, common.json).await
        }
        Command::Dead(command) => {
            commands::dead::run(command, &paths::data(common)?, common.json).await
        }
    }
}
