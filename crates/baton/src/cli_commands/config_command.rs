//! `baton config check|schema|example`

use baton_channels::channel_list::built_channels;
use baton_core::clock::SystemClock;

use crate::cli::{CommonOptions, ConfigCommand};
use crate::config::example::example_text;
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
            // The command line has refused every other name.
            let module = built_channels().find(|it| Some(it.name()) == channel.as_deref());
            let example = module.map_or_else(example_text, |it| it.example().whole_file.to_owned());
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
    listen_address::check_exposure(&plan.loaded, plan.listen, common.listen.is_some())?;
    part_builder::build_parts(&plan, &SystemClock::shared(), None)?;
    standard_output::print_answer(common.json, &plan.summary());
    Ok(())
}
