//! `baton dead list|replay|drop`

use std::fmt;
use std::path::Path;

use baton_channels::web::{self, Handled};
use baton_core::id::Seq;
use baton_core::store::Store;
use serde::{Deserialize, Serialize};

use super::{Source, beginning, in_words, operator};
use crate::cli::Dead;
use crate::command_failure::Failure;
use crate::standard_output;

/// Runs the command.
pub(crate) async fn run(command: Dead, folder: &Path, json: bool) -> Result<(), Failure> {
    match command {
        Dead::List { limit } => list(folder, limit, json).await,
        Dead::Replay { id } => handle(folder, id, Action::Replay, json).await,
        Dead::Drop { id } => handle(folder, id, Action::Drop, json).await,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Replay,
    Drop,
}

async fn list(folder: &Path, limit: u16, json: bool) -> Result<(), Failure> {
    let letters = match Source::find(folder)? {
        Source::Running(remote) => {
            remote
                .get(&["dead"], &[("limit", &limit.to_string())])
                .await?
        }
        Source::Stopped(store, instance) => {
            let dead = store.dead(limit.into()).await;
            store.close().await;
            drop(instance);
            InWords(dead?.into())
        }
        Source::Nothing => InWords(Vec::new().into()),
    };
    standard_output::answer(json, &letters);
    Ok(())
}

async fn handle(folder: &Path, id: i64, action: Action, json: bool) -> Result<(), Failure> {
    let handled = match Source::find(folder)? {
        Source::Running(remote) => {
            let word = if action == Action::Replay {
                "replay"
            } else {
                "drop"
            };
            remote.post(&["dead", &id.to_string(), word]).await?
        }
        Source::Stopped(store, instance) => {
            let subject = match action {
                Action::Replay => store.replay(Seq(id), &operator()).await,
                Action::Drop => store.drop_dead(Seq(id), &operator()).await,
            };
            store.close().await;
            drop(instance);
            Handled::new(id, subject?)
        }
        Source::Nothing => return Err(Failure::NoSuchThing(id.to_string())),
    };
    if json {
        standard_output::json(&handled);
        return Ok(());
    }
    let Handled { id, subject, .. } = handled;
    standard_output::say(match action {
        Action::Replay => format!("{subject} {id} waits again, as if it had never been tried"),
        Action::Drop => format!("{subject} {id} is forgotten"),
    });
    Ok(())
}

/// The API's answer with a text for people.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct InWords(web::Dead);

impl fmt::Display for InWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = &self.0.dead;
        if letters.is_empty() {
            return write!(f, "nothing was given up");
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
                in_words(letter.timestamp),
                letter.subject,
                letter.channel,
                letter.domain,
                letter.entity,
                letter.attempts,
            )?;
            if let Some(reason) = &letter.reason {
                writeln!(f, "          why   {}", beginning(reason))?;
            }
            write!(f, "          said  {}", beginning(&letter.text))?;
        }
        Ok(())
    }
}
