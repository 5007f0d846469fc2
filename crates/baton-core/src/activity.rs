//! Activities: the visible steps of an agent before its reply.

use serde::{Deserialize, Serialize};

/// The maximum number of stored activities of one turn. The last ones are kept.
pub const ACTIVITIES_KEPT: usize = 200;

/// The maximum length of an id, in characters. A longer id is cut.
const ID_LIMIT: usize = 200;

/// The maximum length of a title, in characters.
const TITLE_LIMIT: usize = 200;

/// The maximum length of the details, in characters.
const DETAIL_LIMIT: usize = 4_000;

/// One step of an agent: the use of a tool, or the work of a subagent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// The agent's own id of the activity. A later activity with the same id replaces this one.
    pub id: String,
    /// One line of Markdown: "Running tests: `cargo nextest run`".
    pub title: String,
    /// The input and output of the step as plain text, shown on demand; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The state of the activity.
    pub state: ActivityState,
    /// The id of the enclosing activity, if a subagent does this step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
}

/// The state of an activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActivityState {
    /// The activity has begun.
    Running,
    /// The activity succeeded.
    Done,
    /// The activity failed.
    Failed,
    /// The activity was not allowed.
    Denied,
}

impl Activity {
    /// Cuts every text of the activity to its limit.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        self.id = shorten_text(self.id, ID_LIMIT);
        self.within = self.within.map(|within| shorten_text(within, ID_LIMIT));
        self.title = shorten_text(self.title, TITLE_LIMIT);
        self.detail = shorten_text(self.detail, DETAIL_LIMIT);
        self
    }
}

/// The maximum length of a stored partial reply, in characters.
const PARTIAL_REPLY_LIMIT: usize = 32_000;

/// A partial reply as a failed activity, for the notice of the failed turn; `None` if the text is blank.
pub(crate) fn partial_reply_activity(text: &str) -> Option<Activity> {
    (!text.trim().is_empty()).then(|| Activity {
        id: "written".to_owned(),
        title: "The text until then".to_owned(),
        detail: shorten_text(text.to_owned(), PARTIAL_REPLY_LIMIT),
        state: ActivityState::Failed,
        within: None,
    })
}

/// The first `limit` characters of a text, followed by `…` if the text was longer.
pub(crate) fn shorten_text(mut text: String, limit: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(limit) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// The activities of one turn, in the order in which they began, at most [`ACTIVITIES_KEPT`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activities(Vec<Activity>);

impl Activities {
    /// Adds an activity, or replaces the activity with the same id.
    pub fn note(&mut self, activity: Activity) {
        if let Some(known) = self.0.iter_mut().find(|known| known.id == activity.id) {
            *known = activity;
            return;
        }
        if self.0.len() == ACTIVITIES_KEPT {
            self.0.remove(0);
        }
        self.0.push(activity);
    }

    /// The activities so far.
    #[must_use]
    pub fn all(&self) -> &[Activity] {
        &self.0
    }

    /// The activities after the end of the turn. An activity that still runs counts as failed.
    #[must_use]
    pub fn ended(mut self) -> Vec<Activity> {
        for activity in &mut self.0 {
            if activity.state == ActivityState::Running {
                activity.state = ActivityState::Failed;
            }
        }
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_an_activity_is_longer_than_can_be_kept() {
        let long = "x".repeat(1024 * 1024);
        let activity = Activity {
            id: long.clone(),
            title: long.clone(),
            detail: long.clone(),
            state: ActivityState::Running,
            within: Some(long),
        };
        let kept = serde_json::to_vec(&activity.bounded()).unwrap();
        assert!(kept.len() < 10_000, "{}", kept.len());
    }
}
