//! What an agent does on its way to a reply, for people who watch.

use serde::{Deserialize, Serialize};

/// How many of one turn are kept with its reply: the last ones.
pub const KEPT: usize = 200;

/// How long an id may be, in characters. Longer ones are told apart by their beginning alone.
const ID_LIMIT: usize = 200;

/// How long a title may be, in characters.
const TITLE_LIMIT: usize = 200;

/// How long the details may be, in characters.
const DETAIL_LIMIT: usize = 4_000;

/// One thing that an agent does: a tool that it uses, a helper that it sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// The agent's own id of it; what comes later under the same id replaces what was shown.
    pub id: String,
    /// One line of Markdown: "Running tests: `cargo nextest run`".
    pub title: String,
    /// What went in and what came out, as plain text, shown on demand; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// How far it is.
    pub state: ActivityState,
    /// The activity that it is a part of, where a helper does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
}

/// How far an activity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActivityState {
    /// It has begun.
    Running,
    /// It did what it should.
    Done,
    /// It did not.
    Failed,
    /// It was not allowed.
    Denied,
}

impl Activity {
    /// The same, no longer than can be shown.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        self.id = shortened(self.id, ID_LIMIT);
        self.within = self.within.map(|within| shortened(within, ID_LIMIT));
        self.title = shortened(self.title, TITLE_LIMIT);
        self.detail = shortened(self.detail, DETAIL_LIMIT);
        self
    }
}

/// How much of what was written is kept where that is no reply, in characters.
const WRITTEN_LIMIT: usize = 32_000;

/// What people saw being written that did not become a reply; `None` where that was nothing.
pub(crate) fn written(text: &str) -> Option<Activity> {
    (!text.trim().is_empty()).then(|| Activity {
        id: "written".to_owned(),
        title: "What was written until then".to_owned(),
        detail: shortened(text.to_owned(), WRITTEN_LIMIT),
        state: ActivityState::Failed,
        within: None,
    })
}

/// At most so many characters of a text, and a mark where there were more.
pub(crate) fn shortened(mut text: String, limit: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(limit) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// The activities of one turn, in the order in which they began; bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activities(Vec<Activity>);

impl Activities {
    /// Adds one, or replaces what was shown under its id.
    pub fn note(&mut self, activity: Activity) {
        if let Some(known) = self.0.iter_mut().find(|known| known.id == activity.id) {
            *known = activity;
            return;
        }
        if self.0.len() == KEPT {
            self.0.remove(0);
        }
        self.0.push(activity);
    }

    /// As they are now.
    #[must_use]
    pub fn all(&self) -> &[Activity] {
        &self.0
    }

    /// What is over with the turn: whatever still seemed to run did not come to its end.
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
