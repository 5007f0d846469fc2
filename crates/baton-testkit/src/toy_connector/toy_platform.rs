//! The toy platform for tests: people write, and switches make the platform misbehave.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use baton_chat::connector::{Button, ChatId, CreatedThread};
use tokio::sync::watch;

use super::toy_threads::ToyThread;
use crate::agent_run::within;
use crate::connector_contract::ThreadFault;

/// A chat platform in memory, which outlives every run of the program. Clones share one state.
#[derive(Clone, Debug, Default)]
pub struct ToyPlatform {
    pub(super) state: Arc<watch::Sender<ToyState>>,
}

#[derive(Debug, Default)]
pub(super) struct ToyState {
    pub(super) chats: BTreeMap<ChatId, Vec<ToyMessage>>,
    /// One stream for the whole account.
    pub(super) updates: Vec<ToyUpdate>,
    /// The number of acknowledged updates.
    pub(super) acknowledged: usize,
    /// The first update that the platform gives once more.
    pub(super) repeats_from: Option<usize>,
    /// The chats whose new messages are in no update, with the number of the last message before.
    withheld: BTreeMap<ChatId, usize>,
    /// Each request for the history of these chats waits.
    pub(super) held: BTreeSet<ChatId>,
    /// Each request for the history of these chats is refused.
    pub(super) hidden: BTreeSet<ChatId>,
    /// The number of requested pages of the history.
    pub(super) pages: usize,
    /// The number of requests to send, without silent messages.
    pub(super) sends: usize,
    pub(super) lost_answers: usize,
    /// The requests to send that are refused, counted from 1.
    pub(super) refused: BTreeSet<usize>,
    /// The answers to presses on buttons.
    pub(super) answers: Vec<String>,
    /// All threads of Baton, also the deleted ones.
    pub(super) threads: Vec<ToyThread>,
    /// The number of requests to create a thread.
    pub(super) thread_requests: usize,
    /// The faults of the next requests to create a thread.
    pub(super) thread_faults: VecDeque<ThreadFault>,
    /// The chats that have another id, with this id.
    moved: BTreeMap<ChatId, ChatId>,
    /// The requests to send at which a chat moves, counted from 1.
    moves: BTreeMap<usize, ToyMove>,
}

/// A chat that has another id from now on.
#[derive(Clone, Debug)]
pub(super) struct ToyMove {
    pub(super) from: ChatId,
    pub(super) to: ChatId,
}

/// A message. Its number is its index in the chat, plus one.
#[derive(Clone, Debug)]
pub struct ToyMessage {
    /// The text; `None` if the message was deleted.
    pub text: Option<String>,
    /// Whether Baton is the author.
    pub is_ours: bool,
    /// The number of the quoted message.
    pub reply_to: Option<usize>,
    /// The buttons.
    pub buttons: Vec<Button>,
    /// Whether the message came without a notification.
    pub is_silent: bool,
    /// Whether the message was edited.
    pub is_edited: bool,
}

/// An update of the account-wide stream.
#[derive(Clone, Debug)]
pub(super) enum ToyUpdate {
    Message { chat: ChatId, number: usize },
    Gap { chat: ChatId, after: usize },
    Press { chat: ChatId, button: String },
    Moved(ToyMove),
    Thread(CreatedThread),
}

impl ToyPlatform {
    /// A person writes a message. Returns its number in the chat.
    pub fn write(&self, chat: &ChatId, text: &str) -> usize {
        let message = ToyMessage {
            text: Some(text.to_owned()),
            is_ours: false,
            reply_to: None,
            buttons: Vec::new(),
            is_silent: false,
            is_edited: false,
        };
        self.modify(|state| state.add(chat, message))
    }

    /// A person presses a button with this name.
    pub fn press(&self, chat: &ChatId, button: &str) {
        let (chat, button) = (chat.clone(), button.to_owned());
        self.modify(|state| state.updates.push(ToyUpdate::Press { chat, button }));
    }

    /// Waits for answers to presses, and returns all of them, in order.
    pub async fn until_answers(&self, count: usize) -> Vec<String> {
        self.until(&format!("{count} presses are answered"), |state| {
            state.answers.len() >= count
        })
        .await;
        self.state.borrow().answers.clone()
    }

    /// From now on, the messages of this chat are in no update.
    pub fn withhold(&self, chat: &ChatId) {
        self.modify(|state| {
            let last = state.chats.get(chat).map_or(0, Vec::len);
            state.withheld.insert(chat.clone(), last);
        });
    }

    /// Announces the withheld messages of a chat as a gap. Later messages are in updates again.
    pub fn announce_gap(&self, chat: &ChatId) {
        self.modify(|state| {
            let after = state.withheld.remove(chat).expect("it was withheld");
            let chat = chat.clone();
            state.updates.push(ToyUpdate::Gap { chat, after });
        });
    }

    /// Lets each request for the history of a chat wait until the release.
    pub fn hold_history(&self, chat: &ChatId) {
        self.modify(|state| state.held.insert(chat.clone()));
    }

    /// Answers requests for the history of a chat again.
    pub fn release_history(&self, chat: &ChatId) {
        self.modify(|state| state.held.remove(chat));
    }

    /// Refuses the history of a chat.
    pub fn hide_history(&self, chat: &ChatId) {
        self.modify(|state| state.hidden.insert(chat.clone()));
    }

    /// The number of requested pages of the history.
    pub fn pages(&self) -> usize {
        self.state.borrow().pages
    }

    /// Gives all updates once more.
    pub fn repeat_all(&self) {
        self.modify(|state| state.repeats_from = Some(0));
    }

    /// Takes the next message of Baton, and loses the answer.
    pub fn lose_next_answer(&self) {
        self.modify(|state| state.lost_answers += 1);
    }

    /// Refuses a later request to send for good; 1 is the next one. Silent messages do not count.
    pub fn refuse_send(&self, number: usize) {
        self.modify(|state| {
            let number = state.sends + number;
            state.refused.insert(number)
        });
    }

    /// Gives a chat another id. The new chat has no message yet, and numbers its messages anew. Returns the new id.
    pub fn move_chat(&self, from: &ChatId) -> ChatId {
        let moved = ToyMove::of(from);
        let to = moved.to.clone();
        self.modify(|state| state.move_chat(moved));
        to
    }

    /// Like [`Self::move_chat`], at a later request to send; 1 is the next one. Silent messages do not count.
    pub fn move_chat_at_send(&self, from: &ChatId, number: usize) -> ChatId {
        let moved = ToyMove::of(from);
        let to = moved.to.clone();
        self.modify(|state| state.moves.insert(state.sends + number, moved));
        to
    }

    /// Reports all moves once more.
    pub fn report_moves(&self) {
        self.modify(|state| {
            let moves = state.moved.iter();
            let moves = moves.map(|(from, to)| ToyMove {
                from: from.clone(),
                to: to.clone(),
            });
            state.updates.extend(moves.map(ToyUpdate::Moved));
        });
    }

    /// Whether all updates are acknowledged.
    pub fn has_acknowledged_all(&self) -> bool {
        let state = self.state.borrow();
        state.acknowledged >= state.updates.len() && state.repeats_from.is_none()
    }

    /// Waits until all updates are acknowledged.
    pub async fn until_acknowledged(&self) {
        self.until("all updates are acknowledged", |state| {
            state.acknowledged >= state.updates.len() && state.repeats_from.is_none()
        })
        .await;
    }

    /// The texts of Baton in a chat, without deleted and silent messages.
    pub fn said(&self, chat: &ChatId) -> Vec<String> {
        self.state.borrow().said(chat)
    }

    /// Waits until Baton has said a text, and returns all texts of Baton.
    pub async fn until_said(&self, chat: &ChatId, text: &str) -> Vec<String> {
        self.until(&format!("{text:?} is said in {chat}"), |state| {
            state.said(chat).iter().any(|said| said == text)
        })
        .await;
        self.said(chat)
    }

    /// Waits for a message of Baton that `like` accepts, and returns the oldest one.
    pub async fn until_message(
        &self,
        chat: &ChatId,
        like: impl Fn(&ToyMessage) -> bool,
    ) -> ToyMessage {
        let find = |state: &ToyState| {
            let mut messages = state.chats.get(chat).into_iter().flatten();
            let found = messages.find(|message| message.is_ours && like(message));
            found.cloned()
        };
        self.until(&format!("a message like that is in {chat}"), |state| {
            find(state).is_some()
        })
        .await;
        find(&self.state.borrow()).expect("the message stays")
    }

    pub(super) async fn until(&self, what: &str, wanted: impl FnMut(&ToyState) -> bool) {
        let mut changes = self.state.subscribe();
        drop(within(what, changes.wait_for(wanted)).await);
    }

    pub(super) fn modify<T>(&self, work: impl FnOnce(&mut ToyState) -> T) -> T {
        let mut result = None;
        self.state.send_modify(|state| result = Some(work(state)));
        result.expect("the work was done")
    }
}

impl ToyMove {
    fn of(from: &ChatId) -> Self {
        Self {
            from: from.clone(),
            to: format!("super-{from}").into(),
        }
    }
}

impl ToyState {
    fn move_chat(&mut self, moved: ToyMove) {
        self.moved.insert(moved.from.clone(), moved.to.clone());
        self.updates.push(ToyUpdate::Moved(moved));
    }

    /// Counts a request to send. A chat may move at this request.
    pub(super) fn count_send(&mut self) {
        self.sends += 1;
        if let Some(moved) = self.moves.remove(&self.sends) {
            self.move_chat(moved);
        }
    }

    /// The move of a chat.
    pub(super) fn move_of(&self, from: &ChatId) -> Option<ToyMove> {
        let to = self.moved.get(from)?.clone();
        let from = from.clone();
        Some(ToyMove { from, to })
    }

    /// Adds a message, and returns its number.
    pub(super) fn add(&mut self, chat: &ChatId, message: ToyMessage) -> usize {
        let is_told = !message.is_ours && !self.withheld.contains_key(chat);
        let messages = self.chats.entry(chat.clone()).or_default();
        messages.push(message);
        let number = messages.len();
        if is_told {
            let chat = chat.clone();
            self.updates.push(ToyUpdate::Message { chat, number });
        }
        number
    }

    /// A message that was not deleted.
    pub(super) fn message(&mut self, chat: &ChatId, number: usize) -> Option<&mut ToyMessage> {
        let messages = self.chats.get_mut(chat)?;
        let message = messages.get_mut(number.checked_sub(1)?)?;
        message.text.is_some().then_some(message)
    }

    fn said(&self, chat: &ChatId) -> Vec<String> {
        let messages = self.chats.get(chat).into_iter().flatten();
        let ours = messages.filter(|message| message.is_ours && !message.is_silent);
        ours.filter_map(|message| message.text.clone()).collect()
    }
}
