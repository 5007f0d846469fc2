//! The text of a progress message.

use baton_core::activity::{Activity, ActivityState};
use baton_core::channel::Step;

use super::live_text::LiveText;
use crate::text::TextFormat;

/// The beginning of a progress message. A later process finds stale progress messages by this text.
const MARK: &str = "⏳ Working";

/// The maximum number of listed activities; earlier activities are only counted.
const LISTED: usize = 5;

/// Whether a message of Baton is a progress message.
pub(crate) fn is_progress(text: &str, is_silent: bool) -> bool {
    // A reply can begin with the same words, but is never silent.
    is_silent && text.starts_with(MARK)
}

/// The state of a turn in the progress message, or in the draft.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TurnProgress {
    writes: bool,
    /// The answer so far; `None` where nobody shows it.
    text: Option<LiveText>,
    /// Whether a person pressed the stop button of the draft, so that the draft stays as it is.
    is_stopped: bool,
    activities: Vec<Activity>,
    /// The number of earlier activities, no longer listed.
    before: usize,
}

impl TurnProgress {
    /// The progress of a turn that may be shown as a draft. It has the text of the answer.
    pub(super) fn with_text() -> Self {
        Self {
            text: Some(LiveText::default()),
            ..Self::default()
        }
    }

    /// Forgets the text, and keeps no later one. The chat of the turn has no drafts.
    pub(super) fn forget_text(&mut self) {
        self.text = None;
    }

    /// Records the press on the stop button of the draft.
    pub(super) fn mark_stopped(&mut self) {
        self.is_stopped = true;
    }

    /// Whether a person pressed the stop button of the draft.
    pub(super) fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    /// The end of the answer so far, as Markdown.
    pub(super) fn written_text(&self) -> &str {
        self.text.as_ref().map_or("", LiveText::markdown)
    }

    /// The latest activities.
    pub(super) fn activities(&self) -> &[Activity] {
        &self.activities
    }

    /// Records a step; returns whether the step changes the state.
    pub(super) fn add_step(&mut self, step: &Step) -> bool {
        match step {
            Step::Text(piece) => {
                let is_first = !std::mem::replace(&mut self.writes, true);
                let shows_text = self.text.as_mut().map(|text| text.push_piece(piece));
                is_first || shows_text.is_some()
            }
            Step::Did(activity) => {
                let known = self.activities.iter_mut().find(|it| it.id == activity.id);
                if let Some(known) = known {
                    known.clone_from(activity);
                    return true;
                }
                self.activities.push(activity.clone());
                if self.activities.len() > LISTED {
                    self.activities.remove(0);
                    self.before += 1;
                }
                true
            }
            Step::Started | Step::Ended => false,
        }
    }

    /// Whether the turn has used a tool.
    pub(super) fn has_activities(&self) -> bool {
        !self.activities.is_empty()
    }

    /// The text in the platform's dialect. Activities with titles too long for one message are only counted.
    pub(super) fn render_text(&self, format: TextFormat) -> String {
        let mut texts = (0..=self.activities.len()).map(|cut| self.render_after(cut, format));
        let found = texts.find(|text| format.limit.measure_text(text) <= format.limit.size);
        // Never happens, because each limit has room for the first two lines.
        found.unwrap_or_else(|| MARK.to_owned())
    }

    /// The text without the first `cut` activities.
    fn render_after(&self, cut: usize, format: TextFormat) -> String {
        let small = |line: String| format!("{}{}", format.small_print, (format.render)(&line));
        let what = if self.writes { "and writing" } else { "" };
        let mut lines = vec![format!("{MARK} {what}").trim_end().to_owned() + " …"];
        let before = self.before + cut;
        if before > 0 {
            lines.push(small(format!("and {before} earlier")));
        }
        for activity in self.activities.iter().skip(cut) {
            let mark = match activity.state {
                ActivityState::Running => "▸",
                ActivityState::Done => "✓",
                ActivityState::Failed => "✗",
                ActivityState::Denied => "⊘",
            };
            lines.push(small(format!("{mark} {}", activity.title)));
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::chunks::{LengthLimit, LengthUnit};

    #[test]
    fn what_does_not_fit_into_one_message_is_only_counted() {
        let mut progress = TurnProgress::default();
        for number in 0..7 {
            progress.add_step(&Step::Did(Activity {
                id: number.to_string(),
                title: number.to_string().repeat(50),
                detail: String::new(),
                state: ActivityState::Done,
                within: None,
            }));
        }
        let rendered = |size| {
            let unit = LengthUnit::Characters;
            progress.render_text(TextFormat {
                render: str::to_owned,
                bold_marks: ["**", "**"],
                small_print: "-# ",
                limit: LengthLimit { size, unit },
            })
        };
        let whole = rendered(2_000);
        assert!(
            whole.starts_with("⏳ Working …\n-# and 2 earlier\n-# ✓ 22"),
            "{whole}"
        );
        assert_eq!(whole.lines().count(), 7);
        let cut = rendered(200);
        assert!(
            cut.starts_with("⏳ Working …\n-# and 4 earlier\n-# ✓ 44"),
            "{cut}"
        );
    }
}
