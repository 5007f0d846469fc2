//! `baton topics list|prune`

use std::fmt;
use std::path::Path;

use baton_channels::web::{PruneRequest, Pruned, TopicView, Topics};
use baton_core::clock::SystemClock;
use serde::{Deserialize, Serialize};

use super::{AnswerSource, render_excerpt, render_timestamp};
use crate::cli::{PruneOptions, TopicCommand};
use crate::program_failure::ProgramFailure;
use crate::standard_output;

/// Runs the command.
pub(crate) async fn run(
    command: TopicCommand,
    folder: &Path,
    json: bool,
) -> Result<(), ProgramFailure> {
    match command {
        TopicCommand::List => list_topics(folder, json).await,
        TopicCommand::Prune(options) => prune_topics(folder, options, json).await,
    }
}

async fn list_topics(folder: &Path, json: bool) -> Result<(), ProgramFailure> {
    let topics = match AnswerSource::find_source(folder)? {
        AnswerSource::Running(remote) => remote.get(&["topics"], &[]).await?,
        AnswerSource::Stopped(store, instance) => {
            let topics = store.list_topics().await;
            store.close().await;
            drop(instance);
            TopicList(topics?.into())
        }
        AnswerSource::Nothing => TopicList(Vec::new().into()),
    };
    standard_output::print_answer(json, &topics);
    Ok(())
}

/// Stores the wish. The running Baton carries it out within its limits on requests, or the next one does.
async fn prune_topics(
    folder: &Path,
    options: PruneOptions,
    json: bool,
) -> Result<(), ProgramFailure> {
    let request = PruneRequest {
        older_than_seconds: options.older_than.as_secs(),
        delete: options.delete,
        dry_run: options.dry_run,
        topics: options.topics,
    };
    let mut is_stopped = false;
    let pruned = match AnswerSource::find_source(folder)? {
        AnswerSource::Running(remote) => remote.post_body(&["topics", "prune"], &request).await?,
        AnswerSource::Stopped(store, instance) => {
            is_stopped = true;
            let choice = request.to_choice(&*SystemClock::shared());
            let pruned = store.prune_topics(choice).await;
            store.close().await;
            drop(instance);
            pruned?.into()
        }
        AnswerSource::Nothing => Pruned {
            ended: Vec::new(),
            busy: Vec::new(),
            unknown: request.topics.clone(),
        },
    };
    let report = PruneReport {
        pruned,
        request,
        is_stopped,
    };
    standard_output::print_answer(json, &report);
    match report.pruned.unknown.first() {
        Some(unknown) => Err(ProgramFailure::NoSuchTopic(unknown.clone())),
        None => Ok(()),
    }
}

/// The API's answer with a text for people.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct TopicList(Topics);

impl fmt::Display for TopicList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.topics.is_empty() {
            return write!(f, "Baton knows no topics");
        }
        write_topics(f, &self.0.topics)
    }
}

/// The chosen topics with a text for people.
#[derive(Serialize)]
struct PruneReport {
    #[serde(flatten)]
    pruned: Pruned,
    #[serde(skip)]
    request: PruneRequest,
    #[serde(skip)]
    is_stopped: bool,
}

impl fmt::Display for PruneReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Pruned { ended, busy, .. } = &self.pruned;
        let verb = if self.request.delete {
            "deleted"
        } else {
            "closed"
        };
        let end = match (self.request.dry_run, self.is_stopped) {
            (true, _) => format!("would be {verb}"),
            (false, true) => format!("will be {verb} when Baton runs"),
            (false, false) => format!("will be {verb} now"),
        };
        write!(f, "{} {end}", count_topics(ended.len()))?;
        if !ended.is_empty() {
            writeln!(f)?;
            write_topics(f, ended)?;
        }
        if !busy.is_empty() {
            write!(f, "\n{} with work stay\n", count_topics(busy.len()))?;
            write_topics(f, busy)?;
        }
        Ok(())
    }
}

fn count_topics(count: usize) -> String {
    match count {
        0 => "no topic".to_owned(),
        1 => "1 topic".to_owned(),
        count => format!("{count} topics"),
    }
}

fn write_topics(f: &mut fmt::Formatter<'_>, topics: &[TopicView]) -> fmt::Result {
    for (number, topic) in topics.iter().enumerate() {
        if number > 0 {
            writeln!(f)?;
        }
        write_topic(f, topic)?;
    }
    Ok(())
}

/// Writes one topic in one line.
fn write_topic(f: &mut fmt::Formatter<'_>, topic: &TopicView) -> fmt::Result {
    let address = topic.topic.as_ref().unwrap_or(&topic.domain);
    let state = match topic.state.as_str() {
        "ready" => "open",
        other => other,
    };
    let maker = if topic.is_ours { "Baton's" } else { "people's" };
    write!(f, "{address}  {}, {state}, {maker}", topic.channel)?;
    if let Some(last) = topic.last {
        write!(f, ", last {}", render_timestamp(last))?;
    }
    if topic.is_running {
        write!(f, ", a turn runs")?;
    }
    for (count, what) in [(topic.waiting, "waiting"), (topic.unsent, "unsent")] {
        if count > 0 {
            write!(f, ", {count} {what}")?;
        }
    }
    match &topic.name {
        Some(name) => write!(f, "  {}", render_excerpt(name)),
        None => Ok(()),
    }
}
