//! The running turns, with their text and steps so far. This state is not stored: at the end of a turn, the
//! store gets the reply with its steps.
//!
//! A turn calls [`LiveTurns::record_step`], which only records the step. The task of the feed publishes the
//! recorded steps to the readers of the stream, many at once.

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

use crate::web::model::activity_view::ActivityView;

/// Maximum number of turns with recorded progress. Readers see only the reply of further turns.
const MOST_TURNS: usize = 256;
/// Maximum text of one turn, in bytes. Readers see the rest only in the reply.
const MOST_TEXT: usize = 128 * 1024;
/// Maximum details of the activities of one turn, in bytes.
const MOST_DETAIL: usize = 64 * 1024;

/// The running turns, and a signal for the feed.
#[derive(Default)]
pub(crate) struct LiveTurns {
    turns: Mutex<LiveTurnMap>,
    /// Signals a recorded step or a new reader.
    pub(crate) changed: Notify,
}

/// The running turns by their id.
#[derive(Default)]
pub(crate) struct LiveTurnMap(BTreeMap<TurnId, LiveTurn>);

struct LiveTurn {
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
    activities: Vec<LiveActivity>,
    ended: bool,
}

struct LiveActivity {
    activity: ActivityView,
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
    activities: Vec<ActivityView>,
}

/// The end of a turn.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DoneEvent {
    /// The id of the turn.
    turn: i64,
}

/// A change to publish.
pub(crate) enum TurnUpdate {
    /// More text or steps.
    More(WritingEvent),
    /// The end of a turn, and the room of the turn.
    Done(String, DoneEvent),
}

impl LiveTurns {
    /// Records one step of a turn, with the present time as `now`. Returns at once.
    pub(crate) fn record_step(&self, progress: &Progress, now: Wall) {
        let mut turns = self.lock_turns();
        let turn = progress.turn;
        match &progress.step {
            Step::Started if turns.0.len() < MOST_TURNS => {
                let started = LiveTurn {
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
                Some(turn) => turn.record_activity(activity.clone()),
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

    pub(crate) fn lock_turns(&self) -> MutexGuard<'_, LiveTurnMap> {
        // A panic elsewhere leaves no half-made change, because every change under the lock is complete.
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LiveTurnMap {
    /// The turns whose answered comments are not read yet.
    pub(crate) fn unresolved_turns(&self) -> Vec<(TurnId, Vec<MessageId>)> {
        self.0
            .iter()
            .filter(|(_, turn)| turn.reply_to.is_none())
            .map(|(id, turn)| (*id, turn.messages.clone()))
            .collect()
    }

    pub(crate) fn resolve_turn(&mut self, id: TurnId, reply_to: Vec<String>) {
        if let Some(turn) = self.0.get_mut(&id) {
            turn.reply_to = Some(reply_to);
        }
    }

    /// Removes ended turns. Used while the stream has no readers.
    pub(crate) fn remove_ended(&mut self) {
        self.0.retain(|_, turn| !turn.ended);
    }

    /// The changes since the last call.
    pub(crate) fn take_updates(&mut self) -> Vec<TurnUpdate> {
        let mut updates = Vec::new();
        self.0.retain(|id, turn| {
            let from = turn.shown.unwrap_or_default();
            let mut activities = turn.activities.iter();
            let is_more = turn.shown.is_none()
                || from < turn.text.len()
                || activities.any(|noted| !noted.shown);
            if turn.reply_to.is_some() && is_more {
                updates.push(TurnUpdate::More(turn.turn_event(
                    *id,
                    from..turn.text.len(),
                    false,
                )));
                turn.shown = Some(turn.text.len());
                for noted in &mut turn.activities {
                    noted.shown = true;
                }
            }
            if turn.ended {
                updates.push(TurnUpdate::Done(
                    turn.room.clone(),
                    DoneEvent { turn: id.0 },
                ));
            }
            !turn.ended
        });
        updates
    }

    /// The published state of all turns, for a new reader.
    pub(crate) fn published_state(&self) -> Vec<WritingEvent> {
        self.0
            .iter()
            .filter_map(|(id, turn)| Some(turn.turn_event(*id, 0..turn.shown?, true)))
            .collect()
    }
}

impl LiveTurn {
    /// Records an activity. Above the limits, the oldest activities and the details of the oldest activities
    /// are dropped.
    fn record_activity(&mut self, activity: core::Activity) {
        let noted = LiveActivity {
            activity: activity.into(),
            shown: false,
        };
        let mut known = self.activities.iter_mut();
        if let Some(known) = known.find(|known| known.activity.id() == noted.activity.id()) {
            *known = noted;
        } else {
            if self.activities.len() == core::ACTIVITIES_KEPT {
                self.activities.remove(0);
            }
            self.activities.push(noted);
        }
        let mut left = MOST_DETAIL;
        for LiveActivity { activity, .. } in self.activities.iter_mut().rev() {
            match left.checked_sub(activity.detail_len()) {
                Some(rest) => left = rest,
                None => *activity = activity.for_guests(),
            }
        }
    }

    /// An event with this part of the text, and with all activities or only the unpublished ones.
    fn turn_event(&self, id: TurnId, part: Range<usize>, all: bool) -> WritingEvent {
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
        let differs = self.activities.iter().any(ActivityView::has_detail);
        differs.then(|| Self {
            domain: self.domain.clone(),
            entity: self.entity.clone(),
            reply_to: self.reply_to.clone(),
            text: self.text.clone(),
            activities: self
                .activities
                .iter()
                .map(ActivityView::for_guests)
                .collect(),
            ..*self
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn_progress(turn: i64, step: Step) -> Progress {
        Progress {
            turn: TurnId(turn),
            place: crate::web::room_place::place_of_room("main"),
            persona: "echo".into(),
            messages: vec![MessageId(1)],
            step,
        }
    }

    const NOW: Wall = Wall(1_750_000_000_000);

    fn activity_step(id: &str, detail: &str) -> Step {
        Step::Did(core::Activity {
            id: id.to_owned(),
            title: "Running".to_owned(),
            detail: detail.to_owned(),
            state: core::ActivityState::Running,
            within: None,
        })
    }

    fn activity_ids(event: &WritingEvent) -> Vec<String> {
        let ids = event.activities.iter().map(ActivityView::id);
        ids.map(str::to_owned).collect()
    }

    fn update_texts(updates: &[TurnUpdate]) -> Vec<(usize, &str)> {
        updates
            .iter()
            .filter_map(|shown| match shown {
                TurnUpdate::More(event) => Some((event.offset, event.text.as_str())),
                TurnUpdate::Done(..) => None,
            })
            .collect()
    }

    #[test]
    fn news_and_what_was_before_make_the_whole() {
        let live = LiveTurns::default();
        let add_text =
            |text: &str| live.record_step(&turn_progress(7, Step::Text(text.to_owned())), NOW);
        live.record_step(&turn_progress(7, Step::Started), NOW);
        assert!(
            live.lock_turns().take_updates().is_empty(),
            "nobody knows yet whom it answers"
        );
        live.lock_turns()
            .resolve_turn(TurnId(7), vec!["a".to_owned()]);
        assert_eq!(update_texts(&live.lock_turns().take_updates()), [(0, "")]);
        add_text("🦀a");
        add_text("b");
        assert_eq!(
            update_texts(&live.lock_turns().take_updates()),
            [(0, "🦀ab")]
        );
        add_text("c");
        assert_eq!(live.lock_turns().published_state()[0].text, "🦀ab");
        assert_eq!(update_texts(&live.lock_turns().take_updates()), [(4, "c")]);
        live.record_step(&turn_progress(7, Step::Ended), NOW);
        assert!(
            matches!(&live.lock_turns().take_updates()[..], [TurnUpdate::Done(room, _)] if room == "main")
        );
        assert!(live.lock_turns().0.is_empty());
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let live = LiveTurns::default();
        for turn in 0..1_000 {
            live.record_step(&turn_progress(turn, Step::Started), NOW);
            for _ in 0..4 {
                let text = "x".repeat(MOST_TEXT / 2);
                live.record_step(&turn_progress(turn, Step::Text(text)), NOW);
            }
        }
        for n in 0..2 * core::ACTIVITIES_KEPT {
            let fits = activity_step(&n.to_string(), &"x".repeat(MOST_DETAIL / 3));
            live.record_step(&turn_progress(0, fits), NOW);
        }
        let turns = live.lock_turns();
        assert_eq!(turns.0.len(), MOST_TURNS);
        assert!(turns.0.values().all(|turn| turn.text.len() == MOST_TEXT));
        let kept = &turns.0[&TurnId(0)].activities;
        assert_eq!(kept.len(), core::ACTIVITIES_KEPT);
        assert_eq!(kept[0].activity.id(), core::ACTIVITIES_KEPT.to_string());
        let detailed = kept.iter().filter(|noted| noted.activity.has_detail());
        assert_eq!(detailed.count(), 3, "the last ones, whole");
    }

    #[test]
    fn an_activity_with_a_long_id_is_shown() {
        let live = LiveTurns::default();
        live.record_step(&turn_progress(0, Step::Started), NOW);
        let Step::Did(activity) = activity_step(&"ü".repeat(1_000), "") else {
            panic!("a step is an activity");
        };
        let step = Step::Did(activity.bounded());
        live.record_step(&turn_progress(0, step), NOW);
        assert_eq!(live.lock_turns().0[&TurnId(0)].activities.len(), 1);
    }

    #[test]
    fn what_is_done_is_told_once_as_it_changes() {
        let live = LiveTurns::default();
        let note = |step| live.record_step(&turn_progress(7, step), NOW);
        let told = || {
            let updates = live.lock_turns().take_updates();
            let told = updates.iter().filter_map(|shown| match shown {
                TurnUpdate::More(event) => Some(activity_ids(event)),
                TurnUpdate::Done(..) => None,
            });
            told.collect::<Vec<_>>()
        };
        note(Step::Started);
        note(activity_step("a", ""));
        live.lock_turns()
            .resolve_turn(TurnId(7), vec!["q".to_owned()]);
        assert_eq!(told(), [["a"]]);
        note(activity_step("b", ""));
        note(activity_step("a", "more of it"));
        assert_eq!(told(), [["a", "b"]]);
        assert!(told().is_empty());
        // A new reader gets all activities.
        assert_eq!(
            activity_ids(&live.lock_turns().published_state()[0]),
            ["a", "b"]
        );
        assert_eq!(live.lock_turns().published_state()[0].since, NOW.0);
    }
}
