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
}

impl Discord {
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
