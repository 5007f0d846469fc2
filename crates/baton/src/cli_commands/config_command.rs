//! `baton config check|schema|example`

use baton_core::clock::SystemClock;

use crate::cli::{CommonOptions, ConfigCommand, ExampleChoice};
use crate::config::example::{DISCORD, EXAMPLE};
use crate::plan::ProgramPlan;
use crate::program_failure::ProgramFailure;
use crate::{config, listen_address, log, part_builder, standard_output};

/// Runs the command.
pub(crate) async fn run(
    command: ConfigCommand,
    common: &CommonOptions,
) -> Result<(), ProgramFailure> {
    match command {
        ConfigCommand::Check => check_config(common).await,
        ConfigCommand::Schema => {
            standard_output::print_text(format_args!("{:#}", config::json_schema()));
            Ok(())
        }
        ConfigCommand::Example { channel } => {
            let example = match channel {
                None => EXAMPLE,
                Some(ExampleChoice::Discord) => DISCORD,
            };
            if common.json {
                standard_output::print_json(&serde_json::json!({ "example": example }));
            } else {
                standard_output::print_text(example.trim_end());
            }
            Ok(())
        }
    }
}

/// Makes the same checks as `baton` before its start.
async fn check_config(common: &CommonOptions) -> Result<(), ProgramFailure> {
    let plan = ProgramPlan::from_options(common).await?;
    log::start_log(common, &plan.loaded.config.server)?;
    listen_address::check_exposure(&plan, common.listen.is_some())?;
    part_builder::build_parts(&plan, &SystemClock::shared(), None)?;
    standard_output::print_answer(common.json, &plan.summary());
    Ok(())
}
