//! The part of the output that people see.

use baton_core::activity::{Activity, ActivityState};
use baton_core::agent::TurnIo;

use super::super::events::{ApiRetry, CompactionStep, ToolStarted};
use super::{TEXT_LIMIT, TranscriptState, join_paragraphs};
use crate::safe_text;

impl TranscriptState {
    /// Shows a piece of a text.
    pub(super) async fn show_piece(&mut self, piece: &str, io: &TurnIo) {
        if self.current_text.is_empty()
            && !self.shown_text.is_empty()
            && !self.shown_text.ends_with('\n')
        {
            self.show_text("\n\n", io).await;
        }
        self.current_text.push_str(piece);
        self.show_text(piece, io).await;
    }

    async fn show_text(&mut self, text: &str, io: &TurnIo) {
        if self.shown_text.len() + text.len() > TEXT_LIMIT {
            self.too_much = true;
            return;
        }
        self.shown_text.push_str(text);
        io.say(text).await;
    }

    /// Shows the start of a tool. Text before a tool is not part of the reply, and is shown as an activity.
    pub(super) async fn show_tool(&mut self, tool: &ToolStarted, io: &TurnIo) {
        if tool.parent.is_none() && !self.recent_text.is_empty() {
            let aside_text = std::mem::take(&mut self.recent_text);
            self.asides += 1;
            let aside = Activity {
                id: format!("aside-{}-{}", self.asides, tool.id),
                title: safe_text::safe_beginning(&aside_text, []),
                detail: aside_text.clone(),
                state: ActivityState::Done,
                within: None,
            };
            join_paragraphs(&mut self.earlier_text, &aside_text);
            io.show(aside).await;
        }
        let activity = self.tool_runs.record_start(tool);
        io.show(activity).await;
    }

    pub(super) async fn show_compaction(&mut self, compaction: CompactionStep, io: &TurnIo) {
        match compaction {
            CompactionStep::Started => {
                let title = "Making the conversation shorter".to_owned();
                self.show_passing("compaction", title, io).await;
            }
            CompactionStep::Ended(Ok(())) | CompactionStep::Boundary { .. } => {
                self.end_passing(io).await;
            }
            CompactionStep::Ended(Err(why)) => {
                // The CLI's text may contain words of the model's server.
                tracing::warn!(why, "the Claude CLI cannot make a conversation shorter");
                if let Some(mut activity) = self.passing.take() {
                    activity.state = ActivityState::Failed;
                    io.show(activity).await;
                }
            }
        }
    }

    /// Shows an activity that ends at the next event.
    async fn show_passing(&mut self, id: &str, title: String, io: &TurnIo) {
        let activity = Activity {
            id: id.to_owned(),
            title,
            detail: String::new(),
            state: ActivityState::Running,
            within: None,
        };
        self.passing = Some(activity.clone());
        io.show(activity).await;
    }

    pub(super) async fn end_passing(&mut self, io: &TurnIo) {
        if let Some(activity) = &mut self.passing {
            activity.state = ActivityState::Done;
            show_activity(self.passing.take(), io).await;
        }
    }

    /// Shows that the CLI asks the model's server again.
    pub(super) async fn show_retry(&mut self, retry: &ApiRetry, io: &TurnIo) {
        self.show_passing("api-retry", retry_title(retry), io).await;
    }
}

pub(super) async fn show_activity(activity: Option<Activity>, io: &TurnIo) {
    if let Some(activity) = activity {
        io.show(activity).await;
    }
}

fn retry_title(retry: &ApiRetry) -> String {
    let why = match (&retry.error.kind, retry.error.status) {
        (Some(kind), _) => kind.replace('_', " "),
        (None, Some(status)) => format!("status {status}"),
        (None, None) => "no connection".to_owned(),
    };
    match (retry.attempt, retry.max) {
        (Some(attempt), Some(max)) => {
            format!("Asking the model again, {attempt} of {max} ({why})")
        }
        _ => format!("Asking the model again ({why})"),
    }
}
