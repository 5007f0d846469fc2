//! The program: command line, configuration, wiring.
//!
//! # Layout
//!
//! * `cli`: the command line. `cli_commands`: one file for each command. `hook_process`: the process of a hook.
//!   `program_failure`: the failures of commands, with their exit codes. `standard_output`: answers.
//! * [`mod@config`]: the configuration file, one module for each table. `paths`: the locations of
//!   files. `log`: the log; `line_thread`: the writer of the log, without waits for callers.
//! * `plan`: the result of a configuration. `default_agent`: the default agent. `listen_address`: the
//!   address, and the clients within reach. `part_builder`: builds the parts of a plan. `daemon`: runs these
//!   parts. `signals`: signals. `descriptors`: the limit on open files. `memory`: the limit on memory kept
//!   for later.
//! * `instance`: one Baton for each data folder. `daemon_client`: requests to the running Baton.
//!   `project_adder`: new projects from people.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

mod cli;
mod cli_commands;
mod config;
mod daemon;
mod daemon_client;
mod default_agent;
mod descriptors;
mod hook_process;
mod instance;
mod line_thread;
mod listen_address;
mod log;
mod memory;
mod part_builder;
mod paths;
mod plan;
mod program_failure;
mod project_adder;
mod signals;
mod standard_output;

use cli::{CliCommand, CommandLine, CommonOptions};
use line_thread::LineThread;
use plan::ProgramPlan;
use program_failure::ProgramFailure;

/// Two threads are enough, because turns wait for the network and the disk, not for the processor.
const THREADS: usize = 2;

/// The time for interrupted tasks to end.
const LAST_GRACE: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    if hook_process::run_if_asked() {
        return ExitCode::SUCCESS;
    }
    memory::limit_arenas();
    let cli = CommandLine::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let code = failure.exit_code();
            // The program also ends if nobody reads standard error.
            if let Ok(err) = LineThread::start_writing(std::io::stderr(), |_| {}) {
                match failure {
                    // Each line begins with the file name and line number, so that editors can jump
                    // there.
                    ProgramFailure::Configuration(problems) => err.add_line(problems),
                    failure => err.add_line(format_args!("baton: {failure}")),
                }
            }
            code
        }
    }
}

fn run(cli: CommandLine) -> Result<(), ProgramFailure> {
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
        .map_err(|error| ProgramFailure::System {
            what: "no threads can be started",
            error,
        })?;
    // Dropped last, so that all lines are written.
    let mut log = None;
    let ended = runtime.block_on(async {
        let _outlived = signals::outlive_full_files()?;
        match cli.command {
            None => {
                let loaded = paths::load_config(common)?;
                log = Some(log::start_log(common, &loaded.config.server)?);
                let plan = ProgramPlan::from_loaded(loaded, common).await?;
                daemon::run(plan, common).await
            }
            Some(command) => run_command(command, common).await,
        }
    });
    // The runtime drops all remaining tasks, and does not wait for a hanging read.
    runtime.shutdown_timeout(LAST_GRACE);
    drop(log);
    ended
}

async fn run_command(command: CliCommand, common: &CommonOptions) -> Result<(), ProgramFailure> {
    match command {
        CliCommand::Config(command) => cli_commands::config_command::run(command, common).await,
        CliCommand::Status => {
            cli_commands::status_command::run(&paths::data_folder(common)?, common.json).await
        }
        CliCommand::Trace { id } => {
            cli_commands::trace_command::run(&paths::data_folder(common)?, &id, common.json).await
        }
        CliCommand::Topics(command) => {
            cli_commands::topics_command::run(command, &paths::data_folder(common)?, common.json)
                .await
        }
        CliCommand::Dead(command) => {
            cli_commands::dead_letter_command::run(
                command,
                &paths::data_folder(common)?,
                common.json,
            )
            .await
        }
    }
}
