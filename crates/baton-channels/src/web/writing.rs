//! The running turns, with their text and steps so far. This state is not stored: at the end of a turn, the
//! store gets the reply with its steps.
//!
//! A turn calls [`Writing::note`], which only records the step. The task of the feed publishes the recorded
//! steps to the readers of the stream, many at once.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use baton_core::activity as core;
use baton_core::channel::{Progress, Step};
use baton_core::clock::Wall;
use baton_core::id::{MessageId, TurnId};
use serde::Serialize;
use tokio::sync::Notify;
use utoipa::ToSchema;

use super::activity::Activity;

/// Maximum number of turns with recorded progress. Readers see only the reply of further turns.
const MOST_TURNS: usize = 256;
/// Maximum text of one turn, in bytes. Readers see the rest only in the reply.
const MOST_TEXT: usize = 128 * 1024;
/// Maximum details of the activities of one turn, in bytes.
const MOST_DETAIL: usize = 64 * 1024;
/// Maximum length of the id of an activity, in bytes.
const LONGEST_ID: usize = 200;

/// The running turns, and a signal for the feed.
#[derive(Default)]
pub(crate) struct Writing {
    turns: Mutex<Turns>,
    /// Signals a recorded step or a new reader.
    pub(crate) changed: Notify,
}

/// The running turns by their id.
#[derive(Default)]
pub(crate) struct Turns(BTreeMap<TurnId, Turn>);

struct Turn {
    room: String,
    persona: String,
    messages: Vec<MessageId>,
    /// The ids of the comments that the turn answers; `None` until they are read from the store.
    reply_to: Option<Vec<String>>,
    text: String,
    /// Whether text was dropped because of the limit.
    full: bool,
    /// Length of the published text, in bytes; `None` before the first publication.
    shown: Option<usize>,
    /// The start of the turn.
    since: Wall,
    /// The newest activities, in the order of their start.
    activities: Vec<Noted>,
    ended: bool,
}

struct Noted {
    activity: Activity,
    /// Whether the present form of the activity is published.
    shown: bool,
}

/// The text and the steps of a running turn.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WritingEvent {
    /// The id of the turn.
    turn: i64,
    /// The room.
    domain: String,
    /// The persona that answers.
    entity: String,
    /// The ids of the answered comments.
    reply_to: Vec<String>,
    /// Start of `text` within the whole text of the turn, in UTF-16 code units, as in JavaScript.
    offset: usize,
    /// The text of the turn from `offset` on.
    text: String,
    /// The start of the turn, in milliseconds since 1970.
    since: i64,
    /// The new and changed steps of the turn. A new connection first gets all steps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    activities: Vec<Activity>,
}

/// The end of a turn.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DoneEvent {
    /// The id of the turn.
    turn: i64,
}

/// A change to publish.
pub(crate) enum Shown {
    /// More text or steps.
    More(WritingEvent),
    /// The end of a turn, and the room of the turn.
    Done(String, DoneEvent),
}

impl Writing {
    /// Records one step of a turn, with the present time as `now`. Returns at once.
    pub(crate) fn note(&self, progress: &Progress, now: Wall) {
        let mut turns = self.lock();
        let turn = progress.turn;
        match &progress.step {
            Step::Started if turns.0.len() < MOST_TURNS => {
                let started = Turn {
                    room: progress.place.address.clone(),
                    persona: progress.persona.to_string(),
                    messages: progress.messages.clone(),
                    reply_to: None,
                    text: String::new(),
                    full: false,
                    shown: None,
                    since: now,
                    activities: Vec::new(),
                    ended: false,
                };
                turns.0.insert(turn, started);
            }
            Step::Started => return,
            Step::Did(activity) => match turns.0.get_mut(&turn) {
                Some(turn) => turn.did(activity.clone()),
                None => return,
            },
            Step::Text(text) => match turns.0.get_mut(&turn) {
                Some(turn) if !turn.full && turn.text.len() + text.len() <= MOST_TEXT => {
                    turn.text.push_str(text);
                }
                Some(turn) => {
                    // The text ends here. Text after a gap would be misleading.
                    turn.full = true;
                    return;
                }
                None => return,
            },
            Step::Ended => match turns.0.get_mut(&turn) {
                Some(turn) => turn.ended = true,
                None => return,
            },
        }
        drop(turns);
        self.changed.notify_one();
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Turns> {
        // A panic elsewhere leaves no half-made change, because every change under the lock is complete.
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turns {
    /// The turns whose answered comments are not read yet.
    pub(crate) fn to_look_up(&self) -> Vec<(TurnId, Vec<MessageId>)> {
        self.0
            .iter()
            .filter(|(_, turn)| turn.reply_to.is_none())
            .map(|(id, turn)| (*id, turn.messages.clone()))
            .collect()
    }

    pub(crate) fn looked_up(&mut self, id: TurnId, reply_to: Vec<String>) {
        if let Some(turn) = self.0.get_mut(&id) {
            turn.reply_to = Some(reply_to);
        }
    }

    /// Removes ended turns. Used while the stream has no readers.
    pub(crate) fn forget_ended(&mut self) {
        self.0.retain(|_, turn| !turn.ended);
    }

    /// The changes since the last call.
    pub(crate) fn news(&mut self) -> Vec<Shown> {
        let mut news = Vec::new();
        self.0.retain(|id, turn| {
            let from = turn.shown.unwrap_or_default();
            let mut activities = turn.activities.iter();
            let is_more = turn.shown.is_none()
                || from < turn.text.len()
                || activities.any(|noted| !noted.shown);
            if turn.reply_to.is_some() && is_more {
                news.push(Shown::More(turn.event(*id, from..turn.text.len(), false)));
                turn.shown = Some(turn.text.len());
                for noted in &mut turn.activities {
                    noted.shown = true;
                }
            }
            if turn.ended {
                news.push(Shown::Done(turn.room.clone(), DoneEvent { turn: id.0 }));
            }
            !turn.ended
        });
        news
    }

    /// The published state of all turns, for a new reader.
    pub(crate) fn so_far(&self) -> Vec<WritingEvent> {
        self.0
            .iter()
            .filter_map(|(id, turn)| Some(turn.event(*id, 0..turn.shown?, true)))
            .collect()
    }
}

impl Turn {
    /// Records an activity. Above the limits, the oldest activities and the details of the oldest activities
    /// are dropped.
    fn did(&mut self, activity: core::Activity) {
        let within = activity.within.as_deref().unwrap_or_default();
        if activity.id.len().max(within.len()) > LONGEST_ID {
            return;
        }
        let noted = Noted {
            activity: activity.into(),
            shown: false,
        };
        let mut known = self.activities.iter_mut();
        if let Some(known) = known.find(|known| known.activity.id() == noted.activity.id()) {
            *known = noted;
        } else {
            if self.activities.len() == core::KEPT {
                self.activities.remove(0);
            }
            self.activities.push(noted);
        }
        let mut left = MOST_DETAIL;
        for Noted { activity, .. } in self.activities.iter_mut().rev() {
            match left.checked_sub(activity.detail_len()) {
                Some(rest) => left = rest,
                None => *activity = activity.for_guests(),
            }
        }
    }

    /// An event with this part of the text, and with all activities or only the unpublished ones.
    fn event(&self, id: TurnId, part: Range<usize>, all: bool) -> WritingEvent {
        let activities = self.activities.iter();
        let activities = activities.filter(|noted| all || !noted.shown);
        WritingEvent {
            turn: id.0,
            domain: self.room.clone(),
            entity: self.persona.clone(),
            reply_to: self.reply_to.clone().unwrap_or_default(),
            offset: self.text[..part.start].encode_utf16().count(),
            text: self.text[part].to_owned(),
            since: self.since.0,
            activities: activities.map(|noted| noted.activity.clone()).collect(),
        }
    }
}

impl WritingEvent {
    pub(crate) fn room(&self) -> &str {
        &self.domain
    }

    /// The event for guests; `None` if guests see the same as others.
    pub(crate) fn for_guests(&self) -> Option<Self> {
        let differs = self.activities.iter().any(Activity::has_detail);
        differs.then(|| Self {
            domain: self.domain.clone(),
            entity: self.entity.clone(),
            reply_to: self.reply_to.clone(),
            text: self.text.clone(),
            activities: self.activities.iter().map(Activity::for_guests).collect(),
            ..*self
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(turn: i64, step: Step) -> Progress {
        Progress {
            turn: TurnId(turn),
            place: crate::web::place("main"),
            persona: "echo".into(),
            messages: vec![MessageId(1)],
            step,
        }
    }

    const NOW: Wall = Wall(1_750_000_000_000);

    fn did(id: &str, detail: &str) -> Step {
        Step::Did(core::Activity {
            id: id.to_owned(),
            title: "Running".to_owned(),
            detail: detail.to_owned(),
            state: core::ActivityState::Running,
            within: None,
        })
    }

    fn ids(event: &WritingEvent) -> Vec<String> {
        let ids = event.activities.iter().map(Activity::id);
        ids.map(str::to_owned).collect()
    }

    fn texts(news: &[Shown]) -> Vec<(usize, &str)> {
        news.iter()
            .filter_map(|shown| match shown {
                Shown::More(event) => Some((event.offset, event.text.as_str())),
                Shown::Done(..) => None,
            })
            .collect()
    }

    #[test]
    fn news_and_what_was_before_make_the_whole() {
        let writing = Writing::default();
        let said = |text: &str| writing.note(&progress(7, Step::Text(text.to_owned())), NOW);
        writing.note(&progress(7, Step::Started), NOW);
        assert!(
            writing.lock().news().is_empty(),
            "nobody knows yet whom it answers"
        );
        writing.lock().looked_up(TurnId(7), vec!["a".to_owned()]);
        assert_eq!(texts(&writing.lock().news()), [(0, "")]);
        said("🦀a");
        said("b");
        assert_eq!(texts(&writing.lock().news()), [(0, "🦀ab")]);
        said("c");
        assert_eq!(writing.lock().so_far()[0].text, "🦀ab");
        assert_eq!(texts(&writing.lock().news()), [(4, "c")]);
        writing.note(&progress(7, Step::Ended), NOW);
        assert!(matches!(&writing.lock().news()[..], [Shown::Done(room, _)] if room == "main"));
        assert!(writing.lock().0.is_empty());
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let writing = Writing::default();
        for turn in 0..1_000 {
            writing.note(&progress(turn, Step::Started), NOW);
            for _ in 0..4 {
                let text = "x".repeat(MOST_TEXT / 2);
                writing.note(&progress(turn, Step::Text(text)), NOW);
            }
        }
        for n in 0..2 * core::KEPT {
            let fits = did(&n.to_string(), &"x".repeat(MOST_DETAIL / 3));
            writing.note(&progress(0, fits), NOW);
            let too_long = did(&"x".repeat(LONGEST_ID + 1), "");
            writing.note(&progress(0, too_long), NOW);
        }
        let turns = writing.lock();
        assert_eq!(turns.0.len(), MOST_TURNS);
        assert!(turns.0.values().all(|turn| turn.text.len() == MOST_TEXT));
        let kept = &turns.0[&TurnId(0)].activities;
        assert_eq!(kept.len(), core::KEPT);
        assert_eq!(kept[0].activity.id(), core::KEPT.to_string());
        let detailed = kept.iter().filter(|noted| noted.activity.has_detail());
        assert_eq!(detailed.count(), 3, "the last ones, whole");
    }

    #[test]
    fn what_is_done_is_told_once_as_it_changes() {
        let writing = Writing::default();
        let note = |step| writing.note(&progress(7, step), NOW);
        let told = || {
            let news = writing.lock().news();
            let told = news.iter().filter_map(|shown| match shown {
                Shown::More(event) => Some(ids(event)),
                Shown::Done(..) => None,
            });
            told.collect::<Vec<_>>()
        };
        note(Step::Started);
        note(did("a", ""));
        writing.lock().looked_up(TurnId(7), vec!["q".to_owned()]);
        assert_eq!(told(), [["a"]]);
        note(did("b", ""));
        note(did("a", "more of it"));
        assert_eq!(told(), [["a", "b"]]);
        assert!(told().is_empty());
        // A new reader gets all activities.
        assert_eq!(ids(&writing.lock().so_far()[0]), ["a", "b"]);
        assert_eq!(writing.lock().so_far()[0].since, NOW.0);
    }
}
