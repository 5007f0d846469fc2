//! `baton config check|schema|example`

use baton_core::clock::SystemClock;

use crate::cli::{Common, Config, ExampleOf};
use crate::config::example::{DISCORD, EXAMPLE};
use crate::exit::Failure;
use crate::plan::Plan;
use crate::{config, listening, log, out, wiring};

/// Runs the command.
pub(crate) async fn run(command: Config, common: &Common) -> Result<(), Failure> {
    match command {
        Config::Check => check(common).await,
        Config::Schema => {
            out::say(format_args!("{:#}", config::schema()));
            Ok(())
        }
        Config::Example { channel } => {
            let example = match channel {
                None => EXAMPLE,
                Some(ExampleOf::Discord) => DISCORD,
            };
            if common.json {
                out::json(&serde_json::json!({ "example": example }));
            } else {
                out::say(example.trim_end());
            }
            Ok(())
        }
    }
}

/// Makes the same checks as `baton` before its start.
async fn check(common: &Common) -> Result<(), Failure> {
    let plan = Plan::make(common).await?;
    log::start(common, &plan.loaded.config.server)?;
    listening::check(&plan, common.listen.is_some())?;
    wiring::wire(&plan, &SystemClock::shared(), None)?;
    out::answer(common.json, &plan.summary());
    Ok(())
}
