//! Planted deviations of answers and events from Discord's description.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::Discord;
use super::snowflake::Snowflake;

/// A change to the JSON of an object.
#[derive(Clone)]
pub(super) struct Odd(Arc<dyn Fn(&mut Value) + Send + Sync>);

impl Odd {
    pub(super) fn new(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        Self(Arc::new(change))
    }

    pub(super) fn change(&self, told: &mut Value) {
        (self.0)(told);
    }
}

impl fmt::Debug for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Odd")
    }
}

/// All planted deviations, except those of messages, see [`Said::told_oddly`](super::Said::told_oddly).
#[derive(Debug, Default)]
pub(super) struct Oddities {
    objects: BTreeMap<Snowflake, Odd>,
    events: BTreeMap<String, Odd>,
    /// The replacements in the JSON of frames: old text, new text.
    in_frames: Vec<(String, String)>,
    /// The replacements in the JSON of HTTP answers.
    in_answers: Vec<(String, String)>,
}

fn replaced(text: String, pairs: &[(String, String)]) -> String {
    let pairs = pairs.iter();
    pairs.fold(text, |text, (what, by)| text.replace(what, by))
}

impl Oddities {
    /// Changes the JSON of a channel or server.
    pub(super) fn of_object(&self, id: Snowflake, told: &mut Value) {
        if let Some(odd) = self.objects.get(&id) {
            odd.change(told);
        }
    }

    pub(super) fn of_event(&self, name: &str, told: &mut Value) {
        if let Some(odd) = self.events.get(name) {
            odd.change(told);
        }
    }

    /// Changes the JSON of a frame.
    pub(super) fn of_frame(&self, json: String) -> String {
        replaced(json, &self.in_frames)
    }

    /// Changes the JSON of an HTTP answer. An answer that is not UTF-8 stays unchanged.
    pub(super) fn of_answer(&self, json: Vec<u8>) -> Vec<u8> {
        match String::from_utf8(json) {
            Ok(json) => replaced(json, &self.in_answers).into_bytes(),
            Err(error) => error.into_bytes(),
        }
    }
}

impl Discord {
    /// Replaces `what` by `by` in the JSON of all later frames. The result need not be valid JSON.
    pub fn replace_in_frames(&self, what: &str, by: &str) {
        self.shared.change(|world| {
            let pair = (what.to_owned(), by.to_owned());
            world.odd.in_frames.push(pair);
        });
    }

    /// Replaces `what` by `by` in frames and in HTTP answers.
    pub fn replace_everywhere(&self, what: &str, by: &str) {
        self.replace_in_frames(what, by);
        self.shared.change(|world| {
            let pair = (what.to_owned(), by.to_owned());
            world.odd.in_answers.push(pair);
        });
    }

    /// Removes all replacements.
    pub fn replace_nothing(&self) {
        self.shared.change(|world| {
            world.odd.in_frames.clear();
            world.odd.in_answers.clear();
        });
    }

    /// Applies a change to a channel, thread or server, in its events and over HTTP. The change must be
    /// repeatable.
    pub fn tell_oddly(&self, id: Snowflake, change: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.shared.change(|world| {
            world.odd.objects.insert(id, Odd::new(change));
        });
    }

    /// Applies a change to all later events of that name.
    pub fn tell_event_oddly(
        &self,
        name: &str,
        change: impl Fn(&mut Value) + Send + Sync + 'static,
    ) {
        self.shared.change(|world| {
            world.odd.events.insert(name.to_owned(), Odd::new(change));
        });
    }
}
