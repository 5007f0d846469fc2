//! `baton trace MESSAGE_ID`

use std::fmt;
use std::path::Path;

use baton_channels::web::Trace;
use serde::{Deserialize, Serialize};

use super::AnswerSource;
use crate::program_failure::ProgramFailure;
use crate::standard_output;

/// Runs the command.
pub(crate) async fn run(folder: &Path, id: &str, json: bool) -> Result<(), ProgramFailure> {
    let unknown = || ProgramFailure::NoSuchThing(id.to_owned());
    let trace = match AnswerSource::find_source(folder)? {
        AnswerSource::Running(remote) => remote.get(&["trace", id], &[]).await?,
        AnswerSource::Stopped(store, instance) => {
            let trace = Trace::read(&*store, id).await;
            store.close().await;
            drop(instance);
            TraceReport(trace?.ok_or_else(unknown)?)
        }
        AnswerSource::Nothing => return Err(unknown()),
    };
    standard_output::print_answer(json, &trace);
    Ok(())
}

/// The API's answer with a text for people.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct TraceReport(Trace);

impl fmt::Display for TraceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "number {}", self.0.id)?;
        for line in &self.0.lines {
            write!(f, "\n{}  {}", super::render_timestamp(line.at), line.what)?;
            for detail in line.detail.iter().flat_map(|detail| detail.lines()) {
                write!(f, "\n    {detail}")?;
            }
        }
        Ok(())
    }
}
