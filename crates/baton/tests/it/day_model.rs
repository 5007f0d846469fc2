//! The model of a scripted day with many chats. Each text begins with `c` and the number of its chat.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use baton_testkit::agent_run::within;
use baton_testkit::model_server::{Answer, ModelServer, Pen};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Repeats each message, and records simultaneous turns.
pub(crate) struct DayModel {
    server: ModelServer,
    turns: Arc<watch::Sender<DayTurns>>,
    answers: JoinHandle<()>,
}

#[derive(Default)]
struct DayTurns {
    /// The number of chats, beginning with the first, whose turns are held.
    held: usize,
    /// The running turns, by process and chat.
    running: BTreeMap<(String, usize), (String, Pen)>,
    /// The texts of all begun turns.
    begun: BTreeSet<String>,
    /// The turns that began during another turn of the same process and chat.
    overlapped: Vec<String>,
}

impl DayTurns {
    fn begin(&mut self, request: &Value, pen: Pen) {
        let process = request["model"].as_str().unwrap().to_owned();
        // Earlier unanswered messages come before the last text.
        let last = request["messages"].as_array().unwrap().last().unwrap();
        let content = &last["content"];
        // A message with images has parts, and the first one is the text.
        let last = content.as_str().or_else(|| content[0]["text"].as_str());
        let text = last.unwrap().rsplit("\n\n").next().unwrap().to_owned();
        let chat = text.strip_prefix('c').unwrap().split(' ').next().unwrap();
        let turn = (process, chat.parse().unwrap());
        self.begun.insert(text.clone());
        if self.running.contains_key(&turn) {
            self.overlapped.push(text.clone());
        }
        self.running.insert(turn, (text, pen));
    }

    /// Ends one turn that is not held, before its process gets the answer.
    fn end(&mut self) -> Option<(String, Pen)> {
        let held = self.held;
        let mut turns = self.running.keys();
        let turn = turns.find(|(_, chat)| *chat >= held)?.clone();
        self.running.remove(&turn)
    }
}

impl DayModel {
    /// A model that repeats each message at once, for the processes `morning` and `afternoon`.
    pub(crate) async fn start() -> Self {
        let server = ModelServer::start().await;
        server.set_models(&["morning", "afternoon"]);
        let turns = Arc::new(watch::Sender::new(DayTurns::default()));
        let begin = Arc::clone(&turns);
        server.always(move |request| {
            let (answer, pen) = Answer::driven();
            begin.send_modify(|turns| turns.begin(request, pen));
            answer
        });
        let end = Arc::clone(&turns);
        let answers = tokio::spawn(async move {
            let mut changed = end.subscribe();
            loop {
                let mut over = None;
                end.send_if_modified(|turns| {
                    over = turns.end();
                    false
                });
                match over {
                    Some((text, pen)) => {
                        pen.say(&text);
                        pen.finish();
                    }
                    None => changed.changed().await.unwrap(),
                }
            }
        });
        Self {
            server,
            turns,
            answers,
        }
    }

    /// The base URL of the model server.
    pub(crate) fn base_url(&self) -> String {
        self.server.base_url()
    }

    /// Holds all turns of the given number of chats, until the next call.
    pub(crate) fn hold(&self, chats: usize) {
        self.turns.send_modify(|turns| turns.held = chats);
    }

    /// Waits until a process has turns in the given number of chats at once, all of them held.
    pub(crate) async fn until_held(&self, process: &str, chats: usize) {
        self.until("turns in all chats that are held", |turns| {
            let all = |(of, chat): &&(String, usize)| of == process && *chat < turns.held;
            turns.running.keys().filter(all).count() == chats
        })
        .await;
    }

    /// Waits until a turn has begun for this message.
    pub(crate) async fn until_begun(&self, text: &str) {
        self.until(&format!("a turn for {text}"), |turns| {
            turns.begun.contains(text)
        })
        .await;
    }

    async fn until(&self, what: &str, like: impl FnMut(&DayTurns) -> bool) {
        let mut turns = self.turns.subscribe();
        within(what, turns.wait_for(like)).await.unwrap();
    }

    /// The turns that began during another turn of the same process and chat.
    pub(crate) fn overlapped(&self) -> Vec<String> {
        self.turns.borrow().overlapped.clone()
    }
}

impl Drop for DayModel {
    fn drop(&mut self) {
        self.answers.abort();
    }
}
