//! Who writes now, and what. Nothing of it is stored: the reply that follows is.
//!
//! Turns say what they do through [`Writing::note`], which only keeps it; the feed's one task hands
//! it on to those who read along, as much at once as has come together.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use baton_core::channel::{Progress, Step};
use baton_core::id::{MessageId, TurnId};
use serde::Serialize;
use tokio::sync::Notify;
use utoipa::ToSchema;

/// Of how many turns it is kept; of others only the reply is seen.
const MOST_TURNS: usize = 256;
/// How much of one turn is kept, in bytes; the rest is seen with the reply.
const MOST_TEXT: usize = 128 * 1024;

/// Who writes now.
#[derive(Default)]
pub(crate) struct Writing {
    turns: Mutex<Turns>,
    /// Something was noted, or somebody new reads along.
    pub(crate) changed: Notify,
}

/// The turns that are going on.
#[derive(Default)]
pub(crate) struct Turns(BTreeMap<TurnId, Turn>);

struct Turn {
    room: String,
    persona: String,
    messages: Vec<MessageId>,
    /// The comments that are being answered; `None` until they were looked up.
    reply_to: Option<Vec<String>>,
    text: String,
    /// There was more than is kept.
    full: bool,
    /// How much of the text was handed on, in bytes; `None` where not even the beginning was.
    shown: Option<usize>,
    ended: bool,
}

/// A persona writes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WritingEvent {
    /// Which turn.
    turn: i64,
    /// The room.
    domain: String,
    /// The persona.
    entity: String,
    /// The ids of the comments that it answers.
    reply_to: Vec<String>,
    /// Where `text` begins in all that it wrote, in UTF-16 units, as JavaScript counts.
    offset: usize,
    /// What it wrote from there on.
    text: String,
}

/// A persona writes no more.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DoneEvent {
    /// Which turn.
    turn: i64,
}

/// What is handed on.
pub(crate) enum Shown {
    /// More text, in this room.
    More(WritingEvent),
    /// The end, in this room.
    Done(String, DoneEvent),
}

impl Writing {
    /// Keeps one step of a turn. Returns at once.
    pub(crate) fn note(&self, progress: &Progress) {
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
                    ended: false,
                };
                turns.0.insert(turn, started);
            }
            Step::Started | Step::Did(_) => return,
            Step::Text(text) => match turns.0.get_mut(&turn) {
                Some(turn) if !turn.full && turn.text.len() + text.len() <= MOST_TEXT => {
                    turn.text.push_str(text);
                }
                Some(turn) => {
                    // What does not fit ends it: a text with a hole in it would be another text.
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
        // Every change under the lock is whole: a panic elsewhere leaves nothing half done.
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turns {
    /// The turns whose comments were not looked up yet.
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

    /// Forgets the turns that are over, where nobody reads along.
    pub(crate) fn forget_ended(&mut self) {
        self.0.retain(|_, turn| !turn.ended);
    }

    /// What was noted since the last call.
    pub(crate) fn news(&mut self) -> Vec<Shown> {
        let mut news = Vec::new();
        self.0.retain(|id, turn| {
            let from = turn.shown.unwrap_or_default();
            if turn.reply_to.is_some() && (turn.shown.is_none() || from < turn.text.len()) {
                news.push(Shown::More(turn.event(*id, from, turn.text.len())));
                turn.shown = Some(turn.text.len());
            }
            if turn.ended {
                news.push(Shown::Done(turn.room.clone(), DoneEvent { turn: id.0 }));
            }
            !turn.ended
        });
        news
    }

    /// All that was handed on so far, for somebody who comes in now.
    pub(crate) fn so_far(&self) -> Vec<WritingEvent> {
        self.0
            .iter()
            .filter_map(|(id, turn)| Some(turn.event(*id, 0, turn.shown?)))
            .collect()
    }
}

impl Turn {
    fn event(&self, id: TurnId, from: usize, to: usize) -> WritingEvent {
        WritingEvent {
            turn: id.0,
            domain: self.room.clone(),
            entity: self.persona.clone(),
            reply_to: self.reply_to.clone().unwrap_or_default(),
            offset: self.text[..from].encode_utf16().count(),
            text: self.text[from..to].to_owned(),
        }
    }
}

impl WritingEvent {
    pub(crate) fn room(&self) -> &str {
        &self.domain
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
        let said = |text: &str| writing.note(&progress(7, Step::Text(text.to_owned())));
        writing.note(&progress(7, Step::Started));
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
        writing.note(&progress(7, Step::Ended));
        assert!(matches!(&writing.lock().news()[..], [Shown::Done(room, _)] if room == "main"));
        assert!(writing.lock().0.is_empty());
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let writing = Writing::default();
        for turn in 0..1_000 {
            writing.note(&progress(turn, Step::Started));
            for _ in 0..4 {
                writing.note(&progress(turn, Step::Text("x".repeat(MOST_TEXT / 2))));
            }
        }
        let turns = writing.lock();
        assert_eq!(turns.0.len(), MOST_TURNS);
        assert!(turns.0.values().all(|turn| turn.text.len() == MOST_TEXT));
    }
}
