//! `baton config check|schema|example`

use baton_core::clock::SystemClock;

use crate::cli::{Common, Config, ExampleOf};
use crate::command_failure::Failure;
use crate::config::example::{DISCORD, EXAMPLE};
use crate::plan::Plan;
use crate::{config, listen_address, log, part_builder, standard_output};

/// Runs the command.
pub(crate) async fn run(command: Config, common: &Common) -> Result<(), Failure> {
    match command {
        Config::Check => check(common).await,
        Config::Schema => {
            standard_output::say(format_args!("{:#}", config::schema()));
            Ok(())
        }
        Config::Example { channel } => {
            let example = match channel {
                None => EXAMPLE,
                Some(ExampleOf::Discord) => DISCORD,
            };
            if common.json {
                standard_output::json(&serde_json::json!({ "example": example }));
            } else {
                standard_output::say(example.trim_end());
            }
            Ok(())
        }
    }
}

/// Makes the same checks as `baton` before its start.
async fn check(common: &Common) -> Result<(), Failure> {
    let plan = Plan::make(common).await?;
    log::start(common, &plan.loaded.config.server)?;
    listen_address::check(&plan, common.listen.is_some())?;
    part_builder::wire(&plan, &SystemClock::shared(), None)?;
    standard_output::answer(common.json, &plan.summary());
    Ok(())
}
