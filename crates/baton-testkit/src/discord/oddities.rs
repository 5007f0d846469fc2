//! What is told otherwise than Discord's description says it is, as the test wants it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::Discord;
use super::snowflake::Snowflake;

/// Changes what is told of something.
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

/// Of what is told oddly. Messages have their own, see [`Said::told_oddly`](super::Said::told_oddly).
#[derive(Debug, Default)]
pub(super) struct Oddities {
    objects: BTreeMap<Snowflake, Odd>,
    events: BTreeMap<String, Odd>,
    /// What is replaced in the JSON of frames, and by what.
    in_frames: Vec<(String, String)>,
    /// The same for answers over HTTP.
    in_answers: Vec<(String, String)>,
}

fn replaced(text: String, pairs: &[(String, String)]) -> String {
    let pairs = pairs.iter();
    pairs.fold(text, |text, (what, by)| text.replace(what, by))
}

impl Oddities {
    /// What is told of a channel or server.
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

    /// The JSON of a frame.
    pub(super) fn of_frame(&self, json: String) -> String {
        replaced(json, &self.in_frames)
    }

    /// The JSON of an answer. An answer that is no text stays.
    pub(super) fn of_answer(&self, json: Vec<u8>) -> Vec<u8> {
        match String::from_utf8(json) {
            Ok(json) => replaced(json, &self.in_answers).into_bytes(),
            Err(error) => error.into_bytes(),
        }
    }
}

impl Discord {
    /// From now on the JSON of all frames has `by` in the place of `what`, which need not be JSON that anybody can
    /// read.
    pub fn replace_in_frames(&self, what: &str, by: &str) {
        self.shared.change(|world| {
            let pair = (what.to_owned(), by.to_owned());
            world.odd.in_frames.push(pair);
        });
    }

    /// The same for frames, and for answers over HTTP.
    pub fn replace_everywhere(&self, what: &str, by: &str) {
        self.replace_in_frames(what, by);
        self.shared.change(|world| {
            let pair = (what.to_owned(), by.to_owned());
            world.odd.in_answers.push(pair);
        });
    }

    /// Nothing is replaced any more.
    pub fn replace_nothing(&self) {
        self.shared.change(|world| {
            world.odd.in_frames.clear();
            world.odd.in_answers.clear();
        });
    }

    /// From now on a channel, thread or server is told of with this change, which must be able to happen twice: in
    /// events, and in answers over HTTP.
    pub fn tell_oddly(&self, id: Snowflake, change: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.shared.change(|world| {
            world.odd.objects.insert(id, Odd::new(change));
        });
    }

    /// From now on events of that name are told with this change.
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
