//! `baton trace MESSAGE_ID`

use std::fmt;
use std::path::Path;

use baton_channels::web::Trace;
use baton_core::store::Store;
use serde::{Deserialize, Serialize};

use super::Source;
use crate::command_failure::Failure;
use crate::standard_output;

/// Runs the command.
pub(crate) async fn run(folder: &Path, id: &str, json: bool) -> Result<(), Failure> {
    let unknown = || Failure::NoSuchThing(id.to_owned());
    let trace = match Source::find(folder)? {
        Source::Running(remote) => remote.get(&["trace", id], &[]).await?,
        Source::Stopped(store, instance) => {
            let trace = Trace::read(&store, id).await;
            store.close().await;
            drop(instance);
            InWords(trace?.ok_or_else(unknown)?)
        }
        Source::Nothing => return Err(unknown()),
    };
    standard_output::answer(json, &trace);
    Ok(())
}

/// The API's answer with a text for people.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct InWords(Trace);

impl fmt::Display for InWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "number {}", self.0.id)?;
        for line in &self.0.lines {
            write!(f, "\n{}  {}", super::in_words(line.at), line.what)?;
            for detail in line.detail.iter().flat_map(|detail| detail.lines()) {
                write!(f, "\n    {detail}")?;
            }
        }
        Ok(())
    }
}
