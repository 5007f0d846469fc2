//! `baton dead list|replay|drop`

use std::fmt;
use std::path::Path;

use baton_channels::web::{self, Handled};
use baton_core::id::Seq;
use serde::{Deserialize, Serialize};

use super::{AnswerSource, local_operator, render_excerpt, render_timestamp};
use crate::cli::DeadLetterCommand;
use crate::program_failure::ProgramFailure;
use crate::standard_output;

/// Runs the command.
pub(crate) async fn run(
    command: DeadLetterCommand,
    folder: &Path,
    json: bool,
) -> Result<(), ProgramFailure> {
    match command {
        DeadLetterCommand::List { limit } => list_dead_letters(folder, limit, json).await,
        DeadLetterCommand::Replay { id } => {
            handle_dead_letter(folder, id, DeadLetterAction::Replay, json).await
        }
        DeadLetterCommand::Drop { id } => {
            handle_dead_letter(folder, id, DeadLetterAction::Drop, json).await
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum DeadLetterAction {
    Replay,
    Drop,
}

async fn list_dead_letters(folder: &Path, limit: u16, json: bool) -> Result<(), ProgramFailure> {
    let letters = match AnswerSource::find_source(folder)? {
        AnswerSource::Running(remote) => {
            remote
                .get(&["dead"], &[("limit", &limit.to_string())])
                .await?
        }
        AnswerSource::Stopped(store, instance) => {
            let dead = store.dead(limit.into()).await;
            store.close().await;
            drop(instance);
            DeadLetterReport(dead?.into())
        }
        AnswerSource::Nothing => DeadLetterReport(Vec::new().into()),
    };
    standard_output::print_answer(json, &letters);
    Ok(())
}

async fn handle_dead_letter(
    folder: &Path,
    id: i64,
    action: DeadLetterAction,
    json: bool,
) -> Result<(), ProgramFailure> {
    let handled = match AnswerSource::find_source(folder)? {
        AnswerSource::Running(remote) => {
            let word = if action == DeadLetterAction::Replay {
                "replay"
            } else {
                "drop"
            };
            remote.post(&["dead", &id.to_string(), word]).await?
        }
        AnswerSource::Stopped(store, instance) => {
            let subject = match action {
                DeadLetterAction::Replay => store.replay(Seq(id), &local_operator()).await,
                DeadLetterAction::Drop => store.drop_dead(Seq(id), &local_operator()).await,
            };
            store.close().await;
            drop(instance);
            Handled::new(id, subject?)
        }
        AnswerSource::Nothing => return Err(ProgramFailure::NoSuchThing(id.to_string())),
    };
    if json {
        standard_output::print_json(&handled);
        return Ok(());
    }
    let Handled { id, subject, .. } = handled;
    standard_output::print_text(match action {
        DeadLetterAction::Replay => {
            format!("{subject} {id} waits again, with a new count of tries")
        }
        DeadLetterAction::Drop => format!("{subject} {id} is dropped"),
    });
    Ok(())
}

/// The API's answer with a text for people.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct DeadLetterReport(web::Dead);

impl fmt::Display for DeadLetterReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = &self.0.dead;
        if letters.is_empty() {
            return write!(f, "there are no dead letters");
        }
        for (number, letter) in letters.iter().enumerate() {
            if number > 0 {
                writeln!(f)?;
            }
            let tries = if letter.attempts == 1 { "try" } else { "tries" };
            writeln!(
                f,
                "{:>8}  {}  {} in {}/{} for {}, {} {tries}",
                letter.id,
                render_timestamp(letter.timestamp),
                letter.subject,
                letter.channel,
                letter.domain,
                letter.entity,
                letter.attempts,
            )?;
            if let Some(reason) = &letter.reason {
                writeln!(f, "          reason  {}", render_excerpt(reason))?;
            }
            write!(f, "          text    {}", render_excerpt(&letter.text))?;
        }
        Ok(())
    }
}
